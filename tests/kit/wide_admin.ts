import type { FakeAdmin } from "./admin.ts";
import { busyAdmin } from "./busy_admin.ts";

/** A word that can be broken nowhere, and is wider than any window. */
const WORD = "M".repeat(400);

/** The longest names that there may be: of an endpoint or a namespace, and of a pod. */
const NAME = "m".repeat(63);
const POD_NAME = [NAME, NAME, NAME, "m".repeat(61)].join(".");

/** A busy program of which everything that others write is one long word. @param now milliseconds */
export function wideAdmin(now: number): FakeAdmin {
  const admin = busyAdmin(now);
  const { state } = admin;
  admin.state = {
    ...state,
    environment: WORD,
    cluster: WORD,
    isReady: false,
    problems: [WORD],
    notes: [WORD],
    source: {
      ...state.source,
      server: `https://${WORD}`,
      scopes: state.source.scopes.map((scope) => ({ ...scope, namespace: NAME, resourceVersion: WORD })),
    },
    store: { ...state.store, isHealthy: false, fault: WORD },
    configuration: { isValid: false, checkedAt: state.startedAt, problem: WORD },
  };
  for (const endpoint of admin.shown) {
    endpoint.origin = `https://${WORD}`;
    if (endpoint.lastError !== undefined) endpoint.lastError.why = WORD;
  }
  for (const delivery of admin.kept) {
    Object.assign(delivery, {
      pod: { namespace: NAME, name: POD_NAME, uid: WORD, resourceVersion: WORD },
      because: WORD,
      why: WORD,
      history: delivery.history.map((attempt) => ({ ...attempt, why: WORD })),
      last: { ...delivery.last, why: WORD },
      request: { bytes: 1, headers: { [WORD]: WORD } },
      answer: { status: 503, headers: { [WORD]: WORD }, text: WORD },
      body: JSON.stringify({ [WORD]: WORD }),
    });
  }
  const [pod] = admin.pods;
  if (pod === undefined) throw new TypeError("A busy program has a pod.");
  Object.assign(pod, { namespace: NAME, name: POD_NAME, uid: WORD, resourceVersion: WORD, phase: WORD });
  for (const one of pod.endpoints) one.because = WORD;
  admin.shown.push(...admin.shown.slice(1, 2).map((failing) => ({ ...failing, name: NAME })));
  return admin;
}

/** Its pages by the names of their pictures. */
export const WIDE_PAGES: Readonly<Record<string, string>> = {
  "wide cluster": "/",
  "wide endpoints": "/endpoints",
  "wide endpoint": "/endpoints/audit-archive",
  "wide name": `/endpoints/${NAME}`,
  "wide failed": "/endpoints/audit-archive?state=failed",
  "wide filters": `/endpoints/audit-archive?pod=${WORD}&reason=${WORD}&outcome=${WORD}`,
  "wide delivery": "/endpoints/audit-archive/deliveries/msg_3abcdef0123456789",
  "wide dead letters": "/dead-letters",
  "wide discard": `/endpoints/audit-archive/discard?id=${WORD}`,
  "wide pods": `/pods?pod=${WORD}`,
  "wide pod": `/pods/${NAME}/${POD_NAME}`,
  "wide not found": `/endpoints/${WORD}`,
};
