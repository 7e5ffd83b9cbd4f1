/**
 * One complete list of a selection as a sync: `sync-start`, the pods in batches, `sync-end`.
 *
 * The list comes in pages, and a page is read as it comes: its objects are cut out of a window over the body, so that
 * memory is bounded by the window (or by one object, where that is larger), not by the page. That holds also where the
 * server ignores `limit`, or gives the rest of a list at once. Nothing is read while the reader handles a batch, so a
 * slow reader slows the server down and nothing piles up in between. `limit` follows from the bytes of the objects
 * that came: a page is what the server has to begin anew from, and holds in its own memory.
 *
 * No resourceVersion is asked for: that is the one form which is consistent, that is, at least as new as the moment of
 * asking (KEP-2340); `"0"` would give whatever some server's cache holds.
 *
 * A page's token lives as long as etcd keeps the list's version (about 5 minutes). One that expired makes the list
 * begin anew, then once more in a single answer, which needs no token. The token that such an answer offers is of no
 * use here: it goes on at a later version, and what changed on the pages before would be lost. The single answer is also
 * tried where the pages are the same again and again.
 *
 * Whatever is not a whole list is an error, and the list has no `sync-end`: nothing may be inferred from it. An item that
 * is an object and no pod is passed over (`pod/unreadable.ts`).
 */
import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import type { BodyReader } from "../cluster/read_body.ts";
import { findItems, findList, type Found, takePods } from "../pod/cut.ts";
import { parseExact } from "../pod/json.ts";
import { decode } from "../pod/json_bytes.ts";
import { NotAPodError } from "../pod/unreadable.ts";
import { isSelective, podsPath, type Selection, selectorFlags } from "./query.ts";
import type { SourceItem } from "./source.ts";

/**
 * Bytes of a page that are cut at a time, if so many came. The pods of one cut are one batch, which costs the reader
 * a transaction: of ordinary pods some twelve: more of them would be garbage only when V8 has copied them.
 */
const CUT = 128 * 1024;

/** Room that a read has at the least. */
const READ = 64 * 1024;

/** Bytes that a read waits for, if so many are wanted: few enough for a slow line to bring them in time. */
const LEAST = 32 * 1024;

/**
 * Bytes that a page should have. For each page an API server (1.37) looks at all that follows it, so that with pages of
 * 1.5 MB a list of 100,000 pods cost it 39 s of the processor; of ordinary pods this is what `kubectl` asks for.
 */
const PAGE = 6_000_000;

/**
 * Pods in the first page, whose size nobody knows, and in any. A page of fewer than the first has is of large pods: it is
 * not asked for before the one before it is handled, since what came of both was in memory (300 of 1.3 MB: up to 239 MB, not 185).
 */
const FIRST_LIMIT = 50;
const LARGEST_LIMIT = 500;

/** So many pages in a row without any pod are no list that goes on: an API server fills each page but the last. */
const EMPTY_PAGES = 100;

/** What stands around the items of a list is short. */
const LONGEST_ENVELOPE = 1024 * 1024;

/**
 * Lists once. Returns the list's resourceVersion, where a watch goes on without a gap.
 *
 * @throws {ClusterError} when the list could not be completed; `invalid` when a selector cannot be read.
 */
export async function* sync(
  api: ApiServer,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<SourceItem[], string, void> {
  let goesOn = true;
  for (const isPaged of [true, true, false]) {
    if (isPaged && !goesOn) continue;
    try {
      return yield* syncOnce(api, selection, isPaged, signal);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (isWrongSelector(error, selection)) throw wrongSelector(error, selection);
      if (error.fault === "missing") throw noPods(api, error);
      goesOn = !(error instanceof EndlessError);
      if (error.fault !== "expired" && (goesOn || !isPaged)) throw error;
    }
  }
  throw new ClusterError(
    "expired",
    "The API server forgot the version of a list before the list was complete.",
  );
}

async function* syncOnce(
  api: ApiServer,
  selection: Selection,
  isPaged: boolean,
  signal: AbortSignal,
): AsyncGenerator<SourceItem[], string, void> {
  const { namespace: scope } = selection;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const window = new Window();
  const size = new PageSize();
  const progress = new Progress();
  const ask = (token?: string): Promise<BodyReader> => {
    const page = api.open(podsPath(selection, parametersOf(isPaged ? size.limit : undefined, token)), either);
    // The reader may leave before it looks at this page; its failure is then of no interest.
    page.catch(() => {});
    return page;
  };
  let version: string | undefined;
  try {
    let token: string | undefined;
    for (let next: Promise<BodyReader> | undefined = ask(); next !== undefined;) {
      using body: BodyReader = await next;
      next = undefined;
      const asked = token;
      let first: SourceItem | undefined;
      window.begin(body);
      for await (const part of readPage(window)) {
        if ("resourceVersion" in part) {
          ({ token } = part);
          if (token !== undefined && token === asked) throw new EndlessError();
          if (version === undefined) {
            yield [{ type: "sync-start", scope, resourceVersion: part.resourceVersion }];
          }
          version ??= part.resourceVersion;
          continue;
        }
        size.count(part);
        first ??= part.items[0];
        if (token !== undefined && size.limit >= FIRST_LIMIT) next ??= ask(token);
        yield part.items;
      }
      if (token === undefined) continue;
      progress.count(first);
      next ??= ask(token);
    }
  } finally {
    stop.abort();
  }
  yield [{ type: "sync-end", scope }];
  // A list has at least one page, so the version is set.
  return version ?? "";
}

/** An API server lists a namespace that does not exist like an empty one: where there is not a list, there are no pods. */
function noPods({ origin }: ApiServer, { details }: ClusterError): ClusterError {
  return new ClusterError(
    "missing",
    `What answers at ${origin} knows no pods (404): check that the address, its path included, is that of a ` +
      "Kubernetes API server.",
    details,
  );
}

/** An API server reads selectors before anything else. The same status without a selector has another cause. */
function isWrongSelector({ fault, details, said }: ClusterError, selection: Selection): boolean {
  return fault === "server" && details.status === 400 && said !== undefined && isSelective(selection);
}

function wrongSelector(error: ClusterError, selection: Selection): ClusterError {
  const flags = selectorFlags(selection);
  return new ClusterError(
    "invalid",
    `The API server does not accept ${flags.join(" and ")} (400): ${error.said}. Try ` +
      `kubectl get pods ${flags.join(" ")}.`,
    error.details,
  );
}

function parametersOf(limit: number | undefined, token: string | undefined): Record<string, string> {
  const parameters: Record<string, string> = {};
  if (limit !== undefined) parameters["limit"] = String(limit);
  if (token !== undefined) parameters["continue"] = token;
  return parameters;
}

/** How many pods the next page should hold. */
class PageSize {
  limit = FIRST_LIMIT;

  count({ items, bytes }: Batch): void {
    const wanted = Math.floor(PAGE * items.length / bytes);
    this.limit = Math.max(1, Math.min(wanted, LARGEST_LIMIT));
  }
}

/** Whether there are new pods on the pages. A page begins with a pod that no other one of the list begins with. */
class Progress {
  readonly #begun = new Set<string>();
  #empty = 0;

  /** @throws {EndlessError} */
  count(first: SourceItem | undefined): void {
    this.#empty = first === undefined ? this.#empty + 1 : 0;
    const uid = first?.type === "applied" ? first.object.pod.metadata.uid : undefined;
    if (this.#empty >= EMPTY_PAGES || (uid !== undefined && this.#begun.has(uid))) throw new EndlessError();
    if (uid !== undefined) this.#begun.add(uid);
  }
}

/** Where parameters get lost on the way, the list in a single answer is the one that may do. */
class EndlessError extends ClusterError {
  constructor() {
    super(
      "protocol",
      "The API server's list of pods does not end: its pages are the same again and again. See whether a proxy on the way " +
        "loses the parameters limit and continue.",
    );
  }
}

/** What a page says of the whole list. */
interface Envelope {
  /** The same on each page: each shows the cluster as of that version. */
  resourceVersion: string;
  /** Where the next page begins; undefined on the last. */
  token: string | undefined;
}

/** Items of a page, at least one: pods, and what is passed over. */
interface Batch {
  items: SourceItem[];
  /** That they took on the way. */
  bytes: number;
}

/** A page as it comes: first what it says of the list, then its pods. */
async function* readPage(window: Window): AsyncGenerator<Envelope | Batch, void, void> {
  try {
    yield* cutPage(window);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw window.beginsAsList() ? damaged(error) : notAList(error);
  }
}

/** @throws {SyntaxError} where it is not a list of pods. */
async function* cutPage(window: Window): AsyncGenerator<Envelope | Batch, void, void> {
  let begin: number | undefined;
  while ((begin = findList(window.bytes, window.filled)) === undefined) {
    if (window.length > LONGEST_ENVELOPE) throw new SyntaxError("no list");
    // Go prints an empty slice that was never made as null.
    if (!await window.fill(window.length + 1)) return yield parseEnvelope(window.take(window.filled), null);
  }
  const head = window.take(begin);
  const early = looksWhole(head) ? parseEnvelope(`${head}]}`, []) : undefined;
  if (early !== undefined) yield early;
  /** From a server that puts the items first: they wait for what is said of the list. */
  const held: Batch[] = [];
  let isFirst = true;
  for (let wanted = CUT;;) {
    const isMore = await window.fill(wanted);
    const { items: found, to, ended } = findItems(window.bytes, window.at, window.filled, isFirst);
    isFirst &&= found.length === 0;
    const batch: Batch = { items: readItems(found), bytes: to - window.at };
    window.take(to, false);
    if (found.length > 0 && early !== undefined) yield batch;
    else if (found.length > 0) held.push(batch);
    if (ended) break;
    if (!isMore) throw new SyntaxError("the list ends in its middle");
    wanted = found.length > 0 ? CUT : 2 * window.length;
  }
  while (await window.fill(window.length + 1)) {
    if (window.length > LONGEST_ENVELOPE) throw new SyntaxError("no list");
  }
  const whole = parseEnvelope(`${head}]${window.take(window.filled)}`, []);
  if (early === undefined) yield whole;
  else if (early.resourceVersion !== whole.resourceVersion || early.token !== whole.token) {
    throw new SyntaxError("the list contradicts itself");
  }
  yield* held;
}

/** @throws {SyntaxError} where one of them is not JSON */
function readItems(found: readonly Found[]): SourceItem[] {
  try {
    return takePods(found).map((object) => ({ type: "applied", object }));
  } catch (error) {
    if (!(error instanceof NotAPodError)) throw error;
    // Which of them it was shows when they are read one by one.
    return found.length === 1
      ? [{ type: "unreadable", odd: error.object }]
      : found.flatMap((one) => readItems([one]));
  }
}

/** Whether the text before the items says what there is to be said, as API servers do. */
function looksWhole(head: string): boolean {
  return head.includes('"metadata"');
}

/**
 * A list of another shape must not pass: an empty one would look as if every pod were gone.
 *
 * @param text the list without its items
 * @param noItems what stands in their place: nothing else of the list may be an array that was cut
 */
function parseEnvelope(text: string, noItems: [] | null): Envelope {
  const { kind, metadata, items } = (parseExact(text) ?? {}) as {
    kind?: unknown;
    metadata?: { resourceVersion?: unknown; continue?: unknown } | null;
    items?: unknown;
  };
  const { resourceVersion, continue: token } = metadata ?? {};
  const isEmpty = JSON.stringify(items) === JSON.stringify(noItems);
  if (kind !== "PodList" || typeof resourceVersion !== "string" || resourceVersion === "" || !isEmpty) {
    throw new SyntaxError("no list of pods");
  }
  return { resourceVersion, token: typeof token === "string" && token !== "" ? token : undefined };
}

/** The bytes of a body that came and are not handled yet, in one buffer that all pages use. */
class Window {
  /** The buffer; filled up to `filled`, and handled up to `at`. Another one after each `fill`. */
  bytes = new Uint8Array(new ArrayBuffer(2 * CUT));
  at = 0;
  filled = 0;
  #body: BodyReader | undefined;
  /** Of the first piece: enough to know a list by. */
  #beginning = "";

  /** A page is read now, and the one before it was handled. */
  begin(body: BodyReader): void {
    this.#body = body;
    this.at = this.filled = 0;
    this.#beginning = "";
  }

  /** Bytes that came and are not handled. */
  get length(): number {
    return this.filled - this.at;
  }

  /** Reads until so many bytes are there. False where the body is at its end. */
  async fill(wanted: number): Promise<boolean> {
    while (this.length < wanted) {
      this.#makeRoom();
      const { bytes, done } = await this.#read(Math.min(LEAST, wanted - this.length));
      this.bytes = new Uint8Array(bytes.buffer);
      if (done) return false;
      if (this.#beginning === "") this.#beginning = String.fromCharCode(...bytes.subarray(0, 40));
      this.filled += bytes.length;
    }
    return true;
  }

  /** Says that the bytes up to an index are handled; returns them as text where that is of use. */
  take(to: number, isText = true): string {
    const text = isText ? decode(this.bytes.subarray(this.at, to)) : "";
    this.at = to;
    return text;
  }

  /** Whether the page is a list of pods by its first bytes. */
  beginsAsList(): boolean {
    return /^\s*\{"kind":"PodList"/.test(this.#beginning);
  }

  #read(least: number): ReturnType<BodyReader["read"]> {
    if (this.#body === undefined) throw new Error("there is no page");
    return this.#body.read(this.bytes.buffer, this.filled, least);
  }

  #makeRoom(): void {
    if (this.bytes.length - this.filled >= READ) return;
    this.bytes.copyWithin(0, this.at, this.filled);
    this.filled -= this.at;
    this.at = 0;
    if (this.bytes.length - this.filled >= READ) return;
    this.bytes = new Uint8Array(this.bytes.buffer.transfer(2 * this.bytes.length));
  }
}

/** A proxy that closed the connection in an orderly way, or an API server that was ended: the address is right. */
function damaged(cause: unknown): ClusterError {
  return new ClusterError(
    "protocol",
    "The API server's list of pods came cut or damaged: see whether a proxy on the way cuts long answers.",
    { cause },
  );
}

function notAList(cause: unknown): ClusterError {
  return new ClusterError(
    "protocol",
    "The API server answered with something that is not a list of pods: check that the address is an API server's.",
    { cause },
  );
}
