import type { PodVersion, Suspicion } from "../change/contradiction.ts";
import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { readPod } from "../source/lookup.ts";
import type { Store } from "../store/store.ts";
import { Relist } from "./relist.ts";

/*
 * Whether the history of the cluster was rewritten.
 *
 * When etcd is restored from a backup, versions that were seen are gone, and others take their numbers. The API says
 * nothing of it. What gives it away is a list that contradicts what is known (`change/contradiction.ts`). One list
 * alone proves nothing: a proxy or an API server that lags answers with an old one, and a new epoch sends every pod
 * again. So a second read has to confirm it:
 *
 * - a list below the version that was reached: by another list, one to three seconds later;
 * - a pod that the list holds and that cannot be: by a read of that pod without a resourceVersion, which goes to etcd.
 *
 * Confirmed, a new epoch begins: each scope is listed anew, and each pod that is listed is news once. Not confirmed,
 * the list is dropped and made again. Either way nothing is concluded from the list that contradicted.
 *
 * What a read refutes is no sign any more: a later list that holds it still is stale in that pod (it holds one UID in
 * several versions, or one that is gone), and would otherwise be made again for ever.
 */

/** The least time between two epochs, in milliseconds. It doubles while they recur, to an hour. */
const EPOCH_INTERVAL = 60_000;
const LONGEST_EPOCH_INTERVAL = 3_600_000;

/** Versions of pods that were refuted, at the most; then all are forgotten, and are examined again. */
const REFUTED = 1_000;

/** What the examination of a suspicion needs. */
export interface HistoryDeps {
  api: ApiServer;
  store: Store;
  clock: Clock;
  log: Log;
}

/** The epochs of one run. Shared by all scopes. */
export class History {
  readonly #deps: HistoryDeps;
  readonly #relist = new Relist();
  readonly #refuted = new Set<string>();
  #begun = -Infinity;
  #interval = EPOCH_INTERVAL;

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
  }

  /** Aborts when an epoch ends: every scope is then listed anew. */
  get epoch(): AbortSignal {
    return this.#relist.signal;
  }

  /**
   * Whether a second read says the same. Resolves to false too where it cannot be read now.
   *
   * @param isSecond whether the list before this one was behind as well
   */
  async confirms(suspicion: Suspicion, isSecond: boolean, signal: AbortSignal): Promise<boolean> {
    if (suspicion.kind === "list-behind") return isSecond;
    const { namespace, name, uid, resourceVersion } = suspicion.pod;
    try {
      const { pod: { metadata } } = await readPod(this.#deps.api, namespace, name, signal);
      const isSame = metadata.uid === uid && metadata.resourceVersion === resourceVersion;
      if (!isSame) this.#refute(suspicion.pod);
      return isSame;
    } catch (error) {
      if (error instanceof ClusterError && error.fault === "missing") this.#refute(suspicion.pod);
      if (error instanceof ClusterError || signal.aborted) return false;
      throw error;
    }
  }

  /** Whether a read refuted this sign since the epoch began. */
  isRefuted(suspicion: Suspicion): boolean {
    return suspicion.kind !== "list-behind" && this.#refuted.has(keyOf(suspicion.pod));
  }

  #refute(pod: PodVersion): void {
    if (this.#refuted.size >= REFUTED) this.#refuted.clear();
    this.#refuted.add(keyOf(pod));
  }

  /** Begins a new epoch. Says false, and does nothing, where the last one began too short a time ago. */
  begin(): boolean {
    const { store, clock, log } = this.#deps;
    const now = clock.monotonic();
    const elapsed = now - this.#begun;
    if (elapsed < this.#interval) return false;
    this.#interval = elapsed < 2 * this.#interval
      ? Math.min(2 * this.#interval, LONGEST_EPOCH_INTERVAL)
      : EPOCH_INTERVAL;
    this.#begun = now;
    this.#refuted.clear();
    store.inventory.beginEpoch();
    store.commit();
    log.error(
      "The history of the cluster was rewritten (was etcd restored from a backup?): every pod is listed anew and " +
        "sent once more, with a higher k8svent-epoch.",
      { epoch: store.inventory.epoch },
    );
    this.#relist.now();
    return true;
  }
}

function keyOf({ uid, resourceVersion }: PodVersion): string {
  return JSON.stringify([uid, resourceVersion]);
}
