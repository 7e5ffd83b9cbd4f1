import { Buffer, isUtf8 } from "node:buffer";
import { decode, encode } from "./json_bytes.ts";
import { locate, type LocatedText, type Span, splice, stringsIn, textOf } from "./located.ts";

/**
 * The program's own secrets in what it sends: whoever runs it may have written one into a pod, its own above all. A
 * mask is put over each, wherever it stands in the body, names of members included, and whatever the profile says. To
 * refuse the body instead would make that pod a dead letter for ever.
 *
 * A secret is found as it is written, as JSON or a URL would escape it, and in base64 as a part of anything (`user:secret`
 * of Basic authentication is another base64 than `secret`). Of `whsec_…` also the key itself.
 */

/** Shorter ones are words of a language: to mask these would ruin a body, and say what the secret is. */
const LEAST = 16;

/** Puts masks over secrets; gives the same bytes back where there are none. */
export type SecretMask = (body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

interface Form {
  text: string;
  /** Then all of the base64 around it goes: its first and last characters hold bits of the secret, too. */
  isBase64: boolean;
}

/**
 * @param secrets as they are configured; those of fewer than 16 bytes are left alone
 * @returns what throws `SyntaxError` where a body that holds one is not JSON
 */
export function compileSecretMask(secrets: readonly string[]): SecretMask {
  const forms = new Map<string, Form>();
  for (const form of secrets.flatMap(formsOf)) forms.set(form.text, form);
  const all = [...forms.values()];
  if (all.length === 0) return (body) => body;
  return (body) => {
    const json = decode(body);
    const flat = json.includes("\\") ? unescape(json) : json;
    if (!all.some(({ text }) => flat.includes(text))) return body;
    const parts = new Map<LocatedText, Span[]>();
    for (const text of stringsIn(locate(json), true)) {
      const said = textOf(json, text);
      const spans = all.flatMap((form) => find(said, form));
      if (spans.length > 0) parts.set(text, spans);
    }
    return parts.size === 0 ? body : encode(splice(json, parts));
  };
}

const ENCODED = "whsec_";

function formsOf(secret: string): Form[] {
  const rest = secret.startsWith(ENCODED) ? secret.slice(ENCODED.length) : undefined;
  const key = Buffer.from(rest ?? secret, rest === undefined ? "utf8" : "base64");
  if (key.length < LEAST) return [];
  const strings = [secret, ...rest === undefined ? [] : [rest.replace(/=+$/, ""), ...textsOf(key)]];
  return strings.flatMap((text) => [
    ...[text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed())]
      .map((form) => ({ text: form, isBase64: form === rest?.replace(/=+$/, "") })),
    ...inBase64(Buffer.from(text)),
  ]).concat(inBase64(key));
}

/** A key that is no text stands in none. */
function textsOf(key: Buffer): string[] {
  return isUtf8(key) ? [key.toString("utf8")] : [];
}

/** What all base64 of these bytes holds, however many bytes stand before and behind them; base64url too. */
function inBase64(bytes: Uint8Array): Form[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([new Uint8Array(before), bytes]).toString("base64");
    const from = Math.ceil(before * 8 / 6);
    const to = Math.floor((before + bytes.length) * 8 / 6);
    const core = text.slice(from, to);
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")].map((form) => ({
      text: form,
      isBase64: true,
    }));
  });
}

function find(text: string, form: Form): Span[] {
  const spans: Span[] = [];
  for (let from = text.indexOf(form.text); from >= 0;) {
    let to = from + form.text.length;
    const next = to;
    if (form.isBase64) {
      while (from > 0 && isBase64(text.charCodeAt(from - 1))) from--;
      while (isBase64(text.charCodeAt(to))) to++;
    }
    spans.push({ from, to });
    from = text.indexOf(form.text, Math.max(next, to));
  }
  return spans;
}

/** Of both alphabets, and the padding. */
function isBase64(code: number): boolean {
  return /[\w+/=-]/.test(String.fromCharCode(code));
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Only to see quickly whether something stands there: what is between the strings stays in. */
function unescape(json: string): string {
  return json.replace(/\\(?:u([\dA-Fa-f]{4})|([^u]))/g, (_escape, code?: string, char = "") => {
    return code === undefined ? ESCAPES[char] ?? char : String.fromCharCode(parseInt(code, 16));
  });
}
