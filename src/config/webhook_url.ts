/**
 * A webhook's URL as a person means it. The parser of the platform (WHATWG) is made for browsers and mends in silence: it
 * drops tabs and line breaks, reads `https:x` and `https:///x` as the host `x`, turns `\` into `/`, and keeps quiet about
 * `%zz`. A webhook that is mended is another webhook. So what RFC 3986 does not allow is refused, with the place where it
 * stands; curl refuses nearly all of it, too. What it says never holds more of the URL than its host, since the rest is
 * often the receiver's password.
 */
import { hostFault, unparsedHostFault } from "../runtime/host_name.ts";
import { placeholderFault } from "../runtime/unfilled.ts";
import { UsageError } from "./usage_error.ts";

/** What people put between two URLs, in one that cannot hold both: other keyboards have other commas. */
const SECOND_URL = /[,;|\s\x80-\u{10FFFF}]\s*(?:[^=:/?#,;|\s]*=)?https?:\/\//iu;

/** What a shell, YAML, JSON or a page leaves before a URL. */
const DRESS = /^(?!\/)[^\p{L}\p{N}]/u;

/** A host with a dot, a port or a path behind it, or `//host`; but no `user:password@host`. */
const SCHEMELESS =
  /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?|[a-z0-9-]+:\d{1,5})(?:[/?]|$)|^\/\/[a-z0-9]/i;

/** Controls, spaces, and what cannot be seen: Unicode's classes, and the mark of bytes that were no text. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Z}\uFFFD]/u;

/** Printable ASCII that no part of a URL may hold (RFC 3986, appendix A). */
const EXCLUDED = /["<>\\^`{|}]/;

/** Quotation marks of word processors, and the mark of what was shortened: all legal when encoded, and never meant. */
const COPIED = /[\p{Pi}\p{Pf}„‚…]/u;

/** A host that is safe to show, and its port. */
const SHOWN = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d*)?(?=[/?#\s]|$)/i;

/** A longer one would be most of the sentence. */
const LONGEST_SHOWN = 100;

/** By a flag or a variable, which may be a list with names in it; or as a text of its own in the configuration file. */
type Given = "flag" | "file";

const ADVICE: Record<Given, { form: string; second: string }> = {
  flag: {
    form:
      "write https://host/path, or NAME=https://host/path (in a list, a comma inside a URL is written %2C)",
    second:
      "holds two webhooks: give --url once for each (in a variable, put a comma, a space or a new line between them).",
  },
  file: {
    form: "write https://host/path",
    second: "holds two URLs: write one endpoint for each.",
  },
};

/**
 * @param text without white space around it
 * @param place for the error: `--url, entry 2`
 * @param given how it was given, for what to do about the error
 * @throws {UsageError}
 */
export function parseWebhookUrl(text: string, place: string, given: Given = "flag"): URL {
  checkScheme(text, place, given);
  // With an @ in it, what looks like the host may be a part of the password.
  const host = text.includes("@") ? undefined : SHOWN.exec(text)?.[1];
  const where = host === undefined || host.length > LONGEST_SHOWN ? place : `${place} (${host})`;
  const problem = SECOND_URL.test(text) ? ADVICE[given].second : problemOf(text);
  if (problem !== undefined) throw new UsageError(`${where} ${problem}`);
  const url = URL.parse(text);
  if (url === null) throw new UsageError(`${where} ${unparsedHostFault(hostOf(text))}.`);
  const fault = hostFault(url.hostname);
  if (fault !== undefined) throw new UsageError(`${where} ${fault}.`);
  return url;
}

/** Of a URL in which everything but its host is well. */
function hostOf(text: string): string {
  return /^https?:\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^:/?#]*)/i.exec(text)?.[1] ?? "";
}

function checkScheme(text: string, place: string, given: Given): void {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(text) ?? [];
  const left = shapeFault(text);
  if (left !== undefined) throw new UsageError(`${place} is not a URL: ${left}.`);
  if (scheme === undefined && DRESS.test(text)) {
    throw new UsageError(
      `${place} begins with ${
        describe(String.fromCodePoint(text.codePointAt(0) ?? 0))
      }: give the URL without what stands around it (quotes, brackets, a list's dash, a comment).`,
    );
  }
  if (scheme === undefined) {
    throw new UsageError(`${place} is not a URL: ${ADVICE[given].form}.`);
  }
  if (/^https?$/i.test(scheme)) return;
  // The scheme is not shown: in `token:rest` it would be the token.
  throw new UsageError(
    `${place} does not begin with https:// or http://, and nothing else can be a webhook.`,
  );
}

/** What is no URL from its beginning, in a way that is known. */
function shapeFault(text: string): string | undefined {
  if (text === "") return "it is empty; give it one, or leave it out";
  const placeholder = placeholderFault(text, false);
  if (placeholder !== undefined) return `it ${placeholder}`;
  return SCHEMELESS.test(text) ? "write https://host/path, with the scheme in front" : undefined;
}

/** What is wrong, as a clause that goes on after the place. */
function problemOf(text: string): string | undefined {
  return problemOfCharacters(text) ?? problemOfAuthority(text) ?? problemOfRest(text);
}

function problemOfCharacters(text: string): string | undefined {
  for (const [index, character] of [...text].entries()) {
    if (![UNSEEN, EXCLUDED, COPIED].some((kind) => kind.test(character))) continue;
    return `cannot be a URL: its character ${index + 1} is ${describe(character)}.`;
  }
  return undefined;
}

function describe(character: string): string {
  if (character === " ") return "a space (inside a URL, it is written %20)";
  if (character === "\t") return "a tab";
  if (/[\r\n]/.test(character)) return "a line break";
  if (character === "\\") return 'a backslash (write "/")';
  if (/[{}<>]/.test(character)) return `a "${character}" (was a placeholder not filled in?)`;
  if (character === "…") return 'a "…" (was it copied from where it is shortened?)';
  if (character === '"' || COPIED.test(character)) return "a quotation mark";
  if (!UNSEEN.test(character)) return `a "${character}"`;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `one that cannot be seen (U+${code})`;
}

function problemOfAuthority(text: string): string | undefined {
  const [, authority = ""] = /^https?:\/\/([^/?#]*)/i.exec(text) ?? [];
  const [, userinfo, hostAndPort = ""] = /^(?:(.*)@)?([^@]*)$/.exec(authority) ?? [];
  if (hostAndPort === "") {
    return 'has no host: after "https:" come two slashes, no more and no less, and then the host.';
  }
  if (userinfo?.includes("@")) return "has an @ in its user or password: there it is written %40.";
  if (hostAndPort.startsWith("[") && !/^\[[^\]]*\](:.*)?$/.test(hostAndPort)) {
    return "has a bracket in its host that is not closed.";
  }
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(hostAndPort) ?? [];
  if (/:.*:/.test(hostAndPort) && !host.startsWith("[")) {
    return "has more than one colon in its host: an IPv6 address stands in brackets, as in http://[::1]:8080/.";
  }
  if (host === "") return "has a port and no host.";
  const odd = /[^a-z0-9._\-[\]:\x80-\u{10FFFF}]/iu.exec(host)?.[0];
  if (odd !== undefined) return `has a "${odd}" in its host, where none can be.`;
  if (port === undefined || port === "") return undefined;
  if (!/^\d+$/.test(port)) {
    return 'has a port that is not a number (inside a password, "/" is written %2F, "?" %3F and "#" %23).';
  }
  return Number(port) >= 1 && Number(port) <= 65_535
    ? undefined
    : "has a port that is not between 1 and 65535.";
}

function problemOfRest(text: string): string | undefined {
  if (/\$\(\w+\)/.test(text)) {
    return "holds $(…), a variable that was not filled in: the pod has none of that name.";
  }
  if (/\$[A-Z][A-Z0-9_]{2,}\b/.test(text)) {
    return 'holds a variable that was not filled in (a "$" itself is written %24).';
  }
  const escape = /%(?![0-9a-f]{2})/i.exec(text)?.index;
  if (escape !== undefined) {
    return `has a "%" without two hexadecimal digits at character ${
      escape + 1
    }: a "%" itself is written %25.`;
  }
  if (text.includes("#")) {
    return 'has a "#", and what follows that is never sent to a server: take it out, or write %23.';
  }
  return undefined;
}
