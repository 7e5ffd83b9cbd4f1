import { parseRetryAfter } from "../runtime/retry_after.ts";
import type { Answer } from "./http_get.ts";
import { RegistryError } from "./registry_error.ts";

/**
 * What is wrong with an answer; undefined for a 2xx. Redirects are handled before.
 *
 * @param now milliseconds since the epoch
 */
export function judge({ status, headers }: Answer, { host }: URL, now: number): RegistryError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const retryAfter = parseRetryAfter(headers.get("retry-after"), now);
  switch (status) {
    case 401:
    case 403:
      return new RegistryError(
        "forbidden",
        `${host} refuses (${status}): give credentials that may pull the image with --registry-config`,
      );
    case 404:
      return new RegistryError("missing", `${host} has no such image, or hides it (404)`);
    case 429:
      return new RegistryError("busy", `${host} asks for patience (429)`, { retryAfter });
    default:
      return new RegistryError(status >= 500 ? "unreachable" : "protocol", `${host} answers ${status}`, {
        retryAfter,
      });
  }
}
