import type { EndpointLayer } from "./endpoint_layer.ts";

/** What the configuration file says, read and checked. */
export interface Config {
  /** The file's name, for the errors. */
  file: string;
  /** What stands in the place of flags, by the flags' names: what a person wrote, and where. */
  flags: ReadonlyMap<string, { values: string[]; from: string }>;
  /** Of every endpoint that does not say otherwise. */
  defaults: EndpointLayer;
  /** Undefined: the file leaves them to flags and variables. */
  endpoints: readonly ConfigEndpoint[] | undefined;
}

/** One of `endpoints:`. */
export interface ConfigEndpoint {
  name: string;
  /** Absent: `layer.urlFile` names the file that holds it. */
  url?: URL;
  layer: EndpointLayer;
}
