import {
  type Attributes,
  type HrTime,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from "@opentelemetry/api";
import type { Outcome } from "../http/outcome.ts";
import { isAboutPod } from "../pod/payload.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Message } from "../store/store.ts";
import { messageId } from "./render.ts";
import { classOf, type EndedAttempt } from "./tally.ts";

/**
 * A span for each delivery: from when the message was recorded until it is accepted or becomes a dead letter. Its attempts are
 * events of it, and each request carries it as `traceparent`. A dead letter that is tried again begins another span.
 *
 * The names are those of OpenTelemetry's conventions for messaging and HTTP, as far as they have one. Nothing of an
 * endpoint is in it but its name.
 *
 * A span is open from the first attempt to the last. What takes the message from the endpoint in between is not known here: its
 * span ends when the next message of the same pod begins, when too many are open, or with the program.
 */

/** Spans that are open at the most: some hundred bytes each. */
const OPEN = 1_000;

interface Open {
  span: Span;
  version: number;
}

/** Those of all endpoints. */
export class DeliverySpans {
  readonly #tracer: Tracer;
  readonly #clock: Clock;
  /** By endpoint and pod, of which one message at a time is under way; the oldest first. */
  readonly #open = new Map<string, Open>();

  constructor(tracer: Tracer, clock: Clock) {
    this.#tracer = tracer;
    this.#clock = clock;
  }

  /**
   * An attempt begins. Returns the `traceparent` of its request.
   *
   * @param recorded when the message was recorded, by the monotonic clock
   */
  begin(message: Message, recorded: number): string {
    const key = keyOf(message);
    const open = this.#open.get(key);
    if (open?.version === message.version) return traceparent(open.span);
    if (open !== undefined) this.#close(key, open, this.#clock.monotonic());
    const [oldest] = this.#open;
    if (oldest !== undefined && this.#open.size >= OPEN) this.#close(...oldest, this.#clock.monotonic());
    const start = message.failures.dead > 0 ? this.#clock.monotonic() : recorded;
    const span = this.#tracer.startSpan(`send ${message.endpoint}`, {
      root: true,
      kind: SpanKind.PRODUCER,
      startTime: this.#wall(start),
      attributes: attributesOf(message),
    });
    this.#open.set(key, { span, version: message.version });
    return traceparent(span);
  }

  /** An attempt has ended, and this follows from it. */
  attempted(message: Message, { number, outcome, decision, ended, took }: EndedAttempt): void {
    const key = keyOf(message);
    const open = this.#open.get(key);
    if (open === undefined) return;
    const { span } = open;
    const came = cameOf(outcome);
    const failure = "why" in decision ? failureOf(came, decision.why) : {};
    const attempt = { "k8svent.attempt": number, "k8svent.attempt.duration_ms": Math.round(took) };
    span.addEvent("attempt", { ...attempt, ...came, ...failure }, this.#wall(ended));
    span.setAttributes({ "k8svent.attempts": number, ...came });
    if (decision.kind === "delivered") return this.#close(key, open, ended);
    if (decision.failures.dead === 0) return;
    span.setAttributes(failure);
    span.setStatus({ code: SpanStatusCode.ERROR, message: decision.why });
    this.#close(key, open, ended);
  }

  /** Ends those that are open: the program ends. */
  close(): void {
    for (const [key, open] of [...this.#open]) this.#close(key, open, this.#clock.monotonic());
  }

  #close(key: string, { span }: Open, at: number): void {
    this.#open.delete(key);
    span.end(this.#wall(at));
  }

  /** As a pair: the SDK takes a number that is small enough for one since the process began. */
  #wall(monotonic: number): HrTime {
    const milliseconds = this.#clock.now() - this.#clock.monotonic() + monotonic;
    const seconds = Math.floor(milliseconds / 1_000);
    return [seconds, Math.round((milliseconds - seconds * 1_000) * 1e6)];
  }
}

function keyOf({ endpoint, namespace, name, uid }: Message): string {
  return JSON.stringify([endpoint, namespace, name, uid]);
}

function attributesOf(message: Message): Attributes {
  const { endpoint, event, reasons, namespace, name, uid, resourceVersion, coalesced, body } = message;
  const attributes: Attributes = {
    "messaging.system": "webhook",
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "messaging.destination.name": endpoint,
    "messaging.message.id": messageId(message),
    "messaging.message.body.size": body.length,
    "k8svent.event": event,
    "k8svent.reasons": [...reasons],
    "k8svent.coalesced": coalesced,
  };
  if (!isAboutPod(event)) return attributes;
  return {
    ...attributes,
    "k8s.namespace.name": namespace,
    "k8s.pod.name": name,
    "k8s.pod.uid": uid,
    "k8svent.resource_version": resourceVersion,
  };
}

function cameOf(outcome: Outcome): Attributes {
  const status = outcome.kind === "answer" ? { "http.response.status_code": outcome.status } : {};
  return { "k8svent.outcome": classOf(outcome), ...status };
}

/** `error.type` is what the convention for HTTP clients makes it: the status, else the kind of the fault. */
function failureOf(came: Attributes, why: string): Attributes {
  const type = came["http.response.status_code"] ?? came["k8svent.outcome"];
  return { "error.type": String(type), "error.message": why };
}

/** W3C Trace Context, level 1: the version, both ids, and whether the trace is recorded. */
function traceparent(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}
