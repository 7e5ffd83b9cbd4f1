import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/** Marks a secret whose rest is the key in base64 (Standard Webhooks 1.0, "Signature scheme"). */
const ENCODED = "whsec_";

/** Standard base64 (RFC 4648 §4) with its padding, at least one byte. */
const BASE64 = /^(?=.)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The schemes that a receiver may check, by what `--signatures` calls them. */
export const SCHEMES = ["standard", "github", "atomist"] as const;
export type Scheme = typeof SCHEMES[number];

/** What is signed. */
export interface Signed {
  /** The value of `webhook-id`. */
  id: string;
  body: Uint8Array;
  /** Tells the bytes of the body from all others, so that they need not be digested to know them again. */
  content: string;
}

/** Bodies whose signatures are kept: as many as are under way at several endpoints at once. */
const KEPT = 256;

/**
 * Makes the headers by which a receiver knows that a message is ours. Asked once an attempt.
 *
 * - `standard`: `webhook-timestamp`, `webhook-signature`; Standard Webhooks 1.0, one `v1` token for each secret, so that
 *   a receiver may change to the new one at any moment of a rotation. Made anew for each attempt: the time is signed.
 * - `atomist`: `x-atomist-signature` (HMAC-SHA1, the ancestor's contract), `github`: `x-hub-signature-256` (HMAC-SHA256,
 *   as GitHub signs). They have room for one signature, the first secret's, and know no `whsec_`: the key is the secret
 *   as it is written. Made once for each body and secret, whatever the number of endpoints and attempts.
 */
export class Signer {
  readonly #schemes: ReadonlySet<Scheme>;
  /** By content, the oldest first. */
  readonly #kept = new Map<string, { secret: string; headers: Record<string, string> }>();

  /** @param schemes what to sign by; all by default */
  constructor(schemes: ReadonlySet<Scheme> = new Set(SCHEMES)) {
    this.#schemes = schemes;
  }

  /**
   * The headers; none where there is no secret.
   *
   * @param seconds whole seconds since the Unix epoch, of this attempt
   * @param secrets each without a {@link secretProblem}; the first is the one to use from now on
   */
  sign(signed: Signed, seconds: number, secrets: readonly string[]): Record<string, string> {
    const [first] = secrets;
    if (first === undefined) return {};
    const headers: Record<string, string> = {};
    if (this.#schemes.has("standard")) {
      headers["webhook-timestamp"] = String(seconds);
      headers["webhook-signature"] = secrets.map((secret) => standardToken(signed, seconds, secret)).join(
        " ",
      );
    }
    return Object.assign(headers, this.#timeless(signed, first));
  }

  #timeless({ content, body }: Signed, secret: string): Record<string, string> {
    const kept = this.#kept.get(content);
    if (kept !== undefined && kept.secret === secret) return kept.headers;
    const headers: Record<string, string> = {};
    if (this.#schemes.has("atomist")) {
      headers["x-atomist-signature"] = `sha1=${createHmac("sha1", secret).update(body).digest("hex")}`;
    }
    if (this.#schemes.has("github")) {
      headers["x-hub-signature-256"] = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    }
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value ?? content);
    this.#kept.set(content, { secret, headers });
    return headers;
  }
}

function standardToken({ id, body }: Signed, seconds: number, secret: string): string {
  const hmac = createHmac("sha256", standardKey(secret)).update(`${id}.${seconds}.`).update(body);
  return `v1,${hmac.digest("base64")}`;
}

function standardKey(secret: string): Uint8Array | string {
  return secret.startsWith(ENCODED) ? Buffer.from(secret.slice(ENCODED.length), "base64") : secret;
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
