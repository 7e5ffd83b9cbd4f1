/** What is pending for one endpoint, for people who look at it. */
import type { Endpoint } from "./endpoint.ts";
import type { Line } from "./lines.ts";
import { headOf, messageOf, NO_FAILURES } from "./message.ts";
import type { Order } from "./order.ts";
import type { Message, PendingMessage, PodFilter } from "./store.ts";
import type { Versions } from "./versions.ts";

/** See `Pending.list`. Takes as long as what it returns is long, and as what the filter passes over. */
export function listPending(
  endpoint: Endpoint,
  limit: number,
  { namespace, name }: PodFilter,
  order: Order,
  versions: Versions,
): PendingMessage[] {
  const listed: PendingMessage[] = [];
  for (const { line, index } of inOrder(endpoint)) {
    if (listed.length >= limit) break;
    if ((namespace ?? line.pod.namespace) !== line.pod.namespace) continue;
    if ((name ?? line.pod.name) !== line.pod.name) continue;
    const seq = line.seqAt(index);
    const row = order.row(seq);
    const failures = index === 0 ? line.failures ?? NO_FAILURES : NO_FAILURES;
    listed.push({
      ...headOf(line.pod, { seq, endpoint: endpoint.name, row, failures }, versions.row(row.version)),
      isInFlight: index === 0 && line.place === "flight",
      isDeadLetter: index === 0 && endpoint.dead.has(line),
      due: index === 0 && line.place === "waiting" ? line.due : undefined,
    });
  }
  return listed;
}

/** See `Pending.read`. */
export function readPending(
  endpoint: Endpoint | undefined,
  message: PendingMessage,
  order: Order,
  versions: Versions,
): Message | undefined {
  const { seq, version, failures } = message;
  // A newer version may have taken its place and kept its row.
  const holdsIt = (line: Line): boolean => line.rows.includes(seq) && line.holds(version);
  const line = endpoint?.find(message, holdsIt);
  if (endpoint === undefined || line === undefined || order.row(seq).version !== version) return undefined;
  return messageOf(line.pod, { seq, endpoint: endpoint.name, row: order.row(seq), failures }, versions);
}

function* inOrder(endpoint: Endpoint): Generator<{ line: Line; index: number }> {
  const { dead, inFlight } = endpoint;
  for (const line of dead) yield { line, index: 0 };
  for (const line of inFlight) if (!dead.has(line)) yield { line, index: 0 };
  for (const line of endpoint.all()) {
    const isFirstListed = dead.has(line) || inFlight.has(line);
    for (let index = isFirstListed ? 1 : 0; index < line.count; index++) yield { line, index };
  }
}
