import type { Suspicion } from "../change/contradiction.ts";
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
 */

/** The least time between two epochs, in milliseconds. It doubles while they recur, to an hour. */
const EPOCH_INTERVAL = 60_000;
const LONGEST_EPOCH_INTERVAL = 3_600_000;

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
      return metadata.uid === uid && metadata.resourceVersion === resourceVersion;
    } catch (error) {
      if (error instanceof ClusterError || signal.aborted) return false;
      throw error;
    }
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
