import type { Options } from "../cli/options.ts";
import type { Configured } from "./operator_endpoints.ts";

/** The endpoints that the options name. */
export function configuredBy({ endpoints, notices }: Pick<Options, "endpoints" | "notices">): Configured[] {
  return endpoints.map((endpoint) => ({
    endpoint,
    want: undefined,
    isNotified: notices.includes(endpoint.name),
    fingerprint: { all: "", selection: "" },
  }));
}
