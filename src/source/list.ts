import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { parseExact } from "../pod/json.ts";
import type { Pod } from "../pod/pod.ts";
import { podsPath, type Selection } from "./query.ts";

/** One page of a list. The version is that of the whole list: each page shows the cluster as of that version. */
export interface Page {
  pods: Pod[];
  resourceVersion: string;
}

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
  const ask = (token?: string): Promise<PageAndToken> => {
    const page = readPage(api, selection, limit, token, either);
    // The reader may leave before it looks at this page; its failure is then of no interest.
    page.catch(() => {});
    return page;
  };
  try {
    let next: Promise<PageAndToken> | undefined = ask();
    while (next !== undefined) {
      const { token, ...page }: PageAndToken = await next;
      next = token === undefined ? undefined : ask(token);
      yield page;
    }
  } finally {
    stop.abort();
  }
}

interface PageAndToken extends Page {
  /** Where the next page begins; undefined on the last. */
  token?: string;
}

async function readPage(
  api: ApiServer,
  selection: Selection,
  limit: number | undefined,
  token: string | undefined,
  signal: AbortSignal,
): Promise<PageAndToken> {
  const parameters: Record<string, string> = {};
  if (limit !== undefined) parameters["limit"] = String(limit);
  if (token !== undefined) parameters["continue"] = token;
  const response = await api.get(podsPath(selection, parameters), { signal });
  return checkPage(await readJson(response, signal));
}

/** Reads the rest of an answer as JSON; a body that breaks off or is not JSON is a `ClusterError`. */
export async function readJson(response: Response, signal: AbortSignal): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    signal.throwIfAborted();
    throw new ClusterError(
      "unreachable",
      "The connection to the API server broke off in the middle of an answer.",
      { cause },
    );
  }
  try {
    return parseExact(text);
  } catch (cause) {
    throw new ClusterError("protocol", "The API server sent an answer that is not JSON.", { cause });
  }
}

/** A page of another shape must not pass: an empty one would look as if every pod were gone. */
function checkPage(answer: unknown): PageAndToken {
  const { kind, metadata, items } = (answer ?? {}) as {
    kind?: string;
    metadata?: { resourceVersion?: string; continue?: string };
    items?: Pod[] | null;
  };
  // Go prints an empty slice that was never made as null.
  const pods = items ?? [];
  if (kind !== "PodList" || !metadata?.resourceVersion || !Array.isArray(pods) || !pods.every(isPod)) {
    throw new ClusterError("protocol", "The API server answered with something that is not a list of pods.");
  }
  return {
    pods,
    resourceVersion: metadata.resourceVersion,
    ...(metadata.continue ? { token: metadata.continue } : {}),
  };
}

/** Whether an object has what identifies a pod. The items of a list have no `kind`. */
export function isPod(object: unknown): object is Pod {
  const { kind = "Pod", metadata } = (object ?? {}) as Partial<Pod>;
  return kind === "Pod" &&
    Boolean(metadata?.uid && metadata.namespace && metadata.name && metadata.resourceVersion);
}
