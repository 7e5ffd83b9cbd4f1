import type {
  AttemptRecord,
  DeliveryDetail,
  EndpointStatus,
  PodExplanation,
  Status,
} from "../../src/admin/admin.ts";
import { delivery, endpointStatus, FakeAdmin } from "./admin.ts";

/** What no page may take for more than text: each name and label could be this. */
export const SCRIPT = `<script>document.title = "taken over"</script>`;

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** A program with much to see: 10,000 pods, five endpoints in every condition, and dead letters. @param now milliseconds */
export function busyAdmin(now: number): FakeAdmin {
  const ago = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();
  const admin = new FakeAdmin();
  admin.state = statusOf(admin.state, ago);
  admin.shown = endpoints(ago);
  admin.kept = admin.shown.flatMap(({ name }) =>
    Array.from({ length: 15 }, (_, at) => deliveryOf(name, at, ago))
  );
  admin.pods = [podOf(admin.kept, ago)];
  return admin;
}

type Ago = (seconds: number) => string;

function statusOf(state: Status, ago: Ago): Status {
  const scopes = ["default", "shop", "kube-system", "a-namespace-with-quite-a-long-name-in-a-company"];
  return {
    ...state,
    environment: "production",
    cluster: "eu-central-1",
    startedAt: ago(12 * 24 * HOUR),
    notes: ["The configuration file has an error in line 12: the last valid one is in use."],
    source: {
      ...state.source,
      restarts: { ended: 214, expired: 1 },
      scopes: scopes.map((namespace, at) => ({
        namespace,
        isListed: at < 3,
        resourceVersion: "123456789",
        silentSeconds: 2 + at * 7,
      })),
    },
    pods: {
      known: 10_234,
      byPhase: { Running: 9_871, Pending: 12, Succeeded: 321, Failed: 30 },
      unhealthy: 17,
    },
    reasons: Array.from({ length: 60 }, (_, minute) => ({
      minute: ago((59 - minute) * MINUTE),
      counts: { phase: wave(minute, 30), ready: wave(minute + 9, 22), restarted: minute === 41 ? 5 : 0 },
    })),
    store: { isHealthy: true, bytes: 48_123_456, isKept: true },
    configuration: {
      isValid: false,
      checkedAt: ago(5 * MINUTE),
      problem: 'endpoints.yaml:12:5: "filters" is not known: did you mean filter.expression?',
    },
    update: { isNewerAvailable: true, checkedAt: ago(20 * MINUTE) },
    pending: 4_123,
    deadLetters: 53,
    showsPayloads: true,
  };
}

function endpoints(ago: Ago): EndpointStatus[] {
  const history = (failing: number): EndpointStatus["history"] =>
    Array.from({ length: 60 }, (_, minute) => ({
      delivered: wave(minute, 40),
      failed: minute >= 60 - failing ? 12 : 0,
    }));
  const { lag: _, ...silent } = endpointStatus("legacy-inventory");
  return [
    {
      ...endpointStatus("billing"),
      history: history(0),
      delivered: 123_456,
      inFlight: 2,
      pending: 3,
      oldestPendingSeconds: 0.4,
      lastDeliveredAt: ago(2),
    },
    {
      ...endpointStatus("audit-archive"),
      condition: "failing",
      circuit: "open",
      pending: 4_120,
      deadLetters: 50,
      oldestPendingSeconds: 30 * MINUTE,
      lastError: {
        at: ago(12),
        why:
          'it answered 503 Service Unavailable: "upstream connect error or disconnect/reset before headers"',
      },
      nextTryAt: ago(-30),
      lastDeliveredAt: ago(31 * MINUTE),
      history: history(30),
    },
    { ...endpointStatus("search-indexer"), condition: "paused", history: history(0) },
    {
      ...silent,
      condition: "disabled",
      circuit: "disabled",
      deadLetters: 3,
      lastError: { at: ago(11 * HOUR), why: "it answered 410 Gone" },
      history: history(0).map(() => ({ delivered: 0, failed: 0 })),
    },
    {
      ...endpointStatus(`hooks.${"very-".repeat(12)}long.example.com`),
      isOfAnnotation: true,
      history: history(3),
    },
  ];
}

const STATES = ["delivered", "delivered", "pending", "failed", "delivered"] as const;

function deliveryOf(endpoint: string, at: number, ago: Ago): DeliveryDetail {
  const state = STATES[at % STATES.length] ?? "delivered";
  const isDelivered = state === "delivered";
  const last: AttemptRecord = {
    at: ago(at * 11),
    durationSeconds: 0.012 + at / 1_000,
    outcome: isDelivered ? "accepted" : "http_4xx",
    status: isDelivered ? 200 : 404,
    ...!isDelivered && { why: 'it answered 404 Not Found: "no such route"' },
  };
  const { last: _, nextRetryAt: __, ...plain } = delivery(endpoint, `msg_${at}abcdef0123456789`, state);
  return {
    ...plain,
    reasons: at % 2 === 0 ? ["phase", "ready"] : ["restarted"],
    recordedAt: ago(at * 11 + 1),
    attempts: isDelivered ? 1 : 4,
    isInFlight: at === 2,
    pod: {
      namespace: at % 2 === 0 ? "default" : "shop",
      name: at === 0 ? "web-1" : `web-6d4cf56db6-${at}`,
      uid: `5e350377-da52-4d45-a56f-${String(at).padStart(12, "0")}`,
      resourceVersion: String(4_711 + at),
    },
    last,
    ...!isDelivered && { nextRetryAt: ago(-60 - at) },
    because: "nothing keeps it back",
    history: isDelivered ? [last] : [3, 2, 1, 0].map((tries) => ({ ...last, at: ago(at * 11 + tries * 60) })),
    request: {
      bytes: 4_096,
      headers: {
        "content-type": "application/json",
        "user-agent": "k8svent/0.1.0",
        "webhook-id": plain.id,
        "webhook-timestamp": "1795780800",
        "webhook-signature": "(masked)",
        authorization: "(masked)",
      },
    },
    body: JSON.stringify({
      pod: { apiVersion: "v1", kind: "Pod", metadata: { name: "web", labels: { app: SCRIPT } } },
    }),
  };
}

function podOf(kept: DeliveryDetail[], ago: Ago): PodExplanation {
  const of = (endpoint: string): DeliveryDetail[] =>
    kept.filter((one) => one.endpoint === endpoint).slice(0, 3).map((one) => ({
      ...one,
      pod: {
        namespace: "shop",
        name: "web-1",
        uid: "5e350377-da52-4d45-a56f-000000000000",
        resourceVersion: "4711",
      },
    }));
  return {
    namespace: "shop",
    name: "web-1",
    uid: "5e350377-da52-4d45-a56f-000000000000",
    resourceVersion: "4711",
    phase: "Running",
    isHealthy: false,
    changedAt: ago(100),
    route: "default",
    endpoints: [
      {
        endpoint: "billing",
        sends: true,
        because: "nothing keeps it back",
        standing: "sent",
        isPending: false,
        deliveries: of("billing"),
      },
      {
        endpoint: "audit-archive",
        sends: false,
        because: "its filter.expression",
        standing: "left",
        isPending: true,
        deliveries: [],
      },
    ],
  };
}

function wave(minute: number, height: number): number {
  return Math.round(Math.abs(height * Math.sin(minute / 7)));
}
