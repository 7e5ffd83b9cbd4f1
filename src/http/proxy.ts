import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Which proxy a request goes through: `http_proxy`, `https_proxy` and `no_proxy`, in lower case first and then in upper
 * case, by the rules that Go (`golang.org/x/net/http/httpproxy`) and curl share. Where the two differ it is Go's, because
 * that is what whoever sets these variables in a cluster has tried them with. `ALL_PROXY` is curl's alone: not read.
 */

/** A proxy, as the environment names it. */
export interface Proxy {
  /** A name or an address, without brackets. */
  host: string;
  port: number;
  /** Whether the way to the proxy itself is TLS (`https://` in its URL). */
  isTls: boolean;
  /** The value of `proxy-authorization`, where its URL has a user. */
  authorization: string | undefined;
  /** `host:port`, for people. */
  label: string;
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

function parseProxy(value: string, name: string): Proxy | { problem: string } {
  // `proxy:3128` alone would be a URL of the scheme "proxy".
  const url = URL.parse(value.includes("://") ? value : `http://${value}`);
  if (url !== null && /^socks/.test(url.protocol)) {
    return {
      problem: `${name} names a SOCKS proxy, which is not supported: name an http:// or https:// one`,
    };
  }
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    return { problem: `${name} is no proxy: it must be like http://proxy.example:3128` };
  }
  return {
    host: bareHost(url),
    port: portOf(url),
    isTls: url.protocol === "https:",
    authorization: basicAuthorization(url),
    label: `${url.hostname}:${portOf(url)}`,
  };
}

/** The user and password of a URL as `Basic` credentials (RFC 7617, in UTF-8). */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const bytes = new TextEncoder().encode(`${decode(username)}:${decode(password)}`);
  return `Basic ${bytes.toBase64()}`;
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
function isLoopback(host: string): boolean {
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
  if (isIP(entry) !== 6 && entryPort !== undefined && Number(entryPort) !== port) return false;
  if (wanted === "") return false;
  if (isIP(wanted) !== 0) return isIP(host) !== 0 && isSameAddress(host, wanted);
  if (isIP(host) !== 0) return false;
  return wanted.startsWith(".") ? host.endsWith(wanted) : host === wanted || host.endsWith(`.${wanted}`);
}

const ENTRY = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/;

function isSameAddress(one: string, other: string): boolean {
  return ipaddr.process(one).toNormalizedString() === ipaddr.process(other).toNormalizedString();
}

function isInRange(host: string, range: string): boolean {
  if (!ipaddr.isValidCIDR(range)) return false;
  const [base, bits] = ipaddr.parseCIDR(range);
  const address = ipaddr.process(host);
  return address.kind() === base.kind() && address.match(base, bits);
}
