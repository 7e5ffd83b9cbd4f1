import type {
  Admin,
  AdminActions,
  Delivery,
  DeliveryDetail,
  DeliveryList,
  DeliveryQuery,
  Done,
  EndpointStatus,
  PodExplanation,
  Resync,
  Status,
} from "../../src/admin/admin.ts";

/** When everything in it happened. */
const AT = "2026-11-27T12:00:00.000Z";

/** A program that is well and follows two pods, for tests of what shows it: plain values that a test may change. */
export class FakeAdmin implements Admin, AdminActions {
  readonly actions: AdminActions = this;
  state: Status = {
    version: "0.1.0",
    startedAt: AT,
    environment: "staging",
    isReady: true,
    problems: [],
    notes: [],
    source: {
      kind: "watch",
      server: "https://cluster.example.com:6443",
      scopes: [{ isListed: true, resourceVersion: "4711", silentSeconds: 3 }],
      lists: 1,
      restarts: { ended: 2, expired: 0 },
      epoch: 0,
    },
    pods: { known: 2, byPhase: { Running: 1, Pending: 1 }, unhealthy: 1 },
    reasons: minutes().map((minute, index) => ({
      minute,
      counts: index % 7 === 0 ? { ready: 3, phase: 1 } : {},
    })),
    store: { isHealthy: true, bytes: 65_536, isKept: true },
    update: { isNewerAvailable: false },
    pending: 3,
    deadLetters: 1,
    showsPayloads: false,
  };
  shown: EndpointStatus[] = [endpointStatus("hook"), {
    ...endpointStatus("slow"),
    condition: "failing",
    circuit: "open",
    pending: 3,
    deadLetters: 1,
    oldestPendingSeconds: 90,
    lastError: { at: AT, why: "it answered 503" },
    nextTryAt: "2026-11-27T12:00:30.000Z",
  }];
  kept: DeliveryDetail[] = [delivery("hook", "pod_1", "delivered"), delivery("slow", "pod_2", "failed")];
  pods: PodExplanation[] = [{
    namespace: "shop",
    name: "web-1",
    uid: "uid-1",
    resourceVersion: "4711",
    phase: "Running",
    isHealthy: true,
    changedAt: AT,
    route: "default",
    endpoints: [{
      endpoint: "hook",
      sends: true,
      because: "nothing keeps it back",
      standing: "sent",
      isPending: false,
      deliveries: [inShort(delivery("hook", "pod_1", "delivered"))],
    }],
  }];
  /** The actions that were taken, in order: `pause hook`. */
  readonly calls: string[] = [];
  readonly #listeners = new Set<() => void>();

  /** Lets everybody who is subscribed know that something changed. */
  change(): void {
    for (const listener of this.#listeners) listener();
  }

  get subscribers(): number {
    return this.#listeners.size;
  }

  status(): Status {
    return this.state;
  }

  endpoints(): EndpointStatus[] {
    return this.shown;
  }

  endpoint(name: string): EndpointStatus | undefined {
    return this.shown.find((one) => one.name === name);
  }

  deliveries(query: DeliveryQuery): DeliveryList | undefined {
    if (this.endpoint(query.endpoint) === undefined) return undefined;
    const found = this.kept.filter((one) => isWanted(one, query));
    const deliveries = found.slice(0, query.limit ?? 100).map(inShort);
    return { endpoint: query.endpoint, deliveries, total: found.length };
  }

  delivery(endpoint: string, id: string): DeliveryDetail | undefined {
    return this.kept.find((one) => one.endpoint === endpoint && one.id === id);
  }

  pod(namespace: string, name: string): PodExplanation | undefined {
    return this.pods.find((one) => one.namespace === namespace && one.name === name);
  }

  pause(endpoint: string): Done {
    return this.#do(`pause ${endpoint}`, endpoint, (one) => one.condition = "paused");
  }

  resume(endpoint: string): Done {
    return this.#do(`resume ${endpoint}`, endpoint, (one) => one.condition = "ok");
  }

  redeliver(endpoint: string, id?: string): Done {
    return this.#doDead("redeliver", endpoint, id);
  }

  discard(endpoint: string, id?: string): Done {
    return this.#doDead("discard", endpoint, id);
  }

  resync({ endpoint, since }: Resync): Done {
    const what = ["resync", endpoint, since].filter((one) => one !== undefined).join(" ");
    if (endpoint !== undefined) return this.#do(what, endpoint, () => {});
    this.calls.push(what);
    return { kind: "done", count: this.pods.length };
  }

  retry(): Done {
    this.calls.push("retry");
    return { kind: "done", count: this.shown.length };
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  #do(call: string, endpoint: string, act: (one: EndpointStatus) => void): Done {
    const one = this.endpoint(endpoint);
    if (one === undefined) return { kind: "not found", what: "endpoint" };
    this.calls.push(call);
    act(one);
    this.change();
    return { kind: "done", count: 1 };
  }

  #doDead(call: string, endpoint: string, id: string | undefined): Done {
    if (this.endpoint(endpoint) === undefined) return { kind: "not found", what: "endpoint" };
    const dead = this.kept.filter((one) =>
      one.endpoint === endpoint && one.state === "failed" && (id === undefined || one.id === id)
    );
    if (id !== undefined && dead.length === 0) return { kind: "not found", what: "dead letter" };
    this.calls.push([call, endpoint, ...id === undefined ? [] : [id]].join(" "));
    return { kind: "done", count: dead.length };
  }
}

/** An endpoint that takes everything. */
export function endpointStatus(name: string): EndpointStatus {
  return {
    name,
    origin: `https://${name}.example.com`,
    isOfAnnotation: false,
    condition: "ok",
    circuit: "closed",
    pending: 0,
    inFlight: 0,
    deadLetters: 0,
    lag: { p50Seconds: 0.01, p99Seconds: 0.2 },
    concurrency: 16,
    delivered: 120,
    coalesced: 3,
    lost: 0,
    lastDeliveredAt: AT,
    history: Array.from({ length: 60 }, (_, index) => ({ delivered: index % 5, failed: 0 })),
  };
}

/** A delivery with one attempt. */
export function delivery(endpoint: string, id: string, state: DeliveryDetail["state"]): DeliveryDetail {
  const isDelivered = state === "delivered";
  const last = {
    at: AT,
    durationSeconds: 0.012,
    outcome: isDelivered ? "accepted" : "http_4xx",
    status: isDelivered ? 200 : 404,
    ...!isDelivered && { why: "it answered 404" },
  };
  return {
    id,
    endpoint,
    state,
    event: "pod.changed",
    reasons: ["phase", "ready"],
    pod: { namespace: "shop", name: "web-1", uid: "uid-1", resourceVersion: "4711" },
    attempts: 1,
    isInFlight: false,
    coalesced: 0,
    recordedAt: AT,
    last,
    ...!isDelivered && { nextRetryAt: "2026-11-27T12:01:00.000Z" },
    because: "Every pod goes to this endpoint.",
    history: [last],
    request: { headers: { "webhook-id": id, "webhook-signature": "(masked)" }, bytes: 4_096 },
    answer: {
      status: last.status,
      headers: { "content-type": "text/plain" },
      text: isDelivered ? "ok" : "gone",
    },
  };
}

/** What a list has of it. */
function inShort(
  { because: _b, history: _h, request: _r, answer: _a, body: _t, ...delivery }: DeliveryDetail,
): Delivery {
  return delivery;
}

function isWanted({ endpoint, state, pod, reasons, last }: Delivery, query: DeliveryQuery): boolean {
  return endpoint === query.endpoint && state === (query.state ?? state) &&
    pod?.namespace === (query.namespace ?? pod?.namespace) && pod?.name === (query.pod ?? pod?.name) &&
    (query.reason === undefined || reasons.includes(query.reason)) &&
    last?.outcome === (query.outcome ?? last?.outcome);
}

function minutes(): string[] {
  const last = Date.parse(AT);
  return Array.from({ length: 60 }, (_, index) => new Date(last - (59 - index) * 60_000).toISOString());
}
