/**
 * The one import of client-node, which costs 60 MB of memory: only ever import this module lazily. A lazy
 * import of the package itself would lose its named exports when bundled.
 */
export { KubeConfig } from "@kubernetes/client-node";
