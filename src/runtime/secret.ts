/**
 * What a secret may be: one rule for `--secret`, its variable, and the file of `--secret-file`.
 *
 * A text holds one secret a line, so that it can be rotated: the first one is the one to use from now on. White space
 * around a secret is not part of it (a Secret made from a file ends with a newline), nor is a byte order mark, nor
 * the carriage return of another system. A secret that begins with `whsec_` is base64 after that (Standard Webhooks 1.0);
 * any other is its UTF-8 bytes.
 *
 * Refused, with a sentence that never shows it: what a receiver would not sign with, though it looks like a secret. Such
 * is what a shell, a manifest or a web page leaves around one: quotes, the `v1,` of a signature, `NAME=`, an invisible
 * character. And what is too short: Standard Webhooks asks for 24 bytes and 16 cannot be guessed. From 8 on it is taken
 * with a warning, because it is the receiver that chose it, and an update of this program must not end its deliveries.
 */

import { isQuoted, placeholderFault } from "./unfilled.ts";

/** What a text of secrets holds: each once and in order, or what is wrong with a line. */
export type ParsedSecrets =
  | { kind: "secrets"; secrets: string[]; weak: string | undefined }
  | { kind: "empty" }
  | { kind: "problem"; line: number; problem: string };

/** Marks a secret whose rest is the key in base64. */
export const ENCODED = "whsec_";

/** In bytes of the key. Shorter ones can be found by trying. */
const LEAST = 8;
const ENOUGH = 16;

/** What is longer was not made for a signature; and of a file only the beginning is read. */
const LONGEST = 4_096;

/** Secrets at once. A rotation takes two; who has more has named another file. */
const MOST = 10;

/** Standard base64 (RFC 4648 §4) with its padding, at least one byte. */
const BASE64 = /^(?=.)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A line of an env file, a manifest or a shell script. */
const SETTING =
  /^(export\s+)?([A-Z][A-Z0-9]*(_[A-Z0-9]+)+|SECRET|secret)\s*[=:]\s*\S|^[A-Za-z][\w.-]*:(\s+\S|$)/;

/** The secrets of a text. */
export function parseSecrets(text: string): ParsedSecrets {
  const secrets = new Set<string>();
  let weak: string | undefined;
  for (const [index, line] of text.replace(/^\uFEFF/, "").split(/\r?\n|\r/).entries()) {
    const secret = line.trim();
    if (secret === "") continue;
    const problem = secretProblem(secret);
    if (problem !== undefined) return { kind: "problem", line: index + 1, problem };
    if (secrets.size === MOST) {
      return {
        kind: "problem",
        line: index + 1,
        problem: `is one more than ${MOST}: is this a file of secrets?`,
      };
    }
    const bytes = keyOf(secret).length;
    if (bytes < ENOUGH) weak = `has ${bytes} bytes only: use ${ENOUGH} or more (openssl rand -hex 32).`;
    secrets.add(secret);
  }
  return secrets.size === 0 ? { kind: "empty" } : { kind: "secrets", secrets: [...secrets], weak };
}

/** Why this cannot be a secret, as a clause that goes on after "The secret"; undefined where it can. */
function secretProblem(secret: string): string | undefined {
  if (isQuoted(secret)) return "stands in quotes, and would be signed with them: leave them out.";
  if (/^v1a?,/i.test(secret)) {
    return "begins with v1, as a signature does: give what follows the comma.";
  }
  if (/whsec[_-]/i.test(secret) && !secret.startsWith(ENCODED)) {
    return `holds ${ENCODED} in other letters or behind something: give it from ${ENCODED} on, as the receiver shows it.`;
  }
  const placeholder = placeholderFault(secret, false);
  if (placeholder !== undefined) return `${placeholder}.`;
  if (/^(@|file:\/\/)?\/(run|etc|var|home|mnt|opt|secrets?)\/[\w./-]*$/.test(secret)) {
    return "is the path of a file: give it to --secret-file.";
  }
  if (/^\{.*"|^\[".*\]$/s.test(secret)) return "is JSON: give only the secret that stands in it.";
  if (/^wh[sp]k_/.test(secret)) {
    return "is a key of the asymmetric scheme (v1a), which is not spoken here: give a whsec_ secret or a plain text.";
  }
  if (/^-----BEGIN /.test(secret)) return "is a PEM block: a secret is a text that the receiver has, too.";
  if (SETTING.test(secret)) {
    return "begins with a name, as a line of settings does: give only what follows it.";
  }
  if (/(^|\s)#\s/.test(secret)) {
    return "holds a comment, and there is none in a file of secrets: take it out.";
  }
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f-\x9f\uFFFD]|\p{Cf}/u.test(secret)) {
    return "contains characters that are binary or invisible: write it as plain UTF-8 (openssl rand -hex 32 makes one).";
  }
  if (secret.startsWith(ENCODED) && !BASE64.test(secret.slice(ENCODED.length))) {
    // Some libraries take neither character, and one leaves them out and signs with another key.
    if (BASE64.test(secret.slice(ENCODED.length).replaceAll("-", "+").replaceAll("_", "/"))) {
      return `begins with ${ENCODED}, but the rest is base64 for URLs: write + for - and / for _, at the receiver, too.`;
    }
    return `begins with ${ENCODED}, but the rest is not base64: copy it again, whole, with its = at the end.`;
  }
  const bytes = keyOf(secret).length;
  if (bytes > LONGEST) return `has more than ${LONGEST} bytes: is this a secret, and the right file?`;
  if (bytes >= LEAST) return undefined;
  return `has ${
    bytes === 1 ? "1 byte" : `${bytes} bytes`
  } only, and can be guessed: use ${ENOUGH} or more (openssl rand -hex 32).`;
}

/** The key that Standard Webhooks signs with. @param secret one of those that `parseSecrets` gives */
export function keyOf(secret: string): Uint8Array {
  if (!secret.startsWith(ENCODED)) return new TextEncoder().encode(secret);
  return Uint8Array.fromBase64(secret.slice(ENCODED.length));
}

/** Whether two lists hold the same secrets, in the same order. */
export function areSame(secrets: readonly string[], others: readonly string[]): boolean {
  return secrets.length === others.length && secrets.every((secret, index) => secret === others[index]);
}
