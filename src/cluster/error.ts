/**
 * Why the API server did not answer as hoped, by what to do about it.
 *
 * - `unreachable`: no answer: DNS, connection refused, reset, timeout. Try again.
 * - `certificate`: the server's certificate is not trusted. A person must act; trying again is harmless.
 * - `unauthorized` (401), `forbidden` (403): credentials or RBAC. A person must act; try again, slowly.
 * - `expired` (410): the version or continue token is no longer kept. List anew.
 * - `too-large` (504 with cause ResourceVersionTooLarge): the server is behind the version asked for.
 * - `busy` (429): wait as long as it says, keep the version.
 * - `missing` (404): there is no such object.
 * - `invalid`: the request is wrong, as with a selector that cannot be read. Only another request helps.
 * - `server`: any other answer of 400 and over.
 * - `protocol`: an answer or a stream that is not what the API promises. List anew.
 * - `idle`: a stream on which nothing came for too long. Watch again at the same version.
 */
export type ClusterFault =
  | "unreachable"
  | "certificate"
  | "unauthorized"
  | "forbidden"
  | "expired"
  | "too-large"
  | "busy"
  | "missing"
  | "invalid"
  | "server"
  | "protocol"
  | "idle";

/** The message is one or two sentences for a person and carries no path, token or secret. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";

  constructor(
    readonly fault: ClusterFault,
    message: string,
    readonly details: { retryAfter?: number; status?: number; said?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
  }

  /** The server's own sentence, for people, if it said one. */
  get said(): string | undefined {
    return this.details.said;
  }

  /** Milliseconds that the server asked to wait (`Retry-After`), if it did. */
  get retryAfter(): number | undefined {
    return this.details.retryAfter;
  }
}
