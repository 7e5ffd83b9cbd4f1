/** One API server, reached with the right address, trust and credentials. */
export interface ApiServer {
  /** Where it is, for people: scheme, host and port, nothing else. */
  readonly origin: string;

  /**
   * Which cluster this is, as far as it can be told without asking it: its address and a digest of the
   * authority that it is trusted by. The same at each start, until one of the two changes. Undefined where there
   * is no such authority: behind one address, such as that of `kubectl proxy`, there may be any cluster.
   */
  identity(): Promise<string | undefined>;

  /**
   * One GET of a path below the server's root, query included (`/api/v1/pods?limit=100`), asking for
   * `application/json`, and `identity` where `streaming` (a compressed watch holds events back).
   *
   * Called at any time, also concurrently. Resolves with the headers of a 2xx answer, whose body the caller
   * reads or cancels. Credentials are read anew as they change, and a 401 is answered once with fresh ones.
   * Waits at most 15 s for the headers, and unless `streaming` as long for each further piece of the body, whose
   * reading fails then. The signal ends the request, and the body's reading, at any moment.
   *
   * @throws {ClusterError} for every other outcome, its body consumed; the signal's reason after an abort.
   */
  get(path: string, options: { signal: AbortSignal; streaming?: boolean }): Promise<Response>;

  /** Lets go of connections. Called once, last. */
  close(): void;
}
