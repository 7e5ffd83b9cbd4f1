import type { Pod } from "../../src/pod/pod.ts";
import { parseEveryNumber } from "../kit/exact.ts";
import { Until } from "../kit/until.ts";
import type { RawApi } from "../kit/raw_api.ts";

/** One event of the cluster. */
export interface Witnessed {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: Pod;
  /** The cluster's version that the event made. Exact: etcd counts by ones, and a test is no long life. */
  revision: number;
  /** When it was seen, in milliseconds since the epoch. */
  at: number;
}

/**
 * The independent recorder: a list, then a watch that is taken up at its last version whenever it ends. No
 * version is ever missed, since etcd is not compacted; should the server forget one all the same, the witness
 * breaks, and with it the test.
 */
export class Witness implements AsyncDisposable {
  readonly events: Witnessed[] = [];
  readonly #api: RawApi;
  readonly #stop = new AbortController();
  readonly #until = new Until(() => `${this.events.length} events witnessed`);
  #version = "";
  #watching: Promise<void> = Promise.resolve();
  #broken: unknown;

  /** Resolves when it watches; what is there already are its first events. */
  static async start(api: RawApi): Promise<Witness> {
    const witness = new Witness(api);
    await witness.#list();
    witness.#watching = witness.#watch().catch((error) => {
      witness.#broken = error;
      witness.#until.look();
    });
    return witness;
  }

  private constructor(api: RawApi) {
    this.#api = api;
  }

  /** Resolves when it has seen everything up to a version; throws where it broke. */
  async reach(revision: number): Promise<void> {
    const isThere = (): boolean => this.#broken !== undefined || Number(this.#version) >= revision;
    await this.#until.wait(isThere, `version ${revision}`);
    if (this.#broken !== undefined) throw this.#broken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #list(): Promise<void> {
    const list = parseEveryNumber(await this.#api.call("GET", "/api/v1/pods")) as {
      metadata: { resourceVersion: string };
      items: Pod[];
    };
    for (const object of list.items) this.#note("ADDED", object);
    this.#version = list.metadata.resourceVersion;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const path = `/api/v1/pods?watch=1&resourceVersion=${this.#version}&timeoutSeconds=3600`;
      try {
        await this.#read(await this.#api.stream(path, signal));
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ForgottenError) throw error;
      }
      this.#until.look();
    }
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of response.body ?? []) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#readLine(line);
      this.#until.look();
    }
  }

  #readLine(line: string): void {
    const { type, object } = parseEveryNumber(line) as { type: Witnessed["type"] | "ERROR"; object: Pod };
    if (type === "ERROR") throw new ForgottenError(line);
    this.#note(type, object);
    this.#version = object.metadata.resourceVersion;
  }

  #note(type: Witnessed["type"], object: Pod): void {
    this.events.push({ type, object, revision: Number(object.metadata.resourceVersion), at: Date.now() });
  }
}

class ForgottenError extends Error {
  override readonly name = "ForgottenError";
}
