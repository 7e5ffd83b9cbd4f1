import { isIP } from "node:net";
import type { Failure, Fault } from "./outcome.ts";

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
  /** Whether that is a proxy. */
  isProxy: boolean;
  /** The proxy on the way, for a failure of the receiver behind it. */
  via: string | undefined;
}

/** Why a connection could not be made, or TLS not be agreed on. */
export function dialFailure(error: unknown, place: Place): Failure {
  const { fault, say } = findReason(error) ?? {
    fault: "unreachable" as const,
    say: (who) => `the connection to ${who} failed. Check the address and the network on the way`,
  };
  return failedBefore(place.isProxy ? "proxy" : fault, say(nameOf(place)));
}

/** Why a connection ended with a request under way. */
export function exchangeFailure(error: unknown, flaw: string, place: Place, stale: boolean): Failure {
  const reason = error === undefined ? undefined : findReason(error);
  if (reason?.fault === "tls") return failedAfter("tls", reason.say(nameOf(place)));
  return failedAfter("closed", `${nameOf(place)} ${flaw}`, stale);
}

/** Who did not answer within the time, and what was waited for. */
export function tooLate(who: string, waitedFor: string, deadline: number): string {
  return `${who} ${waitedFor} within ${Math.round(deadline / 100) / 10} s`;
}

/** `hooks.example:443`, `the proxy p:3128`, `hooks.example:443 (through the proxy p:3128)`. */
export function nameOf({ label, isProxy, via }: Place): string {
  if (isProxy) return `the proxy ${label}`;
  return via === undefined ? label : `${label} (through the proxy ${via})`;
}

/** Of a host as it stands in a URL. */
export function hostLabel(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

interface Reason {
  fault: Fault;
  say: (who: string) => string;
}

function findReason(error: unknown): Reason | undefined {
  const words = wordsOf(error);
  return REASONS.find(({ when }) => when.test(words));
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return `${error.name}: ${typeof code === "string" ? code : ""}: ${error.message}`;
}

/** The first that fits. */
const REASONS: (Reason & { when: RegExp })[] = [
  {
    when: /NotCapable|Requires net access/,
    fault: "blocked",
    say: (who) => `${who} is not dialled: the permissions of this program deny its address`,
  },
  {
    when: /failed to lookup address|\b(ENOTFOUND|EAI_[A-Z]+)\b/,
    fault: "name",
    say: (who) => `the name of ${who} does not resolve. Check its spelling and the DNS of this machine`,
  },
  {
    when: /connection refused|\bECONNREFUSED\b/i,
    fault: "refused",
    say: (who) => `${who} refused the connection. Check that it runs, and its port`,
  },
  {
    when: /certificate not valid for name|\bERR_TLS_CERT_ALTNAME_INVALID\b/,
    fault: "certificate",
    say: (who) => `the certificate of ${who} is for another name. Use a name that it is issued for`,
  },
  {
    when: /certificate (expired|not valid yet)|\bCERT_(HAS_EXPIRED|NOT_YET_VALID)\b/,
    fault: "certificate",
    say: (who) => `the certificate of ${who} has expired or is not valid yet. Renew it, or check the clock`,
  },
  {
    when: /invalid peer certificate|\b(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_)/,
    fault: "certificate",
    say: (who) =>
      `the certificate of ${who} is not trusted. Let DENO_CERT name the file of the authority that issued it`,
  },
  {
    when: /fatal alert: (CertificateRequired|BadCertificate|UnknownCA|AccessDenied)/,
    fault: "tls",
    say: (who) => `${who} ended TLS: it wants a client certificate`,
  },
  {
    when: /fatal alert|corrupt message|peer is incompatible|peer misbehaved|\b(EPROTO|ERR_SSL_)/i,
    fault: "tls",
    say: (who) => `TLS with ${who} failed. Check that its port speaks https`,
  },
  {
    when: /UnexpectedEof|unexpected end of file|connection reset|broken pipe|\b(ECONNRESET|EPIPE)\b/i,
    fault: "unreachable",
    say: (who) => `${who} closed the connection before it was of use. Check that its port speaks https`,
  },
];
