import { type Family, type Labels, type Sample, withLabel } from "../admin/exposition.ts";
import type { Circuit } from "../delivery/endpoint_state.ts";
import { OUTCOME_CLASSES, type Tally } from "../delivery/tally.ts";
import type { WorkerFigures, Workers } from "../delivery/workers.ts";
import { ANNOTATION_PREFIX, isOfAnnotation } from "../route/annotation.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Histogram } from "../runtime/histogram.ts";
import type { Store } from "../store/store.ts";
import type { Figures } from "./figures.ts";
import type { FilterFailures } from "./filter_failures.ts";

/*
 * The series of endpoints. The label is the name that the operator gave one: a URL is a secret, and so may its path be
 * that an annotation names. All endpoints of annotations share one label, since pods could name new ones without end. An
 * endpoint that is removed has no series any more.
 */

/** How one label's endpoints do. */
export interface EndpointReading {
  labels: Labels;
  tally: Tally;
  pending: number;
  deadLetters: number;
  inFlight: number;
  /** Seconds since the oldest that is pending was recorded; 0: nothing is. */
  oldest: number;
  /** Requests at a time that they bear, together. */
  limit: number;
  /** How many of them are in each state. */
  states: Record<State, number>;
  /** Seconds until something is sent again; the longest. */
  backoff: number;
  evicted: number;
  discarded: number;
  filterErrors: number;
}

/** States of a circuit; and paused, whatever its circuit is: nothing is tried that could change that. */
const STATES = ["closed", "open", "half_open", "disabled", "paused"] as const;
type State = typeof STATES[number];

/** What endpoints that annotations name are called together. */
const OF_ANNOTATIONS = "annotation";

/** What they are read from. */
export interface EndpointParts {
  store: Store;
  workers: Workers;
  figures: Figures;
  filterFailures: FilterFailures;
  clock: Clock;
  /** Whether annotations may name endpoints. */
  hasAnnotations: boolean;
}

/** How all endpoints do now. */
export function readEndpoints(parts: EndpointParts): EndpointReading[] {
  const { store: { pending }, workers, hasAnnotations } = parts;
  const running = workers.figures;
  const own = running.filter(({ isOfAnnotation }) => !isOfAnnotation).map((one) => {
    return readOne(one.name, { names: [one.name], running: [one], tally: workers.tallyOf(one.name) }, parts);
  });
  if (!hasAnnotations) return own;
  const ofAnnotations = readOne(ANNOTATION_PREFIX, {
    names: pending.endpoints().filter(isOfAnnotation),
    running: running.filter(({ isOfAnnotation }) => isOfAnnotation),
    tally: workers.tallyOfAnnotations,
  }, parts);
  // An operator may have given that name away: two series of one name would be dropped.
  const isTaken = own.some(({ labels }) => labels["endpoint"] === OF_ANNOTATIONS);
  const label = isTaken ? `${ANNOTATION_PREFIX}${OF_ANNOTATIONS}` : OF_ANNOTATIONS;
  return [...own, { ...ofAnnotations, labels: labelsOf(label, ofAnnotations.tally) }];
}

function readOne(
  label: string,
  { names, running, tally }: { names: string[]; running: WorkerFigures[]; tally: Tally },
  { store: { pending, ages }, figures, filterFailures, clock }: EndpointParts,
): EndpointReading {
  const now = clock.monotonic();
  const counts = names.map((name) => pending.counts(name));
  const oldest = names.map((name) => (now - (ages.oldest(name) ?? now)) / 1_000);
  const circuits = running.filter(({ name }) => !pending.isPaused(name)).map(({ state }) => state.circuit);
  return {
    labels: labelsOf(label, tally),
    tally,
    pending: sum(counts.map((one) => one.pending)),
    deadLetters: sum(counts.map((one) => one.deadLetters)),
    inFlight: sum(counts.map((one) => one.inFlight)),
    oldest: Math.max(0, ...oldest),
    limit: sum(running.map(({ state }) => state.concurrency.limit)),
    states: countsOf(circuits, running.length - circuits.length),
    backoff: Math.max(0, ...circuits.map((circuit) => backoff(circuit, now))),
    evicted: figures.evictedOf(label),
    discarded: figures.discardedOf(label),
    filterErrors: sum(names.map((name) => filterFailures.total(name))),
  };
}

/** The same object for as long as the endpoint is there; see `Labels`. */
const LABELS = new WeakMap<Tally, Labels>();

function labelsOf(endpoint: string, tally: Tally): Labels {
  const known = LABELS.get(tally);
  const labels = known?.["endpoint"] === endpoint ? known : { endpoint };
  LABELS.set(tally, labels);
  return labels;
}

function stateOf({ kind }: Circuit): Exclude<State, "paused"> {
  return kind === "half-open" ? "half_open" : kind;
}

function countsOf(circuits: Circuit[], paused: number): Record<State, number> {
  const counts = { closed: 0, open: 0, "half_open": 0, disabled: 0, paused };
  for (const circuit of circuits) counts[stateOf(circuit)]++;
  return counts;
}

function backoff(circuit: Circuit, now: number): number {
  return circuit.kind === "open" ? Math.max(0, circuit.until - now) / 1_000 : 0;
}

function sum(numbers: number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

interface Reading {
  endpoints: EndpointReading[];
}

/** A family with one series for each label. */
function each(
  name: string,
  type: Family<Reading>["type"],
  help: string,
  of: (endpoint: EndpointReading) => number | Histogram,
): Family<Reading> {
  return {
    name: `k8svent_${name}`,
    type,
    help,
    samples: ({ endpoints }) => endpoints.map((one) => ({ labels: one.labels, value: of(one) })),
  };
}

/** A family with some more for each label: one for each of these values of another one. */
function split<V extends string>(
  name: string,
  type: Family<Reading>["type"],
  help: string,
  label: string,
  values: readonly V[],
  of: (endpoint: EndpointReading) => Readonly<Record<V, number>>,
): Family<Reading> {
  return {
    name: `k8svent_${name}`,
    type,
    help,
    samples: ({ endpoints }) =>
      endpoints.flatMap((one) => {
        const found = of(one);
        return values.map((value): Sample => {
          return { labels: withLabel(one.labels, label, value), value: found[value] };
        });
      }),
  };
}

/** See above. */
export const ENDPOINT_FAMILIES: readonly Family<Reading>[] = [
  each(
    "endpoint_pending_messages",
    "gauge",
    "Messages that the endpoint has not accepted yet, those in flight and dead letters included.",
    ({ pending }) => pending,
  ),
  each(
    "endpoint_oldest_pending_seconds",
    "gauge",
    "Age of the oldest pending message, since this process started at the most; 0 if none is pending.",
    ({ oldest }) => oldest,
  ),
  each("endpoint_dead_letters", "gauge", "Pending messages that are dead letters.", (one) => one.deadLetters),
  each("endpoint_in_flight", "gauge", "Requests under way.", ({ inFlight }) => inFlight),
  each(
    "endpoint_concurrency_limit",
    "gauge",
    "Requests that may be under way at a time, as found out so far.",
    ({ limit }) => limit,
  ),
  split(
    "endpoint_state",
    "gauge",
    "1 for the state of the endpoint's circuit, or for paused, 0 for the others; for annotations, how many are in each.",
    "state",
    STATES,
    ({ states }) => states,
  ),
  each(
    "endpoint_backoff_seconds",
    "gauge",
    "Time until the next attempt of an open circuit.",
    (one) => one.backoff,
  ),
  split(
    "deliveries_total",
    "counter",
    "Messages that were delivered, or that became dead letters.",
    "result",
    ["delivered", "dead_letter"],
    ({ tally: { delivered, deadLetters } }) => ({ delivered, "dead_letter": deadLetters }),
  ),
  split(
    "delivery_attempts_total",
    "counter",
    "Attempts to deliver, by what came of them.",
    "reason",
    OUTCOME_CLASSES,
    ({ tally }) => tally.attempts,
  ),
  each(
    "delivery_attempt_duration_seconds",
    "histogram",
    "Time that an attempt took, from the look-up of the name to the answer.",
    ({ tally }) => tally.durations,
  ),
  each(
    "delivery_lag_seconds",
    "histogram",
    "Time from when a change was recorded until its message was accepted.",
    ({ tally }) => tally.lags,
  ),
  each(
    "coalesced_changes_total",
    "counter",
    "Older changes that delivered messages stood for.",
    ({ tally }) => tally.coalesced,
  ),
  each(
    "evicted_messages_total",
    "counter",
    "Messages that were given up for want of room, counted once a minute.",
    ({ evicted }) => evicted,
  ),
  each(
    "discarded_messages_total",
    "counter",
    "Dead letters that an operator gave up.",
    ({ discarded }) => discarded,
  ),
  each(
    "payload_bytes_total",
    "counter",
    "Bytes of the bodies that were sent, in repeated attempts, too.",
    ({ tally }) => tally.bytes,
  ),
  each(
    "trimmed_payloads_total",
    "counter",
    "Delivered messages whose bodies were trimmed for want of room.",
    ({ tally }) => tally.trimmed,
  ),
  each(
    "filter_errors_total",
    "counter",
    "Messages of which the filter of the endpoint could not tell whether it wants them.",
    ({ filterErrors }) => filterErrors,
  ),
];
