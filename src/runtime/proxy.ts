import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import ipaddr from "ipaddr.js";
import { hostFault } from "./host_name.ts";

/**
 * The one reading of `http_proxy`, `https_proxy` and `no_proxy`, for whatever the program dials: API server, webhooks,
 * registries and their token servers. In lower case first and then in upper case, by the rules that Go
 * (`golang.org/x/net/http/httpproxy`, with which kubectl reads them) and curl share; `tests/http/proxy_oracle.tsv` holds what
 * both of them answer. Where they differ it is Go's, because that is what whoever sets these variables in a cluster has
 * tried them with, but for what Go takes for nothing and curl for what was plainly meant: `[::1]` without a port, spaces
 * in place of commas, a dot at the end of a name. `ALL_PROXY` is curl's alone: not read.
 *
 * The runtime reads them too, in its own way (it sends loopback to the proxy, knows neither ports nor `*.` in `NO_PROXY`,
 * and lets that overrule even a proxy that it was given): `environment.ts` keeps them from it.
 */

/** A proxy, as a variable or a kubeconfig names it. */
export interface Proxy {
  /** `socks5` and `socks5h` in a kubeconfig alone, where the runtime's fetch makes the way. */
  scheme: "http" | "https" | "socks5" | "socks5h";
  /** A name or an address, without brackets. */
  host: string;
  port: number;
  /** Decoded, where its URL has a user. */
  user: { username: string; password: string } | undefined;
  /** `host:port`, for people. */
  label: string;
  /** What names it, for people: the variable, or the field of the kubeconfig. */
  from: string;
}

/** The proxy for a URL; undefined: none. `problem`: the variable holds no proxy, a clause that names it. */
export type ProxyChoice = Proxy | { problem: string } | undefined;

/** @param env a variable's value; empty ones count as not set */
export function proxyFor(url: URL, env: (name: string) => string | undefined): ProxyChoice {
  const host = bareHost(url);
  if (isLoopback(host)) return undefined;
  const scheme = url.protocol === "https:" ? "https_proxy" : "http_proxy";
  const found = read(scheme, env);
  if (found === undefined) return undefined;
  const excepted = read("no_proxy", env)?.value ?? "";
  if (isExcepted(host, portOf(url), excepted)) return undefined;
  return parseProxy(found.value, found.name);
}

/** As the runtime's fetch wants it. The user apart: in the URL the runtime would not decode it (Deno 2.9.6). */
export function runtimeProxy({ scheme, label, user }: Proxy): Deno.CreateHttpClientOptions["proxy"] & object {
  return { url: `${scheme}://${label}`, ...user !== undefined && { basicAuth: user } };
}

/** With its user, for a library. Not to be shown. */
export function urlOf({ scheme, label, user }: Proxy): string {
  const credentials = user === undefined
    ? ""
    : `${encodeURIComponent(user.username)}:${encodeURIComponent(user.password)}@`;
  return `${scheme}://${credentials}${label}`;
}

/** The value of `proxy-authorization`, where the proxy's URL has a user. */
export function proxyAuthorization({ user }: Proxy): string | undefined {
  return user === undefined ? undefined : basic(user.username, user.password);
}

/** The host without the brackets of IPv6 and without the dot that ends an absolute name. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

/** The port, the scheme's own where the URL has none. */
export function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

function read(
  name: string,
  env: (name: string) => string | undefined,
): { name: string; value: string } | undefined {
  for (const spelling of [name, name.toUpperCase()]) {
    const value = env(spelling)?.trim();
    if (value) return { name: spelling, value };
  }
  return undefined;
}

/**
 * @param from what names it, for the problem
 * @param socks whether a SOCKS proxy will do
 */
export function parseProxy(value: string, from: string, socks = false): Proxy | { problem: string } {
  // `proxy:3128` alone would be a URL of the scheme "proxy"; `http:/proxy:3128` has a slash too few.
  const isBroken = /^(https?|socks\w*):(\/(?!\/)|[^/\d])/i.test(value);
  const url = isBroken ? null : URL.parse(value.includes("://") ? value : `http://${value}`);
  const scheme = url?.protocol.slice(0, -1) ?? "";
  if (/^socks/.test(scheme) && !socks) {
    return {
      problem: `${from} names a SOCKS proxy, which is not supported: name an http:// or https:// one`,
    };
  }
  // Of a password that holds a slash, what stands before it would else be taken for the host.
  const isCut = url !== null && url.username === "" && url.password === "" && value.includes("@");
  // The URL parser takes ${NAME} for a host.
  const isHost = /^[\w.:[\]-]+$/.test(url?.hostname ?? "");
  if (url === null || !isHost || isCut || !isScheme(scheme)) {
    const encoding = value.includes("@")
      ? ", and in a user or password before the @ the characters / ? # @ : % as %2F %3F %23 %40 %3A %25"
      : "";
    return { problem: `${from} is not a proxy URL: it must be like http://proxy.example:3128${encoding}` };
  }
  const fault = hostFault(url.hostname);
  if (fault !== undefined) return { problem: `${from} ${fault}` };
  const port = Number(url.port) || DEFAULT_PORTS[scheme];
  const user = { username: decode(url.username), password: decode(url.password) };
  return {
    scheme,
    host: bareHost(url),
    port,
    user: user.username === "" && user.password === "" ? undefined : user,
    label: `${url.hostname}:${port}`,
    from,
  };
}

const DEFAULT_PORTS = { http: 80, https: 443, socks5: 1080, socks5h: 1080 };

function isScheme(scheme: string): scheme is Proxy["scheme"] {
  return Object.hasOwn(DEFAULT_PORTS, scheme);
}

/** The user and password of a URL as `Basic` credentials. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  return username === "" && password === "" ? undefined : basic(decode(username), decode(password));
}

/** RFC 7617, in UTF-8. */
function basic(username: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${username}:${password}`).toBase64()}`;
}

/** A % that encodes nothing is meant as itself. */
function decode(part: string): string {
  return part.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

/** What never leaves the machine has no business at a proxy. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host === "localhost" || host.endsWith(".localhost");
  return ipaddr.process(host).range() === "loopback";
}

/** @param list entries separated by commas or spaces */
function isExcepted(host: string, port: number, list: string): boolean {
  return list.toLowerCase().split(/[,\s]+/).some((entry) => entry !== "" && matches(host, port, entry));
}

/**
 * - `*`: everything.
 * - `10.0.0.0/8`, `fd00::/8`: addresses that the URL itself names; a name is not looked up for it.
 * - `10.1.2.3`, `::1`, `[::1]`: an address.
 * - `example.com`: the name and all below it. `.example.com`, `*.example.com`: all below it.
 * - Each but a range may end with `:port`.
 */
function matches(host: string, port: number, entry: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isIP(host) !== 0 && isInRange(host, entry);
  const [, bracketed, plain = "", entryPort] = ENTRY.exec(entry) ?? [];
  const wanted = isIP(entry) === 6 ? entry : bracketed ?? plain.replace(/^\*(?=\.)/, "").replace(/\.$/, "");
  if (isIP(entry) !== 6 && entryPort && Number(entryPort) !== port) return false;
  if (wanted === "") return false;
  if (isIP(wanted) !== 0) return isIP(host) !== 0 && isSameAddress(host, wanted);
  if (isIP(host) !== 0) return false;
  // A name that is not ASCII stands in URLs as punycode; what cannot be a name excepts nothing.
  const name = domainToASCII(wanted.replace(/^\./, ""));
  if (name === "") return false;
  return host.endsWith(`.${name}`) || !wanted.startsWith(".") && host === name;
}

const ENTRY = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/;

function isSameAddress(one: string, other: string): boolean {
  return ipaddr.process(one).toNormalizedString() === ipaddr.process(other).toNormalizedString();
}

function isInRange(host: string, range: string): boolean {
  if (!ipaddr.isValidCIDR(range)) return false;
  const [base, bits] = ipaddr.parseCIDR(range);
  const address = ipaddr.process(host);
  return address.kind() === base.kind() && address.match(base, bits);
}
