import { X509Certificate } from "node:crypto";
import { isOneElement } from "./der.ts";
import type { Env } from "./environment.ts";
import type { Log } from "./log.ts";
import { printable } from "./printable.ts";

/**
 * The file that `DENO_CERT` names: authorities that are trusted beside the usual ones. The runtime reads it, at the first TLS
 * connection, and does one of two things with what is wrong in it (Deno 2.9.6): it refuses each connection from then on, with
 * words of its own, or takes nothing from the file and says nothing. So it is looked at once, at the start.
 */

/** The file that `DENO_CERT` names makes all TLS fail. The message names it and the way out. */
export class TrustFileError extends Error {
  override readonly name = "TrustFileError";
}

/**
 * @param read by default from the disk; throws one of `Deno.errors`
 * @throws {TrustFileError} where the runtime would refuse each connection. What it would take nothing from is a warning.
 */
export function checkExtraTrust(
  env: Env,
  log: Log,
  read: (file: string) => Uint8Array = readPlain,
): void {
  const file = env("DENO_CERT");
  if (file === undefined) return;
  if (file === "") throw new TrustFileError("DENO_CERT is set but empty. Name a file in it, or unset it.");
  const bytes = readOrThrow(file, read);
  const flaw = bytes && findFlaw(bytes);
  if (flaw === undefined) return;
  const message = `DENO_CERT names ${file}, which ${flaw.what}.`;
  if (flaw.isFatal) throw new TrustFileError(`${message} Correct the file, or unset DENO_CERT.`);
  log.warn(`${message} Nothing is trusted for it.`);
}

/** A pipe would be waited for without end. */
function readPlain(file: string): Uint8Array {
  const { isDirectory, isFile } = Deno.statSync(file);
  if (!isFile && !isDirectory) throw new Error("no plain file");
  return Deno.readFileSync(file);
}

function readOrThrow(file: string, read: (file: string) => Uint8Array): Uint8Array | undefined {
  try {
    return read(file);
  } catch (error) {
    // A pod's permissions do not reach every folder; the runtime, which reads it, does not ask for them.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    const why = error instanceof Deno.errors.NotFound
      ? "does not exist"
      : error instanceof Deno.errors.PermissionDenied
      ? "this user may not read"
      : "cannot be read: it is a folder, no plain file, or broken";
    throw new TrustFileError(`DENO_CERT names ${file}, which ${why}. Correct or unset it.`);
  }
}

interface Flaw {
  /** Goes on after "which". */
  what: string;
  isFatal: boolean;
}

function findFlaw(bytes: Uint8Array): Flaw | undefined {
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === "") return useless("is empty");
  const begun = text.match(/-----BEGIN [^-]*-----/g) ?? [];
  const blocks = [...text.matchAll(/-----BEGIN ([^-]*)-----([^-]*)-----END \1-----/g)];
  if (begun.length > blocks.length) return { what: "ends in the middle of a PEM block", isFatal: true };
  // DER of a certificate begins with a sequence of a length in two bytes.
  if (bytes[0] === 0x30 && bytes[1] === 0x82) {
    return useless("is in DER form: it must be PEM (openssl x509 -inform der -in FILE -out FILE.pem)");
  }
  if (blocks.some(([, kind, body]) => kind === "CERTIFICATE" && /[^A-Za-z0-9+/=\s]/.test(body ?? ""))) {
    return { what: "holds a certificate that is damaged: it is not valid base64", isFatal: true };
  }
  const found = blocks.filter(([, kind]) => kind === "CERTIFICATE").map(([block]) => parse(block));
  if (found.length === 0) {
    return useless(
      blocks.length === 0
        ? "is no PEM: it must hold certificates, each between BEGIN CERTIFICATE and END CERTIFICATE"
        : `holds no certificate, but "${printable(blocks[0]?.[1] ?? "", 40)}"`,
    );
  }
  const certificates = found.filter((one) => one !== undefined);
  if (certificates.length === 0) return useless("holds a certificate that is damaged");
  if (certificates.some((one) => one.ca || one.issuer === one.subject)) return undefined;
  return useless(
    `holds ${
      nameOf(certificates[0]?.subject)
    }, which is not the certificate of an authority: it must hold that of the one that ` +
      `issued it, ${nameOf(certificates[0]?.issuer)}`,
  );
}

function useless(what: string): Flaw {
  return { what, isFatal: false };
}

function parse(block: string): X509Certificate | undefined {
  try {
    const [, base64 = ""] = /-----BEGIN [^-]*-----([^-]*)/.exec(block) ?? [];
    return isOneElement(Uint8Array.fromBase64(base64)) ? new X509Certificate(block) : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(distinguished = ""): string {
  return `"${printable(/^CN=(.*)$/m.exec(distinguished)?.[1] ?? distinguished, 64)}"`;
}
