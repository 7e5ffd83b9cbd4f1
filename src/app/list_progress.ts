import type { PodEvent } from "../pod/event.ts";
import type { Scope } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import { counted } from "../runtime/wording.ts";

/** Milliseconds between two states of the line. */
const REDRAWN_AFTER = 100;

/** How far the first lists are, in a line that is written anew, for whoever looks on at a terminal. */
export class ListProgress {
  readonly #show: (line: string | undefined) => void;
  readonly #clock: Clock;
  /** Pods of each scope that its list held so far. */
  readonly #pods = new Map<Scope, number>();
  #shownAt: number;
  #isOver = false;

  /** @param show shows a line in place of the one before it; undefined: takes it away */
  constructor(show: (line: string | undefined) => void, clock: Clock) {
    this.#show = show;
    this.#clock = clock;
    // A small cluster is listed before anybody wonders.
    this.#shownAt = clock.monotonic();
  }

  /** A batch came. Nothing but a comparison once the lists are complete. */
  batch(scope: Scope, events: readonly PodEvent[]): void {
    if (this.#isOver) return;
    let pods = this.#pods.get(scope) ?? 0;
    for (const { type } of events) {
      if (type === "sync-start") pods = 0;
      else if (type === "applied") pods++;
    }
    this.#pods.set(scope, pods);
    const now = this.#clock.monotonic();
    if (now - this.#shownAt < REDRAWN_AFTER) return;
    this.#shownAt = now;
    const all = [...this.#pods.values()].reduce((sum, one) => sum + one, 0);
    this.#show(`Listing: ${counted(all, "pod")} so far`);
  }

  /** All have been listed, or the program ends. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#show(undefined);
  }
}
