import type { ApiServer } from "../cluster/api.ts";
import type { Workers } from "../delivery/workers.ts";
import { payloadOf } from "../pod/payload.ts";
import type { PodEvent } from "../pod/event.ts";
import type { Log } from "../runtime/log.ts";
import type { Selection } from "../source/query.ts";
import type { SourceItem } from "../source/source.ts";
import { sync } from "../source/list.ts";
import type { Store } from "../store/store.ts";
import { sayNothingFound } from "./first_list.ts";
import type { Pipeline } from "./pipeline.ts";

/** `--once` without a webhook: one payload a line. @throws {ClusterError} when the pods cannot be listed. */
export async function printOnce(
  api: ApiServer,
  selections: Selection[],
  env: Record<string, string> | undefined,
  print: (text: string) => Promise<void>,
  log: Log,
  stop: AbortSignal,
): Promise<number> {
  const decoder = new TextDecoder();
  // A list whose token expired begins anew, and what it brings again has been printed.
  const printed = new Set<string>();
  for (const selection of selections) {
    const before = printed.size;
    for await (const items of sync(api, selection, stop)) {
      const lines = items.flatMap((item) => {
        if (item.type !== "applied" || printed.has(item.object.pod.metadata.uid)) return [];
        printed.add(item.object.pod.metadata.uid);
        return [`${decoder.decode(payloadOf(item.object.body, env))}\n`];
      });
      await print(lines.join(""));
    }
    if (printed.size === before) await sayNothingFound(selection, { api, log }, stop);
  }
  return 0;
}

/** What `--once` with webhooks uses. */
export interface DeliverOnceDeps {
  api: ApiServer;
  pipeline: Pipeline;
  workers: Workers;
  store: Store;
  log: Log;
  /** Ends the workers in an orderly way. */
  drain: () => Promise<void>;
}

/**
 * `--once` with webhooks: every pod is sent once, by the same code as in the long run. Returns the exit code: 1
 * if anything was not accepted. After `stop`, what is pending is tried once more.
 *
 * @throws {ClusterError} when the pods cannot be listed.
 */
export async function deliverOnce(
  selections: Selection[],
  { api, pipeline, workers, store: { pending }, log, drain }: DeliverOnceDeps,
  stop: AbortSignal,
): Promise<number> {
  let pods = 0;
  for (const selection of selections) {
    const before = pods;
    for await (const items of sync(api, selection, stop)) {
      const events = items.filter((item: SourceItem): item is PodEvent => item.type !== "wait");
      pipeline.accept(events, selection.namespace);
      pods += events.filter((event) => event.type === "applied").length;
    }
    if (pods === before) await sayNothingFound(selection, { api, log }, stop);
  }
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener("abort", () => resolve());
  });
  await Promise.race([workers.finish("settled"), stopped]);
  // A worker that failed has aborted it too.
  if (stop.aborted) await drain();
  const behind = pending.endpoints().filter((endpoint) => pending.counts(endpoint).pending > 0);
  for (const endpoint of behind) {
    log.error(`Endpoint ${endpoint} did not accept ${pending.counts(endpoint).pending} of ${pods} pods.`, {
      endpoint,
    });
  }
  return behind.length === 0 ? 0 : 1;
}
