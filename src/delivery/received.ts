import type { Scheme } from "../route/endpoint_settings.ts";

/** A delivery as it came to a receiver. */
export interface Received {
  /** By name in lower case; several of one name joined with ", ". */
  headers: ReadonlyMap<string, string>;
  body: Uint8Array;
}

/** The header that holds the signature of each scheme. */
export const HEADERS: Readonly<Record<Scheme, string>> = {
  standard: "webhook-signature",
  github: "x-hub-signature-256",
  atomist: "x-atomist-signature",
};
