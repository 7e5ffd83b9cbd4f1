import { createHash } from "node:crypto";
import { certificateIn, whatInstead } from "../runtime/client_certificate.ts";
import { ClusterError } from "./error.ts";
import { pemBlocks, pemText } from "../runtime/pem.ts";

/** The authorities that a cluster's API server is trusted by. */
export interface Authorities {
  /** Each as PEM; at least one. */
  readonly pem: readonly string[];
  /** Where they come from: `certificate-authority of the cluster "near" in /home/me/.kube/config`. */
  readonly from: string;
  /** How many blocks of the text were of no use. */
  readonly skipped: number;
  /** A digest of them as a set: order, comments, line ends and repetitions change nothing. */
  readonly digest: string;
  /** Whether a certificate (DER) is itself among them. */
  includes(der: Uint8Array): boolean;
}

/**
 * Reads a bundle as client-go does (x509.CertPool.AppendCertsFromPEM): what is damaged, or no certificate, is skipped.
 *
 * @param where for the sentence; see `Authorities.from`
 * @throws {ClusterError} `certificate` where nothing is left. Deno would take that for no authority of one's own, and
 * trust the system's.
 */
export function readAuthorities(text: string, where: string): Authorities {
  const blocks = pemBlocks(text);
  const whole = blocks.flatMap(({ label, der }) => {
    return label === "CERTIFICATE" && der !== undefined && certificateIn(der) !== undefined ? [der] : [];
  });
  if (whole.length === 0) {
    throw new ClusterError(
      "certificate",
      `The authority of the API server cannot be used: ${where} ${whatInstead(text)}. It has to be the ` +
        "certificate that signed the API server's, in PEM (-----BEGIN CERTIFICATE-----).",
    );
  }
  const hashes = [...new Set(whole.map(hash))].sort();
  return {
    pem: whole.map((der) => pemText("CERTIFICATE", der)),
    from: where,
    skipped: blocks.length - whole.length,
    digest: createHash("sha256").update(hashes.join()).digest("hex").slice(0, 16),
    includes: (der) => hashes.includes(hash(der)),
  };
}

function hash(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}
