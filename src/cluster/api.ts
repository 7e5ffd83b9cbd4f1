import type { BodyReader } from "./read_body.ts";

/** One API server, reached with the right address, trust and credentials. */
export interface ApiServer {
  /** Where it is, for people: scheme, host and port, nothing else. */
  readonly origin: string;

  /** What says where it is and who asks, for people: `the context "near" of /home/me/.kube/config`. */
  readonly foundIn?: string;

  /**
   * Which cluster this is, as far as it can be known without asking it: a digest of the authority that it is trusted by,
   * and of the path at which it is, if there is one. No spaces in it. The same at each start and at each address, until
   * the authority changes. Undefined where there is none of its own, or it is not looked at: behind one address, such as
   * that of `kubectl proxy`, there may be any cluster.
   */
  identity(): Promise<string | undefined>;

  /**
   * One GET of a path below the server's root, query included (`/api/v1/pods?limit=100`), asking for
   * `application/json`. Resolves with the whole body of a 2xx answer.
   *
   * Called at any time, also concurrently. Credentials are read anew as they change, and a 401 is answered once
   * with fresh ones. Waits at most 15 s for the headers, up to 60 s after it waited in vain, and 15 s for
   * each further piece of the body. The signal ends it at any moment.
   *
   * @throws {ClusterError} for every other outcome, its body consumed; the signal's reason after an abort.
   */
  get(path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * One POST of a JSON text, else the same. Only for the reviews of the authorization API, which change
   * nothing, and for Events about the program's own pod.
   */
  post(path: string, body: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * The same as `get`, but resolves with the headers: the body is read as fast as the caller wants it, who disposes of the
   * reader. The signal ends that, too.
   */
  open(path: string, signal: AbortSignal): Promise<BodyReader>;

  /**
   * The same, but resolves with the headers, and gives the body as it comes, for however long. Uncompressed: of a
   * compressed watch each flush is a gzip member of its own, which decoders do not expect. The caller reads it by a
   * `PieceReader`, which the signal ends.
   */
  stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;

  /** Lets go of connections. Called once, last. */
  close(): void;
}
