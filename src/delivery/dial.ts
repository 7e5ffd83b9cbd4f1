/** One POST, ready to be sent. The headers are in lower case and complete but for what HTTP itself adds. */
export interface Request {
  url: URL;
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

/** What came back, whatever the status. The body's first 64 KiB at most, as text, the rest drained or cut. */
export interface Reply {
  status: number;
  headers: Headers;
  body: string;
}

/**
 * Sends one request and reads its answer. Called concurrently, once an attempt. Never follows a redirect.
 * The signal ends it at any moment: until the status line has come by rejecting with the signal's reason, from
 * then on by cutting the body.
 *
 * @throws {DialError} when no answer came.
 */
export type Dial = (request: Request, signal: AbortSignal) => Promise<Reply>;

/**
 * Why no answer came.
 *
 * - `network`: DNS, connection refused or reset, a protocol fault.
 * - `certificate`: TLS could not be agreed on or the certificate is not trusted.
 * - `closed`: the connection ended before the first byte of the answer: most often a kept-alive connection
 *   that the receiver had closed meanwhile, so one more try at once is worth it.
 * - `blocked`: the guard refused to dial this address.
 */
export type DialFault = "network" | "certificate" | "closed" | "blocked";

/** The message says what happened without the URL's path or query. */
export class DialError extends Error {
  override readonly name = "DialError";
  constructor(readonly fault: DialFault, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
