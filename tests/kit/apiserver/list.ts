import {
  type Answer,
  badRequest,
  continueExpired,
  forbiddenOption,
  invalidOption,
  listExpired,
  tooLarge,
} from "./answer.ts";
import type { PodStore, Stored } from "./pod_store.ts";
import type { Selector } from "./selector.ts";

/** Where a list goes on: the version of its first page and the first key that is due. */
interface Continuation {
  rv: number;
  start: string;
}

/** GET of the collection: a page of the pods that `selects` picks, at the version that the query asks for. */
export function list(
  store: PodStore,
  query: URLSearchParams,
  selects: Selector,
  newest = store.version,
): Answer {
  const broken = checkOptions(query);
  if (broken !== undefined) return broken;
  const limit = Math.max(0, Number(query.get("limit") ?? 0));
  if (Number.isNaN(limit)) {
    return badRequest(`strconv.ParseInt: parsing "${query.get("limit")}": invalid syntax`);
  }
  const token = query.get("continue");
  if (token !== null && token !== "") return listOn(store, token, limit, query, selects);
  const asked = query.get("resourceVersion") ?? "";
  if (!/^\d*$/.test(asked)) return badRequest(badVersion("invalid resource version: ", asked));
  if (Number(asked) > store.version) return tooLarge(Number(asked), store.version);
  // Any version will do: the watch cache answers with what it has, all of it.
  if (asked === "0") return page(store, newest, "", 0, query, selects);
  const exact = isExact(query, limit) && asked !== "";
  if (exact && Number(asked) < store.compacted) return listExpired();
  return page(store, exact ? Number(asked) : newest, "", limit, query, selects);
}

export function badVersion(prefix: string, version: string): string {
  return `${prefix}resourceVersion: Invalid value: "${version}": ` +
    `strconv.ParseUint: parsing "${version}": invalid syntax`;
}

function listOn(
  store: PodStore,
  token: string,
  limit: number,
  query: URLSearchParams,
  selects: Selector,
): Answer {
  if ((query.get("resourceVersion") ?? "") !== "") {
    return badRequest("specifying resource version is not allowed when using continue");
  }
  const continuation = decode(token);
  if (continuation === undefined) {
    return badRequest("invalid continue token: continue key is not valid: illegal base64 data");
  }
  if (continuation.rv === -1) return page(store, store.version, continuation.start, limit, query, selects);
  if (continuation.rv < store.compacted) return continueExpired(encode({ ...continuation, rv: -1 }));
  return page(store, continuation.rv, continuation.start, limit, query, selects);
}

/** The rules of ListOptions (apimachinery, meta/internalversion/validation). */
function checkOptions(query: URLSearchParams): Answer | undefined {
  const match = query.get("resourceVersionMatch") ?? "";
  if (match === "") return undefined;
  if ((query.get("continue") ?? "") !== "") {
    return forbiddenOption("resourceVersionMatch is forbidden when continue is provided");
  }
  const version = query.get("resourceVersion") ?? "";
  if (version === "") {
    return forbiddenOption("resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (match === "Exact" && version === "0") {
    return forbiddenOption('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (match === "Exact" || match === "NotOlderThan") return undefined;
  const supported = 'supported values: "Exact", "NotOlderThan", ""';
  return invalidOption("FieldValueNotSupported", `Unsupported value: "${match}": ${supported}`);
}

/** Without a match, a version means "not older than", but with a limit "exactly": the legacy rule. */
function isExact(query: URLSearchParams, limit: number): boolean {
  const match = query.get("resourceVersionMatch") ?? "";
  return match === "Exact" || (match === "" && limit > 0);
}

function page(
  store: PodStore,
  version: number,
  start: string,
  limit: number,
  query: URLSearchParams,
  selects: Selector,
): Answer {
  const pods = store.at(version);
  const { from, to } = range(pods, query.get("namespace"), start);
  const items: Stored[] = [];
  let seen = from;
  while (seen < to && (limit === 0 || items.length < limit)) {
    const pod = pods[seen++];
    if (pod !== undefined && selects(pod)) items.push(pod);
  }
  const rest = to - seen;
  // Whether the rest holds a match is not known to the server either: a later page may be empty.
  const on = rest === 0 ? {} : { continue: encode({ rv: version, start: `${items.at(-1)?.key}\0` }) };
  const selected = query.has("labelSelector") || query.has("fieldSelector");
  const metadata = {
    resourceVersion: String(version),
    ...on,
    ...(rest > 0 && !selected && { remainingItemCount: rest }),
  };
  const strings = items.map((pod) => pod.text).join(",");
  const head = `{"kind":"PodList","apiVersion":"v1","metadata":${JSON.stringify(metadata)}`;
  return { status: 200, body: `${head},"items":[${strings}]}` };
}

/** The pods of a namespace stand together, since their keys begin with it. */
function range(pods: Stored[], namespace: string | null, start: string): { from: number; to: number } {
  const from = indexOf(pods, start);
  if (namespace === null) return { from, to: pods.length };
  // "0" is the character after "/".
  return { from: Math.max(from, indexOf(pods, `${namespace}/`)), to: indexOf(pods, `${namespace}0`) };
}

/** The first index whose key is not less; by halving, because a large list has many pages. */
function indexOf(pods: Stored[], key: string): number {
  let low = 0;
  let high = pods.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pods[middle]?.key ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function encode({ rv, start }: Continuation): string {
  return btoa(JSON.stringify({ v: "meta.k8s.io/v1", rv, start })).replaceAll("=", "");
}

function decode(token: string): Continuation | undefined {
  try {
    return JSON.parse(atob(token)) as Continuation;
  } catch {
    return undefined;
  }
}
