import { SCHEMES } from "../delivery/sign.ts";
import type { EndpointSettings, MessageFilter, PodSelection } from "../route/endpoint_settings.ts";

/**
 * What one place says of an endpoint: the endpoint itself, the flags and variables, `defaults:` of the file. What it does
 * not name is left to the next place.
 */
export type EndpointLayer =
  & Partial<Omit<EndpointSettings, "selection" | "filter">>
  & Partial<PodSelection>
  & Partial<MessageFilter>;

/** Where nobody says anything: everything is sent, signed by all schemes as far as there is a secret. */
const BUILT_IN = {
  namespaces: [],
  excludeNamespaces: [],
  onError: "send",
  signatures: SCHEMES,
  headers: [],
  timeout: 15_000,
  concurrency: 16,
  notices: false,
} satisfies EndpointLayer;

/**
 * The settings of an endpoint. The last layer that names a thing decides it, whole: lists and maps are not merged, and of
 * the ways to authenticate the last one counts.
 */
export function settingsOf(...layers: readonly EndpointLayer[]): EndpointSettings {
  const { namespaces, excludeNamespaces, selector, reasons, expression, onError, ...rest } = Object.assign(
    {},
    BUILT_IN,
    ...layers,
  ) as EndpointLayer & typeof BUILT_IN;
  return {
    ...rest,
    selection: { namespaces, excludeNamespaces, ...selector !== undefined && { selector } },
    filter: {
      ...reasons !== undefined && { reasons },
      ...expression !== undefined && { expression },
      onError,
    },
  };
}

/**
 * The settings of the endpoints that pods' annotations name: those of the operator's own without what says who the
 * operator is. They get neither signatures nor credentials nor notices.
 */
export function settingsOfAnnotations(...layers: readonly EndpointLayer[]): EndpointSettings {
  const { secretFiles: _, auth: __, tls: ___, proxyUrl: ____, ...rest } = settingsOf(...layers);
  return { ...rest, signatures: [], headers: [], notices: false };
}
