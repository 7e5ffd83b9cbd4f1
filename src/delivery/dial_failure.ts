import { redact } from "../runtime/redact.ts";
import { DialError, type DialFault } from "./dial.ts";

/**
 * Says why a connection gave no answer. The runtime tells it in words alone (Deno 2.9 as the cause of `fetch
 * failed`, 2.7 in the message itself, with the whole URL in both) or by a code (`node:net`, `node:tls`, undici).
 */
export function dialFailure(error: unknown, url: URL): DialError {
  const words = redact(wordsOf(error), []);
  const { fault, say } = FAILURES.find(({ when }) => when.test(words)) ?? UNKNOWN;
  // The error itself may quote the URL, and whoever logs this one logs its cause.
  return new DialError(fault, say(url.host), { cause: new Error(withoutPath(words, url)) });
}

function wordsOf(error: unknown): string {
  const words: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    words.push(typeof code === "string" ? `${code}: ${at.message}` : at.message);
  }
  return words.join(": ");
}

/** For words that name the path outside of a URL: nothing is known to do so, and nothing may. */
function withoutPath(words: string, url: URL): string {
  const parts = [url.pathname, url.search].filter((part) => part.length > 1);
  return parts.reduce((text, part) => text.replaceAll(part, "…"), words);
}

interface Failure {
  fault: DialFault;
  say: (host: string) => string;
}

const UNKNOWN: Failure = {
  fault: "network",
  say: (host) => `The connection to ${host} failed. Check the address and the network on the way.`,
};

/** The first that fits. The words are those of hyper, rustls, OpenSSL's codes in Node, and undici. */
const FAILURES: (Failure & { when: RegExp })[] = [
  {
    when: /Requires net access/,
    fault: "blocked",
    say: (host) => `${host} is not dialled: the permissions of this program deny its address.`,
  },
  {
    when: /dns error|failed to lookup address|\b(ENOTFOUND|EAI_[A-Z]+)\b/,
    fault: "network",
    say: (host) => `The name of ${host} does not resolve. Check its spelling and the DNS of this machine.`,
  },
  {
    when: /connection refused|\bECONNREFUSED\b/i,
    fault: "network",
    say: (host) => `${host} refused the connection. Check that the receiver runs, and its port.`,
  },
  {
    when: /certificate not valid for name|NotValidForName|\bERR_TLS_CERT_ALTNAME_INVALID\b/,
    fault: "certificate",
    say: (host) => `The certificate of ${host} is for another name. Use a name that it is issued for.`,
  },
  {
    when:
      /invalid peer certificate: (certificate )?(expired|not valid yet)|\bCERT_(HAS_EXPIRED|NOT_YET_VALID)\b/i,
    fault: "certificate",
    say: (host) =>
      `The certificate of ${host} has expired or is not valid yet. Renew it, or check the clock.`,
  },
  {
    when: /invalid peer certificate|\b(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_)/,
    fault: "certificate",
    say: (host) =>
      `The certificate of ${host} is not trusted. Let DENO_CERT name the file of the authority that issued it.`,
  },
  {
    when:
      /received corrupt message|received fatal alert|InvalidContentType|tls handshake|\b(EPROTO|ERR_SSL_)/i,
    fault: "certificate",
    say: (host) => `TLS cannot be agreed on with ${host}. Check that its port speaks https.`,
  },
  {
    when: /connection closed before message completed|connection reset|broken pipe|other side closed/i,
    fault: "closed",
    say: (host) => `${host} closed the connection before it answered.`,
  },
  {
    when: /\b(ECONNRESET|EPIPE|UND_ERR_SOCKET)\b/,
    fault: "closed",
    say: (host) => `${host} closed the connection before it answered.`,
  },
  {
    when: /invalid HTTP|HTTP\/1\.1 protocol|HPE_/,
    fault: "network",
    say: (host) => `What answers at ${host} does not speak HTTP. Check the port and http or https.`,
  },
];
