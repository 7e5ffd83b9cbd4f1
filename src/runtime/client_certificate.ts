import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { contentOf, elementLength, isOneElement } from "./der.ts";
import { type PemBlock, pemBlocks, pemText } from "./pem.ts";

/** A client certificate and its key, in PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** What the two are called in a sentence, and what else can be done where they are of no use (the end of one). */
export interface PairNames {
  readonly certificate: string;
  readonly key: string;
  readonly otherwise?: string;
}

/** One that a kubeconfig names. */
export interface ClientCertificate extends CertificatePair {
  /** Where both come from, as the end of a sentence: `the user "admin" in /home/me/.kube/config`. */
  readonly where: string;
}

/**
 * Why rustls takes a client certificate and key not, which Deno says in the words of a Rust program.
 *
 * - `version`: the certificate is X.509 v1 or v2, which rustls does not read (rustls-webpki#110): `node:tls` shows it.
 * - `fault`: nothing in this runtime can use it. A clause, and the way out as a sentence.
 */
export type Refusal = "version" | Fault;

/** A clause, and the way out as a sentence. */
export interface Fault {
  readonly fault: string;
  readonly wayOut: string;
}

const OF_KUBECONFIG: PairNames = {
  certificate: "client-certificate",
  key: "client-key",
  otherwise:
    'or run "kubectl proxy" and use a kubeconfig whose server is http://127.0.0.1:8001, without a user',
};

function newKey({ otherwise }: PairNames): string {
  return "Have a certificate issued for a new key (openssl req -new -nodes -newkey rsa:2048 -keyout new.key " +
    `-out new.csr)${otherwise === undefined ? "" : `, ${otherwise}`}.`;
}

/**
 * Certificate and key as TLS is given them: without damaged blocks and whatever else is in the files, as Go's
 * tls.X509KeyPair does. Of a key with anything around it `node:tls` takes nothing, says nothing, and shows no certificate.
 */
export function shownOf({ cert, key }: CertificatePair): { cert: string; key: string } {
  const pemOf = ({ label, der }: { label: string; der: Uint8Array }): string => pemText(label, der);
  const whole = pemBlocks(key).find(({ label, der }) => label.endsWith("PRIVATE KEY") && der !== undefined);
  return {
    cert: readable(pemBlocks(cert), "CERTIFICATE").map(pemOf).join(""),
    key: whole?.der === undefined || whole.isEncrypted ? key : pemOf({ label: whole.label, der: whole.der }),
  };
}

/** Why rustls does not take it; undefined where nothing is found. */
export function whyRefused(pair: CertificatePair): Refusal | undefined {
  const fault = pairFault(pair, OF_KUBECONFIG);
  if (fault !== undefined) return fault;
  const [first] = readable(pemBlocks(pair.cert), "CERTIFICATE");
  return first === undefined || isVersion3(first.der) ? undefined : "version";
}

/** Why nobody could use the two, whatever the server is; undefined: they may do. */
export function pairFault({ cert, key }: CertificatePair, names: PairNames): Fault | undefined {
  const certificates = readable(pemBlocks(cert), "CERTIFICATE");
  const [first] = certificates;
  if (first === undefined) {
    return {
      fault: `${names.certificate} ${whatInstead(cert)}`,
      wayOut: "Put the certificate there, in PEM.",
    };
  }
  const certificate = certificateIn(first.der);
  if (certificate === undefined) {
    const what = hasStrayBytes(first.der) ? "has bytes behind its end, in its block" : "is damaged";
    return { fault: `${names.certificate} ${what}`, wayOut: "Copy it again from where it was issued." };
  }
  const privateKey = readKey(key, names);
  if ("fault" in privateKey) return privateKey;
  const weakness = whyUnsupported(privateKey);
  if (weakness !== undefined) return { fault: `${names.key} is ${weakness}`, wayOut: newKey(names) };
  if (certificate.checkPrivateKey(privateKey)) return undefined;
  const isBelow = certificates.some(({ der }) => certificateIn(der)?.checkPrivateKey(privateKey));
  return isBelow
    ? {
      fault: `${names.certificate} begins with another certificate than that of ${names.key}`,
      wayOut: "Put the client's own certificate first, those of its authorities behind it.",
    }
    : {
      fault: `${names.certificate} and ${names.key} do not belong together`,
      wayOut:
        "Compare what openssl x509 -pubkey -noout -in CERTIFICATE and openssl pkey -pubout -in KEY print, " +
        "and take the two that were issued together.",
    };
}

/** What is said of a certificate that is refused for nothing that is known. */
export const UNKNOWN_KIND: Fault = {
  fault: "client-certificate and client-key are of a kind that this program's TLS does not know",
  wayOut: newKey(OF_KUBECONFIG),
};

function readable(blocks: PemBlock[], label: string): { label: string; der: Uint8Array<ArrayBuffer> }[] {
  return blocks.flatMap(({ label: found, der }) =>
    found === label && der !== undefined ? [{ label, der }] : []
  );
}

/** A certificate, if that is all there is: Node takes bytes behind it, too, which neither rustls nor Go does. */
export function certificateIn(der: Uint8Array<ArrayBuffer>): X509Certificate | undefined {
  try {
    return isOneElement(der) ? new X509Certificate(der) : undefined;
  } catch {
    return undefined;
  }
}

function readKey(text: string, names: PairNames): KeyObject | Fault {
  const block = pemBlocks(text).find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block?.isEncrypted) {
    return {
      fault: `${names.key} is encrypted, and nobody is there to type its passphrase`,
      wayOut: "Decrypt it once (openssl pkey -in KEY -out NEW-KEY) and name the new one.",
    };
  }
  if (block === undefined) {
    return {
      fault: `${names.key} ${whatInstead(text, "PRIVATE KEY")}`,
      wayOut: "Put the key there, in PEM.",
    };
  }
  try {
    return createPrivateKey(shownOf({ cert: "", key: text }).key);
  } catch {
    return {
      fault: `${names.key} is damaged, or on a curve that is not known here (such as Brainpool's)`,
      wayOut: "Copy it again from where it was issued; if it is whole, h" + newKey(names).slice(1),
    };
  }
}

/** Of RSA, less than 2048 bits; of curves, those that neither TLS 1.3 nor Go knows. */
function whyUnsupported(
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
): string | undefined {
  if (type === "rsa") {
    const bits = details?.modulusLength ?? 0;
    return bits < 2048
      ? `an RSA key of ${bits} bits, and this program's TLS takes none below 2048`
      : undefined;
  }
  if (type === "ec") {
    const curve = details?.namedCurve ?? "";
    const isKnown = ["prime256v1", "secp384r1", "secp521r1"].includes(curve);
    return isKnown ? undefined : `a key on the curve ${curve}, which this program's TLS does not know`;
  }
  return type === "ed25519" ? undefined : `a key of the kind ${type}, which this program's TLS does not know`;
}

/**
 * What a text is that should hold a certificate (or what is `wanted`) and does not, as a clause: people take the wrong
 * file, the wrong form, or encode it twice.
 */
export function whatInstead(text: string, wanted: "CERTIFICATE" | "PRIVATE KEY" = "CERTIFICATE"): string {
  const thing = wanted === "CERTIFICATE" ? "certificate" : "private key";
  const blocks = pemBlocks(text);
  const other = blocks.find(({ label }) => !label.endsWith(wanted));
  const isThere = blocks.some(({ label }) => label === wanted);
  if (isThere && blocks.some(({ label, der }) => label === wanted && hasStrayBytes(der))) {
    return `holds a ${thing} with bytes behind it in its block: copy it again from where it was issued`;
  }
  if (isThere) return `holds no ${thing} that is whole`;
  if (blocks.some(({ label }) => label === "TRUSTED CERTIFICATE")) {
    return "is in OpenSSL's own form (TRUSTED CERTIFICATE): openssl x509 -in FILE -out NEW-FILE makes the usual one";
  }
  if (other !== undefined) return `holds no ${thing}, but a ${other.label}`;
  if (/^\s*LS0tLS1CRUdJTi/.test(text)) return "is base64 of a PEM text: decode it once (base64 -d)";
  // An ASN.1 sequence: the first byte of every certificate and key in DER.
  if (text.startsWith("0\x82") || text.startsWith("0\uFFFD")) {
    return "is in the binary form DER: openssl x509 -inform der -in FILE -out NEW-FILE makes PEM of it " +
      "(openssl pkey of a key)";
  }
  return text.trim() === "" ? "is empty" : `holds no ${thing} in PEM`;
}

function hasStrayBytes(der: Uint8Array | undefined): boolean {
  return der !== undefined && der.length > elementLength(der) && elementLength(der) > 2;
}

/** RFC 5280 §4.1: a version stands first in the signed part, as [0] { INTEGER }, unless it is v1. */
function isVersion3(der: Uint8Array): boolean {
  const signed = contentOf(der, 0);
  const version = contentOf(der, signed);
  return der[version] === 0xa0 && der[version + 4] === 2;
}

/** The day on which a client certificate ended, `2026-01-31`; undefined where it has not, or cannot be read. */
export function expiredSince({ cert }: CertificatePair, now: number): string | undefined {
  const [first] = readable(pemBlocks(cert), "CERTIFICATE");
  const end = first === undefined ? NaN : Date.parse(certificateIn(first.der)?.validTo ?? "");
  return end < now ? new Date(end).toISOString().slice(0, 10) : undefined;
}
