/**
 * The way to the API server is not known, or not usable as it was configured: no cluster was found, the
 * kubeconfig is broken, a context does not exist, an option cannot be honoured. Trying again does not help;
 * the message says what to change. It carries no content of a kubeconfig but names and file names.
 */
export class ClusterSetupError extends Error {
  override readonly name = "ClusterSetupError";
}
