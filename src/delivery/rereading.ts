import { type Backoff, backoffDelay } from "../runtime/backoff.ts";
import type { Message } from "../store/store.ts";
import type { WorkerDeps } from "./worker_deps.ts";

/** What it takes. */
type RereadingDeps = Pick<WorkerDeps, "pending" | "reread" | "random">;

/** How long messages wait whose pods could not be read again: a cluster that comes up must not be overrun. */
const BACKOFF: Backoff = { base: 1_000, cap: 60_000 };

/** They wait as if so many more had failed while another one is asked for: to put thousands off each second costs a core. */
const OTHERS = 4;

/** Pods that are read again at a time. */
const AT_A_TIME = 8;

/** Bodies that were read again and given up at once, because they are so large: they go out as they are. */
const REMEMBERED = 1_000;

/** The messages of one endpoint whose bodies were given up, as far as their pods are being read again. */
export class Rereading {
  readonly #deps: RereadingDeps;
  readonly #onEnd: (fault?: { error: unknown }) => void;
  /** Messages, by their number, whose pods are being read again, or were. */
  readonly #underWay = new Set<number>();
  readonly #read = new Set<number>();
  #failures = 0;
  /** While none can be read: when the next one may be asked for. */
  #nextAt = -Infinity;

  /** @param onEnd called after each reading, with what it threw */
  constructor(deps: RereadingDeps, onEnd: (fault?: { error: unknown }) => void) {
    this.#deps = deps;
    this.#onEnd = onEnd;
  }

  /** Whether nothing is being read. */
  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Whether one more may be read. Where pods cannot be read, their messages are put off; else, whatever is next waits. */
  get hasRoom(): boolean {
    return this.#failures > 0 || this.#underWay.size < AT_A_TIME;
  }

  /** Whether the message goes out without its body: it was read again, and the body given up once more. */
  wasRead({ seq }: Message): boolean {
    return this.#read.has(seq);
  }

  /** The message was delivered. */
  forget({ seq }: Message): void {
    this.#read.delete(seq);
  }

  /**
   * Gives the message back first: what is read may be newer and then takes its place. It is ready again as soon as the
   * store has the body, and after a backoff if it has not.
   */
  start(message: Message, now: number): void {
    const { pending, reread, random } = this.#deps;
    const { seq } = message;
    const failures = this.#failures;
    // One at a time while none can be read: the API server is asked once for each backoff, not once for each pod.
    const mustWait = failures > 0 && (this.#underWay.size > 0 || now < this.#nextAt);
    const due = now + backoffDelay(BACKOFF, failures + (mustWait ? OTHERS : 1), random());
    pending.defer(message, due);
    if (mustWait || this.#underWay.has(seq)) return;
    this.#nextAt = due;
    this.#underWay.add(seq);
    let fault: { error: unknown } | undefined;
    reread(message).then((isFound) => {
      // Those that were under way together failed for one cause.
      this.#failures = isFound ? 0 : Math.max(this.#failures, failures + 1);
      if (!isFound) return;
      if (this.#read.size >= REMEMBERED) this.#read.clear();
      this.#read.add(seq);
    }).catch((error: unknown) => void (fault = { error })).finally(() => {
      this.#underWay.delete(seq);
      this.#onEnd(fault);
    });
  }
}
