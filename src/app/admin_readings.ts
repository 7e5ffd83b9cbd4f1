import type { Health } from "../admin/health.ts";
import type { Options } from "../cli/options.ts";
import type { Workers } from "../delivery/workers.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Store } from "../store/store.ts";
import type { Actions } from "./actions.ts";
import type { Figures } from "./figures.ts";
import type { Observations } from "./observations.ts";
import type { OperatorEndpoints } from "./operator_endpoints.ts";
import type { PodCensus } from "./pod_census.ts";
import type { Reload } from "./reload.ts";
import type { AnnotationEndpoints } from "./routing.ts";

/** The parts of the running program that page and API are made from. */
export interface AdminParts {
  options: Options;
  /** Of the API server: scheme, host and port. */
  server: string;
  store: Store;
  workers: Workers;
  operators: OperatorEndpoints;
  annotations: AnnotationEndpoints;
  /** Where there is a configuration file. */
  reload: Reload | undefined;
  health: Health;
  figures: Figures;
  observations: Observations;
  actions: Actions;
  clock: Clock;
}

/** What is read from them. */
export interface AdminReadings extends AdminParts {
  census: PodCensus;
  /** By the wall clock. */
  startedAt: number;
}

/** RFC 3339. @param milliseconds since the Unix epoch */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
