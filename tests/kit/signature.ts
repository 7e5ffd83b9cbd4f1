import { createHmac, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";

/** What a receiver learns from the signature headers: `ok`, `unsigned`, or a sentence that says what is wrong. */
export type Verdict = "ok" | "unsigned" | string;

export interface Signed {
  headers: Record<string, string>;
  raw: Uint8Array;
}

/**
 * Checks all three signatures of a delivery, as three receivers would that know one scheme each. Each must be
 * there and match one of the secrets. The age of the timestamp is not judged: a test's clock is not ours.
 */
export function verify(signed: Signed, secrets: string[]): Verdict {
  const { headers } = signed;
  const names = ["webhook-signature", "x-atomist-signature", "x-hub-signature-256"];
  if (names.every((name) => headers[name] === undefined)) return "unsigned";
  for (const name of names) {
    const value = headers[name];
    if (value === undefined) return `${name} is missing`;
    if (!secrets.some((secret) => matches(name, value, signed, secret))) return `${name} does not verify`;
  }
  return "ok";
}

function matches(name: string, value: string, { headers, raw }: Signed, secret: string): boolean {
  if (name === "x-atomist-signature") return same(value, `sha1=${hmac("sha1", secret, raw).toString("hex")}`);
  if (name === "x-hub-signature-256") {
    return same(value, `sha256=${hmac("sha256", secret, raw).toString("hex")}`);
  }
  const signed = Buffer.concat([
    Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`),
    raw,
  ]);
  const expected = `v1,${hmac("sha256", standardKey(secret), signed).toString("base64")}`;
  return value.split(" ").some((token) => same(token, expected));
}

/** Standard Webhooks 1.0: `whsec_` introduces a key in base64. The two older schemes know no such prefix. */
function standardKey(secret: string): string | Buffer {
  return secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : secret;
}

function hmac(algorithm: "sha1" | "sha256", key: string | Buffer, data: Uint8Array): Buffer {
  return createHmac(algorithm, key).update(data).digest();
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
