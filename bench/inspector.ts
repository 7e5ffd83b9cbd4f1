import { pause } from "./pods.ts";
import type { Profile } from "./profile_table.ts";

/** Microseconds between two looks of the profiler. */
const INTERVAL = 200;

/** Milliseconds to wait for a program to listen. */
const PATIENCE = 10_000;

/** A program of V8 that waits for its inspector (`--inspect-wait`), from the inspector's side. */
export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }): void => {
      const { id, result, error } = JSON.parse(data);
      // What has no id is an event, and nobody listens to these.
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(`The inspector says: ${error.message}`));
    };
    socket.onclose = (): void => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error("The program that is profiled has ended."));
      }
    };
  }

  /** @param address as `127.0.0.1:9229` */
  static async connect(address: string): Promise<Inspector> {
    const socket = new WebSocket(await findTarget(address));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = (): void => reject(new Error(`Nobody inspects ${address}.`));
    });
    const inspector = new Inspector(socket);
    await inspector.#ask("Profiler.enable");
    await inspector.#ask("Profiler.setSamplingInterval", { interval: INTERVAL });
    return inspector;
  }

  /** Lets the program begin. */
  async run(): Promise<void> {
    await this.#ask("Runtime.runIfWaitingForDebugger");
  }

  async startProfile(): Promise<void> {
    await this.#ask("Profiler.start");
  }

  /** What ran since `startProfile`. */
  async stopProfile(): Promise<Profile> {
    const { profile } = await this.#ask("Profiler.stop") as { profile: Profile };
    return profile;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #ask(method: string, params: Record<string, unknown> = {}): Promise<unknown> {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return waiting.promise;
  }
}

async function findTarget(address: string): Promise<string> {
  for (const start = performance.now();;) {
    try {
      const [target] = await (await fetch(`http://${address}/json/list`)).json();
      return target.webSocketDebuggerUrl;
    } catch (error) {
      // It has not begun to listen.
      if (performance.now() - start > PATIENCE) throw error;
      await pause(50);
    }
  }
}
