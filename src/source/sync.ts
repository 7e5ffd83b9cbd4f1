import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Pod } from "../pod/pod.ts";
import { compareVersions } from "../pod/version.ts";
import { listPages } from "./list.ts";
import type { Selection } from "./query.ts";
import type { SourceItem } from "./source.ts";

/**
 * Pods in a page. One page is held while the next is on its way, so this bounds memory; smaller pages cost
 * more round trips.
 */
export const PAGE_SIZE = 100;

/**
 * Pods of a page that are parsed and handed on at a time. So few are garbage before V8 has to copy them; each batch
 * costs the reader a transaction.
 */
const BATCH = 10;

/** How far a scope was seen. */
export interface Reached {
  /** The newest version; undefined: nothing was seen. */
  version: string | undefined;
}

/**
 * One complete list as a sync: `sync-start`, every pod, `sync-end`. Returns the list's resourceVersion, where
 * a watch goes on without a gap.
 *
 * A page's token lives as long as etcd keeps the list's version (about 5 minutes). One that expired makes the
 * list begin anew, then once more in a single answer, which needs no token. The token that such an answer
 * offers is of no use here: it goes on at a later version, and what changed on the pages before would be lost.
 *
 * @param reached a list below it means that the cluster went back in time. Moved to the list's version once its
 * beginning has been taken, even if the list then breaks off: the next one tells of no second way back.
 * @throws {ClusterError} when the list could not be completed.
 */
export async function* sync(
  api: ApiServer,
  selection: Selection,
  reached: Reached,
  signal: AbortSignal,
): AsyncGenerator<SourceItem[], string, void> {
  for (const limit of [PAGE_SIZE, PAGE_SIZE, undefined]) {
    try {
      return yield* syncOnce(api, selection, limit, reached, signal);
    } catch (error) {
      if (!(error instanceof ClusterError && error.fault === "expired")) throw error;
    }
  }
  throw new ClusterError(
    "expired",
    "The API server forgot the version of a list before the list was complete.",
  );
}

async function* syncOnce(
  api: ApiServer,
  selection: Selection,
  limit: number | undefined,
  reached: Reached,
  signal: AbortSignal,
): AsyncGenerator<SourceItem[], string, void> {
  const scope = selection.namespace;
  let version: string | undefined;
  for await (const page of listPages(api, selection, limit, signal)) {
    if (version === undefined) {
      version = page.resourceVersion;
      const rewound = reached.version !== undefined && compareVersions(version, reached.version) < 0;
      yield [{ type: "sync-start", scope, resourceVersion: version, rewound }];
      reached.version = version;
    }
    yield* inBatches(page.pods());
  }
  yield [{ type: "sync-end", scope }];
  // A list has at least one page, so the version is set.
  return version ?? "";
}

function* inBatches(pods: Iterable<Pod>): Generator<SourceItem[], void, void> {
  let batch: SourceItem[] = [];
  for (const pod of pods) {
    batch.push({ type: "applied", pod });
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
