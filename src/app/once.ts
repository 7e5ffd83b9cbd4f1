import type { ApiServer } from "../cluster/api.ts";
import type { Snapshot } from "../delivery/snapshot.ts";
import type { Workers } from "../delivery/workers.ts";
import { payloadOf } from "../pod/payload.ts";
import { identityBody } from "../pod/json.ts";
import type { PodObject } from "../pod/object.ts";
import { isUnreadable, type Redaction } from "../pod/redaction.ts";
import type { PodEvent } from "../pod/event.ts";
import type { Selection } from "../source/query.ts";
import type { SourceItem } from "../source/source.ts";
import { sync } from "../source/list.ts";
import { aborted } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { counted } from "../runtime/wording.ts";
import { sayNothingFound } from "./first_list.ts";
import type { Pipeline } from "./pipeline.ts";
import { Unreadables } from "./unreadable.ts";

/** Where `--once` prints. */
export interface Printing {
  /** Writes a piece of the data. */
  print: (text: string) => Promise<void>;
  /** Shows how far it is; absent where nobody looks on. */
  show?: (line: string | undefined) => void;
  log: Log;
  stop: AbortSignal;
}

/** What is shown of a pod. */
export interface Shown {
  /** Variables that are added for the older payload. */
  env: Record<string, string> | undefined;
  redaction: Pick<Redaction, "redact"> | undefined;
}

/** `--once` without a webhook: one payload a line. @throws {ClusterError} when the pods cannot be listed. */
export async function printOnce(
  api: ApiServer,
  selections: Selection[],
  { env, redaction }: Shown,
  { print, show, log, stop }: Printing,
): Promise<number> {
  const decoder = new TextDecoder();
  // A list whose token expired begins anew, and what it brings again has been printed.
  const printed = new Set<string>();
  const unreadables = new Unreadables(log);
  const lineOf = (item: SourceItem): string => {
    if (item.type !== "applied" || printed.has(item.object.pod.metadata.uid)) return "";
    printed.add(item.object.pod.metadata.uid);
    const body = redaction === undefined ? item.object.body : redacted(item.object, redaction, log);
    return `${decoder.decode(payloadOf(body, env))}\n`;
  };
  try {
    for (const selection of selections) {
      const before = printed.size;
      for await (const items of sync(api, selection, stop)) {
        await print(items.map(lineOf).join(""));
        unreadables.take(items);
        show?.(`${counted(printed.size, "pod")} printed`);
      }
      if (printed.size === before) await sayNothingFound(selection, { api, log }, stop);
    }
  } finally {
    show?.(undefined);
  }
  return 0;
}

/** What cannot be redacted is not printed as it is. */
function redacted(
  { pod, body }: PodObject,
  redaction: Pick<Redaction, "redact">,
  log: Log,
): Uint8Array<ArrayBuffer> {
  try {
    return redaction.redact(body);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const { namespace, name, resourceVersion } = pod.metadata;
    log.warn(`The pod ${namespace}/${name} could not be redacted, so only what names it is printed.`, {
      pod: `${namespace}/${name}`,
      version: resourceVersion,
    });
    return identityBody(pod.metadata, false);
  }
}

/** What `--once` with webhooks uses. */
export interface DeliverOnceDeps {
  api: ApiServer;
  pipeline: Pipeline;
  workers: Workers;
  snapshot: Snapshot;
  log: Log;
  /** Ends the workers in an orderly way. */
  drain: () => Promise<void>;
}

/**
 * `--once` with webhooks: every pod is sent once, by the same code as in the long run. Failed messages are retried after
 * 1, 2 and 4 s, or as the endpoint asks, and then given up: a pod that is refused, or an endpoint that takes nothing.
 * Returns the exit code: 1 if anything was not accepted. After `stop`, what is pending is tried once more.
 *
 * @throws {ClusterError} when the pods cannot be listed.
 */
export async function deliverOnce(
  selections: Selection[],
  { api, pipeline, workers, snapshot, log, drain }: DeliverOnceDeps,
  stop: AbortSignal,
): Promise<number> {
  const unreadables = new Unreadables(log);
  for (const selection of selections) {
    let pods = 0;
    for await (const items of sync(api, selection, stop)) {
      const events = items.filter((item: SourceItem): item is PodEvent => item.type !== "wait");
      pipeline.accept(events, selection.namespace);
      unreadables.take(items);
      const applied = events.filter((event) => event.type === "applied").length;
      snapshot.listed(applied);
      pods += applied;
    }
    if (pods === 0) await sayNothingFound(selection, { api, log }, stop);
  }
  await Promise.race([workers.finish("settled"), aborted(stop)]);
  // A worker that failed has aborted it too.
  if (stop.aborted) await drain();
  return snapshot.summarize() ? 0 : 1;
}
