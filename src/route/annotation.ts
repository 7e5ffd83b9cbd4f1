import { createHash } from "node:crypto";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointSettings } from "./endpoint_settings.ts";
import { type HostPattern, matchesHost } from "./host_pattern.ts";

/** How the name of an endpoint that came from an annotation begins. */
export const ANNOTATION_PREFIX = "pod:";

/** Whether this is the name of such an endpoint. */
export function isOfAnnotation(name: string): boolean {
  return name.startsWith(ANNOTATION_PREFIX);
}

/** How many webhooks of one annotation are looked at. */
export const WEBHOOKS_PER_POD = 3;

/** Characters. Three long URLs fit; a text made to cost time or to flood the log does not. */
const LONGEST = 4096;

/** What can stand in an HTTP header (RFC 9110 §5.5) and still be read by everybody: printable ASCII. */
const ENVIRONMENT = /^[!-~](?:[ -~]{0,251}[!-~])?$/;

/** What an annotation asks for, as far as it may be granted. */
export interface Wish {
  /** Absolute https URLs of allowed hosts, without fragment, each once. May be empty. */
  urls: URL[];
  environment?: string;
  /** What was refused and why: clauses such as `webhook 2 (example.org) is refused: …`. No path, no query. */
  problems: string[];
}

/**
 * Reads `{"webhooks": [URL, …], "environment": NAME}`. Either field may be absent or null, and unknown fields
 * are ignored. The text is whatever a pod's author wrote: nothing in it makes this throw, and at most
 * {@link WEBHOOKS_PER_POD} + 2 problems come of it.
 */
export function parseAnnotation(text: string, allowed: HostPattern[]): Wish {
  const fields = parseFields(text);
  if (typeof fields === "string") return { urls: [], problems: [fields] };
  const wish: Wish = { urls: [], problems: [] };
  readWebhooks(fields["webhooks"] ?? [], allowed, wish);
  readEnvironment(fields["environment"] ?? undefined, wish);
  return wish;
}

function parseFields(text: string): Record<string, unknown> | string {
  if (text.length > LONGEST) return `it is longer than ${LONGEST} characters`;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // The parser's message quotes the text, and with it a URL's path.
  }
  return `it is not a JSON object such as {"webhooks": ["https://hooks.example.com/pods"]}`;
}

function readWebhooks(value: unknown, allowed: HostPattern[], wish: Wish): void {
  if (!Array.isArray(value)) {
    wish.problems.push(`"webhooks" is not a list of URLs`);
    return;
  }
  for (const [index, item] of value.slice(0, WEBHOOKS_PER_POD).entries()) {
    const url = checkWebhook(item, allowed);
    if (typeof url === "string") wish.problems.push(`webhook ${index + 1} ${url}`);
    else if (!wish.urls.some((known) => known.href === url.href)) wish.urls.push(url);
  }
  if (value.length > WEBHOOKS_PER_POD) {
    wish.problems.push(
      `it names ${value.length} webhooks, of which only the first ${WEBHOOKS_PER_POD} count`,
    );
  }
}

/** The URL, or why it is refused. */
function checkWebhook(item: unknown, allowed: HostPattern[]): URL | string {
  const url = typeof item === "string" ? URL.parse(item) : null;
  if (url === null) return "is refused: it is not an absolute URL";
  const host = url.host.slice(0, 253);
  if (url.protocol !== "https:") return `(${host}) is refused: it is not https`;
  if (url.username !== "" || url.password !== "") {
    return `(${host}) is refused: a URL must not carry a user name or a password`;
  }
  if (!allowed.some((pattern) => matchesHost(pattern, url))) {
    return `(${host}) is refused: --pod-webhooks does not allow this host and port`;
  }
  // A receiver never sees the fragment, so two that differ in it alone are one.
  url.hash = "";
  return url;
}

function readEnvironment(value: unknown, wish: Wish): void {
  if (value === undefined) return;
  if (typeof value === "string" && ENVIRONMENT.test(value)) wish.environment = value;
  else wish.problems.push(`"environment" is not a text of 1 to 253 printable ASCII characters`);
}

/**
 * The endpoint of an annotation's URL. Its name has 128 bits of a hash, unlike that of an operator's: eight
 * digits are found again in minutes by trying paths, and whoever had the name of another endpoint would share
 * its queue. The prefix keeps the two kinds apart.
 */
export function annotationEndpoint(url: URL, settings: EndpointSettings): Endpoint {
  const digest = createHash("sha256").update(url.href).digest("hex").slice(0, 32);
  return { name: `${ANNOTATION_PREFIX}${url.host.slice(0, 253)}-${digest}`, url, trusted: false, settings };
}
