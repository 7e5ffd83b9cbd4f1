import type { Answer, HttpGet } from "./http_get.ts";
import { RegistryError } from "./registry_error.ts";

/** An answer that is no redirect. */
export interface Arrival {
  answer: Answer;
  /** Where it came from. */
  at: URL;
}

/** How one GET is made. */
export interface Way {
  get: HttpGet;
  /** For every server that it leads to. */
  headers: Record<string, string>;
  /** For the first server alone. */
  authorization: string | undefined;
  /** Whether a URL may be dialled: https, or a host that was named as insecure. */
  isAllowed: (url: URL) => boolean;
}

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;

/**
 * Follows redirects by hand: blobs lie in stores that refuse whoever brings credentials besides the signature in the
 * URL (S3 answers 400), no way leads from https to http, and no password to another host.
 *
 * @throws {RegistryError}
 */
export async function follow(from: URL, way: Way, signal: AbortSignal): Promise<Arrival> {
  const { get, headers, authorization, isAllowed } = way;
  let at = from;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const own = authorization !== undefined && isSameServer(from, at) ? { authorization } : {};
    const answer = await get("authorization" in own ? withoutUser(at) : at, { ...headers, ...own }, signal);
    if (!REDIRECTS.includes(answer.status)) return { answer, at };
    const target = URL.parse(answer.headers.get("location") ?? "", at);
    if (target === null || !isAllowed(target)) {
      throw new RegistryError("protocol", `${at.host} redirects to where it may not${named(target)}`);
    }
    at = target;
  }
  throw new RegistryError("protocol", `${from.host} redirects again and again`);
}

/** The same host by https in place of http, at their own ports, is the same server. */
export function isSameServer(one: URL, other: URL): boolean {
  if (one.origin === other.origin) return true;
  const isUpgrade = one.protocol === "http:" && other.protocol === "https:";
  return isUpgrade && one.hostname === other.hostname && one.port === "" && other.port === "";
}

/** Of a user in the URL the runtime makes a second authorization, and sends both (Deno 2.9.6). */
function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = bare.password = "";
  return bare;
}

function named(target: URL | null): string {
  return target?.protocol === "http:"
    ? `: if http is meant for ${target.host}, name it with --insecure-registry`
    : "";
}
