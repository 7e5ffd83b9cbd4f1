import { type Reason, sortReasons, transitionsIn } from "../change/reasons.ts";
import type { Summary } from "../change/summary.ts";
import { unknownPod } from "../pod/deleted.ts";
import { plainPodIn } from "../pod/json.ts";
import type { Pod } from "../pod/pod.ts";
import type { Candidate, Want } from "../route/want.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Inventory, KnownPod, NewVersion, Store } from "../store/store.ts";

/*
 * Records the versions of pods for the endpoints that they go to, and for those alone that want them.
 *
 * A pod enters an endpoint's selection, and leaves it: by a change of the pod, of its route, or of the configuration. In
 * between the endpoint follows it, and its filter is asked about each message, once. What it does not want is neither
 * pending for it nor counted.
 *
 *     enters    `sync`, and of what changed the transitions: to this endpoint the pod is new
 *     follows   the reasons of the change
 *     leaves    `unselected`, if it was sent anything of the pod; then nothing more, its end neither
 *     ends      `deleted`, if it was sent anything of the pod and has not been sent that it left
 */

/** What the recorder needs of the other parts. */
export interface RecorderDeps {
  store: Store;
  clock: Clock;
  /** What an endpoint wants; undefined: everything. */
  want: (endpoint: string) => Want | undefined;
  /** What filters are asked about, beside the message. */
  cluster?: string | undefined;
  environment?: string | undefined;
  /** Called with why an endpoint's filter cannot tell whether it wants a message. */
  filterFailed: (endpoint: string, why: string) => void;
  /** Called with each version of a pod that is recorded; undefined: nobody wants to know. */
  recorded?: ((pod: KnownPod, version: NewVersion) => void) | undefined;
}

/** Where a pod goes. */
export interface Routed {
  names: readonly string[];
  /** Endpoints whose selection the pod is not of. */
  excluded: readonly string[];
}

/** What a filter is asked about. Each is worked out only where one is. */
export interface Seen {
  pod: () => Pod;
  /** Of the version before; undefined: none was seen. */
  previous: () => Summary | undefined;
}

/** See above. Every call is synchronous; the commit is the caller's. */
export class Recorder {
  readonly #deps: RecorderDeps;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
  }

  /** A version of a pod that is known already is news. */
  changed(pod: KnownPod, version: NewVersion, { names, excluded }: Routed, seen: Seen): void {
    const followers = this.followersOf(pod, names);
    // Also where nobody is to get it: it is the pod's current version from now on.
    this.#record(pod, version, followers, seen);
    if (followers.length < names.length) this.enter(pod, names, seen, version.reasons);
    if (excluded.length > 0) this.leave(pod, excluded, version.reasons, seen);
  }

  /** The first version of a pod. */
  began(pod: KnownPod, version: NewVersion, { names }: Routed, seen: Seen): void {
    this.#record(pod, version, names, seen);
  }

  /**
   * The pod's current version goes to those of these endpoints that do not follow it yet.
   *
   * @param news its reasons, if it is news: what no later version tells of must not be replaced by one
   */
  enter(pod: KnownPod, names: readonly string[], seen: Seen, news: readonly Reason[] = []): void {
    const newcomers = names.filter((name) => !this.#follows(pod, name));
    // A list asks about each pod that it repeats, and mostly there are none.
    if (newcomers.length === 0) return;
    const { store: { followers }, clock } = this.#deps;
    const reasons = sortReasons(["sync", ...transitionsIn(news)]);
    const back = newcomers.filter((name) => followers.standing(pod, name) === "left");
    const first = newcomers.filter((name) => !back.includes(name));
    if (first.length > 0) this.#record(pod, { ...again(pod), reasons }, first, asNew(seen));
    if (back.length === 0) return;
    // They may have had this very version before they were sent that the pod left: with one id for both, a receiver
    // would drop the later one.
    const occasion = `selected ${clock.now()}`;
    this.#record(pod, { ...again(pod), reasons, occasion }, back, asNew(seen));
  }

  /** @param reasons of the version with which the pod left, if it is news */
  leave(pod: KnownPod, excluded: readonly string[], reasons: readonly Reason[], seen: Seen): void {
    const { store: { followers }, clock } = this.#deps;
    const leaving = excluded.filter((name) => followers.standing(pod, name) === "sent");
    if (leaving.length > 0) {
      const all = sortReasons([...transitionsIn(reasons), "unselected"]);
      const occasion = `unselected ${clock.now()}`;
      this.#record(pod, { ...again(pod), reasons: all, occasion }, leaving, seen);
    }
    for (const name of leaving) followers.setStanding(pod, name, "left");
    for (const name of excluded) {
      if (followers.standing(pod, name) === "selected") followers.setStanding(pod, name, undefined);
    }
  }

  /** The pod's current version once more, to those of these endpoints that follow it and have nothing pending about it. */
  remind(pod: KnownPod, occasion: string, names: readonly string[], seen: Seen): void {
    const { pending } = this.#deps.store;
    const idle = this.followersOf(pod, names).filter((name) => !pending.has(name, pod));
    if (idle.length > 0) {
      this.#record(pod, { ...again(pod), reasons: ["unhealthy"], occasion }, idle, seen);
    }
  }

  /**
   * The pod's current version once more, to those of these endpoints that follow it, as if it were new to them. One that is
   * going to be sent that version anyway gets no second message: what is pending says the same, at the same time.
   */
  resync(pod: KnownPod, occasion: string, names: readonly string[], seen: Pick<Seen, "pod">): void {
    const { pending } = this.#deps.store;
    const due = this.followersOf(pod, names).filter((name) => !pending.hasCurrent(name, pod));
    if (due.length === 0) return;
    this.#record(pod, { ...again(pod), reasons: ["sync"], occasion }, due, asNew(seen));
  }

  /** Those of these endpoints that follow a pod. */
  followersOf(pod: KnownPod, names: readonly string[]): string[] {
    return names.filter((name) => this.#follows(pod, name));
  }

  /**
   * What is to be sent of a pod's end, or of its leaving the selection of the whole program, goes to everybody who was
   * sent something of it. Worked out only where there is somebody.
   */
  ended(pod: KnownPod, last: () => { version: NewVersion; seen: Seen }): void {
    const { store } = this.#deps;
    const audience = store.inventory.audience(pod);
    if (audience.length === 0) return;
    const { version, seen } = last();
    const wanted = this.#wanted(audience, pod, version, seen);
    if (wanted.length === 0) return;
    store.record(pod, version, wanted);
    this.#deps.recorded?.(pod, version);
  }

  #follows(pod: KnownPod, endpoint: string): boolean {
    const standing = this.#deps.store.followers.standing(pod, endpoint);
    return standing === "sent" || standing === "selected";
  }

  #record(pod: KnownPod, version: NewVersion, names: readonly string[], seen: Seen): void {
    const { store, want, recorded } = this.#deps;
    const wanted = this.#wanted(names, pod, version, seen);
    if (wanted.length > 0 || version.body !== undefined) {
      store.record(pod, version, wanted);
      recorded?.(pod, version);
    }
    for (const name of names) {
      if (want(name)?.isFiltering !== true) continue;
      if (wanted.includes(name)) store.followers.setSent(pod, name, version.resourceVersion);
      else if (!this.#follows(pod, name)) store.followers.setStanding(pod, name, "selected");
    }
  }

  #wanted(names: readonly string[], pod: KnownPod, version: NewVersion, seen: Seen): string[] {
    // Made with the first filter that is asked, for all of them: a pod may have to be parsed for it.
    let candidate: Candidate | undefined;
    return names.filter((name) => {
      const want = this.#deps.want(name);
      if (want === undefined || !want.isFiltering) return true;
      const verdict = want.judge(candidate ??= this.#candidate(pod, version, seen));
      if (verdict.kind !== "error") return verdict.kind === "send";
      this.#deps.filterFailed(name, verdict.why);
      return verdict.sends;
    });
  }

  #candidate({ workload }: KnownPod, { event, reasons, environment }: NewVersion, seen: Seen): Candidate {
    const { cluster, environment: general } = this.#deps;
    return {
      pod: seen.pod(),
      reasons,
      event: event === "pod.deleted" ? event : "pod.changed",
      previous: seen.previous(),
      environment: environment ?? general,
      cluster,
      workload,
    };
  }
}

/** A pod's current version once more; the caller says why. */
export function again({ resourceVersion, environment }: KnownPod): Omit<NewVersion, "reasons"> {
  return { event: "pod.changed", resourceVersion, environment, occasion: "", body: undefined };
}

/** A known pod as it was seen last; where its body was given up to save room, only what names it. Parses the body. */
export function currentPod(pod: KnownPod, inventory: Pick<Inventory, "bodyOf">): Pod {
  return plainPodIn(inventory.bodyOf(pod)?.body ?? unknownPod(pod).body);
}

/** For endpoints to which a pod is new: there is no version before. */
function asNew({ pod }: Pick<Seen, "pod">): Seen {
  return { pod, previous: () => undefined };
}
