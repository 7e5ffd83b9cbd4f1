/**
 * Objects that are no pods (`pod/unreadable.ts`): what the data path makes of those of a list, and what people hear.
 */
import type { OddObject } from "../pod/unreadable.ts";
import type { Log } from "../runtime/log.ts";
import { printable } from "../runtime/printable.ts";
import { counted } from "../runtime/wording.ts";
import type { SourceItem } from "../source/source.ts";
import type { Inventory } from "../store/store.ts";

/** The list that runs holds this object: known pods that it may be count as listed, so that none is inferred gone. */
export function markPossible({ uid, namespace, name }: OddObject, inventory: Inventory): void {
  if (namespace !== undefined && name !== undefined) {
    const pod = inventory.holder(namespace, name);
    if (pod !== undefined && (uid ?? pod.uid) === pod.uid) inventory.mark(pod);
    return;
  }
  for (const pod of inventory.pods()) {
    const isNamed = pod.namespace === (namespace ?? pod.namespace) && pod.name === (name ?? pod.name);
    if (uid === undefined ? isNamed : pod.uid === uid) inventory.mark(pod);
  }
}

/** Longest name in a message. */
const LONGEST = 100;

/** Says which objects of a scope are passed over: each once while lists hold it, and one warning a list. */
export class Unreadables {
  readonly #log: Log;
  /** Those of the last list, and what the watch brought since. */
  #said = new Set<string>();
  /** Those of the list that runs; undefined: none does. */
  #listed: Map<string, OddObject> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  take(items: Iterable<SourceItem>): void {
    for (const item of items) {
      if (item.type === "sync-start") this.#listed = new Map();
      else if (item.type === "sync-end") this.#listEnded();
      else if (item.type === "unreadable") this.#came(item.odd);
    }
  }

  #came(object: OddObject): void {
    const key = JSON.stringify(object);
    if (this.#listed !== undefined) return void this.#listed.set(key, object);
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#say(object, 0);
  }

  #listEnded(): void {
    const listed = this.#listed ?? new Map<string, OddObject>();
    const [first, ...others] = [...listed].filter(([key]) => !this.#said.has(key));
    if (first !== undefined) this.#say(first[1], others.length);
    this.#said = new Set(listed.keys());
    this.#listed = undefined;
  }

  #say({ kind, uid, namespace, name }: OddObject, others: number): void {
    const what = { uid, namespace, name };
    const missing = Object.entries(what).filter(([, value]) => value === undefined).map(([field]) => field);
    const fault = kind !== undefined
      ? `is of kind ${printable(kind, LONGEST)}`
      : `has no ${missing[0] ?? "resourceVersion"}`;
    const which = name === undefined
      ? ""
      : ` ${printable([namespace ?? [], name].flat().join("/"), LONGEST)}`;
    const more = others === 0 ? "" : ` So ${others === 1 ? "is" : "are"} ${counted(others, "other")}.`;
    this.#log.warn(
      `Among the cluster's pods is an object${which} that ${fault}, so it is no pod and is passed over.${more} ` +
        "A pod that it may be is not taken for deleted. See what serves pods there: Kubernetes itself does not do that.",
    );
  }
}
