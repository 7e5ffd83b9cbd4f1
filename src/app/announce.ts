import type { Options } from "../cli/options.ts";
import { VERSION } from "../cli/version.ts";
import type { Workers } from "../delivery/workers.ts";
import type { Log } from "../runtime/log.ts";
import type { Store } from "../store/store.ts";
import type { Notices } from "./notices.ts";

/** What people read about the program as a whole; the parts speak for themselves. */

/** Dead letters of one endpoint that are written into the log when somebody asks. */
const SHOWN = 100;

/** At the start: what is followed, and where it goes. */
export function sayStart({ namespaces, endpoints, source }: Options, origin: string, log: Log): void {
  const where = namespaces.length === 0 ? "all namespaces" : `namespace ${namespaces.join(", ")}`;
  const names = endpoints.map((endpoint) => endpoint.name).join(", ") || "the webhooks of annotations";
  log.info(
    `k8svent ${VERSION} follows the pods of ${where} at ${origin} (${source}) and delivers to ${names}.`,
  );
}

/** At the end, and when somebody asks: what is pending for each endpoint. */
export function sayPending({ pending }: Store, log: Log): void {
  for (const endpoint of pending.endpoints()) {
    const { pending: count, deadLetters } = pending.counts(endpoint);
    if (count === 0) continue;
    const dead = deadLetters === 0 ? "" : `, ${deadLetters} of them dead letters`;
    log.warn(
      `${count === 1 ? "1 message is" : `${count} messages are`} pending for endpoint ${endpoint}${dead}.`,
      {
        endpoint,
        pending: count,
        "dead_letters": deadLetters,
      },
    );
  }
}

/** What an update would cost endpoints that do not accept what is pending for them, as a clause. */
export function sayBehind(endpoints: string[]): string | undefined {
  if (endpoints.length === 0) return undefined;
  return `what ${endpoints.join(", ")} did not accept yet would be lost: mend it, or give --state`;
}

/** @param fault undefined: it is over */
export function sayDiskFault(fault: string | undefined, log: Log): void {
  if (fault === undefined) return log.info("The state file can be written again, and has everything.");
  log.error(
    `The state file cannot be written: ${fault}. Deliveries go on from memory; after a crash, what was sent ` +
      "meanwhile is sent again. Make room on the disk, or make it writable.",
  );
}

/** Messages were evicted. */
export function sayEvicted(endpoint: string, messages: number, log: Log): void {
  log.error(
    `Endpoint ${endpoint} is too far behind: ${messages} messages for it were evicted. Raise --state-max and ` +
      "--buffer, or mend it.",
    { endpoint, messages },
  );
}

/** What somebody who asks (SIGUSR1) gets: the state in the log, and an attempt of all that waits. */
export function inspect(store: Store, workers: Workers, notices: Notices, log: Log): void {
  sayPending(store, log);
  for (const endpoint of store.pending.endpoints()) {
    for (const { pod, why, tries, superseded } of store.pending.deadLetters(endpoint, SHOWN)) {
      const end = superseded ? " A newer version took its place." : "";
      log.warn(`Endpoint ${endpoint} does not take ${pod}: ${why}.${end}`, { endpoint, pod, tries });
    }
    store.pending.retryDeadLetters(endpoint);
  }
  notices.sendInventory();
  store.commit();
  workers.retry();
}
