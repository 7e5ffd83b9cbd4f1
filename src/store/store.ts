/**
 * What the parts of the store have in common: its interfaces, and the rules that hold between its rows at any moment and
 * across a crash. Other files name these by their letters.
 *
 * **What is there (I).**
 *
 * - I1: of a pod's versions the one with the greatest id is its current one.
 * - I2: a version lives while it is its pod's current one or pending for somebody, and a block of bodies while a version
 *   points into it. What else a file holds is swept when it is opened.
 * - I3: of one endpoint and pod, what is pending ascends in epoch and version: at most 21 transitions, then at most one
 *   message that is none, the last. A newer version takes that one's place and row, unless it is in flight.
 * - I4: a pod's audience are the endpoints that had something about it pending. It is written when that becomes pending,
 *   not when it is accepted, and its end goes to all of them that were not sent that it left their selection.
 * - I5: what a message stands for (`coalesced`, further reasons) is in its pending row, so that the backlog of one
 *   endpoint does not touch what another is sent.
 * - I6: whatever takes a message out unsent counts it, as lost or as coalesced, in the transaction that removes its row.
 *
 * **In which order it is written (W).** Durable is what a crash does not undo: committed and, with `--state`, on the disk
 * (`fdatasync`). While the disk fails W1 and W2 are waived.
 *
 * - W1: a message is sent only when the batch that recorded it is durable.
 * - W2: the next message of a line is sent only when it is durable that the one before it is gone.
 * - W3: losses that a request announced are taken off in the batch of that request's acknowledgement.
 */
import type { Reason } from "../change/reasons.ts";
import type { Summary } from "../change/summary.ts";
import type { PodRef, Scope } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Histogram } from "../runtime/histogram.ts";

/** What a message is about: a pod, or the deliveries themselves. */
export type MessageEvent =
  | "pod.changed"
  | "pod.deleted"
  | "k8svent.gap"
  | "k8svent.inventory"
  | "k8svent.heartbeat"
  | "k8svent.endpoint";

/**
 * A pod that is known: its last version. Read-only for everybody but the store. Some 300 bytes: it has getters, which a
 * copy by `...` lacks.
 */
export interface KnownPod extends PodRef { // uid, namespace, name
  readonly id: number;
  readonly resourceVersion: string;
  readonly epoch: number;
  /** Where it goes, when that is not to the default endpoints; names, interned. */
  readonly route: readonly string[] | undefined;
  /** The environment that its annotation names. */
  readonly environment: string | undefined;
  /** What it belongs to (`pod/workload.ts`), for a header. */
  readonly workload?: string | undefined;
  /** Which selection (see Inventory.select) it was first seen in: part of the ids of its messages. */
  readonly generation: number;
  /** When its last change was recorded, by the wall clock; undefined: by a version of this program that did not note it. */
  readonly changedAt?: number | undefined;
  /** When to look whether a reminder about it is to be sent, by the wall clock; undefined: it is not unhealthy. */
  readonly remindAt: number | undefined;
}

/**
 * How an endpoint stands to a pod that it has seen: `sent`, something about it was pending for it; `selected`, its filter
 * has wanted nothing yet; `left`, it was sent that the pod left its selection, and hears no more of it.
 */
export type Standing = "sent" | "selected" | "left";

/** What is recorded about a pod, or (a notice) about the deliveries themselves. */
export interface NewVersion {
  event: MessageEvent;
  resourceVersion: string;
  reasons: readonly Reason[];
  /** Empty for a change; which reminder, which resync, "unselected"; a notice: its instant and page. Part of the id. */
  occasion: string;
  /** The real last phase, and whether the deletion was seen; only of pod.deleted. */
  phase?: string | undefined;
  observed?: boolean | undefined;
  environment?: string | undefined;
  summary?: Summary | undefined;
  /** The request's body; undefined: that of the pod's current version (a reminder, a late endpoint). */
  body: Uint8Array | undefined;
  /** Whether the body was trimmed (pod/trimmed.ts) or may be missing. */
  trimmed?: boolean;
}

/** A message to be sent now. */
export interface Message extends PodRef {
  /** Of its pending row. */
  readonly seq: number;
  /** Of its version: the same for all endpoints that get it, so renderings and signatures are cached by it. */
  readonly version: number;
  readonly endpoint: string;
  readonly event: MessageEvent;
  readonly resourceVersion: string;
  readonly epoch: number;
  readonly generation: number;
  readonly occasion: string;
  /** Its own and those of the versions that it stands for, in the documented order. Empty for a notice. */
  readonly reasons: readonly Reason[];
  readonly phase: string | undefined;
  readonly observed: boolean | undefined;
  readonly environment: string | undefined;
  /** Of the pod. */
  readonly workload?: string | undefined;
  readonly coalesced: number;
  readonly body: Uint8Array<ArrayBuffer>;
  /** fetchable: given up to save room and the pod can be read again; trimmed: this version cannot be had whole any more. */
  readonly completeness: "whole" | "fetchable" | "trimmed";
  readonly failures: Failures;
}

/** A pending message as `Pending.list` shows it: without its body. */
export interface PendingMessage extends Omit<Message, "body" | "completeness"> {
  readonly isInFlight: boolean;
  readonly isDeadLetter: boolean;
  /** When it is tried again (monotonic); undefined: when it is its turn. */
  readonly due: number | undefined;
}

/** Which pods; what is left out does not matter. */
export type PodFilter = Partial<Pick<PodRef, "namespace" | "name">>;

/** What went wrong with a message so far. All 0 at first; `failedAt` and `strikes` are of this process only. */
export interface Failures {
  /** Attempts made, in total. */
  tries: number;
  strikes: number;
  /** The endpoint's start counter when it last failed. */
  failedAt: number;
  /** How often it was made a dead letter, in a row; 0: it is none. Kept over restarts, with tries and why. */
  dead: number;
  why: string | undefined;
}

/** What is known and what is pending. All of it is in memory; the journal on disk follows at each commit. */
export interface Store {
  readonly inventory: Inventory;
  readonly followers: Followers;
  readonly pending: Pending;
  readonly ages: Ages;
  readonly lastEvents: LastEvents;
  readonly figures: StoreFigures;
  /**
   * Records a version: it becomes the pod's current one (pod.changed), or its end (pod.deleted; the pod itself is removed by
   * inventory.remove), and is pending for each of these endpoints, by the rules of coalescing (coalescing.ts).
   * The pod's audience grows by the endpoints. `pod` undefined: a notice; `line` names it ("gap", "inventory-1").
   */
  record(pod: KnownPod | undefined, version: NewVersion, endpoints: Iterable<string>, line?: string): void;
  /**
   * Ends a batch: what it changed is written in one transaction. Never throws for the disk: then everything stays dirty in
   * memory, `fault` is set, and it is tried again (every 10 s at most, at a later commit). What is durable becomes ready:
   * onReady is called with the endpoints that have something new to send (W1, W2). Without --state that is at once; with it
   * after an asynchronous fdatasync of the WAL.
   */
  commit(): void;
  /** Commits within 20 ms, unless that is done before. */
  commitSoon(): void;
  /**
   * Once a minute, and at the start: forgets old tombstones, compacts, gives room back, and reports what was evicted, be it by
   * the process before. Each call a slice of bounded work.
   */
  tidy(): void;
  /** Why the disk cannot be written now; undefined: it can, or there is none and needs none. */
  readonly fault: string | undefined;
  /** Writes what is dirty; closes. Called once, last. */
  close(): void;
}

/** What is known of the cluster. Every call is synchronous and short; nothing is written before commit(). */
export interface Inventory {
  readonly epoch: number;
  readonly binding: { cluster: string } | undefined;
  bind(binding: { cluster: string }): void;
  /** The selection (scopes and selectors, as one text): where it differs from the last start's, its generation grows. */
  select(selection: string): void;
  count(): number;
  /** The pod that has this name now: one at a time, so the one before is to be removed first. */
  holder(namespace: string, name: string): KnownPod | undefined;
  /** The same, if it has this UID. */
  known(pod: PodRef): KnownPod | undefined;
  pods(): Iterable<KnownPod>;
  /** Makes a pod known that was not (record() follows in the same batch), or gives a known one a new version. Marks nothing. */
  put(pod: Omit<KnownPod, "id" | "generation" | "epoch" | "changedAt">): KnownPod;
  summaryOf(pod: KnownPod): Summary | undefined;
  /** The body of its current version: undefined where it was given up to save room. */
  bodyOf(pod: KnownPod): { body: Uint8Array<ArrayBuffer>; trimmed: boolean } | undefined;
  /** Brings a body back that was given up; the same version. */
  restore(pod: KnownPod, body: Uint8Array): void;
  reroute(pod: KnownPod, route: readonly string[] | undefined, environment: string | undefined): void;
  /** Endpoints that had this pod pending and were not sent that it left their selection: an end goes to them (I4). */
  audience(pod: KnownPod): readonly string[];
  /** The pod is gone (its version at the end, D), left the selection at that version, or (undefined) is of no interest. */
  remove(pod: KnownPod, gone: { version: string; left: boolean } | undefined): void;
  tombstone(uid: string): { version: string; left: boolean } | undefined;
  /** Without a word to anybody. Returns how many. */
  forgetOutside(isFollowed: (namespace: string) => boolean): number;
  /** Per scope: the version up to which it was wholly seen (R); whether a list of it was ever completed. */
  reached(scope: Scope): string | undefined;
  setReached(scope: Scope, resourceVersion: string): void;
  /**
   * The same for whatever scope a pod of this namespace is of, if it is newer: the row of the pod (or of its end) has the
   * version, so it needs none of its own.
   */
  reachedBy(namespace: string, resourceVersion: string): void;
  isSynced(scope: Scope): boolean;
  beginSync(scope: Scope): void;
  /** The running list holds this pod. */
  mark(pod: KnownPod): void;
  missing(scope: Scope): KnownPod[];
  endSync(scope: Scope): void;
  /** History was rewritten: epoch + 1; tombstones go, and how far scopes were seen; pods stay, all of an old epoch. */
  beginEpoch(): void;
  /** Whether every known pod was seen in this epoch. */
  isOfOneEpoch(): boolean;
  /** Pods whose reminder is due by the wall clock (or, after it was set back, further ahead than one interval); 500 at most. */
  remindable(now: number, interval: number): KnownPod[];
  setReminder(pod: KnownPod, at: number | undefined): void;
  /** Gives a reminder at once to unhealthy pods (their summary says so) that have none: reminders were just switched on. */
  startReminders(): void;
}

/** Which endpoints follow which pods. Every call is synchronous and short; nothing is written before commit(). */
export interface Followers {
  /** How an endpoint stands to the pod; undefined: it has nothing to do with it. */
  standing(pod: KnownPod, endpoint: string): Standing | undefined;
  /** What `record` does not: the filter wanted nothing of the pod, or the pod left the selection. */
  setStanding(pod: KnownPod, endpoint: string, standing: "selected" | "left" | undefined): void;
  /** The version of the pod that was recorded last for an endpoint which does not want each. */
  setSent(pod: KnownPod, endpoint: string, resourceVersion: string): void;
  /** The pods that were recorded for such an endpoint and have neither ended nor left, with these versions. */
  sent(endpoint: string): { uid: string; resourceVersion: string }[];
}

/**
 * What a probe is about: one of the pods that come `first`, if it may be sent now; else another pod and, if possible, another
 * namespace than the `last` ones, the fewest tries first. Of these, one of a namespace that no probe was about since
 * something of it was accepted or, if there is none, about longest ago; at random among up to 50, or one of each namespace
 * where there are more. These are the first ones, or with `isAnywhere` some from all that is ready, which are then all looked
 * at.
 */
export interface ProbeChoice {
  /** In [0, 1). */
  random: number;
  last: readonly PodRef[];
  first?: readonly PodRef[];
  isAnywhere?: boolean;
}

/** What is pending for each endpoint. One line a namespace/name; in a line strictly one after the other. */
export interface Pending {
  /** All endpoints that the store has a row for. */
  endpoints(): string[];
  /** Forgets an endpoint, what is pending for it and that it is paused; returns how many messages that was. */
  forget(endpoint: string): number;
  /** Whether anything about this pod is pending for the endpoint, in flight included. */
  has(endpoint: string, pod: PodRef): boolean;
  /** Whether the last that is pending about this pod is its current version, and no dead letter: it will be sent as it is now. */
  hasCurrent(endpoint: string, pod: KnownPod): boolean;
  /**
   * The next message that may be sent now, marked as in flight; undefined: none. Rotates over the namespaces, FIFO in each;
   * a line whose message waits (due) does not hold up others. `now`: monotonic milliseconds.
   */
  take(endpoint: string, now: number): Message | undefined;
  /** The same as a probe of a half-open circuit. */
  probe(endpoint: string, now: number, choice: ProbeChoice): Message | undefined;
  /** It was accepted: its row goes. Durable with a later commit: with the next one, or after 250 ms, or at once if its line
   * goes on (W2). `announced`: how many lost messages this request announced (W3). */
  acknowledged(message: Message, announced: number): void;
  /** It failed and waits until `due` (monotonic). A dead letter gives way to a newer version by the rule in dead_letters.ts. */
  failed(message: Message, failures: Failures, due: number): void;
  /** It was not sent after all; as if never taken. */
  release(message: Message): void;
  /** Not before `due`, without counting as a failure (its body must be read again first); with its body, it is the next. */
  defer(message: Message, due: number): void;
  /** When the next waiting line is due (monotonic); undefined: none waits. */
  nextDue(endpoint: string): number | undefined;
  /** Whether a message that was never tried could be sent now, of another namespace than this one. */
  hasUntried(endpoint: string, now: number, otherThan: string): boolean;
  /** Whether anything could be sent now. */
  hasReady(endpoint: string, now: number): boolean;
  /** pending: all not accepted, in flight and dead letters included. since: wall clock of the oldest. O(1) but for `since`. */
  counts(endpoint: string): { pending: number; deadLetters: number; inFlight: number };
  /** The oldest first; at most `limit`. superseded: a newer version took its place while it was a dead letter (kept in memory). */
  deadLetters(endpoint: string, limit: number): DeadLetter[];
  /**
   * What is pending, for people: dead letters first, then what is in flight, then the rest, each line in its order; at
   * most `limit`. `counts().deadLetters` as a limit gives the dead letters alone. Marks nothing as taken.
   *
   * @param of only messages about pods of this namespace, or of this name
   */
  list(endpoint: string, limit: number, of?: PodFilter): PendingMessage[];
  /** A listed message with its body; undefined: it is not pending any more. Marks nothing as taken. */
  read(message: PendingMessage): Message | undefined;
  /** Makes up to `count` dead letters (all by default) due now. Returns how many that was. */
  retryDeadLetters(endpoint: string, count?: number): number;
  /** The same of one, by its row: before what else could be sent. False: it is none, or is in flight. */
  retryDeadLetter(endpoint: string, seq: number): boolean;
  /** What waits for its time may be sent now, but for dead letters, which have times of their own. */
  retryWaiting(endpoint: string): void;
  /**
   * Gives dead letters up, for good: one, by its row, or all of the endpoint; not those in flight. They count as lost with the
   * commit, and what is behind them in their lines goes on. Returns how many that was.
   */
  discard(endpoint: string, seq?: number): number;
  /** Whether an operator wants nothing to be sent to the endpoint for now. Kept over restarts; its worker asks. */
  isPaused(endpoint: string): boolean;
  setPaused(endpoint: string, isPaused: boolean): void;
  /** Evicted or discarded, and not announced yet. */
  lost(endpoint: string): { messages: number; since: number | undefined };
}

/**
 * What others heard last of an endpoint, as a text that the store does not look into. It is kept with the endpoint over
 * restarts, and nothing is written before commit().
 */
export interface LastEvents {
  lastEvent(endpoint: string): string | undefined;
  setLastEvent(endpoint: string, event: string): void;
}

/** Since when what is pending is pending; instants of the monotonic clock. See ages.ts. */
export interface Ages {
  /** When a message was recorded, or the oldest of those whose place it took. */
  recordedAt(message: Pick<Message, "seq">): number;
  /** The same of the endpoint's oldest message; undefined: nothing is pending. In most cases O(1). */
  oldest(endpoint: string): number | undefined;
}

/** How the store does, in numbers. */
export interface StoreFigures {
  /** Bytes of the database, without its write-ahead log; 0: there is none, for want of room. */
  readonly bytes: number;
  /** Seconds that its transactions took, the wait for the disk (`fdatasync`) not included. */
  readonly commits: Histogram;
}

/** A message that its endpoint does not accept while it accepts others. */
export interface DeadLetter {
  pod: string;
  uid: string;
  resourceVersion: string;
  why: string;
  tries: number;
  superseded: boolean;
}

/** How a store is kept, and who hears of what. */
export interface StoreOptions {
  /** The state file; undefined: a private temporary file, or memory where none can be made. */
  file: string | undefined;
  buffer: number; // bytes of memory: index of what is pending, and what of it is on no disk
  stateMax: number; // bytes of deflated bodies on the disk
  clock: Clock;
  /** Messages became ready to be sent. */
  onReady: (endpoints: ReadonlySet<string>) => void;
  /** What was evicted, summed; at most once a minute for an endpoint. */
  onEvicted: (endpoint: string, messages: number) => void;
  /** The reason; undefined: the disk can be written again. Once each. */
  onDiskFault: (fault: string | undefined) => void;
}
