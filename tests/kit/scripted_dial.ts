import type { Answer as HttpAnswer, Failure, Fault, Outcome, Send } from "../../src/http/outcome.ts";
import type { Clock } from "../../src/runtime/clock.ts";

/** A request as the endpoint saw it. */
export interface Seen {
  name: string;
  version: string;
  /** The clock's monotonic instant. */
  at: number;
  headers: Readonly<Record<string, string>>;
  url: URL;
}

/**
 * What the endpoint does: a status, a status with headers, a fault after the request was written, a kept connection that
 * turns out to be dead, or no answer until the time is over.
 */
export type Answer =
  | number
  | { status: number; headers?: Record<string, string>; body?: string }
  | Fault
  | "stale"
  | "hang";

/** An endpoint that is a function. It counts what is under way, and sees whether two of one name ever are. */
export class ScriptedDial {
  readonly seen: Seen[] = [];
  /** Names under way now, in the order in which they began. */
  readonly underWay: Seen[] = [];
  most = 0;
  overlaps = 0;
  answer: (seen: Seen) => Answer | Promise<Answer>;
  readonly #clock: Clock;

  constructor(clock: Clock, answer: (seen: Seen) => Answer | Promise<Answer> = () => 200) {
    this.#clock = clock;
    this.answer = answer;
  }

  /** `name version` of each request so far; forgets them. */
  flush(): string[] {
    return this.seen.splice(0).map(({ name, version }) => `${name} ${version}`);
  }

  readonly send: Send = async ({ url, headers, body }, deadline, signal) => {
    const { pod } = JSON.parse(new TextDecoder().decode(body)) as { pod: { name: string; version: string } };
    const seen = { ...pod, at: this.#clock.monotonic(), headers, url };
    this.seen.push(seen);
    if (this.underWay.some(({ name }) => name === seen.name)) this.overlaps++;
    this.underWay.push(seen);
    this.most = Math.max(this.most, this.underWay.length);
    try {
      const answer = await Promise.race([this.answer(seen), aborted(signal)]);
      return answer === "hang" ? await this.#hang(deadline, signal) : outcomeOf(answer);
    } finally {
      this.underWay.splice(this.underWay.indexOf(seen), 1);
    }
  };

  async #hang(deadline: number, signal: AbortSignal): Promise<Outcome> {
    const late = Promise.withResolvers<Outcome>();
    const cancel = this.#clock.after(deadline, () => late.resolve(failure("timeout")));
    try {
      return await Promise.race([late.promise, aborted(signal)]);
    } finally {
      cancel();
    }
  }
}

/** The answer of an endpoint that is a function. */
export function answer(status: number, headers: Record<string, string> = {}, body = ""): HttpAnswer {
  return { kind: "answer", status, headers: new Map(Object.entries(headers)), body };
}

/** What is not stale has failed after the request was written. */
export function failure(fault: Fault, stale = false): Failure {
  return { kind: "failure", when: "after", stale, fault, message: `scripted fault: ${fault}` };
}

function outcomeOf(given: Exclude<Answer, "hang">): Outcome {
  if (given === "stale") return failure("closed", true);
  if (typeof given === "string") return failure(given);
  return typeof given === "number" ? answer(given) : answer(given.status, given.headers, given.body);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
