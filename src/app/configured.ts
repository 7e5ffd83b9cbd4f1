import type { Endpoint } from "../route/endpoint.ts";
import type { Configured } from "./operator_endpoints.ts";

/** Endpoints as they are served: with their selections and filters compiled. */
export function configuredBy(endpoints: readonly Endpoint[]): Configured[] {
  return endpoints.map((endpoint) => ({
    endpoint,
    want: undefined,
    isNotified: endpoint.settings.notices,
    fingerprint: {
      all: JSON.stringify([endpoint.url, endpoint.settings]),
      selection: JSON.stringify(endpoint.settings.selection),
    },
  }));
}
