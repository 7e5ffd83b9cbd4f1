import { gate } from "../change/gate.ts";
import type { Suspicion } from "../change/contradiction.ts";
import {
  compareSummaries,
  differencesBetween,
  type Reason,
  sortReasons,
  transitionsBetween,
} from "../change/reasons.ts";
import { lookAt } from "../change/reminder.ts";
import { summarize, type Summary } from "../change/summary.ts";
import { type DeletedPod, deletedPod, unknownPod } from "../pod/deleted.ts";
import type { Gone, PodEvent, SyncEnd } from "../pod/event.ts";
import { plainPodIn } from "../pod/json.ts";
import type { PodObject } from "../pod/object.ts";
import type { Scope } from "../pod/pod.ts";
import { compareVersions } from "../pod/version.ts";
import type { Endpoint } from "../route/endpoint.ts";
import type { Route } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { KnownPod, Store } from "../store/store.ts";
import { doubt } from "./doubt.ts";
import { again, currentPod, type Recorder, type Routed } from "./recorder.ts";
import { markPossible } from "./unreadable.ts";

/*
 * The data path: what is seen becomes what is pending.
 *
 * Every object passes one gate (is it news?), is compared with what was known (why is it?), is routed (to whom?) and
 * is recorded. All of a batch is one transaction of the store, which then says which endpoints have something to
 * send. Everything here is synchronous and works on what is in memory.
 *
 * Objects come by three ways that overlap: a list, the watch behind it, and single reads. Only the resourceVersion
 * tells which of two is the later one, so the way does not matter to the gate. It matters in two places:
 *
 * - Only what a list holds counts as seen by that list. A pod that a single read brings while a list runs may be gone
 *   by the list's version, and must then be found missing at its end.
 * - Only a list, and the read of a pod that left, can contradict what is known (see `doubt.ts`). The batch ends
 *   there, and the caller finds out whether the history of the cluster was rewritten.
 */

/** What the data path needs of the other parts. */
export interface PipelineDeps {
  store: Store;
  clock: Clock;
  /** Records what is news for those who want it. */
  recorder: Pick<Recorder, "began" | "changed" | "enter" | "leave" | "remind" | "ended">;
  /** Which endpoints a pod goes to, and whose selection it is not of. Pure; called for each version. */
  route: (pod: PodObject["pod"]) => Route & { excluded: readonly string[] };
  /** What a pod belongs to. */
  workload: (pod: PodObject["pod"]) => string | undefined;
  /** The names of the endpoints of a pod that names none of its own. */
  defaults: readonly string[];
  /** Called with each endpoint that a pod is routed to, before anything is pending for it. Cheap when it is open. */
  open: (endpoint: Endpoint, namespace: string) => void;
  /** Called with what is wrong with a pod's annotation. */
  complain: (problem: string) => void;
  /** Milliseconds between two reminders about an unhealthy pod; 0: none. */
  interval: number;
}

/** Where a pod goes, as the store knows it. */
interface Way extends Routed {
  /** The names, undefined where they are the default ones. */
  own: string[] | undefined;
  environment: string | undefined;
}

/** How much of a list gathers for one commit, at the most: dirty rows and bodies are in memory until then. */
const GATHERED_PODS = 64;
const GATHERED_BYTES = 1024 * 1024;

/** How a pod ended. */
interface End {
  /** The version at which it was gone: its own, that of the list that missed it, or of the next pod of its name. */
  version: string;
  /** Its last object, where it was seen. */
  object?: PodObject | undefined;
  /** Whether the end itself was seen. */
  isObserved?: boolean;
  /** Whether it may come back, as a pod that only left the selection does. */
  mayLive?: boolean;
}

/** Sees to it that what is seen becomes what is pending. */
export class Pipeline {
  readonly #deps: PipelineDeps;
  /** Of each scope whose list runs, the list's version. */
  readonly #lists = new Map<Scope, string>();
  /** What lists brought since the last commit. */
  #gathered = { pods: 0, bytes: 0 };

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
  }

  /**
   * Takes a batch from the source of a scope. Synchronous: when it returns, the batch is in the store. Where an object
   * contradicts what is known, it and what follows it are not taken, and the contradiction is returned.
   *
   * A commit costs the same whatever its size, so batches from the middle of a list share one.
   *
   * @param isRefuted whether what a list holds was found to be no contradiction: then it is as stale as it looks
   */
  accept(
    events: PodEvent[],
    scope: Scope,
    isRefuted: (suspicion: Suspicion) => boolean = () => false,
  ): Suspicion | undefined {
    const suspicion = this.#acceptAll(events, scope, isRefuted);
    if (suspicion === undefined && this.#isMiddleOfList(events, scope)) this.#deps.store.commitSoon();
    else this.#commit();
    return suspicion;
  }

  #acceptAll(
    events: PodEvent[],
    scope: Scope,
    isRefuted: (suspicion: Suspicion) => boolean,
  ): Suspicion | undefined {
    for (const event of events) {
      const suspicion = doubt(event, scope, this.#lists.get(scope), this.#deps.store.inventory);
      const isStale = suspicion !== undefined && event.type === "applied" && isRefuted(suspicion);
      if (suspicion !== undefined && !isStale) return suspicion;
      this.#acceptOne(event, scope);
    }
    return undefined;
  }

  /** Whether more of a list follows at once, and little has gathered so far. */
  #isMiddleOfList(events: PodEvent[], scope: Scope): boolean {
    if (!this.#lists.has(scope)) return false;
    for (const event of events) {
      if (event.type !== "applied") continue;
      this.#gathered.pods++;
      this.#gathered.bytes += event.object.body.length;
    }
    return this.#gathered.pods < GATHERED_PODS && this.#gathered.bytes < GATHERED_BYTES;
  }

  #commit(): void {
    this.#gathered = { pods: 0, bytes: 0 };
    this.#deps.store.commit();
  }

  /** Takes a pod that was read by itself. Of no effect where it is not known: nobody would see its end. */
  acceptRead(object: PodObject): void {
    const known = this.#deps.store.inventory.known(object.pod.metadata);
    if (known === undefined) return;
    this.#applied(object, known.namespace, false);
    this.#shown(object);
    this.#deps.store.commit();
  }

  /** The list of a scope is not read on: nothing follows from what it did not hold. */
  abandonList(scope: Scope): void {
    this.#lists.delete(scope);
  }

  /** Sends a reminder about each unhealthy pod whose time has come, unless something about it is pending already. */
  remind(): void {
    const { store, recorder, clock, interval, defaults } = this.#deps;
    const now = clock.now();
    for (const pod of store.inventory.remindable(now, interval)) {
      const summary = store.inventory.summaryOf(pod);
      const { occasion, next } = lookAt(pod.remindAt ?? 0, summary?.unhealthyFrom ?? 0, now, interval);
      store.inventory.setReminder(pod, next);
      if (occasion === undefined) continue;
      recorder.remind(pod, String(occasion), pod.route ?? defaults, {
        pod: () => currentPod(pod, store.inventory),
        previous: () => summary,
      });
    }
    store.commit();
  }

  #acceptOne(event: PodEvent, scope: Scope): void {
    const { inventory } = this.#deps.store;
    switch (event.type) {
      case "sync-start":
        this.#lists.set(scope, event.resourceVersion);
        // At once: after a crash in the middle of this list, one that is older than it must not look like the first.
        this.#reached(scope, event.resourceVersion);
        return inventory.beginSync(scope);
      case "applied": {
        const isListed = this.#lists.has(scope);
        this.#applied(event.object, scope, isListed);
        return isListed ? undefined : this.#shown(event.object);
      }
      case "deleted":
        this.#deleted(event.object);
        return this.#shown(event.object);
      case "unselected":
        this.#unselected(event.object);
        return this.#shown(event.object);
      case "gone":
        this.#gone(event);
        return inventory.reachedBy(event.pod.namespace, event.resourceVersion);
      case "unreadable":
        return this.#lists.has(scope) ? markPossible(event.odd, inventory) : undefined;
      case "bookmark":
        return this.#reached(scope, event.resourceVersion);
      case "sync-end":
        return this.#synced(event);
    }
  }

  /** The watch has shown everything up to this version. */
  #reached(scope: Scope, version: string): void {
    const { inventory } = this.#deps.store;
    const before = inventory.reached(scope);
    if (before === undefined || compareVersions(version, before) > 0) inventory.setReached(scope, version);
  }

  /** By the watch, or by a read, which may be ahead of it: a list that is behind either does not go on from there. */
  #shown({ pod: { metadata } }: PodObject): void {
    this.#deps.store.inventory.reachedBy(metadata.namespace, metadata.resourceVersion);
  }

  #applied(object: PodObject, scope: Scope, isListed: boolean): void {
    const { inventory } = this.#deps.store;
    const { uid, namespace, name, resourceVersion } = object.pod.metadata;
    const known = inventory.known(object.pod.metadata);
    if (known === undefined && this.#isPast(uid, resourceVersion)) return;
    if (known !== undefined && isListed) inventory.mark(known);
    const verdict = gate(known, resourceVersion, inventory.epoch);
    if (verdict === "stale") return;
    if (verdict === "same" && known !== undefined) return this.#sendWhereNew(known, object);

    const namesake = known === undefined ? inventory.holder(namespace, name) : undefined;
    if (namesake !== undefined) {
      // Of two pods with one name the later one lives, and the end of the other comes first.
      if (gate(namesake, resourceVersion, inventory.epoch) === "stale") return;
      this.#end(namesake, { version: resourceVersion });
    }
    const summary = summarize(object);
    const before = known && inventory.summaryOf(known);
    const reasons = known === undefined
      ? [inventory.isSynced(scope) ? "created" as const : "sync" as const]
      : this.#reasonsBetween(known, before, summary);
    const pod = this.#record(object, summary, known && { pod: known, summary: before }, reasons);
    if (known === undefined && isListed) inventory.mark(pod);
  }

  /**
   * Whether what is seen of this UID is about its past: its deletion was seen, which for a UID is final, or it was sent
   * as no longer selected at a newer version than this.
   */
  #isPast(uid: string, resourceVersion: string): boolean {
    const tombstone = this.#deps.store.inventory.tombstone(uid);
    if (tombstone === undefined) return false;
    return !tombstone.left || compareVersions(resourceVersion, tombstone.version) < 0;
  }

  #reasonsBetween(known: KnownPod, before: Summary | undefined, after: Summary): Reason[] {
    const { inventory } = this.#deps.store;
    if (known.epoch === inventory.epoch) return before === undefined ? [] : compareSummaries(before, after);
    return sortReasons(["sync", ...before === undefined ? [] : differencesBetween(before, after)]);
  }

  /** @param before what was known of the pod; undefined: nothing */
  #record(
    object: PodObject,
    summary: Summary,
    before: { pod: KnownPod; summary: Summary | undefined } | undefined,
    reasons: Reason[],
  ): KnownPod {
    const { store: { inventory }, recorder, clock, interval, workload } = this.#deps;
    const way = this.#route(object);
    const { uid, namespace, name, resourceVersion } = object.pod.metadata;
    const isReminded = summary.unhealthy && interval > 0;
    // A pod that was unhealthy before keeps its time: else one that changes more often would never be reminded of.
    const remindAt = isReminded ? before?.pod.remindAt ?? clock.now() + interval : undefined;
    const pod = inventory.put({
      uid,
      namespace,
      name,
      resourceVersion,
      route: way.own,
      environment: way.environment,
      workload: workload(object.pod),
      remindAt,
    });
    const version = { ...again(pod), summary, reasons, body: object.body };
    const seen = { pod: () => object.pod, previous: () => before?.summary };
    if (before === undefined) recorder.began(pod, version, way, seen);
    else recorder.changed(pod, version, way, seen);
    return pod;
  }

  /** A pod that a list repeats may have entered a selection since, or left it: another route, another configuration. */
  #sendWhereNew(known: KnownPod, object: PodObject): void {
    const { store: { inventory }, recorder } = this.#deps;
    inventory.restore(known, object.body);
    const { names, excluded, own, environment } = this.#route(object);
    if (own?.join() !== known.route?.join() || environment !== known.environment) {
      inventory.reroute(known, own, environment);
    }
    const seen = { pod: () => object.pod, previous: () => inventory.summaryOf(known) };
    recorder.enter(known, names, seen);
    if (excluded.length > 0) recorder.leave(known, excluded, [], seen);
  }

  #deleted(object: PodObject): void {
    const known = this.#deps.store.inventory.known(object.pod.metadata);
    if (known === undefined) return;
    this.#end(known, { object, isObserved: true, version: object.pod.metadata.resourceVersion });
  }

  #gone({ pod, resourceVersion, object, mayLive }: Gone): void {
    const known = this.#deps.store.inventory.known(pod);
    if (known !== undefined) this.#end(known, { object, version: resourceVersion, mayLive });
  }

  #unselected(object: PodObject): void {
    const { store: { inventory }, recorder } = this.#deps;
    const known = inventory.known(object.pod.metadata);
    if (known === undefined) return;
    const { resourceVersion } = object.pod.metadata;
    recorder.ended(known, () => {
      this.#route(object);
      const reasons = sortReasons([...this.#transitionsTo(known, object), "unselected"]);
      // This version may have been sent before, or be sent again when the pod is selected anew: with one id for
      // both, a receiver would drop the later one.
      const occasion = "unselected";
      const version = { ...again(known), resourceVersion, reasons, occasion, body: object.body };
      return { version, seen: { pod: () => object.pod, previous: () => inventory.summaryOf(known) } };
    });
    // The read may be ahead of the watch, which then still brings versions from before it.
    inventory.remove(known, { version: resourceVersion, left: true });
  }

  #synced({ scope, undecided }: SyncEnd): void {
    const { inventory } = this.#deps.store;
    const version = this.#lists.get(scope);
    if (version === undefined) return;
    for (const known of inventory.missing(scope)) {
      if (undecided?.has(known.uid) !== true) this.#end(known, { version });
    }
    this.#lists.delete(scope);
    inventory.endSync(scope);
  }

  /** The end of a pod, for everybody who follows it. */
  #end(known: KnownPod, { object, isObserved = false, version, mayLive = false }: End): void {
    const { store: { inventory }, recorder } = this.#deps;
    recorder.ended(known, () => {
      // A read may have brought a newer one than the watch showed last.
      const isLast = object !== undefined &&
        gate(known, object.pod.metadata.resourceVersion, inventory.epoch) !== "stale";
      const final = isLast ? object : undefined;
      const last = final ?? inventory.bodyOf(known);
      const end: DeletedPod = last === undefined ? unknownPod(known) : deletedPod(last.body);
      // After a restart, nothing but this object may know the URL of an endpoint that its annotation names.
      this.#route(end);
      const changes = final === undefined ? [] : this.#transitionsTo(known, final);
      const ended = {
        ...again(known),
        event: "pod.deleted" as const,
        resourceVersion: final?.pod.metadata.resourceVersion ?? known.resourceVersion,
        reasons: sortReasons([...changes, "deleted"]),
        phase: end.phase,
        observed: isObserved && final !== undefined,
        body: end.body,
        trimmed: last === undefined || ("trimmed" in last && last.trimmed),
      };
      return {
        version: ended,
        seen: { pod: () => plainPodIn(end.body), previous: () => inventory.summaryOf(known) },
      };
    });
    inventory.remove(known, { version, left: mayLive });
  }

  /** What the final object of a pod shows that no later version will. */
  #transitionsTo(known: KnownPod, final: PodObject): Reason[] {
    const before = this.#deps.store.inventory.summaryOf(known);
    return before === undefined ? [] : transitionsBetween(before, summarize(final));
  }

  #route({ pod }: Pick<PodObject, "pod">): Way {
    const { route, open, complain, defaults } = this.#deps;
    const { endpoints, excluded, environment, problems } = route(pod);
    for (const endpoint of endpoints) open(endpoint, pod.metadata.namespace);
    for (const problem of problems) complain(problem);
    const names = endpoints.map((endpoint) => endpoint.name);
    return { names, excluded, own: names.join() === defaults.join() ? undefined : names, environment };
  }
}
