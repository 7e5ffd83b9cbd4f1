import { parseRetryAfter } from "../runtime/retry_after.ts";
import { ClusterError } from "./error.ts";
import { wantsTls } from "./fetch_fault.ts";
import { statusError } from "./status.ts";

/** A Status is some hundred bytes; a proxy's error page may be anything. */
const STATUS_LIMIT = 64 * 1024;

/**
 * What an answer that is not 2xx means. Reads its body up to 64 KiB and gives up the rest; where that cannot be read, the
 * status and the headers have to do.
 *
 * @param server where it came from, host and port
 * @param now milliseconds since the epoch, for a Retry-After that is a date
 */
export async function answerError(response: Response, server: string, now: number): Promise<ClusterError> {
  const text = await readStart(response, STATUS_LIMIT);
  const status = parse(text);
  const error = statusError(
    status,
    response.status,
    parseRetryAfter(response.headers.get("retry-after"), now),
  );
  if (isStatus(status)) return error;
  return WANTS_TLS.test(text)
    ? new ClusterError("unreachable", wantsTls(server), { status: response.status })
    : otherServer(response, server) ?? error;
}

/**
 * Why an answer of 2xx is none of an API server; undefined where it may be one. The API server sends JSON for what it
 * is asked for here, whatever stands before it (a login page, a captive portal, a web server) seldom does.
 */
export function notKubernetes(response: Response, server: string): ClusterError | undefined {
  return isPage(response)
    ? noApiServer(server, `it sent a web page (${response.status})`, response.status)
    : undefined;
}

/** What Go, nginx, Apache, Envoy and Tomcat say to plain HTTP on their TLS port. */
const WANTS_TLS =
  /HTTP request (was sent )?to an? HTTPS (server|port)|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled|combination of host and port requires TLS/i;

/** By an answer that is no Status: who sent it, where that is clear. 5xx and 429 may come from whatever is on the way. */
function otherServer(response: Response, server: string): ClusterError | undefined {
  const { status } = response;
  if (status >= 300 && status < 400) {
    // Only an address of its own names a host.
    const to = URL.parse(response.headers.get("location") ?? "", "relative://")?.host;
    const where = to ? `to ${to}` : "elsewhere";
    return noApiServer(
      server,
      `it redirects ${where} (${status}), as a login page or a web server does`,
      status,
    );
  }
  if (status === 404) {
    return noApiServer(server, "it does not know the path of the Kubernetes API (404)", status);
  }
  if (REFUSALS.test(String(status))) {
    return noApiServer(server, `it does not take the request (${status})`, status);
  }
  if ((status === 401 || status === 403 || status === 200) && isPage(response)) {
    return noApiServer(server, `it sent a web page (${status})`, status);
  }
  return undefined;
}

/** An API server says why in a Status; of 408, 410 and 429, what is on the way may have its own reasons. */
const REFUSALS = /^(400|402|40[5-79]|41[1-9]|42[0-8]|43\d|451|501|505)$/;

function noApiServer(server: string, why: string, status: number): ClusterError {
  return new ClusterError(
    "protocol",
    `What answers at ${server} is not a Kubernetes API server: ${why}. Check the server's address, and the path in it ` +
      "if there has to be one, and that no login page or proxy answers in its place.",
    { status },
  );
}

function isPage(response: Response): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)/i.test(response.headers.get("content-type") ?? "");
}

function isStatus(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}

async function readStart(response: Response, limit: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  try {
    // Leaving the loop cancels the body, and with it the connection.
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length >= limit) break;
    }
  } catch {
    // What breaks off, or is not compressed as it says, is still an answer of this status.
  }
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The HTTP status alone has to do.
    return undefined;
  }
}
