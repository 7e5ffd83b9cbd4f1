import type { Dial } from "./dial.ts";
import { dialFailure } from "./dial_failure.ts";
import { readReplyBody } from "./reply_body.ts";

/** A dial and the connections that it keeps. */
export interface OpenDial {
  dial: Dial;
  /** Closes idle connections, after the last attempt has ended. */
  close(): void;
}

/**
 * Milliseconds that an idle connection is kept. Below the five seconds of a Node server, the shortest that is
 * common: a connection which the receiver closes first costs an attempt.
 */
const IDLE = 4_000;

/**
 * The dial of one endpoint that the operator named. It has connections of its own, so that no endpoint waits
 * for another's. `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are obeyed by the runtime.
 *
 * HTTP/1.1 only: an attempt that is given up then ends its connection. All attempts of HTTP/2 share one, which
 * stays when they time out, so that a connection which died in silence would hold up the endpoint until the
 * kernel's own timeout, a quarter of an hour later.
 *
 * @param caCerts PEM texts of authorities that are trusted besides the usual ones
 */
export function openFetchDial(caCerts: string[] = []): OpenDial {
  const client = Deno.createHttpClient({ caCerts, http1: true, http2: false, poolIdleTimeout: IDLE });
  return { dial: fetchDial({ fetch, client }), close: () => client.close() };
}

/** Sends by `fetch`. Without a client, over the connections that the whole process shares. */
export function fetchDial(deps: { fetch: typeof fetch; client?: Deno.HttpClient }): Dial {
  return async ({ url, headers, body }, signal) => {
    const response = await deps.fetch(url, {
      method: "POST",
      headers,
      // Of bytes or a text, fetch itself sends a second copy when a kept connection turns out to be closed,
      // even if the first one was received whole. A stream it cannot repeat.
      body: new Blob([body]),
      redirect: "manual",
      signal,
      ...deps.client && { client: deps.client },
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw dialFailure(error, url);
    });
    const text = await readReplyBody(response.body);
    // Used after the body: an abort ends its reading only as long as something holds the Response (Deno 2.9.6).
    return { status: response.status, headers: response.headers, body: text };
  };
}
