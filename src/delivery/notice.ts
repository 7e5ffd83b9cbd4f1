/** What is sent to endpoints beside pods (`--notices`). Each body is an object with a `type`. */

/** Messages had to be given up: the endpoint's picture may be wrong until the inventory that follows. */
export interface GapNotice {
  type: "k8svent.gap";
  endpoint: string;
  /** RFC 3339: since when messages have been given up. */
  since: string;
  /** How many. */
  lost: number;
}

/**
 * One page of what there is. A pod that the receiver holds, whose version is not above `resourceVersion`, and
 * that is on none of the pages, is gone.
 */
export interface InventoryNotice {
  type: "k8svent.inventory";
  /** The same on all pages of one inventory. */
  inventory: string;
  /** From 1. */
  page: number;
  pages: number;
  /** The version up to which all that is followed was seen. */
  resourceVersion: string;
  pods: { uid: string; resourceVersion: string }[];
}

/** Nothing else to say, but alive. */
export interface HeartbeatNotice {
  type: "k8svent.heartbeat";
  /** RFC 3339 */
  at: string;
}

/** Another endpoint goes bad or good for longer than a minute, has dead letters, or lost messages. */
export interface EndpointNotice {
  type: "k8svent.endpoint";
  /** Its name. */
  endpoint: string;
  what: "failing" | "recovered" | "dead-letters" | "evicted";
  /** RFC 3339: since when it is so. */
  since: string;
  /** Messages that it has not accepted, dead letters included. */
  pending: number;
  deadLetters: number;
  /** Messages for it that were evicted since the notice before this one. */
  lost: number;
  /** A sentence for people. */
  why: string;
}

/** Somebody tries out whether messages arrive (`k8svent send-test`); it stands for nothing. */
export interface TestNotice {
  type: "k8svent.test";
  /** RFC 3339 */
  at: string;
}

/** Any of those that a run sends. */
export type Notice = GapNotice | InventoryNotice | HeartbeatNotice | EndpointNotice;
