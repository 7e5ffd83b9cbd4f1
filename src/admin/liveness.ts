import type { Scope } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import { counted, duration, namespaces } from "../runtime/wording.ts";

/*
 * Whether the program still goes about its work: that is what `/livez` answers by. A restart mends a loop that stands
 * still, and nothing else; and without a state file it loses what is pending. So neither an API server, an endpoint, a
 * disk, DNS or a proxy that is bad makes it red, nor a machine that slept, nor a first list of a hundred thousand pods:
 * each of those is an attempt that goes on, or one that has ended and is followed by a wait.
 *
 * A stuck event loop needs nothing here: it answers no probe at all. What is looked at is the program's own asynchronous
 * work, which a promise that never settles would end without a word:
 *
 * - the loop that follows a scope begins something, hears something or is asked to wait, all the time;
 * - a worker begins an attempt where one may begin, and ends what it began (`delivery/stall.ts`).
 */

/**
 * The longest that following a scope may take from one step to the next, in milliseconds: a credential plugin that takes
 * its five minutes and an answer that is late; or one pod as large as they come that trickles in. A watch on which nothing
 * comes is given up sooner.
 */
const STEP = 375_000;

/** So many deadlines pass before a loop is said to stand still. */
const DEADLINES = 2;

/** What it needs of the world. */
export interface LivenessDeps {
  clock: Clock;
  /** When the program last stood still as a whole, on the monotonic clock; -Infinity: never. */
  standstill: { readonly endedAt: number };
  /** Milliseconds for which each worker has done nothing that should do something; see `Workers.stalled`. */
  stalledWorkers: () => number[];
  /** The program ends: its loops do, too, and that takes no longer than the shutdown may. */
  isEnding: () => boolean;
}

/** The work of one scope, which goes on step by step. */
export interface Steps {
  /** Something begins, or was heard. Called many times a second. */
  step(): void;
  /** Nothing is done for so many milliseconds, on purpose. */
  waits(milliseconds: number): void;
  /** There is nothing to do any more. */
  end(): void;
}

/** See above. */
export class Liveness {
  readonly #deps: LivenessDeps;
  /** Until when each scope's loop had something to wait for, or since when it has done nothing; by the monotonic clock. */
  readonly #idle = new Map<Scope, number>();

  constructor(deps: LivenessDeps) {
    this.#deps = deps;
  }

  /** The steps of a scope that is followed from now on. */
  follow(scope: Scope): Steps {
    const { clock } = this.#deps;
    this.#idle.set(scope, clock.monotonic());
    return {
      step: () => void this.#idle.set(scope, clock.monotonic()),
      waits: (milliseconds) => void this.#idle.set(scope, clock.monotonic() + milliseconds),
      end: () => void this.#idle.delete(scope),
    };
  }

  /** What stands still though nothing keeps it, as sentences for people; empty: nothing does. Names no endpoint. */
  problems(): string[] {
    const { clock, standstill, stalledWorkers, isEnding } = this.#deps;
    if (isEnding()) return [];
    const stalled = stalledWorkers();
    const now = clock.monotonic();
    // Where time went on and the program did not, its timers are late, not its loops.
    const since = standstill.endedAt;
    const loops = [...this.#idle].flatMap(([scope, idle]) => {
      const still = now - Math.max(idle, since);
      if (still <= DEADLINES * STEP) return [];
      const what = namespaces([scope]);
      return [`What follows ${what} has done nothing for ${duration(still)}, and nothing keeps it.`];
    });
    if (stalled.length === 0) return loops;
    const [has, longest] = [stalled.length === 1 ? "has" : "have", duration(Math.max(...stalled))];
    const endpoints = counted(stalled.length, "endpoint");
    return [...loops, `What sends to ${endpoints} ${has} done nothing for ${longest}, and nothing keeps it.`];
  }
}
