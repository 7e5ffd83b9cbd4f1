import { exposition, type Family, type Sample, type Scrape } from "../admin/exposition.ts";
import type { Health } from "../admin/health.ts";
import { VERSION } from "../cli/version.ts";
import type { Histogram } from "../runtime/histogram.ts";
import { PLATFORM } from "../runtime/platform.ts";
import { type ProcessFigures, processFigures } from "../runtime/process_figures.ts";
import type { Standstill } from "../runtime/standstill.ts";
import type { StoreFigures } from "../store/store.ts";
import {
  ENDPOINT_FAMILIES,
  type EndpointParts,
  type EndpointReading,
  readEndpoints,
} from "./endpoint_metrics.ts";
import type { Reload } from "./reload.ts";

/*
 * All that `/metrics` shows: what each part of the program knows anyway, read when it is asked for. `docs/metrics.md` says
 * what to make of it.
 */

/** What it is read from. */
export interface MetricsParts extends EndpointParts {
  health: Pick<Health, "problems" | "silence" | "staleAfter">;
  /** Where there is a configuration file. */
  reload: Pick<Reload, "last"> | undefined;
  standstill: Pick<Standstill, "late">;
}

/** What one scrape shows. */
interface Reading extends MetricsParts {
  endpoints: EndpointReading[];
  own: ProcessFigures;
  storeFigures: StoreFigures;
}

/** @param ownFigures what the process takes, if not what this one does */
export function metrics(parts: MetricsParts, ownFigures: () => ProcessFigures = processFigures): Scrape {
  return exposition(FAMILIES, () => {
    const { store } = parts;
    return {
      ...parts,
      endpoints: readEndpoints(parts),
      own: ownFigures(),
      storeFigures: store.figures,
    };
  });
}

type Type = Family<Reading>["type"];

/** A family with one series. */
function one(
  name: string,
  type: Type,
  help: string,
  of: (reading: Reading) => number | Histogram,
): Family<Reading> {
  return { name, type, help, samples: (reading) => [{ value: of(reading) }] };
}

/** A family with a series for each of some values of a label. */
function by(
  name: string,
  type: Type,
  help: string,
  label: string,
  of: (reading: Reading) => Readonly<Record<string, number>>,
): Family<Reading> {
  const samples = (reading: Reading): Sample[] =>
    Object.entries(of(reading)).map(([key, value]) => ({ labels: { [label]: key }, value }));
  return { name, type, help, samples };
}

/** Where there is a configuration file. */
function ofFile(name: string, help: string, of: (last: Reload["last"]) => number): Family<Reading> {
  const samples = ({ reload }: Reading): Sample[] => reload === undefined ? [] : [{ value: of(reload.last) }];
  return { name, type: "gauge", help, samples };
}

const OF_CLUSTER: Family<Reading>[] = [
  one(
    "k8svent_watch_last_event_age_seconds",
    "gauge",
    "Time since the last event, bookmark or other answer of the API server; of the namespaces, the longest.",
    ({ health }) => health.silence / 1_000,
  ),
  one(
    "k8svent_watch_stale_after_seconds",
    "gauge",
    "Age of the last event from which on the view of the cluster is stale; with --source poll by its --interval.",
    ({ health }) => health.staleAfter / 1_000,
  ),
  one("k8svent_lists_total", "counter", "Complete lists of pods.", ({ figures }) => figures.lists),
  by(
    "k8svent_watch_restarts_total",
    "counter",
    "Watches that ended, and lists and watches that could not begin, by why.",
    "reason",
    ({ figures }) => figures.restarts,
  ),
  one("k8svent_pods", "gauge", "Pods that are known.", ({ store }) => store.inventory.count()),
  one(
    "k8svent_epoch",
    "gauge",
    "Grows when the history of the cluster was rewritten.",
    ({ store }) => store.inventory.epoch,
  ),
];

const OF_PROGRAM: Family<Reading>[] = [
  {
    name: "k8svent_build_info",
    type: "gauge",
    help: "Always 1, with the version and the platform that it was built for.",
    samples: () => [{ labels: { version: VERSION, platform: PLATFORM }, value: 1 }],
  },
  one("k8svent_ready", "gauge", "1 if /readyz answers 200.", (reading) => {
    return Number(reading.health.problems().length === 0);
  }),
  one("k8svent_store_bytes", "gauge", "Size of the database.", ({ storeFigures }) => storeFigures.bytes),
  one(
    "k8svent_store_commit_duration_seconds",
    "histogram",
    "Time that a transaction took, its sync to the disk not included.",
    ({ storeFigures }) => storeFigures.commits,
  ),
  one("k8svent_store_healthy", "gauge", "0 while the state file cannot be written.", ({ store }) => {
    return Number(store.fault === undefined);
  }),
  ofFile(
    "k8svent_config_last_reload_successful",
    "0 while the configuration file as it is cannot be used.",
    ({ isSuccessful }) => Number(isSuccessful),
  ),
  ofFile(
    "k8svent_config_last_reload_timestamp_seconds",
    "When the configuration file was last taken over, or found unusable.",
    ({ at }) => at / 1_000,
  ),
  by(
    "k8svent_update_checks_total",
    "counter",
    "Looks for a newer version, by what came of them.",
    "result",
    ({
      figures: { updates },
    }) => ({ success: updates.successes, failure: updates.failures }),
  ),
  one("k8svent_update_last_check_timestamp_seconds", "gauge", "When it looked last; 0 if it did not yet.", ({
    figures,
  }) => figures.updates.at / 1_000),
  one("k8svent_update_available", "gauge", "1 if a newer version was found.", ({ figures }) => {
    return Number(figures.updates.isNewer);
  }),
  one(
    "k8svent_event_loop_lag_seconds",
    "gauge",
    "How late the last tick of a timer came that ticks every ten seconds.",
    ({ standstill }) => standstill.late / 1_000,
  ),
  one("k8svent_heap_bytes", "gauge", "JavaScript heap in use.", ({ own }) => own.heap),
  one(
    "process_cpu_seconds_total",
    "counter",
    "Processor time, user and system.",
    ({ own }) => own.processor,
  ),
  one("process_resident_memory_bytes", "gauge", "Resident memory.", ({ own }) => own.resident),
  one(
    "process_start_time_seconds",
    "gauge",
    "When the process started, since the Unix epoch.",
    ({ own }) => own.started,
  ),
];

/** Every family, in the order in which they are shown. */
export const FAMILIES: readonly Family<Reading>[] = [...OF_PROGRAM, ...OF_CLUSTER, ...ENDPOINT_FAMILIES];
