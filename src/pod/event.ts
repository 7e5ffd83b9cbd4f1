import type { PodObject } from "./object.ts";
import type { PodRef, Scope } from "./pod.ts";
import type { OddObject } from "./unreadable.ts";

/**
 * What is seen of the cluster, in the order in which it is seen.
 *
 * A `sync` is one complete list: every pod of the scope comes as `applied` between its start and its end, and
 * only its end allows the conclusion that a known pod which did not come is gone. A sync that does not end
 * (a failure on the way, then another `sync-start`) says nothing about what is missing.
 */
export type PodEvent = SyncStart | Applied | Deleted | Unselected | Gone | Unreadable | Bookmark | SyncEnd;

/** A complete list begins. */
export interface SyncStart {
  type: "sync-start";
  scope: Scope;
  /** The list's: the pods come as they were at this version. */
  resourceVersion: string;
}

/** A pod as it is now: listed, created or changed. */
export interface Applied {
  type: "applied";
  object: PodObject;
}

/**
 * The watch said DELETED; the object is its final object, with the deletion's own resourceVersion. With a
 * selector the pod may only have stopped matching, and the object then carries its old labels.
 */
export interface Deleted {
  type: "deleted";
  object: PodObject;
}

/** A pod that no longer matches the selector, as it is now. What becomes of it later is not seen. */
export interface Unselected {
  type: "unselected";
  object: PodObject;
}

/** A pod that is not among those which are followed any more, though nobody saw its end. */
export interface Gone {
  type: "gone";
  pod: PodRef;
  /** The version at which it was not there any more. */
  resourceVersion: string;
  /** Its last object, where a watch brought one. */
  object: PodObject | undefined;
  /** Whether it may only have stopped matching the selector: nobody can look it up. */
  mayLive: boolean;
}

/** A list or a watch brought what is no pod: it is passed over, and nothing is inferred from it. */
export interface Unreadable {
  type: "unreadable";
  odd: OddObject;
}

/** The watch has shown everything up to this version. */
export interface Bookmark {
  type: "bookmark";
  resourceVersion: string;
}

/** The list is complete: known pods of the scope that did not come are gone. */
export interface SyncEnd {
  type: "sync-end";
  scope: Scope;
  /** UIDs of pods of which it is not known whether they are gone: another event tells. */
  undecided?: ReadonlySet<string>;
}
