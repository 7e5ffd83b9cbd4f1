import type { Options } from "../cli/options.ts";
import type { ApiServer } from "../cluster/api.ts";
import { isOfAnnotation } from "../route/annotation.ts";
import type { Log } from "../runtime/log.ts";
import { counted } from "../runtime/wording.ts";
import { sync } from "../source/list.ts";
import { covers, type Selection, selectionsOf } from "../source/query.ts";
import type { SourceItem } from "../source/source.ts";
import { StoreError } from "../store/disk_fault.ts";
import type { Store } from "../store/store.ts";

/*
 * What a start does with the store before anything is read: it makes sure that the store belongs to this cluster, and
 * forgets what is no longer followed or configured.
 */

/**
 * The cluster is known by its authority. Its address is a hint only: a cluster may have several, and get others; that it
 * changed is said, as several clusters may share an authority (minikube's profiles do), and then the pods of the other one
 * are taken for deleted. Where the authority changed (certificates rotate) or there is none (`kubectl proxy`), it is still
 * the same cluster if it has any of the pods that the store knows: a UID is unique everywhere. They are looked for without
 * the selectors: what matched them may be nothing now.
 *
 * @throws {StoreError} when it is another cluster: its pods must not be taken for deleted.
 * @throws {ClusterError} when that cannot be found out now.
 */
export async function bindStore(
  api: ApiServer,
  options: Options,
  store: Store,
  log: Log,
  stop: AbortSignal,
): Promise<void> {
  const { inventory } = store;
  const selections = selectionsOf(options);
  const authority = await api.identity();
  const before = inventory.binding;
  const [authorityBefore = "", addressBefore = ""] = before?.cluster.split(" ") ?? [];
  const isSure = authority !== undefined && authorityBefore === authority;
  if (
    before !== undefined && !isSure && inventory.count() > 0 && !await sharesPod(api, selections, store, stop)
  ) {
    throw new StoreError(
      "The state file belongs to another cluster: none of the pods that it knows is in this one. Give --state " +
        "another file, or remove this one: every pod is then sent again.",
    );
  }
  if (isSure && inventory.count() > 0 && addressBefore !== api.origin) {
    log.info(
      `The API server is at ${api.origin} now, and was at ${addressBefore}; its authority is the same, so this is taken ` +
        "for the same cluster. (If it is another one, give --state another file: the pods of the one before will be sent " +
        "as deleted.)",
    );
  }
  inventory.bind({ cluster: `${authority ?? ""} ${api.origin}` });
  inventory.select(JSON.stringify(selections));
  const forgotten = inventory.forgetOutside((name) =>
    selections.some((selection) => covers(selection, name))
  );
  if (forgotten > 0) {
    const are = forgotten === 1 ? "is" : "are";
    log.info(`${counted(forgotten, "pod")} of namespaces that are no longer followed ${are} forgotten.`);
  }
  forgetRemovedEndpoints(store, options, log);
  store.commit();
}

async function sharesPod(
  api: ApiServer,
  selections: Selection[],
  { inventory }: Store,
  stop: AbortSignal,
): Promise<boolean> {
  for (const { namespace } of selections) {
    for await (const items of sync(api, { namespace }, stop)) {
      const isKnown = (item: SourceItem): boolean =>
        item.type === "applied" && inventory.known(item.object.pod.metadata) !== undefined;
      if (items.some(isKnown)) return true;
    }
  }
  return false;
}

/** Forgets endpoints that are no longer configured, and what is pending for them. */
function forgetRemovedEndpoints({ pending }: Store, options: Options, log: Log): void {
  for (const name of pending.endpoints().filter((name) => !isConfigured(name, options))) {
    const messages = pending.forget(name);
    const lost = messages === 0 ? "" : `, and with it ${counted(messages, "message")}`;
    log.info(`Endpoint ${name} is no longer configured: it is forgotten${lost}.`);
  }
}

/** Endpoints of annotations are not configured one by one; they stay as long as annotations are honoured. */
function isConfigured(name: string, { endpoints, podWebhooks }: Options): boolean {
  if (isOfAnnotation(name)) return podWebhooks.length > 0;
  return endpoints.some((endpoint) => endpoint.name === name);
}
