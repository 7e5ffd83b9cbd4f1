import { VERSION } from "./cli/version.ts";
import type { Options } from "./cli/options.ts";
import type { Workers } from "./delivery/workers.ts";
import type { Notices } from "./notices.ts";
import type { Log } from "./runtime/log.ts";
import type { Store } from "./store/store.ts";

/** What people read about the program as a whole; the parts speak for themselves. */

/** At the start: what is followed, and who hears of it. */
export function sayStart({ namespaces, endpoints, source }: Options, origin: string, log: Log): void {
  const where = namespaces.length === 0 ? "all namespaces" : `namespace ${namespaces.join(", ")}`;
  const names = endpoints.map((endpoint) => endpoint.name).join(", ") || "the webhooks of annotations";
  log.info(
    `k8svent ${VERSION} follows the pods of ${where} at ${origin} (${source}) and delivers to ${names}.`,
  );
}

/** At the end, and when somebody asks: what each endpoint is still owed. */
export function sayOwed({ outbox }: Store, log: Log): void {
  for (const endpoint of outbox.endpoints()) {
    const { waiting, aside } = outbox.owed(endpoint);
    log.warn(`Endpoint ${endpoint} is still owed ${waiting + aside} messages.`, { endpoint, waiting, aside });
  }
}

/** Of endpoints that do not take what they are owed, what an update would cost them, as a clause. */
export function sayBehind(endpoints: string[]): string | undefined {
  if (endpoints.length === 0) return undefined;
  return `what ${endpoints.join(", ")} did not take yet would be lost: mend it, or give --state`;
}

/** Each message that an endpoint does not take, and why. */
function sayAside({ outbox }: Store, log: Log): void {
  for (const endpoint of outbox.endpoints()) {
    for (const { pod, why, attempts } of outbox.aside(endpoint)) {
      log.warn(`Endpoint ${endpoint} does not take ${pod}: ${why}.`, { endpoint, pod, attempts });
    }
  }
}

/** @param fault undefined: it is over, and memory kept so many transactions */
export function sayDiskFault(fault: string | undefined, kept: number, log: Log): void {
  if (fault === undefined) {
    return log.info(`The state file can be written again; it has the ${kept} transactions that memory kept.`);
  }
  log.error(
    `The state file cannot be written: ${fault}. Deliveries go on from memory; after a crash, what was sent ` +
      "meanwhile is sent again. Make room on the disk, or make it writable.",
  );
}

/** Messages had to be given up. */
export function saySacrifice(endpoint: string, messages: number, log: Log): void {
  log.error(
    `Endpoint ${endpoint} is too far behind: ${messages} messages for it were given up. Raise --state-max, or mend it.`,
    { endpoint, messages },
  );
}

/** What somebody who asks (SIGUSR1) gets: the state in the log, and a try of all that waits. */
export function inspect(store: Store, workers: Workers, notices: Notices, log: Log): void {
  sayOwed(store, log);
  sayAside(store, log);
  store.transaction(() => {
    for (const endpoint of store.outbox.endpoints()) store.outbox.retryAside(endpoint);
    notices.tellInventory();
  });
  workers.retry();
}
