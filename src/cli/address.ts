import type { Address } from "../admin/listen.ts";
import { quote, UsageError } from "./usage_error.ts";

/** An IPv6 address stands in brackets, as in a URL. */
const ADDRESS = /^(?:\[(?<address>[0-9A-Fa-f:.]+)\]|(?<name>[^\s:/@[\]]*)):(?<port>\d{1,5})$/;

/**
 * `127.0.0.1:8080`, `[::1]:8080`, or `:8080` for all addresses.
 *
 * @param from the flag or variable that the text came from, for the error
 * @throws {UsageError} for any other text.
 */
export function parseAddress(text: string, from: string): Address {
  const { address, name, port } = ADDRESS.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) {
    throw new UsageError(`${from} must be HOST:PORT or :PORT, for example :8080, not ${quote(text)}.`);
  }
  const host = address ?? name ?? "";
  return host === "" ? { port: Number(port) } : { host, port: Number(port) };
}
