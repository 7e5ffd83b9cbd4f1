/*
 * What can be seen of the running program, and done to it: by the page, by the API under `/api/v1`, and by the commands
 * that ask it (`k8svent status`). `src/app/` implements it over the parts of the program; everything here is a plain value
 * that is answered as JSON as it stands, so these types are the API's schema (`openapi.ts` describes the same).
 *
 * Instants are RFC 3339 strings in UTC, durations are seconds (`…Seconds`), sizes are bytes. A value that is not known is left
 * out. Nothing here holds a URL's path, a token or a secret: an endpoint is its name and the origin of its URL, headers
 * that prove who somebody is are masked before they are kept.
 */

/** The program, as it is now, and what can be done to it. Every call is synchronous and short, unless it says otherwise. */
export interface Admin {
  status(): Status;
  /** The operator's endpoints in the order of the configuration, then those that pods' annotations named and that are open. */
  endpoints(): EndpointStatus[];
  endpoint(name: string): EndpointStatus | undefined;
  /** The newest first. Undefined: there is no such endpoint. */
  deliveries(query: DeliveryQuery): DeliveryList | undefined;
  /** Undefined: there is no such endpoint, or it has no such delivery any more. */
  delivery(endpoint: string, id: string): DeliveryDetail | undefined;
  /** What becomes of this pod and why. Undefined: no such pod is known. */
  pod(namespace: string, name: string): PodExplanation | undefined;
  /** What can be done to it. */
  readonly actions: AdminActions;
  /**
   * Calls `changed` after what is shown may have changed: often, and cheaply, so the caller thins it out. Returns what ends
   * that. While nobody is subscribed, it costs nothing.
   */
  subscribe(changed: () => void): () => void;
}

/** What an operator does to it. */
export interface AdminActions {
  /** Stops sending to an endpoint. It is kept over restarts with a state file; what is pending stays, and more comes to it. */
  pause(endpoint: string): Done;
  resume(endpoint: string): Done;
  /** Tries dead letters again now, with the id that they had: one, or (no id) all of the endpoint. */
  redeliver(endpoint: string, id?: string): Done;
  /** Gives dead letters up for good: one, or (no id) all of the endpoint. They are counted as lost. */
  discard(endpoint: string, id?: string): Done;
  /** Sends pods once more as they are now, with reason `sync`: to one endpoint or (none) to each. */
  resync(what: Resync): Done;
  /** What SIGUSR1 does: tries at once whatever waits, and sends inventories to the endpoints of `--notices`. */
  retry(): Done;
}

/** What came of an action. `count`: messages that it was about; endpoints with pause, resume and retry. */
export type Done =
  | { kind: "done"; count: number }
  | { kind: "not found"; what: "endpoint" | "dead letter" };

/** What to resync. `since`: only pods whose last change was seen after this instant. */
export interface Resync {
  endpoint?: string;
  since?: string;
}

/** The program as a whole. */
export interface Status {
  version: string;
  startedAt: string;
  /** Of `--environment` and `--cluster`. */
  environment?: string;
  cluster?: string;
  /** What `/readyz` says, and why not; and what does not work though it is ready. Sentences. */
  isReady: boolean;
  problems: string[];
  notes: string[];
  source: SourceStatus;
  pods: {
    known: number;
    /** By `status.phase`; `Unknown` where it has none. */
    byPhase: Record<string, number>;
    unhealthy: number;
  };
  /** Changes that were recorded, by reason: the last 60 minutes, the oldest first, the current one last. */
  reasons: { minute: string; counts: Record<string, number> }[];
  store: { isHealthy: boolean; fault?: string; bytes: number; isKept: boolean };
  /** Where there is a configuration file. */
  configuration?: { isValid: boolean; checkedAt: string; problem?: string };
  update: { isNewerAvailable: boolean; checkedAt?: string };
  /** Sums over all endpoints. */
  pending: number;
  deadLetters: number;
  /** Whether bodies may be shown (`--show-payloads`). */
  showsPayloads: boolean;
}

/** Where pods come from. */
export interface SourceStatus {
  kind: "watch" | "poll";
  /** Of the API server: scheme, host and port. */
  server: string;
  /** What is followed; one entry without a namespace: all of them. */
  scopes: { namespace?: string; isListed: boolean; resourceVersion?: string; silentSeconds: number }[];
  lists: number;
  /** Why lists and watches began once more, how often. */
  restarts: Record<string, number>;
  epoch: number;
}

/**
 * How an endpoint does. `failing`: its circuit is open or half-open, and not only for the second in which another pod is
 * asked; `disabled`: it answered 410; `paused`: by an operator, which goes before the others.
 */
export type EndpointCondition = "ok" | "failing" | "disabled" | "paused";

/** One endpoint. */
export interface EndpointStatus {
  name: string;
  /** Scheme, host and port of its URL; left out where the URL cannot be read now. */
  origin?: string;
  /** Whether a pod's annotation named it. */
  isOfAnnotation: boolean;
  condition: EndpointCondition;
  circuit: "closed" | "open" | "half-open" | "disabled";
  /** In the order in which they can be seen: all that is not accepted, of that under way, of that dead letters. */
  pending: number;
  inFlight: number;
  deadLetters: number;
  /** Age of the oldest pending message; left out where nothing is pending. */
  oldestPendingSeconds?: number;
  /** From when a change was recorded until it was accepted, of the last 1,000 deliveries at the most. */
  lag?: { p50Seconds: number; p99Seconds: number };
  /** Requests at a time that it bears, as found out so far. */
  concurrency: number;
  /** Since this process began; of an annotation's endpoint, since it was opened. */
  delivered: number;
  coalesced: number;
  /** Messages that were given up for want of room, or discarded, and that no delivery has announced yet. */
  lost: number;
  /** The last attempt that failed, also if others were accepted since. */
  lastError?: { at: string; why: string };
  lastDeliveredAt?: string;
  /** When something is sent again, where its circuit is open. */
  nextTryAt?: string;
  /** Attempts a minute of the last hour, the oldest first, the current minute last: 60 entries. */
  history: { delivered: number; failed: number }[];
}

/** Delivered; waiting, for its turn or for its next retry; a dead letter. */
export type DeliveryState = "delivered" | "pending" | "failed";

/** Which deliveries to show; what is left out does not matter. */
export interface DeliveryQuery {
  endpoint: string;
  state?: DeliveryState;
  namespace?: string;
  /** The pod's name. */
  pod?: string;
  /** One of the message's reasons. */
  reason?: string;
  /** Of the last attempt: a class of `k8svent_delivery_attempts_total`. */
  outcome?: string;
  /** 100 by default, 1,000 at the most. */
  limit?: number;
}

/** Some deliveries of one endpoint. */
export interface DeliveryList {
  endpoint: string;
  deliveries: Delivery[];
  /** How many fit the query: of those that are kept, and of what is pending 2,000 at the most, dead letters first. */
  total: number;
}

/** One message at one endpoint, as far as it has come. */
export interface Delivery {
  /** Of `webhook-id`; the same at each endpoint and attempt. */
  id: string;
  endpoint: string;
  state: DeliveryState;
  /**
   * Of one that failed: it is tried no more, since a newer version took its place or it was given up. Left out: it is a
   * dead letter, or did not fail.
   */
  isSuperseded?: true;
  event: string;
  reasons: string[];
  /** Left out for a notice. */
  pod?: { namespace: string; name: string; uid: string; resourceVersion: string };
  /** Attempts that have ended. */
  attempts: number;
  isInFlight: boolean;
  /** How many older versions it stands for. */
  coalesced: number;
  /** When it was recorded; of what an earlier process recorded, when this one began. */
  recordedAt: string;
  /** The last attempt that this process made. */
  last?: AttemptRecord;
  /** Why the last attempt was not accepted, if an earlier process made it, too. */
  why?: string;
  /** When it is tried again; left out where it has its turn as soon as there is room. */
  nextRetryAt?: string;
}

/** What came of an attempt. */
export interface AttemptRecord {
  /** When it ended. */
  at: string;
  durationSeconds: number;
  /** A class of `k8svent_delivery_attempts_total`. */
  outcome: string;
  /** Where an answer came. */
  status?: number;
  /** Why it was not accepted, for people. */
  why?: string;
}

/** All that is kept of a delivery. */
export interface DeliveryDetail extends Delivery {
  /** Why it is sent to this endpoint, for people. */
  because: string;
  /** The last ten attempts, the newest last. */
  history: AttemptRecord[];
  /** Of the last attempt; what proves who sends it is masked. Left out before the first. */
  request?: { headers: Record<string, string>; bytes: number };
  /** Of the last attempt that was answered. `text`: its first line, without what is secret. */
  answer?: { status: number; headers: Record<string, string>; text: string };
  /** With `--show-payloads`, as this endpoint sees it, where it is still kept. */
  body?: string;
}

/** A pod, and what becomes of it at each endpoint. */
export interface PodExplanation {
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
  phase?: string;
  isHealthy?: boolean;
  changedAt?: string;
  /** Which rule says where it goes: its annotation, or the operator's endpoints. */
  route: "annotation" | "default";
  endpoints: {
    endpoint: string;
    /** Whether a change of this pod would be sent there now. */
    sends: boolean;
    /** By which rule, for people: `its filter.expression`, `its namespaces`, `nothing keeps it back`. */
    because: string;
    /** What it has of the pod: something was sent; it is selected and nothing was wanted yet; it knows that it left. */
    standing?: "sent" | "selected" | "left";
    /** Whether something about the pod is pending for it. */
    isPending: boolean;
    /** The newest first, as far as they are kept. */
    deliveries: Delivery[];
  }[];
}
