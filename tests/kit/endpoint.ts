import type { Endpoint } from "../../src/route/endpoint.ts";
import type { EndpointSettings } from "../../src/route/endpoint_settings.ts";

/** How an endpoint is served of which nothing is said: as the flags' defaults have it. */
export const SETTINGS: EndpointSettings = {
  selection: { namespaces: [], excludeNamespaces: [] },
  filter: { onError: "send" },
  signatures: ["standard", "github", "atomist"],
  headers: [],
  timeout: 15_000,
  concurrency: 16,
  notices: false,
};

/** An endpoint of the operator's. @param url by default that of a host of its name */
export function endpointOf(name: string, url = `https://${name}.example.com/`): Endpoint {
  return { name, url: new URL(url), trusted: true, settings: SETTINGS };
}
