import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { authority } from "../../tests/kit/https_server.ts";
import { expiredSince, type Refusal, shownOf, whyRefused } from "../runtime/client_certificate.ts";
import { ClusterError } from "./error.ts";
import { checkClientCertificate, FetchTransport } from "./fetch_transport.ts";
import { pemBlocks, pemText } from "../runtime/pem.ts";

const JANE = issueCertificate("jane", { issuer: authority });
const JOHN = issueCertificate("john", { issuer: authority });
const VERSION_1 = issueCertificate("jane", { issuer: authority, version1: true });

function rsa(bits: number): { cert: string; key: string } {
  return issueCertificate("jane", {
    issuer: authority,
    keys: generateKeyPairSync("rsa", { modulusLength: bits }),
  });
}

/** What a client is made with, or the sentence by which it is refused. */
function shown(cert: string, key: string): "fetch" | "node:tls" | string {
  try {
    const transport = FetchTransport.open({ certificate: { cert, key, where: 'the user "me" in config' } });
    transport?.close();
    return transport === undefined ? "node:tls" : "fetch";
  } catch (error) {
    assert.ok(error instanceof ClusterError, String(error));
    assert.equal(error.fault, "certificate");
    assert.doesNotMatch(error.message, /BEGIN|[A-Za-z0-9+/]{40}/);
    return error.message;
  }
}

const RSA = rsa(2048);
const pkcs1 = (): string => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { cert } = issueCertificate("jane", { issuer: authority, keys: { privateKey, publicKey } });
  return cert + privateKey.export({ type: "pkcs1", format: "pem" });
};
const inOneFile = pkcs1();

const usable: [name: string, cert: string, key: string, way: string][] = [
  ["on P-256", JANE.cert, JANE.key, "fetch"],
  ["with RSA-2048", RSA.cert, RSA.key, "fetch"],
  ["and its key in one file", inOneFile, inOneFile, "fetch"],
  ["with its chain", JANE.cert + authority.cert, JANE.key, "fetch"],
  ["with CRLF", JANE.cert.replaceAll("\n", "\r\n"), JANE.key.replaceAll("\n", "\r\n"), "fetch"],
  ["with a byte order mark", `\uFEFF${JANE.cert}`, `\uFEFF${JANE.key}`, "fetch"],
  ["in one line", JANE.cert.replaceAll("\n", " "), JANE.key, "fetch"],
  [
    "before a damaged one",
    `${JANE.cert}-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n`,
    JANE.key,
    "fetch",
  ],
  [
    "behind a damaged one",
    `-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n${JANE.cert}`,
    JANE.key,
    "fetch",
  ],
  ["of X.509 v1", VERSION_1.cert, VERSION_1.key, "node:tls"],
  ["of X.509 v1 with a byte order mark before its key", VERSION_1.cert, `\uFEFF${VERSION_1.key}`, "node:tls"],
  ["with an indented key", JANE.cert, JANE.key.replaceAll("\n", "\n  "), "fetch"],
  ["with other blocks before its key", JANE.cert, `${JANE.cert}Bag Attributes\n${JANE.key}`, "fetch"],
];

for (const [name, cert, key, way] of usable) {
  Deno.test(`a client certificate ${name} is shown by ${way}`, () => assert.equal(shown(cert, key), way));
}

const encrypted = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString();
const ENCRYPTED_BY_OPENSSL = JANE.key.replaceAll("PRIVATE KEY", "RSA PRIVATE KEY")
  .replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n");
const SMALL = rsa(1024);
const ODD_CURVE = issueCertificate("jane", {
  issuer: authority,
  keys: generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
});

const refused: [name: string, cert: string, key: string, sentence: RegExp][] = [
  [
    "with RSA-1024",
    SMALL.cert,
    SMALL.key,
    /client-key is an RSA key of 1024 bits.*below 2048\. Have a certificate/,
  ],
  ["on another curve", ODD_CURVE.cert, ODD_CURVE.key, /on the curve secp256k1.*kubectl proxy/],
  ["with another's key", JANE.cert, JOHN.key, /do not belong together\. Compare what openssl/],
  ["behind its authority's", authority.cert + JANE.cert, JANE.key, /Put the client's own certificate first/],
  [
    "with an encrypted key",
    JANE.cert,
    encrypted,
    /client-key is encrypted.*openssl pkey -in KEY -out NEW-KEY/,
  ],
  ["with a key that OpenSSL encrypted", JANE.cert, ENCRYPTED_BY_OPENSSL, /client-key is encrypted/],
  ["and no key", JANE.cert, "", /client-key is empty/],
  ["in place of its key", JANE.cert, JANE.cert, /client-key holds no private key, but a CERTIFICATE/],
  ["that is a key", JANE.key, JANE.key, /client-certificate holds no certificate, but a PRIVATE KEY/],
  [
    "that is a request",
    JANE.cert.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST"),
    JANE.key,
    /holds no certificate, but a CERTIFICATE REQUEST/,
  ],
  ["in DER", "0\x82\x01", JANE.key, /client-certificate is in the binary form DER/],
  [
    "that is base64 twice",
    btoa(JANE.cert),
    JANE.key,
    /client-certificate is base64 of a PEM text: decode it once/,
  ],
  ["that is cut", JANE.cert.slice(0, 120), JANE.key, /client-certificate holds no certificate that is whole/],
  [
    "that is something else",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    JANE.key,
    /client-certificate is damaged/,
  ],
  [
    "with a zero byte behind its end",
    pemText("CERTIFICATE", Uint8Array.from([...pemBlocks(JANE.cert)[0]?.der ?? [], 0])),
    JANE.key,
    /client-certificate has bytes behind its end, in its block\. Copy it again/,
  ],
  [
    "with a damaged key",
    JANE.cert,
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    /client-key is damaged/,
  ],
];

for (const [name, cert, key, sentence] of refused) {
  Deno.test(`a client certificate ${name} is refused with what it is`, () => {
    const message = shown(cert, key);
    // node:tls would say nothing that names it, or send none.
    assert.throws(() => checkClientCertificate({ cert, key, where: 'the user "me" in config' }), { message });
    assert.match(message, /^The client certificate of the user "me" in config cannot be used: /);
    assert.match(message, sentence);
  });
}

Deno.test("of a key that node:tls is given nothing stands around it", () => {
  for (const key of [`\uFEFF${JANE.key}`, `text\n${JANE.key}`, JANE.key.replaceAll("\n", "\r\n  ")]) {
    assert.match(
      shownOf({ ...JANE, key }).key,
      /^-----BEGIN PRIVATE KEY-----\n([\w+/=]+\n)+-----END PRIVATE KEY-----\n$/,
    );
  }
});

Deno.test("what is refused for its version alone could be used otherwise", () => {
  const why = (cert: string, key: string): Refusal | undefined => whyRefused({ cert, key });
  assert.equal(why(VERSION_1.cert, VERSION_1.key), "version");
  assert.notEqual(why(VERSION_1.cert, JOHN.key), "version");
  assert.equal(why(JANE.cert, JANE.key), undefined);
});

Deno.test("the day on which a client certificate ended is reported, once it has", () => {
  const { cert, key } = issueCertificate("jane", { issuer: authority, expired: true });
  assert.match(expiredSince({ cert, key }, Date.now()) ?? "", /^20\d\d-\d\d-\d\d$/);
  assert.equal(expiredSince({ ...JANE }, Date.now()), undefined);
  assert.equal(expiredSince({ cert: "", key: "" }, Date.now()), undefined);
});
