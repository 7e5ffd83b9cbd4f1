/** One POST. */
export interface Request {
  url: URL;
  /**
   * Complete but for what HTTP itself adds: host, content-length, connection, and authorization where the URL names a
   * user. Names in lower case, values printable ASCII; anything else throws a TypeError before a byte is sent.
   */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/** What came of one attempt. */
export type Outcome = Answer | Failure;

/** The receiver answered, whatever the status. */
export interface Answer {
  kind: "answer";
  status: number;
  /** By lower-case name; several of one name are joined with ", ". */
  headers: ReadonlyMap<string, string>;
  /** The first 64 KiB of the body as text; "" where there was none. */
  body: string;
}

/** No answer came. */
export interface Failure {
  kind: "failure";
  /**
   * `before`: nothing of the request can have been read by the receiver (name, connect, proxy, TLS, guard, or the time
   * ran out on the way there), so it says nothing about the message. `after`: it may have been read.
   */
  when: "before" | "after";
  /** A kept connection ended without a byte of an answer: once more on a new one, it is nobody's fault. */
  stale: boolean;
  fault: Fault;
  /**
   * For people: a clause or sentences without the last full stop. Names the host (and the proxy where that is at
   * fault) and says what to do. Never a path, a query, a token or a secret.
   */
  message: string;
}

/** What kind of thing went wrong. */
export type Fault =
  /** A file, or a server, that was to say how to prove who asks. */
  | "credentials"
  | "name"
  | "refused"
  | "unreachable"
  | "blocked"
  | "proxy"
  | "certificate"
  | "tls"
  | "timeout"
  | "closed"
  | "malformed";

/**
 * Makes one attempt; called concurrently. Never follows a redirect, never sends anything twice.
 *
 * Rejects only with the signal's reason (the caller aborted before the answer's head had come), or with a TypeError
 * when the program asks for what HTTP cannot say.
 *
 * @param deadline milliseconds for everything: name, connection, proxy, TLS, request, and the answer's head. Once the
 *   head came, the status counts, and what the deadline cuts is the body.
 */
export type Send = (request: Request, deadline: number, signal: AbortSignal) => Promise<Outcome>;
