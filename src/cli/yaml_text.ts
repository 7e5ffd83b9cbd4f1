/**
 * The one import of yaml for what is printed, which most commands have no use for: only ever import this module lazily. A
 * lazy import of the package itself would lose its named exports when bundled.
 */
export { stringify } from "yaml";
