import type { ClusterError } from "../cluster/error.ts";
import type { PodEvent } from "../pod/event.ts";

/**
 * The next thing to do is to wait: after a failure (with its error, the wait a backoff), or, in `poll`, until
 * the next list. The source itself never sleeps: whoever reads it does, and logs.
 */
export interface Wait {
  type: "wait";
  milliseconds: number;
  error?: ClusterError;
}

/** What a batch consists of. */
export type SourceItem = PodEvent | Wait;

/**
 * Where pods come from. Read by one reader, a batch at a time: some pods of a list, or what has come of a watch since
 * the last one. The reader handles a batch completely and then asks again: a version counts as seen when the next batch is
 * asked for, though the source may read ahead of that. An empty batch says that the cluster answers. It never ends by
 * itself and never throws: errors are items. An abort of the signal that it was made with ends it, at the latest when
 * the next batch is asked for. A reader that wants a list (an event contradicts what it knows) leaves it
 * (`return`) and makes another source, which begins with one.
 */
export type Source = AsyncIterable<SourceItem[]>;
