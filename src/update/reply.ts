import { parseRetryAfter } from "../runtime/retry_after.ts";
import type { Answer } from "./http_get.ts";
import { RegistryError } from "./registry_error.ts";

/**
 * What is wrong with an answer; undefined for a 2xx. Redirects are handled before.
 *
 * @param now milliseconds since the epoch
 * @param advice what a person can do about a refusal, as a clause
 */
export function judge(
  { status, headers }: Answer,
  { host }: URL,
  now: number,
  advice: string,
): RegistryError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const details = { status, retryAfter: parseRetryAfter(headers.get("retry-after"), now) };
  switch (status) {
    case 401:
    case 403:
      return new RegistryError("forbidden", `${host} refuses (${status}): ${advice}`, details);
    case 404:
      return new RegistryError("missing", `${host} has no such image, or hides it (404)`, details);
    case 407:
      return new RegistryError("unreachable", `the proxy before ${host} asks for credentials (407)`, details);
    case 429:
      return new RegistryError("busy", `${host} asks for patience (429)`, details);
    default:
      return new RegistryError(
        status >= 500 ? "unreachable" : "protocol",
        `${host} answers ${status}`,
        details,
      );
  }
}
