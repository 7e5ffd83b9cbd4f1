import { loadRedaction, type Redaction } from "../pod/redaction.ts";
import type { Endpoint } from "../route/endpoint.ts";
import type { EndpointSettings } from "../route/endpoint_settings.ts";
import { loadWant } from "../route/want.ts";
import type { Configured } from "./operator_endpoints.ts";

/**
 * Endpoints as they are served: with their selections, filters and redactions compiled.
 *
 * @throws {TypeError | ExpressionError} for a selector or an expression that is none; whoever read the configuration has
 * looked at both
 */
export async function configuredBy(endpoints: readonly Endpoint[]): Promise<Configured[]> {
  return await Promise.all(endpoints.map(async (endpoint) => {
    const { settings, url } = endpoint;
    const want = await loadWant(settings);
    return {
      endpoint,
      want: want.isSelective || want.isFiltering ? want : undefined,
      redaction: await redactionOf(settings),
      isNotified: settings.notices,
      fingerprint: {
        all: JSON.stringify([url, settings]),
        selection: JSON.stringify(settings.selection),
      },
    };
  }));
}

/** What an endpoint must not see of a pod; undefined: it sees all. */
export async function redactionOf(
  { redact }: Pick<EndpointSettings, "redact">,
): Promise<Redaction | undefined> {
  return redact === undefined ? undefined : await loadRedaction(redact);
}
