import type { Clock } from "../../../src/runtime/clock.ts";
import { type Answer, badRequest, forbiddenOption, statusBody, tooLarge } from "./answer.ts";
import type { Body } from "./body.ts";
import type { Faults } from "./faults.ts";
import { badVersion } from "./list.ts";
import { type Change, type PodStore, type Stored, textAt } from "./pod_store.ts";
import type { Selector } from "./selector.ts";

/** The kube-apiserver's own: a bookmark about each minute, and one this long before the end. */
const BOOKMARK_INTERVAL = 60_000;
const BOOKMARK_BEFORE_END = 2_000;
/** Without `timeoutSeconds` a real server takes between half an hour and an hour. */
const DEFAULT_TIMEOUT_SECONDS = 1800;

/** Where the bytes of a watch go: over HTTP, or to a reader in the same process. */
export type WatchBody = Pick<Body, "write" | "end" | "reset">;

export interface WatchOptions {
  store: PodStore;
  clock: Clock;
  faults: Faults;
  query: URLSearchParams;
  selects: Selector;
}

/** What a watch is answered with instead of a stream, if its options are wrong. */
export function refuseWatch(store: PodStore, query: URLSearchParams): Answer | undefined {
  const version = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const initial = query.get("sendInitialEvents") !== null;
  if (initial && match !== "NotOlderThan") {
    return forbiddenOption("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (!initial && match !== "") {
    return forbiddenOption(
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    );
  }
  if (!/^\d*$/.test(version)) {
    return { status: 500, body: statusBody(500, undefined, badVersion("", version)) };
  }
  if (initial && Number(version) > store.version) return tooLarge(Number(version), store.version);
  const timeout = query.get("timeoutSeconds") ?? "0";
  if (!/^\d+$/.test(timeout)) return badRequest(`strconv.ParseInt: parsing "${timeout}": invalid syntax`);
  return undefined;
}

/** One open watch. It ends by its own timeout, by `end`, or by `reset`. */
export class Watch {
  #options: WatchOptions;
  #body: WatchBody;
  #from: number;
  #cancel: (() => void)[] = [];

  constructor(options: WatchOptions, body: WatchBody) {
    this.#options = options;
    this.#body = body;
    this.#from = Number(options.query.get("resourceVersion") ?? "0");
  }

  /** Sends what is due already, then what comes. */
  start(): void {
    const { store, query, clock } = this.#options;
    const everything = this.#from === 0 || query.get("sendInitialEvents") === "true";
    if (everything) this.#sendAll();
    else if (this.#from < store.compacted) return this.#expire();
    else this.#sendHistory();
    const listen = (change: Change): void => this.#send(change);
    store.onChange.add(listen);
    this.#cancel.push(() => store.onChange.delete(listen));
    const seconds = Number(query.get("timeoutSeconds") ?? "0") || DEFAULT_TIMEOUT_SECONDS;
    this.#cancel.push(clock.after(seconds * 1000, () => this.end()));
    this.#cancel.push(clock.after(seconds * 1000 - BOOKMARK_BEFORE_END, () => this.#bookmark()));
    this.#bookmarkRegularly();
  }

  /** Raw bytes, whatever they are. */
  inject(data: string | Uint8Array): void {
    this.#body.write(data);
  }

  /** As the server does at any time that suits it: a clean end. */
  end(): void {
    this.stop();
    this.#body.end();
  }

  reset(): void {
    this.stop();
    this.#body.reset();
  }

  /** The client went away. */
  stop(): void {
    for (const cancel of this.#cancel.splice(0)) cancel();
  }

  #sendAll(): void {
    const { store, selects, query } = this.#options;
    for (const pod of store.at(store.version)) {
      if (this.#inScope(pod) && selects(pod)) this.#event("ADDED", pod.text);
    }
    this.#from = store.version;
    if (query.get("allowWatchBookmarks") !== "true") return;
    this.#sendBookmark({ annotations: { "k8s.io/initial-events-end": "true" } });
  }

  #sendHistory(): void {
    const history = this.#options.store.since(this.#from);
    for (const change of history) this.#send(change);
    // From here on a bookmark needs a newer version than this, or there is none.
    this.#from = Math.max(this.#from, history.at(-1)?.version ?? 0);
  }

  #send({ version, before, after }: Change): void {
    // A watch from a future version says nothing until that version is reached, not even that it is wrong.
    if (version <= this.#from) return;
    const was = before !== undefined && this.#matches(before);
    const is = after !== undefined && this.#matches(after);
    if (is) this.#event(was ? "MODIFIED" : "ADDED", after.text);
    // Also where it only stopped matching: then too it is the old object, with the version of the change.
    else if (was) this.#event("DELETED", textAt(before, version));
  }

  #matches(pod: Stored): boolean {
    return this.#inScope(pod) && this.#options.selects(pod);
  }

  #inScope(pod: Stored): boolean {
    const namespace = this.#options.query.get("namespace");
    return namespace === null || pod.metadata.namespace === namespace;
  }

  #bookmarkRegularly(): void {
    this.#cancel.push(this.#options.clock.after(BOOKMARK_INTERVAL, () => {
      this.#bookmark();
      this.#bookmarkRegularly();
    }));
  }

  #bookmark(): void {
    const { store, faults, query } = this.#options;
    const wanted = query.get("allowWatchBookmarks") === "true" && faults.bookmarks;
    if (wanted && store.version > this.#from) this.#sendBookmark({});
  }

  #sendBookmark(more: { annotations?: Record<string, string> }): void {
    const metadata = JSON.stringify({ resourceVersion: String(this.#options.store.version), ...more });
    this.#event("BOOKMARK", `{"metadata":${metadata},"spec":{"containers":null},"status":{}}`);
  }

  #expire(): void {
    const { store } = this.#options;
    const message = `too old resource version: ${this.#from} (${store.compacted})`;
    this.#body.write(`{"type":"ERROR","object":${statusBody(410, "Expired", message)}}\n`);
    this.#body.end();
  }

  /** Unlike the items of a list, the objects of a watch say what they are. */
  #event(type: string, text: string): void {
    this.#body.write(`{"type":"${type}","object":{"kind":"Pod","apiVersion":"v1",${text.slice(1)}}\n`);
  }
}
