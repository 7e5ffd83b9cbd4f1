import { gate } from "./change/gate.ts";
import { compareSummaries, type Reason, sortReasons, transitionsBetween } from "./change/reasons.ts";
import { reminderAt } from "./change/reminder.ts";
import { summarize, type Summary } from "./change/summary.ts";
import { exactPod } from "./pod/cut.ts";
import { newestVersion, type PodEvent } from "./pod/event.ts";
import { parseExact, podIn, printDeletedPod } from "./pod/json.ts";
import type { PodObject } from "./pod/object.ts";
import { compareVersions } from "./pod/version.ts";
import type { Pod, Scope } from "./pod/pod.ts";
import type { Endpoint } from "./route/endpoint.ts";
import type { Route } from "./route/route.ts";
import type { Clock } from "./runtime/clock.ts";
import type { KnownPod } from "./store/inventory.ts";
import type { NewMessage, Store } from "./store/store.ts";

/** What the data path needs of the other parts. */
export interface PipelineDeps {
  store: Store;
  clock: Clock;
  /** Which endpoints a pod goes to. */
  route: (pod: Pod) => Route;
  /** The names of the endpoints of a pod that names none of its own. */
  defaults: string[];
  /** Called with each endpoint that a pod is routed to, before anything is owed to it. */
  open: (endpoint: Endpoint) => void;
  /** Called after a transaction with the names of the endpoints that are owed something new. */
  wake: (endpoints: ReadonlySet<string>) => void;
  /** Called with what is wrong with a pod's annotation. */
  complain: (problem: string) => void;
  /** Milliseconds between two reminders about a pod under duress; 0: none. */
  interval: number;
}

/**
 * The data path: what is seen becomes what is owed. Every object passes the gate (is it news?), is compared
 * with what was known (why?), is routed (to whom?) and is recorded, all in one transaction a batch.
 */
export class Pipeline {
  readonly #deps: PipelineDeps;
  readonly #woken = new Set<string>();

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
  }

  /**
   * Takes a batch from the source of a scope. Synchronous: when it returns, the batch is stored.
   *
   * @param known the newest version of the scope that was known when the running list was asked for: a list below it
   * means that the cluster went back in time (etcd restored from a backup).
   */
  accept(events: PodEvent[], scope: Scope, known = this.#deps.store.inventory.reached(scope)): void {
    const { inventory } = this.#deps.store;
    this.#commit(() => {
      for (const event of events) this.#acceptOne(event, scope, known);
      // A restart must notice a cluster that went back behind anything that was seen of it.
      const before = inventory.reached(scope);
      const reached = newestVersion(events, before);
      if (reached !== undefined && reached !== before) inventory.setReached(scope, reached);
    });
  }

  /** Owes a reminder about each pod under duress whose time has come, unless something about it is owed already. */
  remind(): void {
    const { store: { inventory, outbox }, clock, interval } = this.#deps;
    this.#commit(() => {
      for (const pod of inventory.remindable(clock.now(), interval)) {
        const { slot, next } = reminderAt(pod.uid, clock.now(), interval);
        inventory.setReminder(pod.uid, next);
        for (const endpoint of pod.route ?? this.#deps.defaults) {
          if (outbox.isOwed(endpoint, pod.uid)) continue;
          this.#owe([endpoint], { ...changeOf(pod), reasons: ["unhealthy"], occasion: String(slot) });
        }
      }
    });
  }

  #commit(work: () => void): void {
    this.#deps.store.transaction(work);
    if (this.#woken.size > 0) this.#deps.wake(new Set(this.#woken));
    this.#woken.clear();
  }

  #acceptOne(event: PodEvent, scope: Scope, known: string | undefined): void {
    switch (event.type) {
      case "sync-start": {
        const isBehind = known !== undefined && compareVersions(event.resourceVersion, known) < 0;
        return this.#deps.store.inventory.beginSync(scope, isBehind);
      }
      case "applied":
        return this.#applied(event.object, scope);
      case "deleted":
        return this.#deleted(event.object);
      case "unselected":
        return this.#unselected(event.object);
      case "sync-end":
        return this.#synced(scope);
    }
  }

  #applied(object: PodObject, scope: Scope): void {
    const { inventory } = this.#deps.store;
    const { pod } = object;
    const { uid, namespace, name, resourceVersion } = pod.metadata;
    const known = inventory.known(uid);
    if (known === undefined && inventory.isPast(uid, resourceVersion)) return;
    const verdict = gate(known, resourceVersion, inventory.epoch);
    // What is put is marked by that.
    if (known !== undefined && verdict !== "news") inventory.mark(uid);
    if (verdict === "stale") return;
    if (verdict === "same" && known !== undefined) return this.#tellThoseWhoDoNotKnow(known, object);

    const namesake = known === undefined ? inventory.holder(namespace, name) : undefined;
    if (namesake !== undefined) {
      // Of two pods with one name the later one lives, and the end of the other comes first.
      if (gate(namesake, resourceVersion, inventory.epoch) === "stale") return;
      this.#end(namesake, undefined);
    }
    const summary = summarize(object);
    const first = (): Reason => inventory.isSynced(scope) ? "created" : "sync";
    this.#record(object, summary, known ? reasonsBetween(known, summary, inventory.epoch) : [first()]);
  }

  #record(object: PodObject, summary: Summary, reasons: Reason[]): void {
    const { store: { inventory }, clock, interval } = this.#deps;
    const { pod } = object;
    const { endpoints, environment, isDefault } = this.#route(pod);
    const { uid, namespace, name, resourceVersion } = pod.metadata;
    const known = {
      uid,
      namespace,
      name,
      resourceVersion,
      epoch: inventory.epoch,
      summary,
      route: isDefault ? undefined : endpoints,
      environment,
    };
    const remindAt = summary.duress && interval > 0 ? reminderAt(uid, clock.now(), interval).next : undefined;
    const body = inventory.put(known, textOf(object), remindAt);
    this.#owe(endpoints, { ...changeOf({ ...known, body }), reasons });
  }

  /** A pod that a list repeats is news for an endpoint that was never told of it, such as one added since. */
  #tellThoseWhoDoNotKnow(known: KnownPod, object: PodObject): void {
    const { inventory, outbox } = this.#deps.store;
    inventory.complete(known, () => textOf(object));
    const { endpoints, environment, isDefault } = this.#route(object.pod);
    const route = isDefault ? undefined : endpoints;
    if (route?.join() !== known.route?.join() || environment !== known.environment) {
      inventory.reroute(known, route, environment);
    }
    const strangers = endpoints.filter((name) => !outbox.isConcerned(name, known.uid));
    this.#owe(strangers, { ...changeOf(known), reasons: ["sync"] });
  }

  #deleted(object: PodObject): void {
    const { inventory } = this.#deps.store;
    const known = inventory.known(object.pod.metadata.uid);
    if (known !== undefined) this.#end(known, object);
  }

  #unselected(object: PodObject): void {
    const { store: { inventory, outbox }, clock } = this.#deps;
    const { pod } = object;
    const known = inventory.known(pod.metadata.uid);
    if (known === undefined) return;
    // An older one: the cluster went back since it was listed or watched, and the next list tells of that.
    if (gate(known, pod.metadata.resourceVersion, inventory.epoch) === "stale") {
      return inventory.mark(known.uid);
    }
    const changes = transitionsBetween(known.summary, summarize(object));
    const endpoints = outbox.concerned(known.uid);
    const { resourceVersion } = pod.metadata;
    if (endpoints.length > 0) {
      this.#route(pod);
      const body = outbox.keep(textOf(object));
      const reasons = sortReasons([...changes, "unselected"]);
      const now = { ...known, resourceVersion, body, epoch: inventory.epoch };
      // This version may have been told before, or be told again when the pod is selected anew: with one id for
      // both, a receiver would drop the later one.
      this.#owe(endpoints, { ...changeOf(now), reasons, occasion: "unselected" });
    }
    // The read may be ahead of the watch, which then still brings versions from before it.
    inventory.remove(known.uid, { at: clock.now(), left: resourceVersion });
  }

  #synced(scope: Scope): void {
    const { store: { inventory } } = this.#deps;
    for (const known of inventory.missing(scope)) this.#end(known, undefined);
    inventory.endSync(scope);
  }

  /**
   * The end of a pod, told to everyone who was told of the pod.
   *
   * @param final the object that the watch brought; undefined where the end was inferred.
   */
  #end(known: KnownPod, final: PodObject | undefined): void {
    const { store: { inventory, outbox }, clock } = this.#deps;
    const endpoints = outbox.concerned(known.uid);
    if (endpoints.length > 0) {
      const last = final ?? exactPod(parseExact(inventory.bodyOf(known).text));
      // After a restart, nothing but this object may know the URL of an endpoint that its annotation names.
      this.#route(last.pod);
      const summary = summarize(last);
      const changes = transitionsBetween(known.summary, summary);
      this.#owe(endpoints, {
        ...changeOf(known),
        event: "pod.deleted",
        epoch: inventory.epoch,
        resourceVersion: last.pod.metadata.resourceVersion,
        body: outbox.keep(printDeletedPod(podIn(last.body))),
        reasons: sortReasons([...final === undefined ? [] : changes, "deleted"]),
        phase: summary.phase,
        observed: final !== undefined,
      });
    }
    inventory.remove(known.uid, { at: clock.now() });
  }

  #route(pod: Pod): { endpoints: string[]; environment: string | undefined; isDefault: boolean } {
    const { endpoints, environment, problems } = this.#deps.route(pod);
    for (const endpoint of endpoints) this.#deps.open(endpoint);
    for (const problem of problems) this.#deps.complain(problem);
    const names = endpoints.map((endpoint) => endpoint.name);
    return { endpoints: names, environment, isDefault: names.join() === this.#deps.defaults.join() };
  }

  #owe(endpoints: string[], message: NewMessage): void {
    for (const endpoint of endpoints) {
      this.#deps.store.outbox.owe(endpoint, message);
      this.#woken.add(endpoint);
    }
  }
}

function reasonsBetween(known: KnownPod, after: Summary, epoch: number): Reason[] {
  const changes = compareSummaries(known.summary, after);
  return known.epoch < epoch ? sortReasons(["sync", ...changes]) : changes;
}

/** A message about a pod's last known version; the caller says why it is sent. */
function changeOf(pod: KnownPod): Omit<NewMessage, "reasons"> {
  const { uid, namespace, name, resourceVersion, epoch, body, environment } = pod;
  return {
    uid,
    namespace,
    name,
    resourceVersion,
    epoch,
    body,
    environment,
    event: "pod.changed",
    occasion: "",
  };
}

/** The pod within a body, as the store keeps it. */
function textOf({ body }: PodObject): string {
  return new TextDecoder().decode(body.subarray('{"pod":'.length, -1));
}
