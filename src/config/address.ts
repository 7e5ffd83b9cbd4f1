import type { Address } from "../admin/listen.ts";
import { quote, UsageError } from "./usage_error.ts";

/** An IPv6 address stands in brackets, as in a URL. */
const ADDRESS = /^(?:\[(?<address>[0-9A-Fa-f:.]+)\]|(?<name>[^\s:/@*[\]]*)):(?<port>\d{1,5})$/;

/**
 * `127.0.0.1:8080`, `[::1]:8080`, or `:8080` for all addresses.
 *
 * @param from the flag or variable that the text came from, for the error
 * @throws {UsageError} for any other text.
 */
export function parseAddress(text: string, from: string): Address {
  const { address, name, port } = ADDRESS.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) {
    throw new UsageError(
      `${from} must be HOST:PORT or :PORT, for example :8080, not ${quote(text)}.${hint(text)}`,
    );
  }
  const host = address ?? name ?? "";
  return host === "" ? { port: Number(port) } : { host, port: Number(port) };
}

/** What is missing, as a sentence with a space before it; empty where nobody knows. */
function hint(text: string): string {
  if (/^\d{1,5}$/.test(text)) return ` To listen on this port at all addresses, write :${text}.`;
  if (/^\*:\d+$/.test(text)) return ` All addresses are meant where the host is left out: ${text.slice(1)}.`;
  if (Number(/:(\d+)$/.exec(text)?.[1]) > 65_535) return " A port is at most 65535.";
  if (/^[a-z]+:\/\//i.test(text)) return " It has no scheme and no path.";
  if (/:.*:/.test(text)) return " An IPv6 address stands in brackets: [::1]:8080.";
  return "";
}
