import type { Reason } from "../change/reasons.ts";
import type { Notice } from "../delivery/notice.ts";
import type { PodRef } from "../pod/pod.ts";
import type { BodyId, Inventory } from "./inventory.ts";

/**
 * What is known of the cluster and what is owed to the endpoints. Seeing a change and owing it are one
 * transaction, so a crash sends again and never loses.
 *
 * All calls are synchronous and short. One process at a time has a store open; the pipeline writes the
 * inventory, the delivery workers take from the outbox.
 */
export interface Store {
  readonly inventory: Inventory;
  readonly outbox: Outbox;
  readonly endpoints: KnownEndpoints;
  readonly log: DeliveryLog;
  /**
   * Runs `work` in one transaction: all of it happens, or (when it throws) none. Not nested. When the disk fails
   * in the middle of it, `work` runs a second time, in memory: beside the store it changes only what it may twice.
   */
  transaction<T>(work: () => T): T;
  /** Forgets what is of no use any more and gives room on the disk back. Called once a minute. */
  tidy(): void;
  /** Whether the file cannot be written, so that everything is kept in memory until it can. */
  readonly degraded: boolean;
  /** Called once, last. A private temporary file is removed. */
  close(): void;
}

/** What a message is about: a pod, or the deliveries themselves. */
export type MessageEvent = "pod.changed" | "pod.deleted" | Notice["type"];

/** What a message says, apart from whom it goes to. */
export interface NewMessage extends PodRef {
  event: MessageEvent;
  resourceVersion: string;
  epoch: number;
  body: BodyId;
  reasons: Reason[];
  /** Empty for a change. Part of the message's id: what is sent a second time on purpose has another id. */
  occasion: string;
  /** The last real phase, and whether the deletion was seen; only of `pod.deleted`. */
  phase?: string | undefined;
  observed?: boolean | undefined;
  environment?: string | undefined;
}

/** A message that was taken, to be sent now. */
export interface Message extends Omit<NewMessage, "body"> {
  seq: number;
  endpoint: string;
  /** The pod's JSON text, as `printPod` or `printDeletedPod` made it; of a notice, the whole body. */
  body: string;
  /**
   * Whether the text is the whole one. `fetchable`: it was reduced to save room, and the pod can be read again;
   * `reduced`: it was, and this version cannot be had any more.
   */
  completeness: "whole" | "fetchable" | "reduced";
  /** Attempts that failed so far. */
  attempts: number;
  /** Of these, failures that look like this message's own fault; see `delivery/verdict.ts`. */
  strikes: number;
  /** How often in a row it was set aside. */
  timesAside: number;
  /** How many older versions this one stands for. */
  coalesced: number;
}

/** What became of an attempt that was not accepted. */
export interface Failure {
  attempts: number;
  strikes: number;
  /**
   * Not before this instant of the monotonic clock; 0: whenever the endpoint can. (The wall clock may jump; a
   * restart makes everything due.)
   */
  due: number;
  /** Why the message is set aside; undefined while it is not. */
  aside?: string | undefined;
}

/** Messages that had to be given up and were not told of yet, and since when (milliseconds since the epoch). */
export interface Lost {
  messages: number;
  since: number | undefined;
}

/** A message that an endpoint does not take. */
export interface SetAside {
  /** namespace/name */
  pod: string;
  why: string;
  attempts: number;
}

/** One attempt, as it is remembered for people. */
export interface LogEntry {
  /** Milliseconds since the epoch. */
  at: number;
  endpoint: string;
  pod: string;
  event: string;
  version: string;
  attempt: number;
  outcome: string;
  milliseconds: number;
}

/** What is owed to each endpoint, in the order in which it was owed. */
export interface Outbox {
  /**
   * Owes a message to an endpoint. While an older message about the same pod waits, is not being sent and is
   * no transition, this one takes its place: its reasons are joined and `coalesced` counts it. Of a pod's
   * transitions the first and the latest 20 are kept.
   */
  owe(endpoint: string, message: NewMessage): void;
  /** Endpoints that were told of a pod, or are owed a message about it. */
  concerned(uid: string): string[];
  /** Whether an endpoint was told of a pod or is owed a message about it. */
  isConcerned(endpoint: string, uid: string): boolean;
  /** Whether a message about a pod waits for an endpoint. */
  isOwed(endpoint: string, uid: string): boolean;
  /**
   * Takes up to `limit` messages that are due, the oldest first: of each namespace/name only the oldest, and
   * none while another one about it is being sent. What was taken is given back by `accepted` or `failed`.
   */
  take(endpoint: string, now: number, limit: number): Message[];
  /** The endpoint took it: it leaves the outbox. */
  accepted(message: Message): void;
  /**
   * It stays, unless a newer version of the pod waits already and this is no transition, or one that was set
   * aside time after time.
   */
  failed(message: Message, failure: Failure): void;
  /** Keeps the text of a deletion, or of another object that is in no inventory, for messages about it. */
  keep(text: string): BodyId;
  /** Gives a message back that was not sent after all. */
  release(message: Message): void;
  /** The same, and not before this instant of the monotonic clock. */
  defer(message: Message, due: number): void;
  /** Says when a message is due that was deferred for ever (Infinity), unless a newer one took its place since. */
  resume(message: Message, due: number): void;
  /** When the next message that waits for its time is due; undefined if there is none. */
  nextDue(endpoint: string, now: number): number | undefined;
  /** Whether `take` would find anything. */
  hasDue(endpoint: string, now: number): boolean;
  /** Whether anything is owed, set aside or not. */
  isAnyOwed(endpoint: string): boolean;
  /** Whether messages wait that are not set aside (those that are being sent included). */
  isWaiting(endpoint: string): boolean;
  /** How many messages were not accepted yet: set aside, or waiting (those that are being sent included). */
  owed(endpoint: string): { waiting: number; aside: number };
  /**
   * Makes all messages that were set aside due at once. Their strikes stay: what fails again is set aside again at
   * once, and says nothing against the endpoint.
   */
  retryAside(endpoint: string): void;
  /** Endpoints that something is owed to. */
  endpoints(): string[];
  /** Messages that are set aside, the oldest first. */
  aside(endpoint: string): SetAside[];
}

/** The endpoints that the store knows, owed something or not, by name. */
export interface KnownEndpoints {
  names(): string[];
  /** What an endpoint was owed and did not get, for the header `k8svent-lost`. */
  lost(endpoint: string): Lost;
  /** The endpoint has taken a message that told it of so many. */
  toldLost(endpoint: string, messages: number): void;
  /** Forgets an endpoint and what it is owed; returns how many messages that was. */
  forget(endpoint: string): number;
}

/** The last attempts at a delivery, for people. */
export interface DeliveryLog {
  /** Remembers an attempt; the oldest are forgotten. */
  record(entry: LogEntry): void;
  /** The newest first. */
  latest(): LogEntry[];
}
