/*
 * The values of `admin.ts` as JSON Schema 2020-12, which is what OpenAPI 3.1 takes. Written by hand, since types are gone when
 * the program runs; a test holds every answer against it, with all properties that may be left out there and gone.
 */

/** A schema, as JSON. */
export type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const instant: Schema = { type: "string", format: "date-time" };
const count: Schema = { type: "integer", minimum: 0 };
const seconds: Schema = { type: "number", minimum: 0 };
const counts: Schema = { type: "object", additionalProperties: count };
const fields: Schema = { type: "object", additionalProperties: text };

function said(schema: Schema, description: string): Schema {
  return { ...schema, description };
}

function word(...words: string[]): Schema {
  return { type: "string", enum: words };
}

/** Of one thing each. */
export function list(items: Schema, description?: string): Schema {
  return { type: "array", items, ...description !== undefined && { description } };
}

/** An object. Properties whose names end with `?` may be left out; later versions may have more. */
function object(properties: Record<string, Schema>, description?: string): Schema {
  const names = Object.keys(properties);
  return {
    type: "object",
    ...description !== undefined && { description },
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name.replace("?", ""), schema]),
    ),
    required: names.filter((name) => !name.endsWith("?")),
  };
}

/** Refers to one of `SCHEMAS`. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const delivery = {
  id: said(text, "Of `webhook-id`; the same at each endpoint and attempt."),
  endpoint: text,
  state: ref("DeliveryState"),
  event: text,
  reasons: list(text),
  "pod?": said(
    object({ namespace: text, name: text, uid: text, resourceVersion: text }),
    "Left out for a notice.",
  ),
  attempts: said(count, "Attempts that have ended."),
  isInFlight: flag,
  coalesced: said(count, "How many older versions it stands for."),
  recordedAt: said(instant, "Of what an earlier process recorded: when this one began."),
  "last?": ref("AttemptRecord"),
  "why?": said(text, "Why the last attempt was not accepted, if an earlier process made it, too."),
  "isSuperseded?": said(
    flag,
    "Of one that failed: a newer version took its place or it was given up, so it is tried no more.",
  ),
  "nextRetryAt?": instant,
};

/** By name. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Problem: object({
    type: said(text, "`about:blank`: it means no more than its status does."),
    title: text,
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: said(text, "What is wrong and what to do, in a sentence or two."),
  }, "Why a request is not answered (RFC 9457)."),
  Done: object({
    count: said(count, "Messages that it was about; endpoints with pause, resume and retry."),
  }, "What came of an action."),
  Resync: {
    ...object({ "since?": said(instant, "Only pods whose last change was seen after this instant.") }),
    additionalProperties: false,
  },
  Status: object({
    version: text,
    startedAt: instant,
    "environment?": text,
    "cluster?": text,
    isReady: said(flag, "What `/readyz` says."),
    problems: list(text, "Why it is not ready, sentences."),
    notes: list(text, "What does not work though it is ready, sentences."),
    source: ref("SourceStatus"),
    pods: object({ known: count, byPhase: counts, unhealthy: count }),
    reasons: list(
      object({ minute: instant, counts }),
      "Changes that were recorded, by reason: the last 60 minutes, the oldest first.",
    ),
    store: object({ isHealthy: flag, "fault?": text, bytes: count, isKept: flag }),
    "configuration?": object({ isValid: flag, checkedAt: instant, "problem?": text }),
    update: object({ isNewerAvailable: flag, "checkedAt?": instant }),
    pending: count,
    deadLetters: count,
    showsPayloads: said(flag, "Whether bodies are shown (`--show-payloads`)."),
  }, "The program as a whole."),
  SourceStatus: object({
    kind: word("watch", "poll"),
    server: said(text, "Scheme, host and port of the API server."),
    scopes: list(
      object({ "namespace?": text, isListed: flag, "resourceVersion?": text, silentSeconds: seconds }),
      "What is followed; one entry without a namespace: all of them.",
    ),
    lists: count,
    restarts: said(counts, "Why lists and watches began once more, how often."),
    epoch: count,
  }, "Where pods come from."),
  EndpointStatus: object({
    name: text,
    "origin?": said(text, "Scheme, host and port of its URL."),
    isOfAnnotation: said(flag, "Whether a pod's annotation named it."),
    condition: said(
      word("ok", "failing", "disabled", "paused"),
      "`failing`: its circuit is open or half-open; `disabled`: it answered 410; `paused`: by an operator.",
    ),
    circuit: word("closed", "open", "half-open", "disabled"),
    pending: said(count, "All that is not accepted, what is in flight and dead letters included."),
    inFlight: count,
    deadLetters: count,
    "oldestPendingSeconds?": seconds,
    "lag?": said(
      object({ p50Seconds: seconds, p99Seconds: seconds }),
      "From when a change was recorded until it was accepted, of the last 1,000 deliveries at the most.",
    ),
    concurrency: { type: "number", minimum: 0 },
    delivered: said(count, "Since the process began."),
    coalesced: count,
    lost: said(count, "Messages that were given up, and that no delivery has announced yet."),
    "lastError?": object({ at: instant, why: text }),
    "lastDeliveredAt?": instant,
    "nextTryAt?": said(instant, "Where its circuit is open."),
    history: {
      ...list(object({ delivered: count, failed: count }), "Attempts of each of the last 60 minutes."),
      minItems: 60,
      maxItems: 60,
    },
  }, "How an endpoint does."),
  DeliveryState: said(
    word("delivered", "pending", "failed"),
    "`pending`: it waits for its turn or its next retry; `failed`: it is a dead letter.",
  ),
  AttemptRecord: object({
    at: said(instant, "When it ended."),
    durationSeconds: seconds,
    outcome: said(text, "A class of `k8svent_delivery_attempts_total`."),
    "status?": { type: "integer", minimum: 100, maximum: 999 },
    "why?": said(text, "Why it was not accepted, for people."),
  }, "What came of an attempt."),
  Delivery: object(delivery, "One message at one endpoint, as far as it has come."),
  DeliveryList: object({
    endpoint: text,
    deliveries: list(ref("Delivery"), "The newest first."),
    total: said(count, "How many fit the query, of those that are kept."),
  }),
  DeliveryDetail: object({
    ...delivery,
    because: said(text, "Why it is sent to this endpoint, for people."),
    history: list(ref("AttemptRecord"), "The last ten attempts, the newest last."),
    "request?": said(
      object({ headers: fields, bytes: count }),
      "Of the last attempt; what proves who sends it is masked.",
    ),
    "answer?": said(
      object({ status: { type: "integer" }, headers: fields, text }),
      "Of the last attempt that was answered; `text` is its first line.",
    ),
    "body?": said(text, "With `--show-payloads`, as this endpoint sees it, where it is still kept."),
  }, "All that is kept of a delivery."),
  PodExplanation: object({
    namespace: text,
    name: text,
    uid: text,
    resourceVersion: text,
    "phase?": text,
    "isHealthy?": flag,
    "changedAt?": instant,
    route: said(
      word("annotation", "default"),
      "Which rule says where it goes: its annotation, or the operator's endpoints.",
    ),
    endpoints: list(object({
      endpoint: text,
      sends: said(flag, "Whether a change of this pod would be sent there now."),
      because: said(text, "By which rule, for people."),
      "standing?": said(
        word("sent", "selected", "left"),
        "Something was sent; it is selected and nothing was wanted yet; it knows that it left.",
      ),
      isPending: flag,
      deliveries: list(ref("Delivery"), "The newest first, as far as they are kept."),
    })),
  }, "A pod, and what becomes of it at each endpoint."),
};
