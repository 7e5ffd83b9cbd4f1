import type { Span } from "./located.ts";
import { isPublicByName, isSecretByName, saysSecret } from "./secret_name.ts";

/**
 * The parts of a text that are secrets by their shape: known kinds of keys, private keys in PEM, passwords in URLs,
 * `name=value` and `--name value` of a secret's name, credentials of a header, and what is too random to be a word.
 *
 * The forms of keys are facts that their makers document and that scanners of repositories look for. Every search is
 * linear in the text, which whoever creates a pod may choose: no expression here can run over the same characters twice
 * for more than a bounded stretch.
 */

/** Keys by what they begin with. Each is looked for only where a word begins. */
const KEYS = new RegExp(
  `(?<![A-Za-z0-9])(?:${
    [
      // AWS: access key ids, and the long keys of Bedrock.
      "(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])",
      "ABSK[A-Za-z0-9+/]{64,}=*",
      // GitHub, GitLab.
      "gh[pousr]_[A-Za-z0-9]{30,}",
      "github_pat_\\w{60,}",
      "gl(?:pat|dt|rt|ptt|oas|soat|ft|imt|agent|ffct)-[\\w-]{20,}(?:\\.[\\w.-]+)?",
      "glcbt-[\\w-]{20,}",
      "GR1348941[\\w-]{20}",
      // Slack.
      "xox[abeoprs](?:\\.xox[bp])?-[\\w-]{8,}",
      "xapp-\\d-[\\w-]{8,}",
      // Stripe, Standard Webhooks, Square.
      "(?:sk|rk)_(?:live|test|prod)_\\w{10,}",
      "whsec_[\\w+/=-]{8,}",
      "(?:EAAA|sq0(?:atp|csp)-)[\\w-]{22,}",
      // Google, Azure, DigitalOcean, Alibaba, Cloudflare, Fly.
      "AIza[\\w-]{35}",
      "ya29\\.[\\w-]{20,}",
      "GOCSPX-[\\w-]{20,}",
      "[\\w~.]{3}\\dQ~[\\w~.-]{31,34}",
      "do[opr]_v1_[a-f0-9]{64}",
      "LTAI[A-Za-z0-9]{20}(?![A-Za-z0-9])",
      "v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}",
      "fm(?:1[ar]|2)_[\\w+/]{80,}=*",
      // Models.
      "sk-(?:ant|proj|svcacct|admin|or)-[\\w-]{20,}",
      "sk-[A-Za-z0-9]{32,}",
      "hf_[A-Za-z]{30,}",
      "pplx-[A-Za-z0-9]{40,}",
      // Registries of packages and images.
      "npm_[A-Za-z0-9]{30,}",
      "pypi-[\\w-]{50,}",
      "rubygems_[a-f0-9]{48}",
      "dckr_(?:pat|oat)_[\\w-]{20,}",
      "(?:AKCp|cmVmd)[A-Za-z0-9]{50,}",
      // HashiCorp, Pulumi, Doppler, 1Password, age.
      "hv[sbr]\\.[\\w-]{20,}",
      "[a-z0-9]{14}\\.atlasv1\\.[\\w=-]{60,}",
      "pul-[a-f0-9]{40}",
      "dp\\.(?:pt|st|ct|sa|scim|audit)\\.[\\w.-]{20,}",
      "ops_eyJ[\\w+/-]{50,}=*",
      "AGE-SECRET-KEY-1[A-Z0-9]{58}",
      // Watching, mail, talk.
      "gl(?:sa|c)_[\\w+/]{32,}=*",
      "sntry[su]_[\\w+/=-]{32,}",
      "NRAK-[A-Z0-9]{27}",
      "dt0c01\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}",
      "SG\\.[\\w-]{16,}\\.[\\w-]{16,}",
      "xkeysib-[a-f0-9]{64}-\\w{16}",
      "SK[a-f0-9]{32}",
      "key-[a-f0-9]{32}",
      "lin_api_[A-Za-z0-9]{40}",
      "ATATT3[\\w=-]{80,}",
      "PMAK-[a-f0-9]{24}-[a-f0-9]{34}",
      "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
      "dapi[a-f0-9]{32}(?:-\\d)?",
      "HRKU-AA[\\w-]{50,}",
      "ntn_[A-Za-z0-9]{40,}",
      "pscale_(?:tkn|pw|oauth)_[\\w=.-]{32,}",
      "\\d{8,10}:AA[\\w-]{32,34}",
      "sha256~[\\w-]{43}",
      // JWTs: base64url of {" begins so. The last part may be missing or cut off.
      "(?<![\\w-])eyJ[\\w-]{10,}\\.[\\w-]{4,}(?:\\.[\\w-]*)*",
    ].join("|")
  })`,
  "g",
);

/** URLs whose path is the secret. */
const CAPABILITY_URL =
  /(?:hooks\.slack\.com\/(?:services|workflows|triggers)|discord(?:app)?\.com\/api\/webhooks|\.webhook\.office\.com\/webhookb2|api\.telegram\.org\/bot)\/?([^\s"'<>]+)/g;

/** A name, and what makes the rest its value. The name is looked for only where one begins. */
const ASSIGNMENT = /(?<![\w.-])-{0,2}([A-Za-z_][\w.-]{0,100})(?:\\?["'])?\s{0,3}(?:=|:(?!\/\/)|=>)\s{0,3}/g;

/** The same where the name is a value itself, as in a list of variables. */
const PAIR =
  /(?<![\w.-])name(?:\\?["'])?\s{0,3}:\s{0,3}(?:\\?["'])?([A-Za-z_][\w.-]{0,100})(?:\\?["'])?,?\s{0,40}(?:\\?["'])?value(?:\\?["'])?\s{0,3}:\s{0,3}/g;

/** A flag, and the white space before its value. */
const FLAG = /(?<![\w.-])-{1,2}([A-Za-z][\w-]{0,100})\s{1,8}(?!-)/g;

/** What follows them: in quotes, in quotes of JSON within a text, a block of YAML, or up to what ends a value in URLs and shells. */
const VALUE = new RegExp(
  [
    /[|>][-+\d]{0,2}[ \t]{0,8}\n(?<indent>[ \t]+)[^\n]*(?:\n\k<indent>[^\n]*|\n(?=\n))*/,
    /(?<quote>["'])(?<inside>(?:(?!\k<quote>)[^\\]|\\[^])*)/,
    /(?<quote>\\["'])(?<inside>(?:\\\\\\?[^]|(?!\k<quote>)[^])*)/,
    /(?:\$\(\w{1,253}\)|\$\{\w{1,253}\}|[^\s"'`&;,<>(){}[\]|\\])+/,
  ].map(({ source }) => source).join("|"),
  "y",
);

/** `Server=db;Password=a b`: there nothing but the semicolon ends a value. */
const CONNECTION_STRING = /^\s{0,8}[A-Za-z][\w .]{0,40}=[^;=]{0,200};/;
const CONNECTION_VALUE = /(?<quote>["'])(?<inside>(?:(?!\k<quote>)[^])*)|[^;]+/y;

/** The value of a header goes on to the end of the line, or of the quotes around it. */
const HEADER = /^(?:proxy-)?authorization$|^(?:set-)?cookie$/i;
const HEADER_VALUE = /[^"'\r\n]+/y;

/** RFC 6750 and 7617, wherever they stand: what looks like a credential behind these words, since they are words, too. */
const CREDENTIALS =
  /(?<![\w-])(?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s{1,8}(?=[\w.~+/-]{0,64}(?:[\d=]|[a-z][A-Z]))([\w.~+/=-]{8,})/g;

/** `user:password@tcp(host)`: what Go's driver of MySQL takes. */
const GO_DSN = /(?<![^\s='"])[^\s:@/='"]{1,100}:([^\s'"]{1,200})(?=@(?:tcp|unix)\()/g;

/** `curl -u user:password`. */
const USER = /(?<![\w-])(?:-u|--user|--proxy-user|--login)[\s=]{1,8}["']?([^\s:"']{1,100}):([^\s"']+)/g;

/** Of what may be random; `=` at the end is base64's. */
const RUN = /[A-Za-z0-9+/_-]{20,}={0,2}/g;

/**
 * What is to be masked of a value.
 *
 * @param name the value's: of the variable, the annotation, the header; undefined where it has none
 */
export function secretsIn(name: string | undefined, value: string): Span[] {
  if (name !== undefined && isSecretByName(name, value)) return [{ from: 0, to: value.length }];
  if (value.length < 4) return [];
  const spans: Span[] = [];
  // As long as the shortest of the known keys.
  if (value.length >= 12) {
    for (const { index, 0: found } of value.matchAll(KEYS)) {
      spans.push({ from: index, to: index + found.length });
    }
    if (value.includes("-----BEGIN ")) pemBlocks(value, spans);
    if (name === undefined || !isPublicByName(name)) randomRuns(value, spans);
  }
  if (value.includes("://")) urls(value, spans);
  if (/@(?:tcp|unix)\(/.test(value)) lastGroups(value, GO_DSN, spans);
  if (/[=:]/.test(value)) assignments(value, spans);
  if (/\s/.test(value)) commandLine(value, spans);
  return spans;
}

/**
 * The same of one item of `command` or `args`.
 *
 * @param before the item before it
 */
export function secretsInArgument(before: string | undefined, value: string): Span[] {
  const own = /^-{0,2}([A-Za-z_][\w.-]{0,100})=([^]*)$/.exec(value);
  // All that follows the sign is the value, whatever stands in it.
  if (own?.[1] !== undefined && own[2] !== undefined && isSecretByName(own[1], own[2])) {
    return [{ from: value.length - own[2].length, to: value.length }];
  }
  const flag = before === undefined ? undefined : /^-{1,2}([A-Za-z][\w.-]{0,100})$/.exec(before)?.[1];
  // A flag that stands alone is followed by the next one.
  const isValue = flag !== undefined && !/^--[a-z][a-z-]*(?:=|$)|^-[A-Za-z]{1,12}$/.test(value);
  if (isValue && isSecretByName(flag, value)) return [{ from: 0, to: value.length }];
  if (isValue && /^(?:u|user|proxy-user|login)$/.test(flag)) {
    const colon = value.indexOf(":");
    if (colon > 0) return [{ from: colon + 1, to: value.length }];
  }
  const spans = secretsIn(undefined, value);
  if (own !== null) lastGroups(value, USER, spans);
  return spans;
}

/** Private keys, and whatever else is in PEM and not meant to be public; one that is cut off, up to the end. */
function pemBlocks(text: string, spans: Span[]): void {
  for (let from = text.indexOf("-----BEGIN "); from >= 0;) {
    const isPublic = /^-----BEGIN (?:X509 |TRUSTED )?(?:CERTIFICATE|[A-Z]{0,8} ?PUBLIC KEY)/.test(
      text.slice(from, from + 60),
    );
    if (isPublic) {
      from = text.indexOf("-----BEGIN ", from + 11);
      continue;
    }
    const end = text.indexOf("-----END ", from);
    const close = end < 0 ? -1 : text.indexOf("-----", end + 9);
    const to = close < 0 ? text.length : close + 5;
    spans.push({ from, to });
    from = text.indexOf("-----BEGIN ", to);
  }
}

/** Where a URL is at its end; the last case is that of a list, before the scheme of the next. */
const URL_END = /[\s"'`<>\\]|,(?=[a-z][a-z0-9+.-]{1,30}$)|$/i;

/** A port, not a password. */
const PORT = /^\d{1,5}(?:[/?#]|$)/;

/** Passwords of `scheme://user:password@host`, and paths that are secrets. */
function urls(text: string, spans: Span[]): void {
  for (const { index, 0: found, 1: path = "" } of text.matchAll(CAPABILITY_URL)) {
    spans.push({ from: index + found.length - path.length, to: index + found.length });
  }
  for (let at = text.indexOf("://"); at >= 0;) {
    const from = at + 3;
    at = text.indexOf("://", from);
    const rest = at < 0 ? text.slice(from) : text.slice(from, at);
    const url = rest.slice(0, rest.search(URL_END));
    const colon = url.search(/[:/]/);
    if (url[colon] !== ":" || PORT.test(url.slice(colon + 1))) continue;
    // A password that was not encoded may hold any character, but a query may hold an @ of its own.
    const query = url.search(/[?#]/);
    const ended = query < 0 ? -1 : url.lastIndexOf("@", query);
    const sign = ended > colon ? ended : url.lastIndexOf("@");
    if (sign > colon + 1) spans.push({ from: from + colon + 1, to: from + sign });
  }
}

function assignments(text: string, spans: Span[]): void {
  const form = CONNECTION_STRING.test(text) ? CONNECTION_VALUE : VALUE;
  valuesBehind(text, ASSIGNMENT, (name) => HEADER.test(name) ? HEADER_VALUE : form, spans);
  if (text.includes("value")) valuesBehind(text, PAIR, () => VALUE, spans);
}

/** What a shell or a header has. */
function commandLine(text: string, spans: Span[]): void {
  valuesBehind(text, FLAG, () => VALUE, spans);
  for (const form of [CREDENTIALS, USER]) lastGroups(text, form, spans);
}

/** What a form ends with. */
function lastGroups(text: string, form: RegExp, spans: Span[]): void {
  for (const match of text.matchAll(form)) {
    const to = match.index + match[0].length;
    spans.push({ from: to - (match.at(-1) ?? "").length, to });
  }
}

/** The values whose names say that they are secrets. */
function valuesBehind(text: string, names: RegExp, formOf: (name: string) => RegExp, spans: Span[]): void {
  let masked = 0;
  for (const { index, 0: found, 1: name = "" } of text.matchAll(names)) {
    // What stands within a value that goes need not be looked at, which would take ever so long in a long one.
    if (index < masked || !saysSecret(name)) continue;
    const span = valueAt(text, index + found.length, formOf(name));
    if (span === undefined || !isSecretByName(name, text.slice(span.from, span.to))) continue;
    spans.push(span);
    masked = span.to;
  }
}

/** Without the quotes around it. */
function valueAt(text: string, at: number, form: RegExp): Span | undefined {
  form.lastIndex = at;
  const match = form.exec(text);
  if (match === null) return undefined;
  const { quote = "", inside = match[0] } = match.groups ?? {};
  return { from: at + quote.length, to: at + quote.length + inside.length };
}

function randomRuns(text: string, spans: Span[]): void {
  for (const { index, 0: run } of text.matchAll(RUN)) {
    // A digest says of what kind it is, and is no secret.
    if (/sha\d{1,3}:$/i.test(text.slice(Math.max(0, index - 7), index))) continue;
    if (isRandom(run)) spans.push({ from: index, to: index + run.length });
  }
}

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** Whether so many different characters stand there that no person wrote it. */
function isRandom(run: string): boolean {
  const sample = run.slice(0, 256).replace(/=+$/, "");
  if (UUID.test(sample)) return false;
  const digits = sample.replace(/\D/g, "").length;
  if (digits === 0 || digits === sample.length) return false;
  // Both cases: 32 digits and more, else it is a number of something.
  if (/^(?:[\da-f]+|[\dA-F]+)$/.test(sample)) return sample.length >= 32 && entropy(sample) >= 3;
  // A path, or words with something between them.
  if (Math.max(...sample.split(/[/_-]/).map((piece) => piece.length)) < 16) return false;
  const isMixed = /[a-z]/.test(sample) && /[A-Z]/.test(sample);
  if (!isMixed && (sample.length < 24 || digits < sample.length / 6)) return false;
  return entropy(sample) >= 0.85 * Math.log2(Math.min(sample.length, isMixed ? 62 : 36));
}

/** Shannon's, in bits for each character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
