import type { CertificatePair } from "../runtime/client_certificate.ts";
import type { Failure } from "./outcome.ts";

/** What TLS with a receiver is made with. */
export interface Tls {
  /** PEM: authorities that are trusted besides those of the runtime (which reads `DENO_CERT`). */
  caCerts: readonly string[];
  /** What a person lets name an authority, for the sentence about a certificate that is not trusted. */
  trustIn: string;
  /** What a person lets name a client certificate, for the sentence about a receiver that wants one; options by default. */
  certificateIn?: string;
  /** Shown to a receiver that asks for one. */
  certificate?: ShownCertificate;
  /** Asked for (SNI) and looked for in the certificate, in place of the URL's host. */
  serverName?: string;
}

/** A certificate by which a client shows who it is; without anything around the blocks. */
export interface ShownCertificate extends CertificatePair {
  /** Where it comes from, for people. */
  from: string;
}

/** Asked at each dial, so that what was rotated is used from the next connection on. */
export type AskTls = () => Tls | Failure;

/** What there is where nothing is said. */
export const USUAL: Tls = { caCerts: [], trustIn: "DENO_CERT" };
