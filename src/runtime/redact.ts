/**
 * An absolute URL up to the first character that cannot stand in one. A file's URL holds no secret, and
 * without its path a stack says nothing.
 */
const URL_TEXT = /\b(?!file:)([a-z][a-z0-9+.-]*:\/\/)([^\s"<>`]*)/gi;

/** Punctuation that ends the sentence or the bracket around a URL, not the URL. */
const TRAILING = /[),.;:'\]}]*$/;

/** A name, an IPv4 or an IPv6 address, and a port. */
const HOST_AND_PORT = /^(\[[0-9a-f:.%]+\]?|[^:@[\]]+)(:\d*)?$/i;

/** `Authorization` values (RFC 6750, RFC 7617): eight characters and over, so that "bearer token" stays. */
const CREDENTIALS = /\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{8,}/gi;

/** A JWT (RFC 7519): a JSON header in base64url always begins with `eyJ`. */
const JWT = /\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*/g;

/** A Standard Webhooks secret, known or not. */
const WEBHOOK_SECRET = /\bwhsec_[A-Za-z0-9+/=_-]+/g;

/**
 * The text without what must not leave the process: of URLs only scheme, host and port stay
 * (`https://host/…`), known secrets, `Authorization` values and JWTs become `[redacted]`. Doing it twice
 * changes nothing.
 *
 * @param secrets the live secrets as configured, of `whsec_…` with and without the prefix
 */
export function redact(text: string, secrets: string[]): string {
  return redactorOf(secrets)(text);
}

/** The same for many strings: what finds the secrets is made once. */
export function redactorOf(secrets: readonly string[]): (text: string) => string {
  const withoutKnown = replacerOf(secrets);
  return (text) =>
    withoutKnown(text)
      .replace(URL_TEXT, (_match, scheme: string, rest: string) => scheme + redactUrl(rest))
      .replace(WEBHOOK_SECRET, "[redacted]")
      .replace(CREDENTIALS, "$1$2[redacted]")
      .replace(JWT, "[redacted]");
}

/** A short secret that is a word, such as `endpoint`: half of the log would be `[redacted]`, and say what the secret is. */
const WORD = /^[A-Za-z]{0,15}$/;

/** Characters of secrets that a pattern may have: the runtime compiles none of more than 32,767, and its error shows them. */
const LARGEST_PATTERN = 16_384;

/** In one pass and the longest first: one secret may be a part of another, or of the replacement. */
function replacerOf(secrets: readonly string[]): (text: string) => string {
  const known = secrets.flatMap((secret) =>
    secret.startsWith("whsec_") ? [secret, secret.slice("whsec_".length)] : WORD.test(secret) ? [] : [secret]
  ).filter(Boolean);
  if (known.length === 0) return (text) => text;
  known.sort((a, b) => b.length - a.length);
  if (known.reduce((sum, { length }) => sum + length + 1, 0) > LARGEST_PATTERN) {
    return (text) => known.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  }
  const pattern = new RegExp(known.map(RegExp.escape).join("|"), "g");
  return (text) => text.replace(pattern, "[redacted]");
}

function redactUrl(rest: string): string {
  const trailing = TRAILING.exec(rest)?.[0] ?? "";
  const body = rest.slice(0, rest.length - trailing.length);
  // A scheme by itself, as in "write https://".
  if (body === "") return rest;
  const authority = body.split(/[/?#\\]/, 1)[0] ?? "";
  // The last @ ends the userinfo: a password that was not encoded may contain one itself.
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  // A password with a slash ends up here as a port that is none.
  if (!HOST_AND_PORT.test(host)) return `…${trailing}`;
  const tail = body.slice(authority.length);
  return `${host}${tail === "" || tail === "/" ? tail : "/…"}${trailing}`;
}
