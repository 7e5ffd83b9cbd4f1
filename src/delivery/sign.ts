import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/** Marks a secret whose rest is the key in base64 (Standard Webhooks 1.0, "Signature scheme"). */
const ENCODED = "whsec_";

/** Standard base64 (RFC 4648 §4) with its padding, at least one byte. */
const BASE64 = /^(?=.)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The headers by which a receiver knows that the message is ours: made anew for each attempt, because the
 * timestamp is signed. None where there is no secret.
 *
 * - `webhook-timestamp`, `webhook-signature`: Standard Webhooks 1.0, one `v1` token for each secret, so that
 *   a receiver may change to the new one at any moment of a rotation.
 * - `x-atomist-signature` (HMAC-SHA1, the ancestor's contract) and `x-hub-signature-256` (HMAC-SHA256, as
 *   GitHub signs) have room for one signature: the first secret's. They know no `whsec_`: the key is the
 *   secret as it is written.
 *
 * @param id the value of `webhook-id`
 * @param timestampSeconds whole seconds since the epoch, of this attempt
 * @param secrets each without a {@link secretProblem}; the first is the one to use from now on
 */
export function signatureHeaders(
  id: string,
  timestampSeconds: number,
  body: Uint8Array,
  secrets: string[],
): Record<string, string> {
  const [first] = secrets;
  if (first === undefined) return {};
  const tokens = secrets.map((secret) => standardToken(id, timestampSeconds, body, secret));
  return {
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": tokens.join(" "),
    "x-atomist-signature": `sha1=${createHmac("sha1", first).update(body).digest("hex")}`,
    "x-hub-signature-256": `sha256=${createHmac("sha256", first).update(body).digest("hex")}`,
  };
}

function standardToken(id: string, timestampSeconds: number, body: Uint8Array, secret: string): string {
  const hmac = createHmac("sha256", standardKey(secret)).update(`${id}.${timestampSeconds}.`).update(body);
  return `v1,${hmac.digest("base64")}`;
}

function standardKey(secret: string): Uint8Array {
  return secret.startsWith(ENCODED)
    ? Buffer.from(secret.slice(ENCODED.length), "base64")
    : new TextEncoder().encode(secret);
}

/**
 * Why this cannot be a secret, as a clause that goes on after "The secret"; undefined where it can. Asked once,
 * when the secret is read: decoding that passes over what is not base64 would sign with a key that no
 * receiver has.
 */
export function secretProblem(secret: string): string | undefined {
  if (secret.trim() === "") return "is empty: give a random text of at least 24 characters.";
  if (secret.startsWith(ENCODED) && !BASE64.test(secret.slice(ENCODED.length))) {
    return `begins with ${ENCODED}, but the rest is not base64: copy it again, whole, with its = at the end.`;
  }
  return undefined;
}
