import type { Failure, Outcome, Send } from "../../src/http/outcome.ts";
import type { Clock } from "../../src/runtime/clock.ts";

/** A request as the endpoint saw it. */
export interface Seen {
  name: string;
  version: string;
  /** The clock's monotonic instant. */
  at: number;
  headers: Readonly<Record<string, string>>;
  url: URL;
  body: string;
}

/** What the endpoint does: a status, a status with headers, a failure on the way, or no answer within the deadline. */
export type Reaction =
  | number
  | { status: number; headers?: Record<string, string>; body?: string }
  | Failure
  | "hang";

/** The connection could not be made. */
export const REFUSED: Failure = {
  kind: "failure",
  when: "before",
  stale: false,
  fault: "refused",
  message: "a.example.com refuses connections: start it",
};

/** The request was read, and the connection ended. */
export const RESET: Failure = {
  ...REFUSED,
  when: "after",
  fault: "closed",
  message: "a.example.com hung up",
};

/** A kept connection had ended. */
export const STALE: Failure = { ...RESET, stale: true };

/** An endpoint that is a function. It counts what is under way, and sees whether two of one name ever are. */
export class ScriptedReceiver {
  readonly seen: Seen[] = [];
  /** Requests under way now, in the order in which they began. */
  readonly underWay: Seen[] = [];
  most = 0;
  overlaps = 0;
  react: (seen: Seen) => Reaction | Promise<Reaction> = () => 200;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `name version` of each request so far; forgets them. */
  flush(): string[] {
    return this.seen.splice(0).map(({ name, version }) => `${name} ${version}`);
  }

  readonly send: Send = async ({ url, headers, body }, deadline, signal) => {
    const text = new TextDecoder().decode(body);
    const { name, resourceVersion: version } = JSON.parse(text).pod.metadata;
    const seen = { name, version, at: this.#clock.monotonic(), headers, url, body: text };
    this.seen.push(seen);
    if (this.underWay.some((other) => other.name === name && other.url.href === url.href)) this.overlaps++;
    this.underWay.push(seen);
    this.most = Math.max(this.most, this.underWay.length);
    const late = Promise.withResolvers<Outcome>();
    const cancel = this.#clock.after(
      deadline,
      () => late.resolve({ ...RESET, fault: "timeout", message: "timed out" }),
    );
    const abort = (): void => late.reject(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      signal.throwIfAborted();
      return await Promise.race([this.#outcome(seen), late.promise]);
    } finally {
      cancel();
      signal.removeEventListener("abort", abort);
      this.underWay.splice(this.underWay.indexOf(seen), 1);
    }
  };

  async #outcome(seen: Seen): Promise<Outcome> {
    const reaction = await this.react(seen);
    if (reaction === "hang") return await new Promise(() => {});
    if (typeof reaction === "object" && "kind" in reaction) return reaction;
    const { status, headers = {}, body = "" } = typeof reaction === "number"
      ? { status: reaction }
      : reaction;
    return { kind: "answer", status, headers: new Map(Object.entries(headers)), body };
  }
}

/** One pod's reaction by name, 200 for all others. */
export function only(name: string, reaction: Reaction): (seen: Seen) => Reaction {
  return (seen) => seen.name === name ? reaction : 200;
}
