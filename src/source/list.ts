import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { parseExact } from "../pod/json.ts";
import type { Pod } from "../pod/pod.ts";
import { type CutList, cutList } from "./list_items.ts";
import { podsPath, type Selection } from "./query.ts";

/** One page of a list. The version is that of the whole list: each page shows the cluster as of that version. */
export interface Page {
  resourceVersion: string;
  /**
   * The pods, each parsed when it is asked for. Once, and before the next page is asked for.
   *
   * @throws {ClusterError} `protocol` where one is not a pod.
   */
  pods(): Generator<Pod, void, void>;
}

/** A buffer larger than this many bytes is not used again: a page of ordinary pods takes less. */
const KEPT = 4 * 1024 * 1024;

/**
 * Lists the pods of a selection, page by page, the next one asked for while this one is handled. No
 * resourceVersion is asked for: that is the one form which is consistent, that is, at least as new as the
 * moment of asking (KEP-2340); `"0"` would give whatever some server's cache holds.
 *
 * @param limit pods in a page; undefined for all in one answer.
 * @throws {ClusterError} `expired` when a page's token is no longer kept: the list must begin anew.
 */
export async function* listPages(
  api: ApiServer,
  selection: Selection,
  limit: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Page, void, void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  /** The page before last is done with, and its bytes are free for the next one. */
  let free: ArrayBuffer | undefined;
  const ask = (token?: string): Promise<PageAndToken> => {
    const page = readPage(api, podsPath(selection, pageParameters(limit, token)), either, free);
    free = undefined;
    // The reader may leave before it looks at this page; its failure is then of no interest.
    page.catch(() => {});
    return page;
  };
  try {
    let next: Promise<PageAndToken> | undefined = ask();
    while (next !== undefined) {
      const { token, buffer, ...page }: PageAndToken = await next;
      next = token === undefined ? undefined : ask(token);
      yield page;
      if (buffer.byteLength <= KEPT) free = buffer;
    }
  } finally {
    stop.abort();
  }
}

interface PageAndToken extends Page {
  /** Where the next page begins; undefined on the last. */
  token: string | undefined;
  /** Where the bytes of the pods are. */
  buffer: ArrayBuffer;
}

function pageParameters(limit: number | undefined, token: string | undefined): Record<string, string> {
  const parameters: Record<string, string> = {};
  if (limit !== undefined) parameters["limit"] = String(limit);
  if (token !== undefined) parameters["continue"] = token;
  return parameters;
}

/** A page of another shape must not pass: an empty one would look as if every pod were gone. */
async function readPage(
  api: ApiServer,
  path: string,
  signal: AbortSignal,
  free: ArrayBuffer | undefined,
): Promise<PageAndToken> {
  const bytes = await api.read(path, signal, free);
  const { rest, items } = cut(bytes);
  const { kind, metadata, items: none } = (parseAnswer(rest) ?? {}) as {
    kind?: string;
    metadata?: { resourceVersion?: string; continue?: string };
    items?: [] | null;
  };
  // Go prints an empty slice that was never made as null.
  if (kind !== "PodList" || !metadata?.resourceVersion || !Array.isArray(none ?? [])) throw notAList();
  return {
    resourceVersion: metadata.resourceVersion,
    pods: () => parsePods(items),
    token: metadata.continue || undefined,
    buffer: bytes.buffer,
  };
}

function cut(bytes: Uint8Array): CutList {
  try {
    return cutList(bytes);
  } catch (cause) {
    throw notAList(cause);
  }
}

function* parsePods(items: Uint8Array[]): Generator<Pod, void, void> {
  const decoder = new TextDecoder();
  for (const item of items) {
    const pod = parseAnswer(decoder.decode(item));
    if (!isPod(pod)) throw notAList();
    yield pod;
  }
}

function notAList(cause?: unknown): ClusterError {
  return new ClusterError("protocol", "The API server answered with something that is not a list of pods.", {
    cause,
  });
}

/** @throws {ClusterError} `protocol` where an answer is not JSON. */
export function parseAnswer(text: string): unknown {
  try {
    return parseExact(text);
  } catch (cause) {
    throw new ClusterError("protocol", "The API server sent an answer that is not JSON.", { cause });
  }
}

/** Whether an object has what identifies a pod. The items of a list have no `kind`. */
export function isPod(object: unknown): object is Pod {
  const { kind = "Pod", metadata } = (object ?? {}) as Partial<Pod>;
  return kind === "Pod" &&
    Boolean(metadata?.uid && metadata.namespace && metadata.name && metadata.resourceVersion);
}
