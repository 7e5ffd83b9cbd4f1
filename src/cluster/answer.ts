import { parseRetryAfter } from "../runtime/retry_after.ts";
import type { ClusterError } from "./error.ts";
import { statusError } from "./status.ts";

/** A Status is some hundred bytes; a proxy's error page may be anything. */
const STATUS_LIMIT = 64 * 1024;

/**
 * What an answer that is not 2xx means. Reads its body up to 64 KiB and gives up the rest.
 *
 * @param now milliseconds since the epoch, for a Retry-After that is a date
 */
export async function answerError(response: Response, now: number): Promise<ClusterError> {
  const status = parse(await readStart(response, STATUS_LIMIT));
  return statusError(status, response.status, parseRetryAfter(response.headers.get("retry-after"), now));
}

async function readStart(response: Response, limit: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  // Leaving the loop cancels the body, and with it the connection.
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= limit) break;
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
