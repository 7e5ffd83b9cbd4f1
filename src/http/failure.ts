import { isIP } from "node:net";
import { hostFault } from "../runtime/host_name.ts";
import { NO_MORE_FILES, RAISE_FILES } from "../runtime/open_files.ts";
import type { Proxy } from "../runtime/proxy.ts";
import { certificateFault, isCertificateFault, type Whose } from "./certificate_fault.ts";
import type { Look } from "./node_tls.ts";
import type { Failure, Fault } from "./outcome.ts";
import type { Tls } from "./tls.ts";

/**
 * Failures as sentences for people. The runtime tells why in words alone: those of the operating system, of rustls, and
 * the codes of OpenSSL where `node:tls` is used. None of them knows a path or a secret, and none is quoted.
 */

/** On the way: nothing of the request was sent. */
export function failedBefore(fault: Fault, message: string): Failure {
  return { kind: "failure", when: "before", stale: false, fault, message };
}

/** The request was at least begun. */
export function failedAfter(fault: Fault, message: string, stale = false): Failure {
  return { kind: "failure", when: "after", stale, fault, message };
}

/** Where a dial was when it failed, and what failed there. */
export interface Place {
  /** What is being reached, by host and port: the receiver, or the proxy. */
  label: string;
  /** The variable that names it, where it is a proxy. */
  proxyFrom: string | undefined;
  /** The proxy on the way, for a failure of the receiver behind it. */
  via: Pick<Proxy, "label" | "from"> | undefined;
  /** Whether TLS is spoken with it, and what that is made with. */
  isTls: boolean;
  tls: Tls;
}

/** Why a connection could not be made, or TLS not be agreed on. @param look what a second handshake showed */
export function dialFailure(error: unknown, place: Place, look: Look = UNSEEN): Failure {
  const words = wordsOf(error);
  const { fault, message } = isCertificateFault(words)
    ? { fault: "certificate" as const, message: certificateFault(words, whose(place), look.chain) }
    : reasonFor(words, place, look);
  return failedBefore(place.proxyFrom === undefined ? fault : "proxy", message);
}

/** What is known of a receiver when a connection to it ends. */
export interface Past {
  /** As in {@link Failure}. */
  stale: boolean;
  /** Whether it has answered any request, on this connection or on another. */
  hasAnswered: boolean;
}

/**
 * Why a connection ended with a request under way. Of a client certificate that is wanted TLS 1.3 tells only then, but the
 * receiver has read nothing before it. The same alert of a receiver that has answered others is evidence like any other
 * end: a firewall that does not like what it reads says it so.
 */
export function exchangeFailure(
  error: unknown,
  flaw: string,
  place: Place,
  { stale, hasAnswered }: Past,
): Failure {
  const words = error === undefined ? "" : wordsOf(error);
  const { certificate } = place.tls;
  if (hasAnswered && WANTS_CERTIFICATE.test(words)) {
    const orCertificate = certificate === undefined
      ? "whether it wants a client certificate now"
      : `whether it still takes the client certificate of ${certificate.from}`;
    return failedAfter(
      "tls",
      `${
        nameOf(place)
      } ended TLS with an alert in the middle of the request, though it has answered others. Check ` +
        `whether something before it filters requests by their content, and ${orCertificate}`,
    );
  }
  const { fault, message } = reasonFor(words, place, UNSEEN);
  if (WANTS_CERTIFICATE.test(words)) return failedBefore("tls", message);
  if (fault === "tls") return failedAfter("tls", message);
  // Some servers end the connection without a word then. One that was of use before is not the certificate's fault.
  const orCertificate = certificate === undefined || stale
    ? ""
    : `. Check whether it takes the client certificate of ${certificate.from}`;
  return failedAfter("closed", `${nameOf(place)} ${flaw}${orCertificate}`, stale);
}

/** Whether a second handshake can tell more than the error does. */
export function needsLook(error: unknown): boolean {
  return /UnknownIssuer|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|fatal alert: HandshakeFailure/.test(
    wordsOf(error),
  );
}

const UNSEEN: Look = { chain: [], received: 0 };

/** Bytes of a server that has shown its certificate; of one that refuses at once there is an alert alone. */
const BEYOND_AN_ALERT = 100;

/** Who did not answer within the time, and what was waited for. */
export function tooLate(who: string, waitedFor: string, deadline: number): string {
  return `${who} ${waitedFor} within ${Math.round(deadline / 100) / 10} s`;
}

/** `hooks.example:443`, `the proxy p:3128`, `hooks.example:443 (through the proxy p:3128)`. */
export function nameOf({ label, proxyFrom, via }: Place): string {
  if (proxyFrom !== undefined) return `the proxy ${label}`;
  return via === undefined ? label : `${label} (through the proxy ${via.label})`;
}

function whose(place: Place): Whose {
  const { trustIn, serverName } = place.tls;
  return { name: nameOf(place), trustIn, serverName: place.proxyFrom === undefined ? serverName : undefined };
}

/** Of a host as it stands in a URL. */
export function hostLabel(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

interface Reason {
  fault: Fault;
  /**
   * @param orProxy where the receiver is behind a proxy: the end of a sentence of what to check about that
   * @param from the variable that names the proxy, where it is one
   * @param isTls whether TLS is spoken with it
   */
  say: (who: string, orProxy: string, from: string | undefined, tls: Tls, isTls: boolean) => string;
}

function reasonFor(words: string, place: Place, { received }: Look): { fault: Fault; message: string } {
  const wantsCertificate = received > BEYOND_AN_ALERT && /fatal alert: HandshakeFailure/.test(words);
  const { fault, say } = wantsCertificate
    ? CLIENT_CERTIFICATE
    : REASONS.find(({ when }) => when.test(words)) ?? UNKNOWN;
  const { via } = place;
  const orProxy = via === undefined ? "" : `, and that ${via.label} in ${via.from} is an HTTP proxy`;
  return { fault, message: say(nameOf(place), orProxy, place.proxyFrom, place.tls, place.isTls) };
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return `${error.name}: ${typeof code === "string" ? code : ""}: ${error.message}`;
}

/** What servers say (RFC 8446 §6.2) to a client that shows no certificate, or one that they do not take. */
const WANTS_CERTIFICATE =
  /fatal alert: (CertificateRequired|NoCertificate|BadCertificate|UnsupportedCertificate|CertificateUnknown|CertificateExpired|CertificateRevoked|UnknownCA|AccessDenied)/;

const CLIENT_CERTIFICATE: Reason = {
  fault: "tls",
  say: (who, _orProxy, _from, { certificate, certificateIn = CERTIFICATE_OPTIONS }) => {
    if (certificate !== undefined) {
      return `${who} does not take the client certificate of ${certificate.from}. Check that it has not expired, and that ` +
        "its issuer is one that the receiver trusts";
    }
    return `${who} wants a client certificate: name one in ${certificateIn}`;
  },
};

const CERTIFICATE_OPTIONS =
  "tls.certFile and tls.keyFile of the endpoint (--config), or let it check the signature instead (--secret)";

const UNKNOWN: Reason = {
  fault: "unreachable",
  say: (who, _orProxy, from = "the address") =>
    `the connection to ${who} failed. Check ${from} and the network on the way`,
};

/** The first that fits. */
const REASONS: (Reason & { when: RegExp })[] = [
  {
    when: /NotCapable|Requires net access/,
    fault: "blocked",
    say: (who) => `${who} is not dialled: the permissions of this program deny its address`,
  },
  {
    when: NO_MORE_FILES,
    fault: "unreachable",
    say: (who) => `${who} cannot be reached: ${RAISE_FILES}`,
  },
  {
    when: /failed to lookup address|\b(ENOTFOUND|EAI_[A-Z]+)\b/,
    fault: "name",
    say: (who, _orProxy, from = "its spelling") => {
      // An annotation's; one of the operator's would have been refused at the start.
      const fault = hostFault(who.replace(/:\d+$/, ""));
      return fault === undefined
        ? `the name of ${who} does not resolve. Check ${from} and the DNS of this machine`
        : `${who} can be no name: it ${fault}. Check ${from}`;
    },
  },
  {
    when: /connection refused|\bECONNREFUSED\b/i,
    fault: "refused",
    say: (who, _orProxy, from = "its port") =>
      `${who} refused the connection. Check that it runs, and ${from}`,
  },
  {
    when: /CA file|certificate store/,
    fault: "certificate",
    say: (who) =>
      `no TLS with ${who}: the file that DENO_CERT names cannot be read as PEM. Correct or unset it`,
  },
  { when: WANTS_CERTIFICATE, ...CLIENT_CERTIFICATE },
  {
    when: /fatal alert: ProtocolVersion|ServerDoesNotSupportTls12Or13|\bERR_SSL_UNSUPPORTED_PROTOCOL\b/,
    fault: "tls",
    say: (who) =>
      `${who} speaks no version of TLS that k8svent does. Let it speak TLS 1.2 or 1.3: older ones are not safe`,
  },
  {
    when:
      /fatal alert: (HandshakeFailure|InsufficientSecurity)|peer is incompatible|SelectedUnoffered|NoCipherSuitesInCommon/,
    fault: "tls",
    say: (who) =>
      `${who} has no cipher in common with k8svent. Let it offer one with forward secrecy: TLS 1.3, or with TLS 1.2 ` +
      "ECDHE and AES-GCM or ChaCha20; key exchange by X25519, P-256 or P-384; and a certificate with a key of RSA, " +
      "Ed25519, P-256 or P-384",
  },
  {
    when: /fatal alert: Unrecogni[sz]edName/,
    fault: "tls",
    say: (who, _orProxy, from, { serverName }) =>
      `${who} does not serve that name. Check ${
        serverName === undefined ? `the host in ${from ?? "its URL"}` : "tls.serverName"
      }`,
  },
  {
    when: /fatal alert: NoApplicationProtocol|NoApplicationProtocol/,
    fault: "tls",
    say: (who) => `${who} does not speak HTTP/1.1 over TLS. Let it offer that beside HTTP/2`,
  },
  {
    when: /fatal alert: (InternalError|DecodeError|DecryptError|IllegalParameter)/,
    fault: "tls",
    say: (who) => `${who} broke off TLS with an error of its own. See its log`,
  },
  {
    when: /InvalidContentType|corrupt message/,
    fault: "tls",
    say: (who, orProxy, from = "its URL") =>
      `what answers at ${who} does not speak TLS. Check the port in ${from}${orProxy}; where plain http is meant, write ` +
      "http://",
  },
  {
    when: /fatal alert|peer misbehaved|\b(EPROTO|ERR_SSL_)/i,
    fault: "tls",
    say: (who) => `TLS with ${who} failed. Check that its port speaks https`,
  },
  {
    when: /UnexpectedEof|unexpected end of file|connection reset|broken pipe|\b(ECONNRESET|EPIPE)\b/i,
    fault: "unreachable",
    say: (who, orProxy, from, _tls, isTls) =>
      `${who} closed the connection before it was of use. Check that its port speaks ${
        from === undefined ? `${isTls ? "https" : "http"}${orProxy}` : `to HTTP clients, and ${from}`
      }`,
  },
  {
    when: /no route to host|network is unreachable|timed out|\b(EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)\b/i,
    fault: "unreachable",
    say: (who, _orProxy, from = "the address") =>
      `${who} cannot be reached. Check ${from}, the network on the way and its firewalls, and whether a proxy is needed`,
  },
];
