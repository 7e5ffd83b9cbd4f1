import type { X509Certificate } from "node:crypto";
import { printable } from "../runtime/printable.ts";

/**
 * Why a certificate was refused, as a clause for a person: what is wrong with it, and what mends it. Most of it rustls says
 * (in words; OpenSSL's codes where `node:tls` was used). But an authority that is unknown, one that the server forgot to
 * send along, and a certificate that somebody signed for himself are all `UnknownIssuer` to it: what tells them apart is the
 * chain itself, which a second handshake fetches (`lookByNode` in `node_tls.ts`).
 */

/** Whether these words are about the peer's certificate. */
export function isCertificateFault(words: string): boolean {
  return /invalid peer certificate|\b(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_)/.test(words);
}

/**
 * @param words the error's
 * @param chain what the server sent, its own certificate first; empty where that is not known
 */
export function certificateFault(words: string, whose: Whose, chain: readonly X509Certificate[]): string {
  const say = REASONS.find(({ when }) => when.test(words))?.say ?? untrusted;
  return say(`the certificate of ${whose.name}`, words, whose, chain);
}

/** Whose certificate it is, and how it came to be judged. */
export interface Whose {
  /** As it goes on after "the certificate of". */
  name: string;
  /** What names the file of authorities that are trusted besides the usual ones: `DENO_CERT`, or an option. */
  trustIn: string;
  /** The name that was asked for in place of the URL's host. */
  serverName: string | undefined;
}

type Say = (it: string, words: string, whose: Whose, chain: readonly X509Certificate[]) => string;

/** The first that fits. */
const REASONS: { when: RegExp; say: Say }[] = [
  {
    when: /not valid for any names/,
    say: (it) =>
      `${it} names no host: a common name (CN) alone does not count. Issue it anew with a subjectAltName`,
  },
  {
    when: /not valid for name|\bERR_TLS_CERT_ALTNAME_INVALID\b/,
    say: (it, words, { serverName }) =>
      serverName === undefined
        ? `${it} is for another name${others(words)}. Use a name that it is issued for`
        : `${it} is for another name than tls.serverName${
          others(words)
        }. Name one there that it is issued for`,
  },
  {
    when: /not valid yet|\bNotValidYet\b|\bCERT_NOT_YET_VALID\b/,
    say: (it, words) =>
      `${it} is not valid before ${
        day(words) ?? "a later time"
      }. Check the clock of this machine, and of the one ` +
      "that issued it",
  },
  {
    when: /expired|\bExpired\b|\bCERT_HAS_EXPIRED\b/,
    say: (it, words) => {
      const date = day(words);
      return `${it} has expired${
        date === undefined ? "" : ` (on ${date})`
      }. Renew it, or check the clock of this machine`;
    },
  },
  {
    when: /UnsupportedCertVersion/,
    say: (it) =>
      `${it} is of X.509 version 1, which is not accepted. Issue it anew with a subjectAltName (openssl x509 -req ` +
      "-extfile), which makes it version 3",
  },
  {
    when: /UnsupportedSignatureAlgorithm/,
    say: (it) =>
      `${it} is signed in a way that is not accepted (with SHA-1, or an odd kind of RSA-PSS). Issue it anew with ` +
      "SHA-256, plain RSA or ECDSA",
  },
  {
    when: /NameConstraintViolation/,
    say: (it) =>
      `${it} has names that its authority may not vouch for (nameConstraints). Issue it anew without them, or by ` +
      "another authority",
  },
  {
    when: /BadSignature/,
    say: (it, _words, { trustIn }) =>
      `${it} has a signature that cannot be verified: its authority's key is another one than that of the certificate ` +
      `in ${trustIn}, or an RSA key of less than 2048 bits. Issue it anew with such a key`,
  },
  {
    when: /extended key usage|InvalidPurpose/,
    say: (it) => `${it} is not meant for servers. Issue it anew with extendedKeyUsage=serverAuth`,
  },
  {
    when: /UnsupportedCriticalExtension/,
    say: (it) => `${it} has a critical extension that is not known here. Issue it anew without it`,
  },
  {
    when: /Revoked/i,
    say: (it) => `${it} was revoked. Issue a new one`,
  },
  {
    when: /CaUsedAsEndEntity/,
    say: (it, _words, { trustIn }) =>
      `${it} is that of an authority (CA:TRUE), which a server may not show as its own. Issue one for the server ` +
      `(openssl req -x509 -addext basicConstraints=critical,CA:FALSE), and let ${trustIn} name its file`,
  },
];

function untrusted(
  it: string,
  _words: string,
  { trustIn }: Whose,
  chain: readonly X509Certificate[],
): string {
  const letIt = `let ${trustIn} name a PEM file of`;
  const [own] = chain;
  const last = chain.at(-1);
  if (own === undefined || last === undefined) {
    return `${it} is not trusted: ${letIt} the authority that issued it`;
  }
  if (isSelfSigned(own)) {
    return `${it} is not trusted: it is self-signed. If it is the right one, ${letIt} it`;
  }
  const issuer = nameOf(last.issuer);
  if (isSelfSigned(last)) {
    return `${it} is not trusted: the authority ${issuer} is not known here. If it is the right one, ${letIt} it`;
  }
  return `${it} is not trusted: it was issued by ${issuer}, whose certificate was not sent along and is not known here. ` +
    `Let the server send its whole chain, intermediate certificates too, or ${letIt} that authority`;
}

function isSelfSigned({ issuer, subject }: X509Certificate): boolean {
  return issuer === subject;
}

/** Whom a certificate names, quoted: the common name, else the whole. */
function nameOf(distinguished: string): string {
  const name = /^CN=(.*)$/m.exec(distinguished)?.[1] ?? distinguished;
  return `"${printable(name, LONGEST_NAME)}"`;
}

const LONGEST_NAME = 64;
const MOST_NAMES = 3;

/** The names of a certificate, where rustls lists them. */
function others(words: string): string {
  const listed = /only valid for (.*)/.exec(words)?.[1] ?? "";
  const names = [...listed.matchAll(/(?:DnsName\("([^"]*)"\)|IpAddress\(([^)]*)\))/g)]
    .map(([, dns, address]) => printable(dns ?? address ?? "", LONGEST_NAME));
  if (names.length === 0) return "";
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return `: ${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}

/** `2025-01-01`, of the instant that rustls gives in seconds. */
function day(words: string): string | undefined {
  const seconds = /not valid (?:after|before|until) (\d{9,11})\b/.exec(words)?.[1];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
}
