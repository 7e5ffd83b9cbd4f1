/** Where requests for a URL go, and what is the same in each of them. */
import {
  bareHost,
  basicAuthorization,
  parseProxy,
  portOf,
  proxyAuthorization,
  type ProxyChoice,
  proxyFor,
} from "../runtime/proxy.ts";
import { PROXY_OPTION } from "../runtime/proxy_fault.ts";
import type { Way } from "./dial.ts";
import { failedBefore, hostLabel, type Place } from "./failure.ts";
import { isPublicAddress } from "./guard.ts";
import type { Failure } from "./outcome.ts";
import { USUAL } from "./tls.ts";

/** What the way depends on beside the URL. */
export interface RouteOptions {
  /** For the proxy's variables; see `runtime/proxy.ts`. */
  env: (name: string) => string | undefined;
  /** Takes the place of the proxy that the variables name, and knows no exceptions. Its user is never named. */
  proxyUrl?: URL;
  /** See `client.ts`. `allowed` is for tests, which have only loopback. Not guarded by default. */
  guard?: { allowed?: (address: string) => boolean };
}

/** Where requests for one URL go. */
export interface Route {
  url: URL;
  /** The URL's: to ask it each time costs as much as to parse it. */
  origin: string;
  way: Way;
  place: Place;
  /** The request line and the fields that are the same each time. */
  prefix: string;
  /** Of the URL's user. */
  authorization: string | undefined;
  /** Whether the requests themselves go to the proxy, which may then answer in its own name. */
  isProxied: boolean;
}

/** Where a URL leads, by which proxy; or why it leads nowhere. */
export function makeRoute(url: URL, options: RouteOptions): Route | Failure {
  const { guard } = options;
  const isTls = url.protocol === "https:";
  const host = bareHost(url);
  const label = hostLabel(host, portOf(url));
  if (guard !== undefined && !isTls) {
    return failedBefore("blocked", `${label} is not dialled: the webhook of a pod must be https`);
  }
  const proxy = guard === undefined ? chooseProxy(url, options) : undefined;
  if (proxy !== undefined && "problem" in proxy) return failedBefore("proxy", proxy.problem);
  const isProxied = proxy !== undefined && !isTls;
  const path = url.pathname + url.search;
  let prefix = `POST ${isProxied ? `http://${url.host}` : ""}${path} HTTP/1.1\r\nhost: ${url.host}\r\n`;
  const credentials = isProxied ? proxyAuthorization(proxy) : undefined;
  if (credentials !== undefined) prefix += `proxy-authorization: ${credentials}\r\n`;
  if (guard !== undefined) prefix += "connection: close\r\n";
  const allowed = guard === undefined ? undefined : guard.allowed ?? isPublicAddress;
  return {
    url,
    origin: url.origin,
    way: { host, port: portOf(url), isTls, proxy, allowed, tls: USUAL, isSuspect: false },
    place: { label, proxyFrom: undefined, via: proxy, isTls, tls: USUAL },
    prefix,
    authorization: basicAuthorization(url),
    isProxied,
  };
}

function chooseProxy(url: URL, { proxyUrl, env }: RouteOptions): ProxyChoice {
  return proxyUrl === undefined ? proxyFor(url, env) : parseProxy(proxyUrl.href, PROXY_OPTION);
}
