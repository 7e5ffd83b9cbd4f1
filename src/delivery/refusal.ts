import type { Answer, Outcome } from "../http/outcome.ts";
import { printable } from "../runtime/printable.ts";
import { redactorOf } from "../runtime/redact.ts";
import { parseDate } from "../runtime/retry_after.ts";
import { areSame } from "../runtime/secret.ts";
import { duration } from "../runtime/wording.ts";
import type { Confidential } from "./credentials.ts";

/**
 * What a receiver says when it does not take a message, for people, in two parts that are kept apart:
 *
 * - `whyNot`: the status and what a person can do about it, in the program's own words. It is kept with the message, so it
 *   holds nothing of the answer but the host that a redirect points to.
 * - `firstLine`: what the answer itself says. Somebody else wrote it, and may repeat what was sent: the
 *   path of the URL ("Cannot POST /…") and the secret. It goes into the log alone, as a field.
 */

/**
 * A part of a sentence: `status 401 (check the secret that it expects)`, or the failure's own.
 *
 * @param now milliseconds since the epoch
 */
export function whyNot(outcome: Outcome, now: number): string {
  return outcome.kind === "answer" ? `status ${outcome.status} (${adviceOn(outcome, now)})` : outcome.message;
}

function adviceOn(answer: Answer, now: number): string {
  const { status, body } = answer;
  if (HTTP_TO_HTTPS.test(body) && status >= 400) return "it speaks https: write https:// in its URL";
  if (NGINX_CERTIFICATE.test(body) && status === 400) {
    return "it wants a client certificate that it trusts: check the certFile and keyFile of its tls (--config)";
  }
  if (REDIRECTS.has(status)) return redirected(answer.headers.get("location"));
  const usual = ADVICE.get(status) ?? adviceOnClass(status);
  const fault = DOUBTS.has(status) ? clockFault(answer, now) : undefined;
  return fault === undefined ? usual : `${fault}; else ${usual}`;
}

/** With these a receiver answers whom it does not believe. */
const DOUBTS = new Set([400, 401, 403]);

/** The libraries of Standard Webhooks refuse what was signed further away from their own time. */
const TOLERANCE = 300_000;

/** By the receiver's `Date`: the right secret is of no use while the clocks are too far apart. */
function clockFault({ headers }: Answer, now: number): string | undefined {
  const date = parseDate(headers.get("date")?.toLowerCase() ?? "", now);
  if (date === undefined || Math.abs(date - now) <= TOLERANCE) return undefined;
  const apart = `${duration(Math.abs(date - now))} ${date < now ? "behind" : "ahead of"}`;
  return `its clock is ${apart} this machine's, and a signature is good for 5 min: correct the one that is wrong`;
}

/** Of nginx, Apache, Go, Tomcat and others, to a request in the clear. */
const HTTP_TO_HTTPS = /HTTP request (was sent )?to (an )?HTTPS|plain HTTP to an SSL|requires TLS/i;

/** nginx says it in words alone. */
const NGINX_CERTIFICATE = /The SSL certificate error|No required SSL certificate was sent/;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Where it points: scheme and host, never the path, which may hold a token. */
function redirected(location: string | undefined): string {
  if (location === undefined) return "it redirects and does not say where to: check its URL";
  const target = /^[a-z][a-z0-9+.-]*:/i.test(location) ? URL.parse(location) : undefined;
  // A mail address, a script or an inline page has no host either.
  if (target === null || target?.host === "" || location.trim() === "") {
    return "it redirects to something that is not a URL: check its URL";
  }
  if (target === undefined && !location.startsWith("//")) {
    return "it redirects to another path of its own, which is not followed: check its URL, also a slash at its end";
  }
  const { protocol, host } = target ?? URL.parse(location, "https://x") ?? { protocol: "", host: "" };
  const where = printable(`${target === undefined ? "" : `${protocol}//`}${host}`, LONGEST_HOST);
  return `it redirects to ${where}, which is not followed: give the URL there, or check whether it wants a login`;
}

const LONGEST_HOST = 100;

const UNREACHED = "the proxy in front of it cannot reach it: check that it runs";
const CLOUDFLARE = "Cloudflare cannot reach it: check that it runs, and its certificate";

/** What to look at when an endpoint answers so. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [300, "check its URL: it offers several"],
  [304, "it takes a POST for a question: check its URL"],
  [305, "it wants to be asked through a proxy: name that in HTTPS_PROXY"],
  [400, "it does not understand the request: see its log, and what body it expects"],
  [401, "check the secret that it expects"],
  [402, "its plan or quota is used up"],
  [403, "check the secret that it expects, and who may reach it"],
  [404, "check its URL"],
  [405, "check its URL: it does not take POST there"],
  [407, "a proxy before it wants a user and a password: check the credentials of the proxy"],
  [408, "it did not get the request in time: check the network on the way"],
  [410, "it says that it is gone: check its URL"],
  [411, "what stands before it drops content-length: see its log"],
  [413, "let it accept larger bodies"],
  [414, "its URL is too long for it"],
  [415, "let it take the content-type application/json"],
  [
    421,
    "it does not serve that host by this connection: check the host in its URL, and serverName in its tls (--config)",
  ],
  [422, "it cannot use the body: see its log, and what body it expects"],
  [426, "let it speak HTTP/1.1"],
  [429, "it asks for fewer requests: raise its limit, or lower --concurrency"],
  [431, "let it accept larger headers, or send fewer of them with --signatures"],
  [451, "it refuses for reasons of law"],
  [495, "it does not take the client certificate"],
  [496, "it wants a client certificate: name one in the certFile and keyFile of its tls (--config)"],
  [497, "it speaks https: write https:// in its URL"],
  [499, "what stands before it gave up: see its log"],
  [500, "see its log"],
  [501, "check its URL: it does not know POST there"],
  [502, UNREACHED],
  [503, "it is down or overloaded: check that it runs"],
  [504, "the proxy in front of it timed out: check that it runs"],
  [505, "let it speak HTTP/1.1"],
  [507, "it has no room left"],
  [508, "it sends the request round in a circle: see its log"],
  [511, "the network wants a login"],
  ...[520, 521, 522, 523, 524, 525, 526, 527, 530].map((status): [number, string] => [status, CLOUDFLARE]),
]);

function adviceOnClass(status: number): string {
  if (status < 200 || status >= 600) return "which no HTTP server should answer: check what runs there";
  if (status < 400) return "it answers with a redirect that is none: check its URL";
  return status < 500 ? "see its log" : "it has a fault of its own: see its log";
}

/** Characters of an answer that people see. */
const LONGEST_LINE = 200;

/**
 * The first line of an answer that says something: of JSON the field that is meant for people, of HTML the title, else the
 * first line. Printable, at most 200 characters, without secrets and without what only the sender and the receiver know of
 * the URL. Undefined where there is none.
 */
export function firstLine(body: string, confidential: Confidential): string | undefined {
  if (body === "") return undefined;
  const said = ofJson(body) ?? ofHtml(body) ??
    body.split(/[\r\n\u2028\u2029]+/).find((line) => printable(line) !== "") ??
    "";
  if (!isText(said)) return undefined;
  // Before anything is cut off: of what is cut in two, no part is known any more.
  const clean = withoutConfidential(printable(said), confidential);
  return clean === "" ? undefined : printable(clean, LONGEST_LINE);
}

/** What is printable in an answer, without secrets and without what only the sender and the receiver know of the URL. */
export function withoutConfidential(text: string, { url, secrets }: Confidential): string {
  // Redacted before anything else is taken out of it, for the same reason.
  const redacted = redactorFor(secrets)(text);
  return url === undefined ? redacted : withoutUrl(redacted, url);
}

/** What is compressed, or in another encoding than UTF-8, consists of bytes that are none of its characters. */
function isText(said: string): boolean {
  const strange = said.length - said.replaceAll("\uFFFD", "").length;
  return strange * 8 < said.length || strange === 0;
}

/** Fields for people in the answers of webhook receivers and API gateways (RFC 9457 has `detail` and `title`). */
const FIELDS = ["message", "error_description", "detail", "error", "title", "reason", "errors", "msg"];

function ofJson(body: string): string | undefined {
  if (!/^\s*[[{"]/.test(body)) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return textIn(value, 0) ?? JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function textIn(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (typeof value !== "object" || value === null || depth > 3) return undefined;
  const inner = Array.isArray(value)
    ? value.slice(0, 1)
    : FIELDS.filter((field) => Object.hasOwn(value, field)).map((field) =>
      (value as Record<string, unknown>)[field]
    );
  for (const one of inner) {
    const text = textIn(one, depth + 1);
    if (text !== undefined) return text;
  }
  return undefined;
}

function ofHtml(body: string): string | undefined {
  if (!/^\s*<(!doctype|html|head|body|\?xml)/i.test(body)) return undefined;
  const title = /<(title|h1|h2|pre|p)\b[^>]*>([^<]*[^<\s][^<]*)</i.exec(body)?.[2];
  const text = title ?? body.replace(/<(style|script)\b[\s\S]*?<\/\1>|<[^>]*>/gi, " ");
  return text.replace(/&(\w+|#\d+);/g, (whole, name) => ENTITIES.get(name) ?? whole).replace(/\s+/g, " ");
}

/** Those that every template engine writes. */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["#39", "'"],
  ["#34", '"'],
  ["nbsp", " "],
]);

/** Without the path of the URL, its password, and the parts of it that may be a token, in whatever form they come back. */
function withoutUrl(text: string, url: URL): string {
  let parts = PARTS.get(url);
  if (parts === undefined) PARTS.set(url, parts = partsOf(url));
  return text.replace(parts, "…");
}

/** Of each URL, made once: with page and API every answer is looked at. */
const PARTS = new WeakMap<URL, RegExp>();

function partsOf({ pathname, search, username, password }: URL): RegExp {
  const parts = [...`${pathname}${search}`.split(/[/?&=;]/), username]
    .filter((part) => part.length >= SHORTEST_TOKEN);
  const known = [pathname + search, pathname, search.slice(1), password, ...parts]
    .flatMap((part) => [part, decoded(part)])
    .filter((part) => part.length > 1)
    .sort((a, b) => b.length - a.length);
  return known.length === 0 ? /(?!)/ : new RegExp(known.map(RegExp.escape).join("|"), "gi");
}

/** Shorter ones are words such as `hooks`, which say nothing. */
const SHORTEST_TOKEN = 6;

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What takes these out of a text. Made once for as long as they stay the same: with page and API every answer is looked at. */
function redactorFor(secrets: readonly string[]): (text: string) => string {
  const known = REDACTORS.get(secrets);
  // Whoever gave the list may have changed it since.
  if (known !== undefined && areSame(known.secrets, secrets)) return known.redact;
  const made = { secrets: [...secrets], redact: redactorOf(secretForms(secrets)) };
  REDACTORS.set(secrets, made);
  return made.redact;
}

const REDACTORS = new WeakMap<
  readonly string[],
  { secrets: readonly string[]; redact: (text: string) => string }
>();

/** Also as the key that `whsec_…` stands for, which is what a receiver has. */
function secretForms(secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) => [secret, printable(secret), encodeURIComponent(secret)]).filter(Boolean);
}
