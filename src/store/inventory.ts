/**
 * What is known of the cluster: pods by UID and by name, tombstones, how far each scope was seen, the epoch.
 *
 * A pod is *known* from `put` to `remove`. What is pending about it may outlast that: it is then *gone*, its row stays
 * until the last message is through, and that is all that is left of it here. A *tombstone* says for a day that a UID
 * was seen to end (or to leave the selection) at a version, so that an older object of it is not taken for news.
 */
import type { Summary } from "../change/summary.ts";
import type { PodRef, Scope } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import { own, OwnStrings } from "../runtime/own_string.ts";
import { compareVersions } from "../pod/version.ts";
import type { Endpoints } from "./endpoint.ts";
import type { Journal, PodRow } from "./journal.ts";
import type { Order } from "./order.ts";
import { Audiences, NOTICE, Pod } from "./pods.ts";
import type { Inventory, KnownPod, Standing } from "./store.ts";
import { Tombstones } from "./tombstones.ts";
import { hasFlag, type Versions } from "./versions.ts";

/** Pods that one look for reminders finds; the next look finds the next ones. */
const REMINDED_AT_ONCE = 500;

/** What the inventory needs of the rest of the store. */
export interface InventoryDeps {
  journal: Journal;
  versions: Versions;
  endpoints: Endpoints;
  order: Order;
  clock: Clock;
  onRemoved: (pod: Pod) => void;
}

/** `Inventory` in memory. */
export class KnownPods implements Inventory {
  readonly #audiences = new Audiences();
  readonly #deps: InventoryDeps;
  readonly #journal: Journal;
  /** By namespace, then by name: a joined key would be one more string a pod, and a map by UID is 37 bytes more. */
  readonly #byName = new Map<string, Map<string, Pod>>();
  readonly #tombstones: Tombstones;
  readonly #reminded = new Set<Pod>();
  /** Routes are few, so each exists once. */
  readonly #routes = new Map<string, readonly string[]>();
  readonly #notices = new Map<string, Pod>();
  readonly #meta = new Map<string, string>();
  /** Pods that are gone and of which something is pending. */
  readonly #gone = new Set<Pod>();
  /** A list has the pods of a namespace one after the other, and mostly those of a workload. */
  readonly #namespaces = new OwnStrings();
  readonly #workloads = new OwnStrings();
  #count = 0;
  #lastPod = 0;
  /** The number of the list that began last; of each scope, that of its list. */
  #sync = 0;
  readonly #begun = new Map<Scope, number>();

  constructor(deps: InventoryDeps) {
    this.#deps = deps;
    this.#journal = deps.journal;
    this.#tombstones = new Tombstones(deps.clock, ({ row, pod }) => {
      if (pod === undefined) this.#journal.pods.delete(row);
      else this.#write(pod);
    });
  }

  // --- The cluster and its epochs ---

  get epoch(): number {
    return Number(this.#meta.get("epoch") ?? 0);
  }

  beginEpoch(): void {
    this.#setMeta("epoch", String(this.epoch + 1));
    this.#tombstones.clear();
    // Versions that were reached say nothing about another history.
    for (const key of [...this.#meta.keys()].filter((key) => key.startsWith("reached "))) {
      this.#meta.delete(key);
      this.#journal.meta.delete(key);
    }
  }

  isOfOneEpoch(): boolean {
    const { epoch } = this;
    return this.pods().every((pod) => pod.epoch === epoch);
  }

  get binding(): { cluster: string } | undefined {
    const cluster = this.#meta.get("binding");
    return cluster === undefined ? undefined : { cluster };
  }

  bind({ cluster }: { cluster: string }): void {
    this.#setMeta("binding", cluster);
  }

  select(selection: string): void {
    const before = this.#meta.get("selection");
    if (before === selection) return;
    this.#setMeta("selection", selection);
    const generation = Number(this.#meta.get("generation") ?? 0);
    if (before !== undefined) this.#setMeta("generation", String(generation + 1));
  }

  // --- Pods ---

  count(): number {
    return this.#count;
  }

  /** How many pods are gone and in memory for what is pending about them. */
  get gone(): number {
    return this.#gone.size;
  }

  known({ uid, namespace, name }: PodRef): Pod | undefined {
    const pod = this.holder(namespace, name);
    return pod?.uid === uid ? pod : undefined;
  }

  holder(namespace: string, name: string): Pod | undefined {
    return this.#byName.get(namespace)?.get(name);
  }

  *pods(): Generator<Pod> {
    for (const names of this.#byName.values()) yield* names.values();
  }

  put(given: Omit<KnownPod, "id" | "generation" | "epoch">): Pod {
    const pod = this.known(given) ?? this.#add(given);
    pod.resourceVersion = given.resourceVersion;
    pod.epoch = this.epoch;
    this.#setRoute(pod, given);
    this.setReminder(pod, given.remindAt);
    return pod;
  }

  #add({ uid, namespace, name }: { uid: string; namespace: string; name: string }): Pod {
    const generation = Number(this.#meta.get("generation") ?? 0);
    const row = { uid: own(uid), namespace: this.#namespaces.own(namespace), name: own(name), generation };
    const pod = new Pod(++this.#lastPod, row, this.#audiences.nobody);
    pod.seen = this.#sync;
    this.#tombstones.delete(uid);
    this.#index(pod);
    this.#write(pod);
    return pod;
  }

  #index(pod: Pod): void {
    // Whoever puts the next pod of a name has ended this one; a file may still hold both.
    const former = this.holder(pod.namespace, pod.name);
    if (former !== undefined) this.remove(former, { version: former.resourceVersion, left: false });
    let names = this.#byName.get(pod.namespace);
    if (names === undefined) this.#byName.set(pod.namespace, names = new Map());
    names.set(pod.name, pod);
    this.#count++;
  }

  summaryOf(pod: KnownPod): Summary | undefined {
    const { current } = pod as Pod;
    const text = current === 0 ? null : this.#deps.versions.row(current).summary;
    return text === null ? undefined : JSON.parse(text) as Summary;
  }

  bodyOf(pod: KnownPod): { body: Uint8Array<ArrayBuffer>; trimmed: boolean } | undefined {
    const { current } = pod as Pod;
    if (current === 0) return undefined;
    const row = this.#deps.versions.row(current);
    const body = this.#deps.versions.bodyOf(row);
    return body && { body, trimmed: hasFlag(row, "trimmed") };
  }

  restore(known: KnownPod, body: Uint8Array): void {
    const pod = known as Pod;
    if (pod.current === 0 || !this.#deps.versions.isTrimmed(pod.current)) return;
    this.#deps.versions.restore(pod.current, body);
    this.#deps.order.wake(pod);
  }

  reroute(known: KnownPod, route: readonly string[] | undefined, environment: string | undefined): void {
    this.#setRoute(known as Pod, { route, environment, workload: known.workload });
  }

  #setRoute(pod: Pod, given: Pick<KnownPod, "route" | "environment" | "workload">): void {
    const route = this.#intern(given.route);
    const { environment, workload } = given;
    if (pod.route === route && pod.environment === environment && pod.workload === workload) return;
    pod.route = route;
    pod.environment = environment;
    pod.workload = workload === undefined ? undefined : this.#workloads.own(workload);
    this.#write(pod);
  }

  #intern(route: readonly string[] | undefined): readonly string[] | undefined {
    if (route === undefined) return undefined;
    const key = JSON.stringify(route);
    let one = this.#routes.get(key);
    if (one === undefined) this.#routes.set(key, one = [...route]);
    return one;
  }

  audience(pod: KnownPod): readonly string[] {
    const { ids, standings } = (pod as Pod).audience;
    return ids.flatMap((id) => standings.get(id) === "sent" ? this.#deps.endpoints.byId(id)?.name ?? [] : []);
  }

  /** How an endpoint stands to a pod changes. */
  setStanding(pod: Pod, endpoint: number, standing: Standing | undefined): void {
    const audience = this.#audiences.with(pod.audience, endpoint, standing);
    if (audience === pod.audience) return;
    pod.audience = audience;
    this.#write(pod);
  }

  remove(known: KnownPod, gone: { version: string; left: boolean } | undefined): void {
    const pod = known as Pod;
    const names = this.#byName.get(pod.namespace);
    if (names?.get(pod.name) !== pod) return;
    this.#count--;
    names.delete(pod.name);
    if (names.size === 0) this.#byName.delete(pod.namespace);
    this.#reminded.delete(pod);
    const { current } = pod;
    this.#deps.onRemoved(pod);
    this.#gone.add(pod);
    pod.isGone = true;
    pod.current = 0;
    if (gone !== undefined) this.#tombstones.add(pod, own(gone.version), gone.left);
    this.#write(pod);
    if (current === 0) this.settled(pod);
    else this.#deps.order.unused(pod, current);
  }

  /** Nothing about a pod that is gone is pending any more: what is left of it is its tombstone. */
  settled(pod: Pod): void {
    if (!pod.isGone || this.#deps.order.isPending(pod)) return;
    this.#gone.delete(pod);
    if (this.#notices.get(pod.name) === pod) this.#notices.delete(pod.name);
    const tombstone = this.#tombstones.get(pod.uid);
    if (tombstone?.pod === pod) tombstone.pod = undefined;
    else this.#journal.pods.delete(pod.id);
  }

  forgetOutside(isFollowed: (namespace: string) => boolean): number {
    const outside = [...this.pods()].filter((pod) => !isFollowed(pod.namespace));
    for (const pod of outside) this.remove(pod, undefined);
    return outside.length;
  }

  /** The line of a notice, which stands where a pod stands and is in no inventory. */
  notice(line: string): Pod {
    let pod = this.#notices.get(line);
    if (pod === undefined) {
      const row = { uid: `${NOTICE}${line}`, namespace: "k8svent", name: line, generation: 0 };
      pod = new Pod(++this.#lastPod, row, this.#audiences.nobody);
      pod.isGone = true;
      this.#notices.set(line, pod);
      this.#write(pod);
    }
    return pod;
  }

  // --- Tombstones ---

  tombstone(uid: string): { version: string; left: boolean } | undefined {
    return this.#tombstones.get(uid);
  }

  /** Forgets tombstones that are old; called each minute. */
  tidy(): void {
    this.#tombstones.tidy();
  }

  // --- Scopes and their lists ---

  reached(scope: Scope): string | undefined {
    return this.#meta.get(keyOf("reached", scope));
  }

  setReached(scope: Scope, resourceVersion: string): void {
    this.#setMeta(keyOf("reached", scope), resourceVersion);
  }

  reachedBy(namespace: string, resourceVersion: string): void {
    for (const scope of [undefined, namespace]) {
      const reached = this.reached(scope);
      if (reached === undefined || compareVersions(resourceVersion, reached) <= 0) continue;
      this.#meta.set(keyOf("reached", scope), resourceVersion);
    }
  }

  isSynced(scope: Scope): boolean {
    return this.#meta.has(keyOf("synced", scope));
  }

  beginSync(scope: Scope): void {
    this.#begun.set(scope, ++this.#sync);
  }

  mark(pod: KnownPod): void {
    (pod as Pod).seen = this.#sync;
  }

  missing(scope: Scope): Pod[] {
    const begun = this.#begun.get(scope) ?? 0;
    const pods = scope === undefined ? this.pods() : this.#byName.get(scope)?.values() ?? [];
    return [...pods].filter((pod) => pod.seen < begun);
  }

  endSync(scope: Scope): void {
    this.#setMeta(keyOf("synced", scope), "1");
  }

  #setMeta(key: string, value: string): void {
    if (this.#meta.get(key) === value) return;
    this.#meta.set(key, value);
    this.#journal.meta.put(key, { value });
  }

  // --- Reminders ---

  remindable(now: number, interval: number): Pod[] {
    const due: Pod[] = [];
    for (const pod of this.#reminded) {
      const { remindAt = Infinity } = pod;
      // A time far ahead was set before the wall clock went back.
      if (remindAt <= now || remindAt > now + interval) due.push(pod);
      if (due.length === REMINDED_AT_ONCE) break;
    }
    return due;
  }

  setReminder(known: KnownPod, at: number | undefined): void {
    const pod = known as Pod;
    // Another instant stands at the end: where more are due than one look finds, the next one finds the others.
    if (pod.remindAt !== at) this.#reminded.delete(pod);
    if (at !== undefined && !pod.isGone) this.#reminded.add(pod);
    if (pod.remindAt === at) return;
    pod.remindAt = at;
    this.#write(pod);
  }

  startReminders(): void {
    for (const pod of this.pods()) {
      if (pod.isUnhealthy && pod.remindAt === undefined) this.setReminder(pod, 0);
    }
  }

  // --- The journal ---

  #write(pod: Pod): void {
    const tombstone = this.#tombstones.get(pod.uid);
    const gone = tombstone?.row === pod.id ? tombstone : undefined;
    this.#journal.pods.put(pod.id, {
      uid: pod.uid,
      namespace: pod.namespace,
      name: pod.name,
      audience: pod.audience.text,
      route: pod.route === undefined ? null : JSON.stringify(pod.route),
      environment: pod.environment ?? null,
      workload: pod.workload ?? null,
      generation: pod.generation,
      remindAt: pod.remindAt ?? null,
      goneAt: pod.isGone ? gone?.at ?? 0 : null,
      goneVersion: gone?.version ?? null,
      goneLeft: gone?.left === true ? 1 : 0,
    });
  }

  /** Reads what was known at the end of the last process. `loadPod` follows for each row. */
  loadMeta(): void {
    for (const [key, value] of this.#journal.readMeta()) this.#meta.set(key, value);
  }

  loadPod(id: number, row: PodRow): Pod {
    const isKnown = (endpoint: number): boolean => this.#deps.endpoints.byId(endpoint) !== undefined;
    const audience = this.#audiences.parse(row.audience, isKnown);
    const pod = new Pod(id, { ...row, namespace: this.#namespaces.own(row.namespace) }, audience);
    this.#lastPod = Math.max(this.#lastPod, id);
    pod.route = this.#intern(row.route === null ? undefined : JSON.parse(row.route) as string[]);
    pod.environment = row.environment ?? undefined;
    pod.workload = row.workload === null ? undefined : this.#workloads.own(row.workload);
    pod.isGone = row.goneAt !== null;
    if (pod.isGone) this.#gone.add(pod);
    if (!pod.isGone) {
      this.#index(pod);
      pod.remindAt = row.remindAt ?? undefined;
      if (pod.remindAt !== undefined) this.#reminded.add(pod);
    } else if (pod.isNotice) this.#notices.set(pod.name, pod);
    else if (row.goneVersion !== null) {
      this.#tombstones.add(pod, row.goneVersion, row.goneLeft === 1, row.goneAt ?? 0);
    }
    return pod;
  }
}

function keyOf(what: "reached" | "synced", scope: Scope): string {
  return `${what} ${scope ?? ""}`;
}
