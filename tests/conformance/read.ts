import type { Pod } from "../../src/pod/pod.ts";
import type { Subject } from "./subject.ts";

/** A list's body, as it is and parsed. */
export interface ListBody {
  text: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: Pod[];
}

export interface Status {
  http: number;
  retryAfter: string | null;
  kind: string;
  code: number;
  reason?: string;
  message: string;
  details?: unknown;
  metadata: { continue?: string };
}

export interface WatchEvent {
  type: string;
  object: Pod & { code?: number; reason?: string };
}

export async function readList(subject: Subject, path: string): Promise<ListBody> {
  const response = await subject.get(path);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET ${path}: ${text}`);
  return { text, ...JSON.parse(text) };
}

export async function readStatus(subject: Subject, path: string): Promise<Status> {
  const response = await subject.get(path);
  const body = JSON.parse(await response.text());
  return { http: response.status, retryAfter: response.headers.get("retry-after"), ...body };
}

/**
 * Opens a watch, does what `meanwhile` says once the server has answered, and gives the first `count` events,
 * or all up to the end of the stream.
 */
export async function readWatch(
  subject: Subject,
  path: string,
  { count = Infinity, meanwhile }: { count?: number; meanwhile?: () => Promise<unknown> } = {},
): Promise<WatchEvent[]> {
  const response = await subject.get(path, AbortSignal.timeout(30_000));
  if (response.status !== 200 || response.body === null) {
    throw new Error(`GET ${path}: ${await response.text()}`);
  }
  await meanwhile?.();
  const events: WatchEvent[] = [];
  let rest = "";
  // A reader of its own, cancelled when enough came: it closes the connection.
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    events.push(...lines.map((line) => JSON.parse(line)));
    if (events.length >= count) break;
  }
  if (rest !== "") throw new Error("The stream ended in the middle of a line");
  return events;
}

/** What an event is about, for comparing. */
export function brief({ type, object }: WatchEvent): string {
  return `${type} ${object.metadata.name}`;
}

export function names(list: ListBody): string[] {
  return list.items.map((pod) => pod.metadata.name);
}
