import {
  certificateIn,
  type CertificatePair,
  pairFault,
  shownOf,
  whatInstead,
} from "../runtime/client_certificate.ts";
import type { CredentialFiles } from "../runtime/credential_files.ts";
import { pemBlocks, pemText } from "../runtime/pem.ts";
import { failedBefore } from "./failure.ts";
import type { Failure } from "./outcome.ts";
import type { AskTls, ShownCertificate } from "./tls.ts";

/** The files of an endpoint's TLS; see `TlsSettings` in `route/endpoint_settings.ts`. */
export interface TlsFiles {
  caFile?: string;
  certFile?: string;
  keyFile?: string;
  serverName?: string;
}

/** Asks for TLS what the files hold now. A failure names the file and says what is wrong with it. */
export function tlsOf(named: TlsFiles, files: CredentialFiles): AskTls {
  const { caFile, certFile, keyFile, serverName } = named;
  /** What was last found to be whole, so that it is not looked at again at each dial. */
  let checked: { authorities: string; caCerts: readonly string[] } | undefined;
  const authorities = (): readonly string[] | Failure => {
    if (caFile === undefined) return [];
    const found = files.text(caFile, "tls.caFile", LONGEST_CA);
    if ("problem" in found) return failedBefore("credentials", found.problem);
    if (checked?.authorities === found.text) return checked.caCerts;
    const caCerts = certificatesIn(found.text);
    if (caCerts === undefined) {
      const problem = files.reported(caFile, "tls.caFile", `it ${whatInstead(found.text)}`);
      return failedBefore("credentials", problem);
    }
    checked = { authorities: found.text, caCerts };
    return caCerts;
  };
  return () => {
    const caCerts = authorities();
    if ("kind" in caCerts) return caCerts;
    const certificate = certFile === undefined || keyFile === undefined
      ? undefined
      : pairOf(certFile, keyFile, files);
    if (certificate !== undefined && "kind" in certificate) return certificate;
    return {
      caCerts,
      trustIn: "tls.caFile",
      ...certificate !== undefined && { certificate },
      ...serverName !== undefined && { serverName },
    };
  };
}

/** Bytes: a bundle of all authorities of a system has 250 KB. */
const LONGEST_CA = 1_048_576;

function pairOf(certFile: string, keyFile: string, files: CredentialFiles): ShownCertificate | Failure {
  const pair = readPair(certFile, keyFile, files);
  if ("kind" in pair) return pair;
  const fault = pairFault(pair, NAMES);
  // Between the two a rotation may have come: what is kept of one of them is older than the other.
  if (fault === undefined) return { ...shownOf(pair), from: `tls.certFile (${certFile})` };
  for (const file of [certFile, keyFile]) files.forget(file);
  const again = readPair(certFile, keyFile, files);
  if ("kind" in again) return again;
  const still = pairFault(again, NAMES);
  if (still === undefined) return { ...shownOf(again), from: `tls.certFile (${certFile})` };
  const { fault: what, wayOut } = still;
  return failedBefore(
    "credentials",
    `no TLS with ${certFile} and ${keyFile}: ${what}. ${wayOut.replace(/\.$/, "")}`,
  );
}

const NAMES = { certificate: "tls.certFile", key: "tls.keyFile" };

function readPair(certFile: string, keyFile: string, files: CredentialFiles): CertificatePair | Failure {
  const cert = files.text(certFile, NAMES.certificate);
  if ("problem" in cert) return failedBefore("credentials", cert.problem);
  const key = files.text(keyFile, NAMES.key);
  if ("problem" in key) return failedBefore("credentials", key.problem);
  return { cert: cert.text, key: key.text };
}

/** Undefined where there is none that is whole: the runtime would take nothing from it and say nothing. */
function certificatesIn(text: string): string[] | undefined {
  const whole = pemBlocks(text).flatMap(({ label, der }) =>
    label === "CERTIFICATE" && der !== undefined && certificateIn(der) !== undefined
      ? [pemText(label, der)]
      : []
  );
  return whole.length === 0 ? undefined : whole;
}
