import { ClusterError } from "./error.ts";

/** Where a request went, for people: host and port, nothing else. */
export interface Route {
  readonly server: string;
  readonly proxy?: string;
}

/**
 * Why a fetch failed before it had an answer. Deno tells it in words alone: 2.9 says `fetch failed` with a cause
 * `error sending request for url (…): client error (Connect): …`, 2.7 puts the same into the message.
 */
export function fetchError(error: unknown, route: Route): ClusterError {
  const words = wordsOf(error);
  const { fault, say } = FAULTS.find(({ when }) => when.test(words)) ?? UNKNOWN;
  const via = route.proxy === undefined ? "" : ` (through the proxy ${route.proxy})`;
  return new ClusterError(fault, say(`${route.server}${via}`), { cause: error });
}

/** The server accepted the connection or the request, and then nothing came. */
export function timeoutError(seconds: number, route: Route): ClusterError {
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
  "Check the address, the VPN, firewalls, and HTTPS_PROXY and NO_PROXY where they are set.";

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
    when: /proxy authentication required/,
    fault: "unreachable",
    say: (where) =>
      `The proxy on the way to the API server at ${where} wants a user and a password: put them into ` +
      "the proxy's URL (HTTPS_PROXY, or proxy-url in the kubeconfig).",
  },
  {
    when: /dns error|failed to lookup address/,
    fault: "unreachable",
    say: (where) =>
      `The name of the API server at ${where} cannot be resolved. Check the address, DNS and the VPN, and ` +
      "HTTPS_PROXY where it is set.",
  },
  {
    when: /connection refused/i,
    fault: "unreachable",
    say: (where) =>
      `The connection to the API server at ${where} was refused. Check that the cluster is running and that ` +
      "the address is right (kubectl cluster-info), and HTTPS_PROXY where it is set.",
  },
];
