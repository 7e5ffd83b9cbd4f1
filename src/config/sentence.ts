import type { Path } from "./document.ts";
import { similar } from "./similar.ts";

/*
 * How a fault of the configuration file is said: the path, and what should stand there. Values of URLs, headers and
 * credentials are not shown, nor keys that no person would have chosen.
 */

/** Stands in a sentence for the place that it is about, until that is known. */
export const PLACE = "\0";

/** What is wrong at a path. In the message, `PLACE` stands for it. */
export interface Wrong {
  path: Path;
  message: string;
}

/** The sentence with its place in it; before it, where it has none. */
export function placed(message: string, path: Path): string {
  const label = labelOf(path);
  return message.includes(PLACE) ? message.replaceAll(PLACE, label) : `${label} ${message}`;
}

/** `endpoints[2].tls.caFile`. */
export function labelOf(path: Path): string {
  if (path.length === 0) return "The file";
  return path.map((part, index) =>
    typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${safeKey(part)}`
  ).join("");
}

/** A key as it may be shown: what is long or odd, or has digits where none belong, may be a value that slipped. */
export function safeKey(key: string): string {
  return /^([A-Za-z][A-Za-z_-]{0,29}|oauth2|(x|k8svent|webhook)-[a-z0-9-]{1,40})$/i.test(key) ? key : "…";
}

/** "a list", for what stands where something else should. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
    case "bigint":
      return "a number";
    case "boolean":
      return String(value);
    default:
      return "a map";
  }
}

/** What there is, where that is not too much for a sentence. */
function whole(known: readonly string[]): string {
  return known.length > 12
    ? ' "k8svent config schema" names all that there are.'
    : ` It can have: ${known.join(", ")}.`;
}

/** What people write who know other programs, and the key that does that here; both tables in camel case. */
const MEANT: Record<string, string> = {
  receivers: "endpoints",
  webhooks: "endpoints",
  sinks: "endpoints",
  targets: "endpoints",
  global: "defaults",
  namespace: "namespaces",
  excludeNamespace: "excludeNamespaces",
  ignoreNamespaces: "excludeNamespaces",
  labels: "selector",
  labelSelector: "selector",
  matchLabels: "selector",
  events: "reasons",
  when: "filter",
  expression: "filter",
  cel: "filter",
  secretFile: "secretFiles",
  webhookUrl: "url",
  proxy: "proxyUrl",
  proxyURL: "proxyUrl",
  tlsConfig: "tls",
  customHeaders: "headers",
  secureHeaders: "headers",
  basic: "basicAuth",
  ca: "caFile",
  cert: "certFile",
  key: "keyFile",
  rateLimit: "rate",
  maxConcurrency: "concurrency",
  bearerTokenFile: "authorization",
  tokenFile: "credentialsFile",
  scope: "scopes",
  tokenURL: "tokenUrl",
  stateFile: "state",
};

/** The keys that hold a secret elsewhere; here a file does. */
const INLINE: Record<string, string> = {
  secret: "secretFiles",
  secrets: "secretFiles",
  password: "passwordFile",
  credentials: "credentialsFile",
  token: "credentialsFile",
  bearerToken: "authorization",
  clientSecret: "clientSecretFile",
};

/** What there is at two places, to tell a key that stands at the other one. */
export interface KeysByPlace {
  file: readonly string[];
  endpoint: readonly string[];
}

/** The sentence about a key that does not exist where it stands. @param known those that do */
export function unknownKey(path: Path, known: readonly string[], all: KeysByPlace): string {
  const key = String(path.at(-1));
  const isTop = path.length === 1;
  const instead = entryOf(INLINE, key);
  if (instead !== undefined && (isTop || known.includes(instead))) {
    return `${
      labelOf(path)
    } would hold a secret, and none stands in this file: name the file that holds it with ${
      isTop ? "defaults.secretFiles" : instead
    }.`;
  }
  if (/^(insecure|insecureSkip(Tls)?Verify|skipVerify|verify)$/i.test(camelCase(key))) {
    return `There is no key ${
      safeKey(key)
    }: name the authority of the receiver's certificate with tls.caFile.`;
  }
  if (isTop && all.endpoint.includes(key)) {
    return `${
      safeKey(key)
    } stands in an endpoint, or under defaults for all of them, not at the top of the file.`;
  }
  if (!isTop && all.file.includes(key)) {
    return `${safeKey(key)} stands at the top of the file, not in ${labelOf(path.slice(0, -1))}.`;
  }
  const where = isTop ? "the file" : labelOf(path.slice(0, -1));
  const meant = [entryOf(MEANT, key), similar(key, known)]
    .find((name) => name !== undefined && known.includes(name));
  const hint = meant === undefined ? whole(known) : ` Did you mean ${meant}?`;
  return `There is no key ${safeKey(key)} in ${where}.${hint}`;
}

function entryOf(table: Record<string, string>, key: string): string | undefined {
  const name = camelCase(key);
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Prometheus and what is like it write `client_secret`. */
function camelCase(key: string): string {
  return key.replace(/[_-]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
