import { wordsOf } from "../runtime/error_words.ts";
import { NO_MORE_FILES, RAISE_FILES } from "../runtime/open_files.ts";
import type { Proxy } from "../runtime/proxy.ts";
import { proxyFault } from "../runtime/proxy_fault.ts";
import { ClusterError, type ClusterFault } from "./error.ts";

/** Where a request went. */
export interface Route {
  /** For people: host and port, nothing else. */
  readonly server: string;
  readonly isTls: boolean;
  readonly proxy?: Proxy;
  /** Where the authority comes from that the server is judged by. */
  readonly trustFrom: string;
}

/**
 * Why a fetch failed before it had an answer. Deno tells it in words alone: 2.9 says `fetch failed` with a cause
 * `error sending request for url (…): client error (Connect): …`, 2.7 puts the same into the message; `node:tls` has
 * codes.
 */
export function fetchError(error: unknown, route: Route): ClusterError {
  const words = wordsOf(error);
  const proxy = route.proxy && proxyFault(words, route.proxy, route.isTls);
  if (proxy !== undefined) return proxyError(proxy, route, error);
  const { fault, say } = FAULTS.find(({ when, isPlain }) => isPlain !== route.isTls && when.test(words)) ??
    UNKNOWN;
  const via = route.proxy === undefined ? "" : ` (through the proxy ${route.proxy.label})`;
  return new ClusterError(fault, say(`${route.server}${via}`, route, words), { cause: error });
}

function proxyError(clause: string, { server }: Route, cause: unknown): ClusterError {
  return new ClusterError("unreachable", `The API server at ${server} cannot be reached: ${clause}.`, {
    cause,
  });
}

/** To what a proxy answered in its own name, which it can where there is no tunnel; undefined: it is the server's. */
export async function proxyAnswerError(response: Response, route: Route): Promise<ClusterError | undefined> {
  if (response.status !== 407 || route.proxy === undefined) return undefined;
  await response.body?.cancel();
  return fetchError(new Error("proxy authentication required"), route);
}

/** The server accepted the connection or the request, and then nothing came. */
export function timeoutError(seconds: number, route: Route): ClusterError {
  if (route.proxy !== undefined) {
    return new ClusterError(
      "unreachable",
      `Neither the proxy ${route.proxy.label} nor the API server at ${route.server} behind it answered within ` +
        `${seconds} s. Check the proxy, what it can reach, and ${route.proxy.from}.`,
    );
  }
  return new ClusterError(
    "unreachable",
    `The API server at ${route.server} did not answer within ${seconds} s. ${CHECK_NETWORK}`,
  );
}

/** What to say to a person whose `http://` address is that of a server that speaks TLS. */
export function wantsTls(server: string): string {
  return `What answers at ${server} wants TLS: write https:// before its address.`;
}

const CHECK_NETWORK =
  "Check the address, the VPN and firewalls, and whether a proxy is needed on the way (HTTPS_PROXY).";

/** API servers do; what stands before one may be configured otherwise. */
const TAKE_HTTP1 =
  "This program speaks HTTP/1.1, as every API server does: let the proxy or load balancer before it take http/1.1 (ALPN), " +
  "or use the API server's own address.";

interface Fault {
  fault: ClusterFault;
  /** Only where the request was in the clear. */
  isPlain?: true;
  say: (where: string, route: Route, words: string) => string;
}

const UNKNOWN: Fault = {
  fault: "unreachable",
  say: (where, { proxy }) =>
    `The connection to the API server at ${where} failed. ${
      proxy === undefined ? CHECK_NETWORK : `Check the proxy, what it can reach, and ${proxy.from}.`
    }`,
};

/** The first that fits. The words are those of hyper, rustls, Node and the operating system. */
const FAULTS: (Fault & { when: RegExp })[] = [
  {
    when: /not valid for any names/,
    fault: "certificate",
    say: (where) =>
      `The certificate of the API server at ${where} names no address at all: it has only a common name, which ` +
      "nothing looks at any more. It has to be issued again with a subjectAltName.",
  },
  {
    when: /not valid for name|ERR_TLS_CERT_ALTNAME/,
    fault: "certificate",
    say: (where, _route, words) =>
      `The certificate of the API server at ${where} is for other names than this one${
        namesIn(words)
      }. Use an ` +
      "address that it names, or set tls-server-name in the kubeconfig to one that it names.",
  },
  {
    when: /certificate:? expired|CERT_HAS_EXPIRED/i,
    fault: "certificate",
    say: (where, _route, words) =>
      `The certificate of the API server at ${where} has expired${
        dayIn(words, "not valid after")
      }. Check this ` +
      "machine's clock; otherwise the certificate has to be renewed (kubeadm certs renew).",
  },
  {
    when: /certificate:? not ?valid ?yet|CERT_NOT_YET_VALID/i,
    fault: "certificate",
    say: (where, _route, words) =>
      `The certificate of the API server at ${where} is not valid yet${
        dayIn(words, "not valid before")
      }. Check ` +
      "this machine's clock.",
  },
  {
    when: /CaUsedAsEndEntity/,
    fault: "certificate",
    say: (where, { trustFrom }) =>
      `The API server at ${where} shows the certificate of an authority as its own, and it is not the one in ` +
      `${trustFrom}. Check that the address and the authority belong to the same cluster.`,
  },
  {
    when: /UnsupportedCertVersion/,
    fault: "certificate",
    say: (where) =>
      `The certificate of the API server at ${where} is an X.509 v1 certificate, which cannot name the addresses ` +
      "that it is for. It has to be issued again as v3, with a subjectAltName.",
  },
  {
    when: /BadSignature/,
    fault: "certificate",
    say: (where, { trustFrom }) =>
      `The certificate of the API server at ${where} was not signed by the authority in ${trustFrom}, though that ` +
      "has the right name: the cluster was made anew (fetch the kubeconfig from it again), or a key is an RSA key " +
      "below 2048 bits, which this program's TLS does not take (it has to be issued again with a longer one).",
  },
  {
    when: /UnsupportedSignatureAlgorithm/,
    fault: "certificate",
    say: (where) =>
      `The certificate of the API server at ${where} is signed in a way that this program's TLS does not take (SHA-1, ` +
      "or an odd kind of RSA-PSS). It has to be issued again with SHA-256, plain RSA or ECDSA.",
  },
  {
    when: /NameConstraintViolation/,
    fault: "certificate",
    say: (where) =>
      `The certificate of the API server at ${where} has names that its authority may not vouch for ` +
      "(nameConstraints). It has to be issued again by another authority, or without these names.",
  },
  {
    when: /UnsupportedCriticalExtension/,
    fault: "certificate",
    say: (where) =>
      `The certificate of the API server at ${where}, or that of its authority, has a critical extension that is not ` +
      "known here. It has to be issued again without it.",
  },
  {
    when: /extended key usage/,
    fault: "certificate",
    say: (where) =>
      `The certificate of the API server at ${where} is not for servers (its extendedKeyUsage lacks serverAuth). It ` +
      "has to be issued again.",
  },
  {
    when: /invalid peer certificate|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|SELF_SIGNED/,
    fault: "certificate",
    say: (where, { trustFrom }) =>
      `The certificate of the API server at ${where} is not trusted. Check that ${trustFrom} is that of this ` +
      "cluster's authority (all of them, where the server does not send those between), and that no proxy terminates " +
      "TLS on the way.",
  },
  {
    when: /received fatal alert: NoApplicationProtocol/,
    fault: "certificate",
    say: (where) => `What answers at ${where} speaks HTTP/2 alone. ${TAKE_HTTP1}`,
  },
  {
    when: /received fatal alert: (ProtocolVersion|InsufficientSecurity)|peer is incompatible/,
    fault: "certificate",
    say: (where) =>
      `The API server at ${where} and this program cannot agree on TLS: it offers nothing of TLS 1.2 or 1.3 that is ` +
      "safe. Raise its --tls-min-version and --tls-cipher-suites, or those of the proxy before it.",
  },
  {
    when: /received fatal alert: Unrecogni[sz]edName/,
    fault: "certificate",
    say: (where) =>
      `The server at ${where} does not know that name. Use an address that it knows, or set tls-server-name in the ` +
      "kubeconfig.",
  },
  {
    when: /received fatal alert: CertificateExpired/,
    fault: "certificate",
    say: (where) =>
      `The API server at ${where} says that the client certificate has expired. Sign in to the cluster again, or ` +
      "have it renewed (kubeadm certs renew).",
  },
  {
    when: /received fatal alert: HandshakeFailure/,
    fault: "certificate",
    say: (where) =>
      `The API server at ${where} broke off the TLS handshake: there is no cipher that both know (this program takes ` +
      "TLS 1.3 and, of 1.2, ECDHE with GCM or ChaCha20: see --tls-cipher-suites), or it wants another client " +
      "certificate (see the kubeconfig's client-certificate and client-key).",
  },
  {
    when: /received fatal alert: (CertificateRequired|BadCertificate)/,
    fault: "certificate",
    say: (where) =>
      `The API server at ${where} broke off the TLS handshake: it does not accept the client certificate, or none ` +
      "was sent. Check the kubeconfig's client-certificate and client-key.",
  },
  {
    when:
      /received fatal alert: (UnknownCA|CertificateUnknown|DecryptError|AccessDenied|UnsupportedCertificate)/,
    fault: "certificate",
    say: (where) =>
      `The API server at ${where} does not accept the client certificate: another authority issued it. Check that the ` +
      "kubeconfig's user and cluster belong together.",
  },
  {
    when: /received fatal alert|handshake eof|closed in the middle of the handshake/,
    fault: "unreachable",
    say: (where) =>
      `What answers at ${where} broke off the TLS handshake. Check that this is the address of an API server, and ` +
      "that nothing on the way (a load balancer without a server behind it, a firewall) ends the connection.",
  },
  {
    when: /InvalidContentType|InvalidMessage|corrupt message/,
    fault: "unreachable",
    say: (where) =>
      `What answers at ${where} does not speak TLS. If this is "kubectl proxy" or the like, write http:// before its ` +
      "address.",
  },
  {
    when: /invalid HTTP version|HTTP\/0\.9/,
    isPlain: true,
    fault: "unreachable",
    say: (where) => `${wantsTls(where)} Or it is not an API server.`,
  },
  {
    when: /invalid HTTP version|HTTP\/0\.9|HPE_INVALID_(CONSTANT|VERSION)/,
    fault: "unreachable",
    say: (where) =>
      `What answers at ${where} does not speak HTTP/1.1: it is no API server, or speaks HTTP/2 alone. ${TAKE_HTTP1}`,
  },
  {
    when: /Requests to port \d+ are blocked/,
    fault: "unreachable",
    say: (where) =>
      `The port of the API server at ${where} is one that HTTP clients do not connect to, as other services are at ` +
      'home there (fetch.spec.whatwg.org, "bad port"). Give it another port.',
  },
  {
    when: /unsupported proxy/,
    fault: "unreachable",
    say: (where) =>
      `The API server at ${where} cannot be reached through this proxy: with tls-server-name, ` +
      "insecure-skip-tls-verify, or an authority or client certificate of an old kind, only an http:// or https:// proxy will do.",
  },
  {
    when: NO_MORE_FILES,
    fault: "unreachable",
    say: (where) => `The API server at ${where} cannot be reached: ${RAISE_FILES}.`,
  },
  {
    when: /dns error|failed to lookup address|ENOTFOUND|EAI_AGAIN/,
    fault: "unreachable",
    say: (where) =>
      `The name of the API server at ${where} cannot be resolved. Check the address, DNS and the VPN.`,
  },
  {
    when: /connection refused|ECONNREFUSED/i,
    fault: "unreachable",
    say: (where) =>
      `The connection to the API server at ${where} was refused. Check that the cluster is running and that ` +
      "the address is right (kubectl cluster-info).",
  },
  {
    when: /network is unreachable|no route to host|ENETUNREACH|EHOSTUNREACH/i,
    fault: "unreachable",
    say: (where) => `There is no way from this machine to the API server at ${where}. ${CHECK_NETWORK}`,
  },
];

/** The names that a certificate is for, as rustls and Node print them. */
function namesIn(words: string): string {
  const found = words.matchAll(
    /DnsName\("([^"]+)"\)|IpAddress\(([^)]+)\)|DNS:([^,\s]+)|IP Address:([^,\s]+)/g,
  );
  const names = [...found].map(([, ...names]) => names.find((name) => name !== undefined));
  return names.length === 0 ? "" : ` (${names.slice(0, 8).join(", ")})`;
}

/** The day of rustls' `not valid after 1609459200`. */
function dayIn(words: string, before: string): string {
  const seconds = new RegExp(`${before} (\\d+)`).exec(words)?.[1];
  return seconds === undefined ? "" : ` (${new Date(Number(seconds) * 1000).toISOString().slice(0, 10)})`;
}
