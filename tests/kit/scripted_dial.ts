import { type Dial, DialError, type DialFault, type Reply } from "../../src/delivery/dial.ts";
import type { Clock } from "../../src/runtime/clock.ts";

/** A request as the endpoint saw it. */
export interface Seen {
  name: string;
  version: string;
  /** The clock's monotonic instant. */
  at: number;
  headers: Record<string, string>;
  url: URL;
}

/** What the endpoint does: a status, a status with headers, a fault, or no answer until the signal aborts. */
export type Answer =
  | number
  | { status: number; headers?: Record<string, string>; body?: string }
  | DialFault
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

  readonly dial: Dial = async ({ url, headers, body }, signal) => {
    const { pod } = JSON.parse(new TextDecoder().decode(body)) as { pod: { name: string; version: string } };
    const seen = { ...pod, at: this.#clock.monotonic(), headers, url };
    this.seen.push(seen);
    if (this.underWay.some(({ name }) => name === seen.name)) this.overlaps++;
    this.underWay.push(seen);
    this.most = Math.max(this.most, this.underWay.length);
    try {
      return await toReply(await Promise.race([this.answer(seen), aborted(signal)]), signal);
    } finally {
      this.underWay.splice(this.underWay.indexOf(seen), 1);
    }
  };
}

async function toReply(answer: Answer, signal: AbortSignal): Promise<Reply> {
  if (answer === "hang") return await aborted(signal);
  if (typeof answer === "string") throw new DialError(answer, `scripted fault: ${answer}`);
  const { status, headers = {}, body = "" } = typeof answer === "number" ? { status: answer } : answer;
  return { status, headers: new Headers(headers), body };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
