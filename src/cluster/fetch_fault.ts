import type { Proxy } from "../runtime/proxy.ts";
import { proxyFault } from "../runtime/proxy_fault.ts";
import { ClusterError } from "./error.ts";

/** Where a request went. */
export interface Route {
  /** For people: host and port, nothing else. */
  readonly server: string;
  readonly isTls: boolean;
  readonly proxy?: Proxy;
}

/**
 * Why a fetch failed before it had an answer. Deno tells it in words alone: 2.9 says `fetch failed` with a cause
 * `error sending request for url (…): client error (Connect): …`, 2.7 puts the same into the message.
 */
export function fetchError(error: unknown, route: Route): ClusterError {
  const words = wordsOf(error);
  const proxy = route.proxy && proxyFault(words, route.proxy, route.isTls);
  if (proxy !== undefined) return proxyError(proxy, route, error);
  const { fault, say } = FAULTS.find(({ when }) => when.test(words)) ?? UNKNOWN;
  const via = route.proxy === undefined ? "" : ` (through the proxy ${route.proxy.label})`;
  return new ClusterError(fault, say(`${route.server}${via}`), { cause: error });
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

function wordsOf(error: unknown): string {
  const words: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) words.push(at.message);
  return words.join("\n");
}

const CHECK_NETWORK =
  "Check the address, the VPN and firewalls, and whether a proxy is needed on the way (HTTPS_PROXY).";

interface Fault {
  fault: "unreachable" | "certificate";
  say: (where: string) => string;
}

const UNKNOWN: Fault = {
  fault: "unreachable",
  say: (where) => `The connection to the API server at ${where} failed. ${CHECK_NETWORK}`,
};

/** The first that fits. The words are those of hyper, rustls and the operating system. */
const FAULTS: (Fault & { when: RegExp })[] = [
  {
    when: /invalid peer certificate.*not valid for name/,
    fault: "certificate",
    say: (where) =>
      `The certificate of the API server at ${where} is for other names than this one. Use an address that ` +
      "it names, or have this one added to the certificate.",
  },
  {
    when: /invalid peer certificate: (certificate )?(expired|not valid yet)/i,
    fault: "certificate",
    say: (where) =>
      `The certificate of the API server at ${where} has expired or is not valid yet. Check this machine's ` +
      "clock; otherwise the certificate has to be renewed.",
  },
  {
    when: /invalid peer certificate/,
    fault: "certificate",
    say: (where) =>
      `The certificate of the API server at ${where} is not trusted. Check that the kubeconfig's ` +
      "certificate-authority (in a pod, the service account's ca.crt) belongs to this cluster, and that no " +
      "proxy terminates TLS on the way.",
  },
  {
    when: /received fatal alert/,
    fault: "certificate",
    say: (where) =>
      `The API server at ${where} broke off the TLS handshake: it does not accept the client certificate, or ` +
      "none was sent. Check the kubeconfig's client-certificate and client-key.",
  },
  {
    when: /InvalidContentType|InvalidMessage/,
    fault: "unreachable",
    say: (where) =>
      `What answers at ${where} does not speak TLS. If this is "kubectl proxy" or the like, the address has to ` +
      "begin with http://.",
  },
  {
    when: /dns error|failed to lookup address/,
    fault: "unreachable",
    say: (where) =>
      `The name of the API server at ${where} cannot be resolved. Check the address, DNS and the ` +
      "VPN.",
  },
  {
    when: /connection refused/i,
    fault: "unreachable",
    say: (where) =>
      `The connection to the API server at ${where} was refused. Check that the cluster is running and that ` +
      "the address is right (kubectl cluster-info).",
  },
];
