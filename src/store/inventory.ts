import type { Summary } from "../change/summary.ts";
import type { PodRef, Scope } from "../pod/pod.ts";

/** A pod as it was last seen. */
export interface KnownPod extends PodRef {
  resourceVersion: string;
  epoch: number;
  summary: Summary;
  /** The pod's body (see `printPod`): which row it is, for `owe`. */
  body: BodyId;
  /** The names of the endpoints that it goes to, where these are not the default ones. */
  route: string[] | undefined;
  /** The environment that its annotation names. */
  environment: string | undefined;
}

/** Names one stored body: the bytes of one version of one pod, kept while something points at it. */
export type BodyId = number & { readonly kind: "body" };

/** The pods that are in the cluster, by what was seen of it. */
export interface Inventory {
  /** Grows when the cluster's versions went back; versions are compared within an epoch only. */
  readonly epoch: number;
  known(uid: string): KnownPod | undefined;
  /** The pod that has this name now: a name is reused, a UID is not. */
  holder(namespace: string, name: string): KnownPod | undefined;
  /**
   * Whether what is seen of this UID is about its past: it was seen to be deleted lately, which for a UID is
   * final, or it was told as no longer selected at a newer version than this.
   */
  isPast(uid: string, resourceVersion: string): boolean;
  /** Whether any list of this scope was ever completed. */
  isSynced(scope: Scope): boolean;
  /**
   * Keeps a version as the pod's last one, and its text, in place of the one that was known before. `remindAt`:
   * see `change/reminder.ts`.
   */
  put(pod: Omit<KnownPod, "body">, body: string, remindAt: number | undefined): BodyId;
  /** The text that was kept for a pod's last version, whole or reduced (see `pod/reduced.ts`). */
  bodyOf(pod: KnownPod): { text: string; reduced: boolean };
  /** Puts the whole text back in place of a reduced one; the text is asked for only then. */
  complete(pod: KnownPod, text: () => string): void;
  /** What the store belongs to; undefined in a new one. */
  readonly binding: Binding | undefined;
  bind(binding: Binding): void;
  /** How many pods are known. */
  count(): number;
  /** Forgets the pods of all other namespaces, without a word to anybody; returns how many they were. */
  forgetOutside(namespaces: string[]): number;
  /** The version up to which a scope was seen, which may be past those of all its pods; undefined: never. */
  reached(scope: Scope): string | undefined;
  setReached(scope: Scope, resourceVersion: string): void;
  /** Sets the reminders of pods under duress that have none, because there were none to be sent until now. */
  startReminders(): void;
  /** Whether all known pods were seen since the cluster last went back. */
  isOfOneEpoch(): boolean;
  /** Keeps another route of a pod whose version is known: the operator decided anew. */
  reroute(pod: KnownPod, route: string[] | undefined, environment: string | undefined): void;
  /** Every known pod and its version, by UID. */
  versions(): { uid: string; resourceVersion: string }[];
  /**
   * Forgets a pod that was deleted, that left the selection at a version, or (undefined) that is of no more
   * interest. `at` is the wall clock.
   */
  remove(uid: string, gone: { at: number; left?: string } | undefined): void;
  /** Begins a list. Where the cluster went back, a new epoch begins with it, and no deletion is final. */
  beginSync(scope: Scope, rewound: boolean): void;
  /** The running list holds this pod. */
  mark(uid: string): void;
  /** Known pods of the scope that the list did not hold. */
  missing(scope: Scope): KnownPod[];
  endSync(scope: Scope): void;
  /** Pods under duress whose time for a reminder has come by the wall clock; see `change/reminder.ts`. */
  remindable(now: number, interval: number): KnownPod[];
  setReminder(uid: string, remindAt: number): void;
}

/** Which cluster a store belongs to. */
export interface Binding {
  /** As `ApiServer.identity` tells it. */
  cluster: string;
}
