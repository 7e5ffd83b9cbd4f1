import type { Endpoint } from "../route/endpoint.ts";
import { type OpenDial, openFetchDial } from "./dial_fetch.ts";

/**
 * How each endpoint gets its way out. The guard is loaded only where pods may name endpoints: nobody else needs
 * its HTTP client.
 */
export async function dialOpener(podsMayName: boolean): Promise<(endpoint: Endpoint) => OpenDial> {
  if (!podsMayName) return () => openFetchDial();
  const { guardedDial } = await import("./dial_guarded.ts");
  const guarded: OpenDial = { dial: guardedDial(), close: () => {} };
  return (endpoint) => endpoint.trusted ? openFetchDial() : guarded;
}
