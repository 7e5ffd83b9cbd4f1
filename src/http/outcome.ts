/** One POST. */
export interface Request {
  url: URL;
  /** Complete lines but for what HTTP itself adds (host, content-length, connection, authorization of the URL's userinfo):
   * names in lower case, values printable ASCII (checked in one place: a CR, LF or NUL throws TypeError). */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}
export type Outcome = Answer | Failure;
export interface Answer {
  kind: "answer";
  status: number;
  /** By lower-case name; several of one name are joined with ", ". */
  headers: ReadonlyMap<string, string>;
  /** The first 64 KiB of the body as text; "" where there was none. */
  body: string;
}
export interface Failure {
  kind: "failure";
  /** `before`: nothing of the request can have been read by the receiver (name, connect, proxy, CONNECT, 407, TLS,
   * guard, time ran out on the way there), so it says nothing about the message. `after`: it may have been read. */
  when: "before" | "after";
  /** A kept connection ended without a byte of an answer: once more on a new one, it is nobody's fault. */
  stale: boolean;
  fault:
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
  /** For people, a clause or sentences without the last full stop; names host (and the proxy where it is at fault), says
   * what to do. Never a path, a query, a token, a secret. */
  message: string;
}
/** Called once an attempt, concurrently. Rejects only with the signal's reason (the caller aborted), or a TypeError of the
 * program. `deadline`: milliseconds for everything: name, connect, proxy, TLS, request, answer's head; once the head came the
 * status counts and what the deadline cuts is the body. */
export type Send = (request: Request, deadline: number, signal: AbortSignal) => Promise<Outcome>;
