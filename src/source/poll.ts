import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { sync } from "./list.ts";
import type { Selection } from "./query.ts";
import type { SourceItem } from "./source.ts";
import { waitAfter } from "./wait.ts";
import type { SourceDeps } from "./watch.ts";

/**
 * Pods by a list each `interval` milliseconds: coarser than a watch (what came and went in between is not
 * seen), but it needs nothing of the network but short requests. See `Source` for the contract.
 */
export async function* pollPods(
  api: ApiServer,
  selection: Selection,
  { random, interval }: Pick<SourceDeps, "random"> & { interval: number },
  signal: AbortSignal,
): AsyncGenerator<SourceItem[], void, void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      yield* sync(api, selection, signal);
      failures = 0;
      yield [{ type: "wait", milliseconds: interval }];
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError)) throw error;
      failures++;
      yield [waitAfter(error, failures, random())];
    }
  }
}
