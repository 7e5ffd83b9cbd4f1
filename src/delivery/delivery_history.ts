import type { Answer, Request } from "../http/outcome.ts";
import type { Clock } from "../runtime/clock.ts";
import { LastHour } from "../runtime/last_hour.ts";
import { own } from "../runtime/own_string.ts";
import { printable } from "../runtime/printable.ts";
import type { Message } from "../store/store.ts";
import type { Confidential } from "./credentials.ts";
import { firstLine, withoutConfidential } from "./refusal.ts";
import { messageId } from "./render.ts";
import { classOf, type EndedAttempt, type OutcomeClass } from "./tally.ts";

/*
 * What came of the last deliveries of each endpoint, for people who look (`--admin-listen`); where nobody can, there is none
 * of this. A delivery is one message at one endpoint, with all its attempts; one that was never tried is not here, but in
 * the store.
 *
 * It is in memory and bounded: 1,000 deliveries of an endpoint, and 10,000 of all together, so with more than ten endpoints
 * each has its part. Endpoints that annotations named keep fewer, and are forgotten when they are closed: pods can name
 * new ones without end. The delivery that was tried least recently gives way.
 *
 * Whatever proves who sends a request is masked before it is kept, and an answer is kept without what only the two ends know
 * (see `refusal.ts`): it may repeat what it was sent.
 */

/** An attempt that has ended. Instants are of the wall clock; all in milliseconds. */
export interface KeptAttempt {
  at: number;
  duration: number;
  outcome: OutcomeClass;
  /** Where an answer came. */
  status: number | undefined;
  /** Why it was not accepted. */
  why: string | undefined;
}

/** A message at an endpoint, as far as it has come. */
export interface KeptDelivery {
  /** Of `webhook-id`. */
  readonly id: string;
  readonly message: Omit<Message, "body" | "completeness" | "failures">;
  /** When it was recorded, by the wall clock. */
  readonly recordedAt: number;
  /** Attempts that have ended. */
  attempts: number;
  /** The last ten, the newest last. */
  readonly history: KeptAttempt[];
  /** Milliseconds from when it was recorded until it was accepted; undefined: it was not. */
  lag: number | undefined;
  /** Whether the last attempt made it a dead letter, or left it one. */
  isDeadLetter: boolean;
  /** Of the last attempt for which one was made. `headers`: `name: value`, one a line, a fifth of the memory of a map. */
  request: { readonly headers: string; readonly bytes: number } | undefined;
  /** Of the last attempt that was answered. `text`: its first line; empty where it says nothing. */
  answer: { readonly status: number; readonly headers: string; readonly text: string } | undefined;
}

/** Deliveries that are kept of one endpoint, of one that an annotation named, and of all the operator's together. */
const OF_ONE = 1_000;
const OF_ANNOTATION = 50;
const OF_ALL = 10_000;

/** Attempts of one delivery that are kept. */
const ATTEMPTS = 10;

/** Of an answer, headers that are kept, and characters of each. */
const HEADERS = 32;
const LONGEST_HEADER = 200;

/** The histories of all endpoints. */
export class DeliveryHistory {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #endpoints = new Map<string, EndpointHistory>();

  /** @param changed called after each attempt */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** That of an endpoint, made where there is none. It outlives the worker, which a change of the configuration replaces. */
  open(endpoint: string, isOfAnnotation: boolean): EndpointHistory {
    const known = this.#endpoints.get(endpoint);
    if (known !== undefined) return known;
    const limit = isOfAnnotation ? OF_ANNOTATION : OF_ONE;
    const opened = new EndpointHistory(isOfAnnotation, limit, this.#clock, this.#changed);
    this.#endpoints.set(endpoint, opened);
    this.#share();
    return opened;
  }

  find(endpoint: string): EndpointHistory | undefined {
    return this.#endpoints.get(endpoint);
  }

  forget(endpoint: string): void {
    this.#endpoints.delete(endpoint);
    this.#share();
  }

  #share(): void {
    const own = [...this.#endpoints.values()].filter(({ isOfAnnotation }) => !isOfAnnotation);
    const limit = Math.min(OF_ONE, Math.floor(OF_ALL / own.length));
    for (const history of own) history.limit = limit;
  }
}

/** What is kept of one endpoint. */
export class EndpointHistory {
  readonly isOfAnnotation: boolean;
  /** Messages that it accepted, and older versions that those stood for, since it was opened. */
  delivered = 0;
  coalesced = 0;
  lastDeliveredAt: number | undefined;
  lastError: { readonly at: number; readonly why: string } | undefined;
  /** Attempts by whether they were accepted. */
  readonly lastHour: LastHour<{ delivered: number; failed: number }>;
  readonly #clock: Clock;
  readonly #changed: () => void;
  /** By id, the one that was tried least recently first. */
  readonly #kept = new Map<string, KeptDelivery>();
  /** Requests of attempts that have not ended. */
  readonly #requests = new WeakMap<Message, Sent>();
  #limit: number;

  constructor(isOfAnnotation: boolean, limit: number, clock: Clock, changed: () => void) {
    this.isOfAnnotation = isOfAnnotation;
    this.lastHour = new LastHour(clock, () => ({ delivered: 0, failed: 0 }));
    this.#limit = limit;
    this.#clock = clock;
    this.#changed = changed;
  }

  /** How many deliveries are kept. */
  set limit(limit: number) {
    this.#limit = Math.max(1, limit);
    this.#trim();
  }

  /** The newest attempt first. */
  deliveries(): KeptDelivery[] {
    return [...this.#kept.values()].reverse();
  }

  /** A request is made of a message. @param configured the headers that the operator added */
  sent(message: Message, { headers, body }: Request, configured: Readonly<Record<string, string>>): void {
    this.#requests.set(message, { headers, configured, bytes: body.length });
  }

  /**
   * An attempt has ended.
   *
   * @param recordedAt when the message was recorded, by the monotonic clock
   * @param confidential what is taken out of the answer
   */
  attempted(message: Message, attempt: EndedAttempt, recordedAt: number, confidential: Confidential): void {
    const { outcome, decision } = attempt;
    const [now, age] = [this.#clock.now(), attempt.ended - recordedAt];
    const sent = this.#requests.get(message);
    this.#requests.delete(message);
    const id = sent?.headers["webhook-id"] ?? messageId(message);
    const kept = this.#kept.get(id) ?? newDelivery(id, message, now - age);
    kept.attempts = attempt.number;
    kept.isDeadLetter = "failures" in decision && decision.failures.dead > 0;
    if (sent !== undefined) kept.request = { headers: masked(sent), bytes: sent.bytes };
    if (outcome.kind === "answer") kept.answer = answerOf(outcome, sent, confidential);
    if (decision.kind === "delivered") {
      kept.lag = age;
      this.#delivered(message, now);
    } else this.#failed(decision.why, now);
    kept.history.push(this.#record(attempt, now));
    if (kept.history.length > ATTEMPTS) kept.history.shift();
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    this.#trim();
    this.#changed();
  }

  #delivered({ coalesced }: Message, now: number): void {
    this.delivered++;
    this.coalesced += coalesced;
    this.lastDeliveredAt = now;
    this.lastHour.current.delivered++;
  }

  #failed(why: string, now: number): void {
    // The same text as the last time: an outage has few reasons, and many attempts.
    this.lastError = { at: now, why: this.lastError?.why === why ? this.lastError.why : why };
    this.lastHour.current.failed++;
  }

  #record({ outcome, decision, took }: EndedAttempt, now: number): KeptAttempt {
    return {
      at: now,
      duration: took,
      outcome: classOf(outcome),
      status: outcome.kind === "answer" ? outcome.status : undefined,
      why: decision.kind === "delivered" ? undefined : this.lastError?.why,
    };
  }

  #trim(): void {
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit) return;
      this.#kept.delete(id);
    }
  }
}

/** The headers, by their names. */
export function headersIn(lines: string): Record<string, string> {
  return Object.fromEntries(
    lines.split("\n").flatMap((line) => {
      const [, name, value] = HEADER.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

const HEADER = /^(.*?): ?(.*)$/;

/** What stands in place of what proves who somebody is. */
const MASK = "(masked)";

/** Whoever configures them; `webhook-id` and `webhook-timestamp` prove nothing by themselves. */
const PROOF = /^(proxy-)?authorization$|cookie|signature/;

/** Names of headers whose values are secrets, wherever they come back. */
const SECRET = /authorization|cookie|signature|key|token|secret|password/;

/** Of a value, the shortest part that is taken out of an answer: `Bearer`, `v1` and `sha256` say nothing. */
const SHORTEST_PROOF = 8;

/** A request, as it was sent. */
interface Sent {
  headers: Readonly<Record<string, string>>;
  configured: Readonly<Record<string, string>>;
  bytes: number;
}

function masked({ headers, configured }: Sent): string {
  const lines: string[] = [];
  for (const name of Object.keys(headers)) {
    const isMasked = Object.hasOwn(configured, name) || PROOF.test(name);
    lines.push(`${name}: ${isMasked ? MASK : headers[name]}`);
  }
  return lines.join("\n");
}

/** Without the proofs that were sent, which the receiver may repeat: signatures, tokens, and what they consist of. */
function withoutProofs(text: string, sent: Sent | undefined): string {
  if (sent === undefined || text === "") return text;
  let shown = text;
  for (const [name, value] of Object.entries(sent.headers)) {
    if (!SECRET.test(name)) continue;
    for (const part of [value, ...value.split(/[\s,=]+/)]) {
      if (part.length >= SHORTEST_PROOF) shown = shown.replaceAll(part, MASK);
    }
  }
  return shown;
}

function newDelivery(id: string, message: Message, recordedAt: number): KeptDelivery {
  // A body in memory for each would be all the memory that there is.
  const { body: _body, completeness: _completeness, failures: _failures, ...rest } = message;
  return {
    id,
    message: rest,
    recordedAt,
    attempts: 0,
    history: [],
    lag: undefined,
    isDeadLetter: false,
    request: undefined,
    answer: undefined,
  };
}

/** Headers that say nothing of what was sent, which most answers consist of: there is nothing to be taken out of them. */
const PLAIN = new RegExp(
  "^(date: \\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT|content-length: \\d{1,15}|" +
    "connection: (keep-alive|close)|keep-alive: timeout=\\d{1,6}|transfer-encoding: chunked|" +
    "content-type: (text/plain|text/html|application/json)(; ?charset=utf-8)?)$",
  "i",
);

function answerOf(
  { status, headers, body }: Answer,
  sent: Sent | undefined,
  confidential: Confidential,
): NonNullable<KeptDelivery["answer"]> {
  const lines: string[] = [];
  const others: string[] = [];
  for (const [name, value] of headers) {
    if (lines.length === HEADERS) break;
    if (name.includes("cookie")) continue;
    const line = `${name}: ${value}`;
    const isPlain = PLAIN.test(line);
    lines.push(isPlain ? line : "");
    if (!isPlain) others.push(printable(line));
  }
  // At once, since each look costs more than what it looks at.
  const shown = others.length === 0
    ? []
    : withoutConfidential(withoutProofs(others.join("\n"), sent), confidential).split("\n");
  const text = body === "" ? "" : firstLine(withoutProofs(body, sent), confidential) ?? "";
  return {
    status,
    headers: lines.map((line) => line || printable(shown.shift() ?? "", LONGEST_HEADER)).join("\n"),
    // Once more without proofs, which JSON may have escaped.
    text: text === "" ? "" : own(withoutProofs(text, sent)),
  };
}
