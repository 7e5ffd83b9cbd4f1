import { type Clock, sleep } from "../runtime/clock.ts";
import type { KnownPod, Store } from "../store/store.ts";
import { currentPod, type Recorder } from "./recorder.ts";

/*
 * Resyncs: pods are sent once more as they are now, because somebody asked for that.
 *
 * Of which pods is decided at once, and they are recorded in slices, so that whatever else goes on meanwhile; each as it is
 * when its slice has come. Where messages pile up the slices come slower. A resync lives no longer than the process: whoever
 * asked for it asks again, of what has not changed since then.
 */

/** Pods that are recorded at once: some milliseconds. */
const SLICE = 100;

/** Milliseconds between two slices; and while so many messages are pending for whoever takes them most quickly. */
const PAUSE = 1;
const PAUSE_BEHIND = 100;
const BEHIND = 2_000;

/** What resyncs need of the other parts. */
export interface ResyncsDeps {
  store: Store;
  recorder: Pick<Recorder, "resync" | "followersOf">;
  /** The names of the endpoints of a pod that names none of its own. */
  defaults: () => readonly string[];
  /** Messages that are pending for the quickest endpoint. */
  backlog: () => number;
  clock: Clock;
  /** Ends resyncs that are under way. */
  stop: AbortSignal;
  /** Called when the store fails, or the program is wrong. */
  fail: (error: unknown) => void;
}

/** See above. */
export class Resyncs {
  readonly #deps: ResyncsDeps;
  /** The time by which the last one is known, in milliseconds. */
  #last = 0;

  constructor(deps: ResyncsDeps) {
    this.#deps = deps;
  }

  /**
   * Begins one. Returns how many messages that is about; those that are pending anyway are not sent twice.
   *
   * @param endpoint undefined: all
   * @param since only pods that changed after that, by the wall clock, or of which it is not known
   */
  start(endpoint: string | undefined, since: number | undefined): number {
    const { store: { inventory }, recorder, clock, fail } = this.#deps;
    const pods: KnownPod[] = [];
    let messages = 0;
    for (const pod of inventory.pods()) {
      if (since !== undefined && (pod.changedAt ?? Infinity) <= since) continue;
      const followers = recorder.followersOf(pod, this.#namesOf(pod, endpoint)).length;
      messages += followers;
      if (followers > 0) pods.push(pod);
    }
    // It is part of the ids of its messages: with that of the one before, a receiver would take them for repetitions.
    this.#last = Math.max(Math.floor(clock.now()), this.#last + 1);
    this.#record(pods, endpoint, `resync ${new Date(this.#last).toISOString()}`).catch(fail);
    return messages;
  }

  async #record(pods: readonly KnownPod[], endpoint: string | undefined, occasion: string): Promise<void> {
    const { store, recorder, backlog, clock, stop } = this.#deps;
    for (let first = 0; first < pods.length && !stop.aborted; first += SLICE) {
      if (first > 0) await sleep(clock, backlog() > BEHIND ? PAUSE_BEHIND : PAUSE, stop);
      if (stop.aborted) return;
      for (const pod of pods.slice(first, first + SLICE)) {
        // It may have ended meanwhile.
        if (store.inventory.known(pod) !== pod) continue;
        recorder.resync(pod, occasion, this.#namesOf(pod, endpoint), {
          pod: () => currentPod(pod, store.inventory),
        });
      }
      store.commit();
    }
  }

  #namesOf({ route }: KnownPod, endpoint: string | undefined): readonly string[] {
    const names = route ?? this.#deps.defaults();
    return endpoint === undefined ? names : names.filter((name) => name === endpoint);
  }
}
