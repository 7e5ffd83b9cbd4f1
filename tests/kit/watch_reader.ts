import assert from "node:assert/strict";
import { ScriptedApi } from "./scripted_api.ts";
import { TestClock } from "./clock.ts";
import { ReachedVersion } from "./reached.ts";
import { Standstill } from "../../src/runtime/standstill.ts";
import type { SourceItem } from "../../src/source/source.ts";
import { type RestartReason, watchPods } from "../../src/source/watch.ts";

export const EVERYTHING = { namespace: undefined };

/**
 * Reads a watch by hand: `next` is what the source says next, empty batches left out, with names for pods.
 *
 * @param looks whether it notices that the program stood still
 */
export function openWatch(api: ScriptedApi, newest?: string, looks = false): {
  next: () => Promise<string[]>;
  close: () => Promise<void>;
  clock: TestClock;
  reached: ReachedVersion;
  /** Why it began once more, so far. */
  restarts: RestartReason[];
} {
  const stop = new AbortController();
  const clock = new TestClock();
  const restarts: RestartReason[] = [];
  const reached = new ReachedVersion(newest);
  const deps = {
    clock,
    random: () => 0,
    newest: () => reached.version,
    restarts: (why: RestartReason) => void restarts.push(why),
    ...looks && { standstill: new Standstill(clock, stop.signal) },
  };
  api.clock = clock;
  const source = watchPods(api, EVERYTHING, deps, stop.signal);
  return {
    clock,
    reached,
    restarts,
    async next(): Promise<string[]> {
      let batch = await source.next();
      while (!batch.done && batch.value.length === 0) batch = await source.next();
      return reached.take(batch.value, printItem);
    },
    close: async () => {
      stop.abort();
      await source.return();
    },
  };
}

export function printItem(item: SourceItem): string {
  if (item.type === "applied" || item.type === "deleted") {
    return `${item.type} ${item.object.pod.metadata.name}@${item.object.pod.metadata.resourceVersion}`;
  }
  if (item.type === "wait") return `wait ${item.milliseconds}${item.error ? ` ${item.error.fault}` : ""}`;
  if (item.type === "unreadable") return `unreadable ${JSON.stringify(item.odd)}`;
  return item.type;
}

/** Goes through the first list, so that the watch comes next. */
export async function passList(watch: { next: () => Promise<string[]> }): Promise<void> {
  await watch.next();
  assert.deepEqual(await watch.next(), ["sync-end"]);
}
