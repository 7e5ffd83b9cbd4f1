import { delivery, endpointStatus, FakeAdmin } from "./admin.ts";

/** A program that began a moment ago, and cannot reach its cluster: little is known, and nothing was sent. @param now milliseconds */
export function youngAdmin(now: number): FakeAdmin {
  const at = new Date(now - 4_000).toISOString();
  const admin = new FakeAdmin();
  const { environment: _, ...state } = admin.state;
  const why = "The pods of all namespaces have not all been listed yet. The API server does not answer: " +
    "connection refused.";
  admin.state = {
    ...state,
    startedAt: at,
    isReady: false,
    problems: [why],
    source: { ...state.source, scopes: [{ isListed: false, silentSeconds: 4 }], lists: 0, restarts: {} },
    pods: { known: 0, byPhase: {}, unhealthy: 0 },
    reasons: state.reasons.map(({ minute }) => ({ minute, counts: {} })),
    store: {
      isHealthy: false,
      fault: "no space is left on the device",
      bytes: 4_096,
      isKept: true,
    },
    pending: 0,
    deadLetters: 0,
  };
  const { lag: _lag, lastDeliveredAt: _at, ...hook } = endpointStatus("hook");
  const history = hook.history.map(() => ({ delivered: 0, failed: 0 }));
  admin.shown = [{ ...hook, delivered: 0, coalesced: 0, history }];
  const { last: _last, nextRetryAt: _next, request: _request, answer: _answer, ...untried } = delivery(
    "hook",
    "msg_1",
    "pending",
  );
  admin.kept = [{ ...untried, attempts: 0, history: [], recordedAt: at }];
  admin.pods = admin.pods.map((pod) => ({
    ...pod,
    changedAt: at,
    route: "annotation",
    endpoints: [{
      endpoint: "hook",
      sends: false,
      because: "the pod's annotation names other endpoints",
      isPending: false,
      deliveries: [],
    }],
  }));
  return admin;
}
