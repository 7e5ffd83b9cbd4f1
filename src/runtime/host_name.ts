import { isIP } from "node:net";

/** Bytes of a name, and of what stands between two of its dots (RFC 1035 §2.3.4). */
const LONGEST = 253;
const LONGEST_PART = 63;

/**
 * What is wrong with the host of a URL, as a clause that goes on after what it is; undefined: nothing. The URL parser takes names
 * that no resolver looks up and no certificate can hold, and what either of them says of that is not much. An underscore
 * is no fault: names within a network have it.
 *
 * @param host as `URL.hostname` has it
 */
export function hostFault(host: string): string | undefined {
  if (host.startsWith("[") || isIP(host) !== 0) return undefined;
  // The dot at the end of an absolute name.
  const name = host.replace(/\.$/, "");
  if (name.length > LONGEST) {
    return `has ${name.length} characters in its host, and a name has ${LONGEST} at the most`;
  }
  for (const part of name.split(".")) {
    if (part === "") return "has a dot too many in its host";
    if (part.length > LONGEST_PART) {
      return `has a part of ${part.length} characters in its host, and ${LONGEST_PART} are the most between two dots`;
    }
    if (/^-|-$/.test(part)) return "has a hyphen at an end of a part of its host, where no name has one";
  }
  return undefined;
}

/** The same of a host that the URL parser does not take. @param host as it was written */
export function unparsedHostFault(host: string): string {
  if (host.startsWith("[")) return "has something in brackets that is no IPv6 address";
  // A host whose last part is a number is an address, or nothing (WHATWG URL, "ends in a number").
  if (/(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i.test(host)) {
    return "has a number at the end of its host, as addresses have, and is none";
  }
  const isEncoded = /(?:^|\.)xn--/i.test(host);
  return `has a host that cannot be one${isEncoded ? ': what stands behind "xn--" is no encoded name' : ""}`;
}
