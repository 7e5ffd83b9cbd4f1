import type { ApiServer } from "./cluster/api.ts";
import type { Log } from "./runtime/log.ts";
import { sync } from "./source/list.ts";
import type { Selection } from "./source/query.ts";
import { StoreError } from "./store/database.ts";
import type { Store } from "./store/store.ts";

/**
 * Makes sure that a store belongs to this cluster, and forgets what is no longer looked at. Called once, before
 * anything is read.
 *
 * The cluster is known by its address and its authority. Where these changed (certificates rotate, addresses
 * move), it is still the same one if it has any of the pods that the store knows: a UID is unique everywhere.
 *
 * @throws {StoreError} when it is another cluster: its pods must not be taken for deleted.
 * @throws {ClusterError} when that cannot be found out now.
 */
export async function bindStore(
  api: ApiServer,
  selections: Selection[],
  { inventory, transaction }: Store,
  log: Log,
  stop: AbortSignal,
): Promise<void> {
  const cluster = await api.identity();
  const before = inventory.binding;
  const isSure = cluster !== undefined && before?.cluster === cluster;
  if (
    before !== undefined && !isSure && inventory.count() > 0 &&
    !await sharesPod(api, selections, (uid) => inventory.known(uid) !== undefined, stop)
  ) {
    throw new StoreError(
      "The state file belongs to another cluster: none of the pods that it knows is in this one. Give --state " +
        "another file, or remove this one: every pod is then sent again.",
    );
  }
  const namespaces = selections.flatMap(({ namespace }) => namespace === undefined ? [] : [namespace]);
  transaction(() => {
    inventory.bind({ cluster: cluster ?? "" });
    const forgotten = namespaces.length === 0 ? 0 : inventory.forgetOutside(namespaces);
    if (forgotten > 0) log.info(`${forgotten} pods of namespaces that are no longer followed are forgotten.`);
  });
}

async function sharesPod(
  api: ApiServer,
  selections: Selection[],
  isKnown: (uid: string) => boolean,
  stop: AbortSignal,
): Promise<boolean> {
  for (const selection of selections) {
    for await (const items of sync(api, selection, stop)) {
      if (items.some((item) => item.type === "applied" && isKnown(item.object.pod.metadata.uid))) return true;
    }
  }
  return false;
}
