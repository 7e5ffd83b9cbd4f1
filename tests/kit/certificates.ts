import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** In PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

interface CertificateOptions {
  issuer?: Certificate;
  hosts?: string[];
  expired?: boolean;
  early?: boolean;
  isAuthority?: boolean;
  version1?: boolean;
  keys?: { publicKey: KeyObject; privateKey: KeyObject };
}

/**
 * Issues a certificate, so that tests of TLS need no openssl. X.509 v3 with ECDSA P-256 (RFC 5280), as little of
 * it as rustls asks for.
 *
 * @param options.issuer a certificate authority; without it the certificate is one itself
 * @param options.hosts names and addresses that it is valid for
 * @param options.expired valid until an hour ago
 * @param options.early valid from tomorrow on
 * @param options.isAuthority by default only where there is no issuer
 * @param options.version1 without extensions
 * @param options.keys by default new ones on P-256, the only kind that an issuer can sign with
 */
export function issueCertificate(
  name: string,
  options: CertificateOptions = {},
): Certificate {
  const { publicKey, privateKey } = options.keys ?? generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const { issuer = { cert: "", key }, hosts = [], expired = false, early = false, version1 = false } =
    options;
  const { isAuthority = issuer.cert === "" } = options;
  const issuerName = issuer.cert === "" ? name : commonName(issuer.cert);
  const toBeSigned = sequence(
    ...version1 ? [] : [tagged(0xa0, integer(2))],
    integer(Date.now() % 2 ** 31),
    ECDSA_WITH_SHA256,
    distinguishedName(issuerName),
    sequence(time(Date.now() + (early ? 24 : -48) * HOUR), time(Date.now() + (expired ? -HOUR : 48 * HOUR))),
    distinguishedName(name),
    spki(publicKey),
    ...version1 ? [] : [tagged(0xa3, sequence(...extensions(isAuthority, hosts)))],
  );
  const signature = sign("sha256", toBeSigned, issuer.key);
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, tagged(0x03, bytes(0), signature));
  return { cert: pem(der), key };
}

const HOUR = 3_600_000;
const ECDSA_WITH_SHA256 = sequence(objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

function extensions(authority: boolean, hosts: string[]): Uint8Array[] {
  const basicConstraints = sequence(
    objectId(0x55, 0x1d, 0x13),
    tagged(0x04, sequence(tagged(0x01, bytes(0xff)))),
  );
  const subjectAltName = sequence(
    objectId(0x55, 0x1d, 0x11),
    tagged(0x04, sequence(...hosts.map(generalName))),
  );
  return [...authority ? [basicConstraints] : [], ...hosts.length > 0 ? [subjectAltName] : []];
}

function generalName(host: string): Uint8Array {
  if (isIP(host) === 4) return tagged(0x87, bytes(...host.split(".").map(Number)));
  if (host === "::1") return tagged(0x87, bytes(...new Array(15).fill(0), 1));
  return tagged(0x82, new TextEncoder().encode(host));
}

function distinguishedName(name: string): Uint8Array {
  const attribute = sequence(objectId(0x55, 0x04, 0x03), tagged(0x0c, new TextEncoder().encode(name)));
  return sequence(tagged(0x31, attribute));
}

function commonName(cert: string): string {
  return new X509Certificate(cert).subject.replace(/^CN=/, "");
}

function time(instant: number): Uint8Array {
  const text = new Date(instant).toISOString().replace(/[-:T]/g, "").slice(2, 14) + "Z";
  return tagged(0x17, new TextEncoder().encode(text));
}

function spki(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: "spki", format: "der" }));
}

function integer(value: number): Uint8Array {
  const content = [value >>> 24 & 0x7f, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff];
  // DER allows no zeros in front, unless the next bit is set.
  while (content.length > 1 && content[0] === 0 && (content[1] ?? 0) < 0x80) content.shift();
  return tagged(0x02, bytes(...content));
}

function objectId(...content: number[]): Uint8Array {
  return tagged(0x06, bytes(...content));
}

function sequence(...parts: Uint8Array[]): Uint8Array {
  return tagged(0x30, ...parts);
}

/** One DER element: tag, length, content. */
function tagged(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = parts.flatMap((part) => [...part]);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return bytes(tag, ...length, ...content);
}

function bytes(...content: number[]): Uint8Array {
  return Uint8Array.from(content);
}

function pem(der: Uint8Array): string {
  const lines = der.toBase64().replace(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
