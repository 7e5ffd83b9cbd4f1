import type { Proxy } from "./proxy.ts";

/** What the configuration file calls the proxy of an endpoint; there are no exceptions from it. */
export const PROXY_OPTION = "proxyUrl";

/**
 * What to do about a proxy that refuses to open a way, as a sentence without its end. A web server that is no proxy does not
 * know CONNECT, or takes what it asks for for a page (RFC 9110 §9.3.6).
 */
export function adviceOnRefusal(status: number, { from }: Pick<Proxy, "from">): string {
  if (status < 400 || [400, 404, 405, 501].includes(status)) {
    return `Check that it is an HTTP proxy, and ${from}`;
  }
  if (status === 429) return "It is overloaded: raise its limits";
  if (status >= 500) return "Check that it can reach that host";
  // NO_PROXY goes with the variables, and does not overrule a kubeconfig.
  const isVariable = /^\w+$/.test(from) && from !== PROXY_OPTION;
  const otherwise = isVariable ? "except the host in NO_PROXY" : `name another one in ${from}`;
  return `Let it allow that, or ${otherwise}`;
}

/**
 * Whether it was the proxy that a request by the runtime's `fetch` failed at, as a clause for a person that names the proxy
 * and where it is set; undefined: what failed is behind it. The runtime dials nothing but the proxy then, so a name that does
 * not resolve and a connection that is refused are the proxy's.
 *
 * @param words the messages of the error and its causes: hyper's, rustls' and the operating system's (Deno 2.9.6), and the
 * status of a refusal as `proxy_status.ts` puts it
 * @param isTunnel whether the request goes through a tunnel: it is https
 */
export function proxyFault(words: string, proxy: Proxy, isTunnel: boolean): string | undefined {
  const [, status] = /unsuccessful tunnel: (\d{3})/.exec(words) ?? [];
  if (status !== undefined) {
    return `the proxy ${proxy.label} refused to open a way there (status ${status}). ${
      adviceOnRefusal(Number(status), proxy)
    }`;
  }
  const found = REASONS.find(({ when, of = isTunnel }) => when.test(words) && of === isTunnel);
  const from = proxy.scheme === "https" ? `${proxy.from} (http:// where it is a plain one)` : proxy.from;
  return found?.say(`the proxy ${proxy.label}`, from);
}

interface Reason {
  when: RegExp;
  /** Only of requests through a tunnel, or of others; by default of both. */
  of?: boolean;
  say: (proxy: string, from: string) => string;
}

/** The first that fits. */
const REASONS: Reason[] = [
  {
    when: /proxy authentication required/,
    say: (proxy, from) =>
      `${proxy} wants a user and a password (status 407): put them into ${from}, or correct them there`,
  },
  {
    when: /unsuccessful tunnel/,
    say: (proxy, from) =>
      `${proxy} refused to open a way there, or is not an HTTP proxy. Check what it allows and can reach, and ${from}`,
  },
  {
    when: /while tunneling/,
    say: (proxy, from) => `${proxy} closed the connection. Check that it is an HTTP proxy, and ${from}`,
  },
  {
    // While the way is made: by the proxy, or by what it led to.
    when: /client error \(Connect\): connection reset/i,
    of: true,
    say: (proxy, from) =>
      `${proxy} closed the connection, or what it led to did. Check that it is an HTTP proxy, what it can reach, and ${from}`,
  },
  {
    when: /connection closed before message|connection reset|broken pipe/i,
    of: false,
    say: (proxy, from) => `${proxy} closed the connection. Check that it is an HTTP proxy, and ${from}`,
  },
  {
    when: /invalid HTTP version/,
    of: false,
    say: (proxy, from) => `${proxy} does not speak HTTP. Check its port in ${from}`,
  },
  {
    when: /dns error|failed to lookup address/,
    say: (proxy, from) => `the name of ${proxy} does not resolve. Check ${from}`,
  },
  {
    when: /connection refused/i,
    say: (proxy, from) => `${proxy} refused the connection. Check that it runs, and ${from}`,
  },
  {
    when: /tcp connect error|unreachable|no route to host|socks/i,
    say: (proxy, from) => `the connection to ${proxy} failed. Check that it can be reached, and ${from}`,
  },
  {
    // Or in TLS with an `https://` proxy itself: the words do not tell.
    when: /InvalidContentType|InvalidMessage|tls handshake eof/,
    say: (proxy, from) =>
      `what answers through ${proxy} does not speak TLS. Check that it is an HTTP proxy, ${from}, and the port that is ` +
      "asked for",
  },
];
