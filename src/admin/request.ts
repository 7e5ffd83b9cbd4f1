/**
 * Reading the head of a request (RFC 9112). Strict where a peer and this program could understand two things, since then
 * it is not the peer's fault alone.
 */

/** The head of a request. */
export interface Head {
  /** As it was sent: methods are case-sensitive (RFC 9110 §9.1). */
  method: string;
  /** Without query, as it was sent. */
  path: string;
  /** Behind the `?`, as it was sent; empty where there is none. */
  query: string;
  /** Whether the peer wants to send another request on this connection. */
  keepsAlive: boolean;
  /** By name in lower case; several of one name joined with ", ". Each character is a byte. */
  fields: ReadonlyMap<string, string>;
  framing: Framing;
}

/** How the end of a body is known. `unclear`: its fields contradict each other, or say what is not spoken here. */
export type Framing =
  | { kind: "none" }
  | { kind: "length"; bytes: number }
  | { kind: "chunked" }
  | { kind: "unclear" };

/** What the bytes so far are. `length`: of the head, empty lines before it included. */
export type Read =
  | { kind: "unfinished" }
  | { kind: "head"; head: Head; length: number }
  | { kind: "refused"; status: 400 | 431 | 505; why: string };

/** Bytes that a head may have. Go allows a megabyte, nginx 32 KiB; a probe or a scrape needs a few hundred. */
export const LARGEST_HEAD = 16 * 1024;

/** A name or an address, and a port (RFC 9112 §3.2); without a user, who belongs in no request (RFC 9110 §4.2.4). */
const HOST = /^(\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?$/i;

/** What no field holds (RFC 9110 §5.5): a control character of ASCII that is no tab. */
const CONTROL = /[^\t\P{Cc}\x80-\x9f]/u;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const LF = 10;
const CR = 13;

/**
 * Reads the head at the beginning of `bytes`, as far as it is there.
 *
 * @param seen so many of the bytes were there at the last call: a head that comes byte by byte is searched once
 */
export function readHead(bytes: Uint8Array, seen = 0): Read {
  let start = 0;
  // Some clients end a body with a line end that is not counted (RFC 9112 §2.2).
  while (bytes[start] === CR || bytes[start] === LF) start++;
  const first = bytes[start];
  // A TLS hello begins with 22, and no method with anything but a token's character: such a peer has nothing to add.
  if (first !== undefined && !TOKEN.test(String.fromCharCode(first))) {
    return refused(400, "This is not a request of HTTP.");
  }
  const end = endOf(bytes, Math.max(start, seen - 2));
  if (end === undefined || end > LARGEST_HEAD) {
    if (bytes.length <= LARGEST_HEAD) return { kind: "unfinished" };
    return refused(431, `The head of the request is larger than ${LARGEST_HEAD / 1024} KiB.`);
  }
  // Each byte as one character: what is not ASCII is refused where it would matter, and not decoded.
  const lines = new TextDecoder("latin1").decode(bytes.subarray(start, end)).split(/\r?\n/);
  return parse(lines.shift() ?? "", lines.filter((line) => line !== ""), end);
}

/** Behind the empty line. A single LF ends a line, too (RFC 9112 §2.2). */
function endOf(bytes: Uint8Array, start: number): number | undefined {
  for (let at = bytes.indexOf(LF, start); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}

function parse(requestLine: string, lines: string[], length: number): Read {
  const [method = "", target = "", version = "", ...more] = requestLine.split(" ");
  if (!TOKEN.test(method) || more.length > 0) return refused(400, "The request line cannot be read.");
  if (!/^HTTP\/\d\.\d$/.test(version)) return refused(400, "The request line cannot be read.");
  if (!version.startsWith("HTTP/1.")) return refused(505, "HTTP/1.1 is spoken here.");
  const asked = targetOf(method, target);
  if (asked === undefined) return refused(400, "The request's target cannot be read.");
  const fields = fieldsOf(lines);
  if (fields === undefined) return refused(400, "A header field cannot be read.");
  const hosts = fields.get("host") ?? [];
  if (hosts.length > 1 || (hosts.length === 0 && version !== "HTTP/1.0")) {
    return refused(400, "A request has one header field Host.");
  }
  const { path, query, authority } = asked;
  // Of two, that of the target counts (RFC 9112 §3.2.2).
  if (authority !== undefined) fields.set("host", [authority]);
  if (![...hosts, authority ?? ""].every((host) => HOST.test(host))) {
    return refused(400, "The host that is asked cannot be read.");
  }
  const head = {
    method,
    path,
    query,
    keepsAlive: keepsAlive(version, fields),
    fields: new Map([...fields].map(([name, values]) => [name, values.join(", ")])),
    framing: framingOf(fields),
  };
  return { kind: "head", head, length };
}

/** What is asked for. `authority`: where it is a whole URL, as a proxy is asked. */
type Target = Pick<Head, "path" | "query"> & { authority?: string | undefined };

/** Of `/path?query`, or of a whole URL; undefined: it is neither. */
function targetOf(method: string, target: string): Target | undefined {
  if (!/^[\x21-\x7e]+$/.test(target)) return undefined;
  if (method === "CONNECT" || (method === "OPTIONS" && target === "*")) return { path: target, query: "" };
  const found = /^(?:https?:\/\/([^/?#]+)(?=[/?#]|$)|(?=\/))([^?#]*)(?:\?([^#]*))?/i.exec(target);
  return found === null ? undefined : { authority: found[1], path: found[2] || "/", query: found[3] ?? "" };
}

/** By name in lower case; undefined: one of them cannot be read. */
function fieldsOf(lines: string[]): Map<string, string[]> | undefined {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    // White space before the colon, or a folded line, is read differently by different programs (RFC 9112 §5).
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (!TOKEN.test(name) || CONTROL.test(line)) return undefined;
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return fields;
}

function framingOf(fields: Map<string, string[]>): Framing {
  const [length, ...more] = fields.get("content-length") ?? [];
  const encoding = fields.get("transfer-encoding")?.join();
  if (encoding !== undefined) {
    return length === undefined && /^chunked$/i.test(encoding) ? { kind: "chunked" } : { kind: "unclear" };
  }
  if (length === undefined) return { kind: "none" };
  if (more.length > 0 || !/^\d{1,15}$/.test(length)) return { kind: "unclear" };
  return length === "0" ? { kind: "none" } : { kind: "length", bytes: Number(length) };
}

function keepsAlive(version: string, fields: Map<string, string[]>): boolean {
  const options = (fields.get("connection") ?? []).join().toLowerCase().split(",").map((text) => text.trim());
  return !options.includes("close") && (version !== "HTTP/1.0" || options.includes("keep-alive"));
}

function refused(status: 400 | 431 | 505, why: string): Read {
  return { kind: "refused", status, why };
}
