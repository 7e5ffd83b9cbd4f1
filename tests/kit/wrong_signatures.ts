import { createHmac } from "node:crypto";
import { Buffer } from "node:buffer";
import { Signer } from "../../src/delivery/sign.ts";

/* Deliveries whose signatures are right, and those that come of what people get wrong. */

/** What time it is, in milliseconds since the Unix epoch. */
export const NOW = 1_795_750_849_000;
export const SECONDS = NOW / 1000;
/** A secret that is taken as text. */
export const PLAIN = "a plain secret of some length";
/** One that is base64 behind its prefix. */
export const ENCODED = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
/** One that is text, and looks like hexadecimal. */
export const HEX = "00112233445566778899aabbccddeeff";
/** What is sent. */
export const BODY = '{\n  "pod": {"metadata": {"name": "web-ü"}}\n}\n';
export const BARE = { "webhook-id": "pod_a", "webhook-timestamp": String(SECONDS) };

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The headers of a delivery as k8svent signs it. */
export function signed(secrets: string[], body = BODY, seconds = SECONDS): Record<string, string> {
  const headers = new Signer().sign({ id: "pod_a", body: bytes(body), content: body }, seconds, secrets);
  return { "webhook-id": "pod_a", ...headers };
}

function hmac(key: string | Uint8Array, content: string, algorithm = "sha256"): Buffer {
  return createHmac(algorithm, key).update(content).digest();
}

function standard(key: string | Uint8Array, body = BODY): Record<string, string> {
  return { ...BARE, "webhook-signature": `v1,${hmac(key, `pod_a.${SECONDS}.${body}`).toString("base64")}` };
}

const sha256 = (key: string | Uint8Array, body = BODY): string => `sha256=${hmac(key, body).toString("hex")}`;
const hub = (value: string): Record<string, string> => ({ "x-hub-signature-256": value });

/** What went wrong, the headers that come of it, the receiver's secret, and the reason. */
export const WRONG: [what: string, headers: Record<string, string>, secret: string, why: RegExp][] = [
  ["another secret", signed([HEX]), PLAIN, /the secret does not make it for this body/],
  ["a changed body", signed([PLAIN], "{}"), PLAIN, /the secret does not make it .* or the body was changed/],
  [
    "a body that was cut off",
    { ...signed([PLAIN], `${BODY}{}`), "content-length": String(bytes(BODY).length + 2) },
    PLAIN,
    /was changed or cut off: it has 46 bytes, and content-length says 48/,
  ],
  [
    "a line end that is new",
    signed([PLAIN], BODY.trimEnd()),
    PLAIN,
    /has a line end at its end that was not signed/,
  ],
  [
    "a line end that is gone",
    signed([PLAIN], `${BODY}\n`),
    PLAIN,
    /lacks the line end at its end that was signed/,
  ],
  [
    "line ends of Windows",
    signed([PLAIN], BODY.replaceAll("\n", "\r\n")),
    PLAIN,
    /changed from those of Windows/,
  ],
  ["a mark of byte order", signed([PLAIN], `\uFEFF${BODY}`), PLAIN, /lacks the byte order mark/],
  ["a body that was read before", signed([PLAIN], ""), PLAIN, /an empty body was signed/],
  [
    "a body that was written anew",
    signed([PLAIN], JSON.stringify(JSON.parse(BODY))),
    PLAIN,
    /parsed and written anew/,
  ],
  [
    "whsec_ as text",
    standard(ENCODED),
    ENCODED,
    /the secret was taken as text, though it begins with whsec_/,
  ],
  ["whsec_ as text, without it", standard(ENCODED.slice(6)), ENCODED, /taken as text without its whsec_/],
  ["text as base64", standard(Buffer.from(PLAIN, "base64")), PLAIN, /was decoded from base64, though/],
  ["text as hexadecimal", standard(Buffer.from(HEX, "hex")), HEX, /was decoded from hexadecimal/],
  [
    "the data of a Secret",
    standard(Buffer.from(PLAIN).toString("base64")),
    PLAIN,
    /stands in the data of a Secret/,
  ],
  [
    "the line end of a file",
    standard(`${PLAIN}\n`),
    PLAIN,
    /at the end of the secret was taken for a part of it/,
  ],
  [
    "whsec_ decoded for GitHub",
    hub(sha256(Buffer.from(ENCODED.slice(6), "base64"))),
    ENCODED,
    /decoded from base64/,
  ],
  [
    "base64 for GitHub",
    hub(`sha256=${hmac(PLAIN, BODY).toString("base64")}`),
    PLAIN,
    /written in base64, and is to be in hexa/,
  ],
  [
    "upper case",
    hub(`sha256=${hmac(PLAIN, BODY).toString("hex").toUpperCase()}`),
    PLAIN,
    /hexadecimal digits of upper case/,
  ],
  [
    "SHA-1 for GitHub",
    hub(`sha1=${hmac(PLAIN, BODY, "sha1").toString("hex")}`),
    PLAIN,
    /by HMAC-SHA-1, and is to be by SHA-256/,
  ],
  ["no prefix", hub(hmac(PLAIN, BODY).toString("hex")), PLAIN, /does not begin with sha256=/],
  [
    "the time signed for GitHub",
    { ...BARE, ...hub(sha256(PLAIN, `pod_a.${SECONDS}.${BODY}`)) },
    PLAIN,
    /signed too, and here/,
  ],
  [
    "hexadecimal for Standard Webhooks",
    { ...BARE, "webhook-signature": `v1,${hmac(PLAIN, `pod_a.${SECONDS}.${BODY}`).toString("hex")}` },
    PLAIN,
    /written in hexadecimal digits, and is to be in base64/,
  ],
  [
    "the body alone signed",
    { ...BARE, "webhook-signature": `v1,${hmac(PLAIN, BODY).toString("base64")}` },
    PLAIN,
    /the body alone/,
  ],
  [
    "two mistakes",
    standard(ENCODED, BODY.trimEnd()),
    ENCODED,
    /line end .*, and the secret was taken as text/,
  ],
  ["the asymmetric kind", { ...BARE, "webhook-signature": "v1a,abc" }, PLAIN, /asymmetric kind \(v1a\)/],
  [
    "what is no signature",
    { ...BARE, "webhook-signature": "v1,abc" },
    PLAIN,
    /is no signature: it is to be v1, and base64/,
  ],
  [
    "no time",
    { "webhook-id": "a", "webhook-signature": "v1,abc" },
    PLAIN,
    /the header webhook-timestamp is missing/,
  ],
  [
    "no id and no time",
    { "webhook-signature": "v1,abc" },
    PLAIN,
    /the headers webhook-id and webhook-timestamp are missing/,
  ],
  ["an empty header", { ...BARE, "webhook-signature": "" }, PLAIN, /the header is empty/],
];
