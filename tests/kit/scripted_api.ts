import type { ApiServer } from "../../src/cluster/api.ts";
import { ClusterError } from "../../src/cluster/error.ts";
import { BodyReader } from "../../src/cluster/read_body.ts";
import type { Pod } from "../../src/pod/pod.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { TestClock } from "./clock.ts";

/** One answer of a script: a JSON body, a stream that the test feeds, or a failure. */
export type Answer = object | ScriptedStream | ClusterError;

/** The bytes of a watch, as the test lets them come. */
export class ScriptedStream {
  #controller: ReadableByteStreamController | undefined;
  /** Whether the reader has let go of the stream. */
  cancelled = false;

  readonly body = new ReadableStream({
    type: "bytes",
    start: (controller) => void (this.#controller = controller),
    cancel: () => void (this.cancelled = true),
  });

  /** Sends text as it stands, line ends included. */
  send(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }

  event(type: string, object: unknown): void {
    this.send(`${JSON.stringify({ type, object })}\n`);
  }

  /** A clean end. */
  end(): void {
    this.#controller?.close();
    // Whoever reads into a buffer of its own gets that back.
    this.#controller?.byobRequest?.respond(0);
  }

  /** The connection breaks. */
  break(cause: unknown = new TypeError("error reading a body from connection")): void {
    this.#controller?.error(cause);
  }
}

/**
 * An API server that answers by a script, one answer a request, and keeps what it was asked. For faults that
 * the real server cannot be made to show at a chosen moment. When the script is over, a request waits until
 * its signal aborts.
 */
export class ScriptedApi implements ApiServer {
  readonly origin = "http://scripted";
  readonly requests: URL[] = [];
  /** What it says when it is asked about a right; undefined: it cannot be asked. Not part of the script. */
  allows: boolean | undefined;
  /** Whom it takes the program for; undefined: it does not say. */
  user: string | undefined;
  /** What was posted. */
  readonly posted: unknown[] = [];
  /** By which a body that is read piece by piece is waited for. */
  clock: Clock = new TestClock();
  readonly #answers: Answer[];

  constructor(...answers: Answer[]) {
    this.#answers = answers;
  }

  async get(path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const answer = await this.#answer(path, signal);
    if (answer instanceof ScriptedStream) {
      throw new Error("the script has a stream for the read of one object");
    }
    return new TextEncoder().encode(JSON.stringify(answer));
  }

  post(_path: string, body: string, _signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    this.posted.push(JSON.parse(body));
    if (this.allows === undefined) {
      return Promise.reject(new ClusterError("missing", "There is no such API."));
    }
    const status = { allowed: this.allows, userInfo: { username: this.user } };
    return Promise.resolve(new TextEncoder().encode(JSON.stringify({ status })));
  }

  async open(path: string, signal: AbortSignal): Promise<BodyReader> {
    const answer = await this.#answer(path, signal);
    const reading = { clock: this.clock, signal };
    if (answer instanceof ScriptedStream) return new BodyReader(abortable(answer, signal), reading);
    return new BodyReader(new Blob([JSON.stringify(answer)]).stream(), reading);
  }

  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const answer = await this.#answer(path, signal);
    if (!(answer instanceof ScriptedStream)) throw new Error("the script has no stream for a watch");
    return abortable(answer, signal);
  }

  #answer(path: string, signal: AbortSignal): Promise<Answer> {
    this.requests.push(new URL(path, this.origin));
    const answer = this.#answers.shift();
    if (answer instanceof ClusterError) return Promise.reject(answer);
    if (answer !== undefined) return Promise.resolve(answer);
    return new Promise((_resolve, reject) => {
      const stop = (): void => reject(signal.reason);
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  identity(): Promise<string> {
    return Promise.resolve(this.origin);
  }

  close(): void {}

  /** A parameter of the request with this number, counted from 0. */
  asked(number: number, parameter: string): string | null {
    return this.requests[number]?.searchParams.get(parameter) ?? null;
  }
}

/** As `fetch`: an abort of the request's signal fails the reading of its body. */
function abortable(stream: ScriptedStream, signal: AbortSignal): ReadableStream<Uint8Array<ArrayBuffer>> {
  signal.addEventListener("abort", () => {
    stream.cancelled = true;
    try {
      stream.break(signal.reason);
    } catch {
      // It had ended before.
    }
  }, { once: true });
  return stream.body;
}

/** A list's answer, its items without `apiVersion` and `kind` as the API server sends them. */
export function podList(resourceVersion: string, pods: Pod[], token?: string): object {
  return {
    kind: "PodList",
    apiVersion: "v1",
    metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }) },
    items: pods.map(({ apiVersion: _a, kind: _k, ...pod }) => pod),
  };
}

/** The body of the real server's answer to a version that it no longer keeps. */
export const GONE = {
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message: "too old resource version: 1 (9)",
  reason: "Expired",
  code: 410,
};
