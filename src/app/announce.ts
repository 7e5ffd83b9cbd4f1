import type { Options } from "../cli/options.ts";
import { VERSION } from "../cli/version.ts";
import type { Workers } from "../delivery/workers.ts";
import type { Log } from "../runtime/log.ts";
import { counted, enumerated, namespaces as inWords } from "../runtime/wording.ts";
import { GONE } from "../store/disk_fault.ts";
import type { Store } from "../store/store.ts";
import type { Notices } from "./notices.ts";

/** What people read about the program as a whole; the parts speak for themselves. */

/** Dead letters of one endpoint that are written into the log when somebody asks. */
const SHOWN = 100;

/** At the start: what is followed, and for whom. That it is delivered is said when it is. */
export function sayStart(
  { namespaces, excludeNamespaces, endpoints, source }: Options,
  origin: string,
  log: Log,
): void {
  const names = enumerated(endpoints.map((endpoint) => endpoint.name)) || "the webhooks of annotations";
  const but = excludeNamespaces.length === 0 ? "" : ` but ${enumerated(excludeNamespaces)}`;
  log.info(
    `k8svent ${VERSION} follows the pods of ${
      inWords(namespaces)
    }${but} at ${origin} (${source}) for ${names}.`,
  );
}

/** At the start: somebody may have forgotten that these are paused. */
export function sayPaused(endpoints: readonly string[], { pending }: Store, log: Log): void {
  for (const endpoint of endpoints) {
    if (!pending.isPaused(endpoint)) continue;
    log.warn(`Endpoint ${endpoint} is paused: nothing is sent to it until it is resumed.`, { endpoint });
  }
}

/** When somebody asks: what is pending for each endpoint. */
function sayPending(store: Store, log: Log): void {
  for (const { endpoint, count, deadLetters, fields } of left(store)) {
    log.warn(
      `${counted(count, "message is", "messages are")} pending for endpoint ${endpoint}${
        deadIn(deadLetters, count)
      }${store.pending.isPaused(endpoint) ? "; it is paused" : ""}.`,
      fields,
    );
  }
}

function deadIn(deadLetters: number, count: number): string {
  if (deadLetters === 0) return "";
  if (count === 1) return ", a dead letter";
  return deadLetters === 1 ? ", 1 of them a dead letter" : `, ${deadLetters} of them dead letters`;
}

/** At the end: what is still pending for each endpoint, and whether it outlives the program. */
export function sayLeft(store: Store, file: string | undefined, log: Log): void {
  const isKept = file !== undefined && store.fault === undefined;
  for (const { endpoint, count, fields } of left(store)) {
    const [messages, are] = [counted(count, "message"), count === 1 ? "is" : "are"];
    if (isKept) {
      log.warn(`${messages} ${are} pending for endpoint ${endpoint}, and ${are} in the state file.`, fields);
      continue;
    }
    const why = file === undefined
      ? "there is no --state that would keep what it did not accept"
      : "the state file could not be written";
    log.error(`${messages} for endpoint ${endpoint} ${are} lost: ${why}.`, fields);
  }
}

function left(
  { pending }: Store,
): { endpoint: string; count: number; deadLetters: number; fields: Record<string, unknown> }[] {
  return pending.endpoints().flatMap((endpoint) => {
    const { pending: count, deadLetters } = pending.counts(endpoint);
    const fields = { endpoint, pending: count, "dead_letters": deadLetters };
    return count === 0 ? [] : [{ endpoint, count, deadLetters, fields }];
  });
}

/** What an update would cost endpoints that do not accept what is pending for them, as a clause. */
export function sayBehind(endpoints: string[]): string | undefined {
  if (endpoints.length === 0) return undefined;
  return `what ${enumerated(endpoints)} did not accept yet would be lost: mend or resume it, or give --state`;
}

/** @param fault undefined: it is over */
export function sayDiskFault(fault: string | undefined, log: Log): void {
  if (fault === undefined) return log.info("The state file can be written again, and has everything.");
  const remedy = fault === GONE
    ? "Put it back, or restart k8svent: it begins with the file that is there or, without one, anew."
    : "Make room on the disk, or make it writable.";
  log.error(
    `The state file cannot be written: ${fault}. Deliveries go on from memory; after a crash, what was sent ` +
      `meanwhile is sent again. ${remedy}`,
  );
}

/** Messages were evicted. */
export function sayEvicted(endpoint: string, messages: number, log: Log): void {
  log.error(
    `Endpoint ${endpoint} is too far behind: ${counted(messages, "message")} for it ${
      messages === 1 ? "was" : "were"
    } evicted. Raise --state-max and ` +
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
