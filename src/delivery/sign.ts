import { createHash, type Hash } from "node:crypto";
import type { Scheme } from "../route/endpoint_settings.ts";
import { keyOf } from "../runtime/secret.ts";

/** The header that holds the signature of each scheme. */
export const SIGNATURE_HEADERS: Readonly<Record<Scheme, string>> = {
  standard: "webhook-signature",
  github: "x-hub-signature-256",
  atomist: "x-atomist-signature",
};

/** The schemes that a receiver may check, by what `--signatures` calls them. */
export const SCHEMES = Object.keys(SIGNATURE_HEADERS) as readonly Scheme[];

/** What is signed. */
export interface Signed {
  /** The value of `webhook-id`. */
  id: string;
  body: Uint8Array;
  /** Tells the bytes of the body from all others, so that they need not be digested to know them again. */
  content: string;
}

/** Bodies whose signatures are kept: as many as are under way at several endpoints at once. */
const KEPT = 64;

/** Keys of secrets that are kept. */
const KEYS = 32;

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
  readonly #keys = new Map<string, HmacKey>();
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
   * @param secrets as `parseSecrets` gives them; the first is the one to use from now on
   */
  sign(signed: Signed, seconds: number, secrets: readonly string[]): Record<string, string> {
    const [first] = secrets;
    if (first === undefined) return {};
    const headers: Record<string, string> = {};
    if (this.#schemes.has("standard")) {
      headers["webhook-timestamp"] = String(seconds);
      const tokens = secrets.map((secret) => this.#token(signed, seconds, secret));
      headers[SIGNATURE_HEADERS.standard] = tokens.join(" ");
    }
    return Object.assign(headers, this.#timeless(signed, first));
  }

  #token({ id, body }: Signed, seconds: number, secret: string): string {
    return `v1,${this.#key("standard", secret).sign("base64", `${id}.${seconds}.`, body)}`;
  }

  #key(use: "standard" | "sha1" | "sha256", secret: string): HmacKey {
    const name = `${use} ${secret}`;
    const kept = this.#keys.get(name);
    if (kept !== undefined) return kept;
    const key = use === "standard" ? new HmacKey("sha256", keyOf(secret)) : new HmacKey(use, secret);
    // After a rotation or two: those in use are made again at once.
    if (this.#keys.size >= KEYS) this.#keys.clear();
    this.#keys.set(name, key);
    return key;
  }

  #timeless({ content, body }: Signed, secret: string): Record<string, string> {
    const kept = this.#kept.get(content);
    if (kept !== undefined && kept.secret === secret) return kept.headers;
    const headers: Record<string, string> = {};
    if (this.#schemes.has("atomist")) {
      headers[SIGNATURE_HEADERS.atomist] = `sha1=${this.#key("sha1", secret).sign("hex", body)}`;
    }
    if (this.#schemes.has("github")) {
      headers[SIGNATURE_HEADERS.github] = `sha256=${this.#key("sha256", secret).sign("hex", body)}`;
    }
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value ?? content);
    this.#kept.set(content, { secret, headers });
    return headers;
  }
}

/**
 * HMAC (RFC 2104) with a key that is used again and again: what is hashed before the message is hashed once. The
 * runtime's own `createHmac` costs twice as much for each message of 6 KB (Deno 2.9.6: 13 µs against 6).
 */
export class HmacKey {
  readonly #inner: Hash;
  readonly #outer: Hash;

  constructor(algorithm: "sha1" | "sha256", key: string | Uint8Array) {
    const bytes = typeof key === "string" ? new TextEncoder().encode(key) : key;
    // Both algorithms take blocks of 64 bytes; a longer key is hashed first.
    const block = new Uint8Array(64);
    block.set(bytes.length > 64 ? createHash(algorithm).update(bytes).digest() : bytes);
    this.#inner = createHash(algorithm).update(block.map((byte) => byte ^ 0x36));
    this.#outer = createHash(algorithm).update(block.map((byte) => byte ^ 0x5c));
  }

  /** Of these parts, one after the other. */
  sign(encoding: "hex" | "base64", ...parts: (string | Uint8Array)[]): string {
    const inner = this.#inner.copy();
    for (const part of parts) inner.update(part);
    return this.#outer.copy().update(inner.digest()).digest(encoding);
  }
}
