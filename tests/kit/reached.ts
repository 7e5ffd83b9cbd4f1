import { newestVersion, type PodEvent } from "../../src/pod/event.ts";
import { compareVersions } from "../../src/pod/version.ts";
import type { SourceItem } from "../../src/source/source.ts";

/** How far a scope was seen, as whoever reads its source keeps it. */
export class ReachedVersion {
  /** What was known when the running list was asked for. */
  #known: string | undefined;

  constructor(public version: string | undefined) {}

  /** Given to the source: see `SourceDeps`. */
  readonly listing = (): void => void (this.#known = this.version);

  /** Takes a batch; prints each item, and of a list whether it shows that the cluster went back. */
  take(items: SourceItem[] | void, print: (item: SourceItem) => string): string[] {
    return (items ?? []).map((item) => {
      if (item.type === "wait") return print(item);
      this.version = newestVersion([item satisfies PodEvent], this.version);
      if (item.type !== "sync-start") return print(item);
      const isBehind = this.#known !== undefined && compareVersions(item.resourceVersion, this.#known) < 0;
      this.#known = this.version;
      return isBehind ? "sync-start rewound" : print(item);
    });
  }
}
