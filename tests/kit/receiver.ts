import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Certificate } from "./certificates.ts";
import { type Delivery, ReceiverState, toDelivery } from "./receiver_state.ts";
import { Until } from "./until.ts";

export type { Delivery, KnownPod } from "./receiver_state.ts";

/** How a request is answered; `hang` never answers, `reset` closes the connection without an answer. */
export type Reply =
  | { status: number; headers?: Record<string, string>; body?: string }
  | "hang"
  | "reset";

export interface ReceiverOptions {
  /** The active secrets; a signature by any of them is good. */
  secrets?: string[];
  /** Decides on each request; 200 without a body by default. May take its time. */
  reply?: (delivery: Delivery) => Reply | Promise<Reply>;
  /** A free one by default. */
  port?: number;
  /** Speaks https with this certificate, as `localhost`. */
  tls?: Certificate;
}

/**
 * A webhook receiver on loopback, over real HTTP. On `node:http`, because only that can close a connection
 * without an answer.
 */
export class Receiver implements AsyncDisposable {
  /** Every request, in the order of arrival. */
  readonly deliveries: Delivery[] = [];
  /** What a good receiver would know now. */
  readonly state = new ReceiverState();
  /** Tests replace it to change the script. */
  reply: (delivery: Delivery) => Reply | Promise<Reply>;
  /** How many requests were being answered at once, at most. */
  maxConcurrent = 0;
  #concurrent = 0;
  #secrets: string[];
  #server: Server;
  #origin: string;
  #until = new Until(() => this.summary());

  /** Resolves when it listens. */
  static async start(options: ReceiverOptions = {}): Promise<Receiver> {
    const receiver = new Receiver(options);
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once("error", reject);
      receiver.#server.listen(options.port ?? 0, "127.0.0.1", resolve);
    });
    return receiver;
  }

  private constructor({ secrets = [], reply = () => ({ status: 200 }), tls }: ReceiverOptions) {
    this.#secrets = secrets;
    this.reply = reply;
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#handle(request, response);
    this.#server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
    this.#origin = tls === undefined ? "http://127.0.0.1" : "https://localhost";
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get url(): string {
    return `${this.#origin}:${this.port}/hook`;
  }

  /** The deliveries about one pod, by its name. */
  about(name: string): Delivery[] {
    return this.deliveries.filter((delivery) => delivery.body?.pod.metadata.name === name);
  }

  /**
   * Resolves as soon as the predicate holds; it is asked after each delivery.
   *
   * @param what what is waited for, for the error of a test that waited in vain
   * @param deadline milliseconds of real time; generous, since it passes only when a test fails
   */
  async until(predicate: () => boolean, what?: string, deadline?: number): Promise<void> {
    await this.#until.wait(predicate, what, deadline);
  }

  summary(): string {
    const last = this.deliveries.slice(-5).map(({ headers, body }) =>
      `${headers["k8svent-event"]} ${headers["k8svent-reason"]} ${body?.pod.metadata.name}`
    );
    return `${this.deliveries.length} requests; ${this.state.summary()}; last: ${last.join(", ")}`;
  }

  /** Ends it at once, hanging requests too. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.maxConcurrent = Math.max(this.maxConcurrent, ++this.#concurrent);
    response.on("close", () => this.#concurrent--);
    const raw = await readAll(request).catch(() => undefined);
    if (raw === undefined) return;
    const delivery = toDelivery({
      index: this.deliveries.length,
      at: Date.now(),
      method: request.method ?? "",
      path: request.url ?? "",
      headers: flatten(request),
      raw,
    }, this.#secrets);
    this.deliveries.push(delivery);
    this.#until.look();
    this.#answer(delivery, await this.reply(delivery), request, response);
    this.#until.look();
  }

  #answer(delivery: Delivery, reply: Reply, request: IncomingMessage, response: ServerResponse): void {
    if (reply === "hang") return;
    if (reply === "reset") {
      request.socket.destroy();
      return;
    }
    if (reply.status >= 200 && reply.status < 300) this.state.accept(delivery);
    response.writeHead(reply.status, reply.headers ?? {});
    response.end(reply.body ?? "");
  }
}

async function readAll(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

function flatten(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
}
