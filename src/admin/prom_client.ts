/**
 * The one import of prom-client, which most runs have no use for: only ever import this module lazily. A lazy import of
 * the package itself would lose its named exports when bundled.
 */
export { Gauge, Registry } from "prom-client";
