import type { PodEvent } from "../../src/pod/event.ts";
import { compareVersions } from "../../src/pod/version.ts";
import type { SourceItem } from "../../src/source/source.ts";

/** How far a scope was seen, as whoever reads its source keeps it. A list that is behind is believed at once. */
export class ReachedVersion {
  constructor(public version: string | undefined) {}

  /** Takes a batch; prints each item, and of a list whether it is behind what was reached. */
  take(items: SourceItem[] | void, print: (item: SourceItem) => string): string[] {
    return (items ?? []).map((item) => {
      const version = item.type === "wait" ? undefined : versionOf(item);
      if (version === undefined) return print(item);
      const isBehind = this.version !== undefined && compareVersions(version, this.version) < 0;
      if (!isBehind || item.type === "sync-start") this.version = version;
      return isBehind && item.type === "sync-start" ? "sync-start behind" : print(item);
    });
  }
}

function versionOf(event: PodEvent): string | undefined {
  if (event.type === "sync-end" || event.type === "unreadable") return undefined;
  return event.type !== "gone" && "object" in event
    ? event.object.pod.metadata.resourceVersion
    : event.resourceVersion;
}
