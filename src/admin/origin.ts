import { isLoopback } from "./loopback.ts";

/*
 * Whether a request comes from where it may. A browser can be made to send requests by any page that it shows, so what it
 * says of their origin counts, which no page can change: `Sec-Fetch-Site`, and `Origin` where that is not sent (pages by
 * plain HTTP that are not on localhost). Programs send neither.
 */

/** Fields of a request, by name in lower case. */
type Fields = ReadonlyMap<string, string>;

/** Why a request may not act, as a sentence; undefined: it may. @param fields of the request */
export function crossSiteFault(fields: Fields): string | undefined {
  return isForeign(fields)
    ? "This comes from a page of another site: only pages that are served here, and programs, may act."
    : undefined;
}

/**
 * The same for what only reads. To go to a page by a link is no harm; to load from another site is, if only by taking
 * room.
 */
export function crossSiteReadFault(fields: Fields): string | undefined {
  if (fields.get("sec-fetch-mode") === "navigate" || fields.get("sec-fetch-site") === undefined) {
    return undefined;
  }
  return isForeign(fields) ? "Pages of other sites may not load from here." : undefined;
}

function isForeign(fields: Fields): boolean {
  const site = fields.get("sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = fields.get("origin");
  return origin !== undefined && !isOwn(origin, fields.get("host") ?? "");
}

/** Whether an origin is the one that was asked. Its scheme is not known here: something may end TLS on the way. */
function isOwn(origin: string, host: string): boolean {
  try {
    const { protocol, host: own } = new URL(origin);
    // Parsed alike, so that neither loses a port that the other keeps.
    return own !== "" && new URL(`${protocol}//${host}`).host === own;
  } catch {
    return false;
  }
}

/** Whether a page was loaded by TLS: what ends that stands in front of this port. */
export function isByTls(fields: Fields): boolean {
  return /^https:/i.test(fields.get("origin") ?? "");
}

/**
 * Why the field Host is not of this port, as a sentence; undefined: it is. Asked where no token is: a page of a name that was
 * made to lead to 127.0.0.1 (DNS rebinding) is of the same origin to the browser. An address in place of a name cannot be
 * made to lead elsewhere. With a token every name will do, since such a page has neither token nor cookie.
 *
 * @param host of the field
 * @param bound the host of `--admin-listen`
 */
export function hostFault(host: string, bound: string | undefined): string | undefined {
  const name = /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(host)?.[1]?.toLowerCase().replace(/\.$/, "") ?? "";
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^\[[0-9a-f:.]+\]$/.test(name);
  const isHere = isLoopback(name) || name.endsWith(".localhost") || name === bound?.toLowerCase();
  return isAddress || isHere
    ? undefined
    : "This port is asked by another name than its own: use localhost or 127.0.0.1, or start it with --admin-token-file.";
}
