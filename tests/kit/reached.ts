import { newestVersion, type PodEvent } from "../../src/pod/event.ts";
import type { SourceItem } from "../../src/source/source.ts";

/** How far a scope was seen, as the pipeline keeps it in the store. */
export class ReachedVersion {
  constructor(public version: string | undefined) {}

  /** Takes a batch; gives it back. */
  take(items: SourceItem[] = []): SourceItem[] {
    const events = items.filter((item): item is PodEvent => item.type !== "wait");
    this.version = newestVersion(events, this.version);
    return items;
  }
}
