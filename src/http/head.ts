import type { Request } from "./outcome.ts";

/**
 * The head of a request, its blank line included.
 *
 * The one place where a value that came from outside (a pod's name, an answer, a file) could become a field or a request
 * of its own: whatever is not printable ASCII is refused here.
 *
 * @param prefix the request line and the fields that are the same each time
 * @param authorization of the URL's user; one among the headers takes its place
 * @throws {TypeError} for a name or a value that HTTP cannot say, and for fields that only HTTP itself may set
 */
export function headOf(
  prefix: string,
  authorization: string | undefined,
  { headers, body }: Request,
): string {
  let head = prefix;
  if (authorization !== undefined && headers["authorization"] === undefined) {
    head += `authorization: ${authorization}\r\n`;
  }
  for (const name in headers) {
    const value = headers[name] ?? "";
    if (!NAME.test(name) || RESERVED.has(name)) {
      throw new TypeError(`"${name}" is not a header field that can be set.`);
    }
    if (UNPRINTABLE.test(value)) throw new TypeError(`The header field ${name} is not printable ASCII.`);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}content-length: ${body.length}\r\n\r\n`;
}

const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const UNPRINTABLE = /[^\t\x20-\x7e]/;

/** What says where a message ends, and what belongs to the connection. */
const RESERVED = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
