import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** The secrets that sign from now on, never empty, the first one first in the signature header. */
export interface Secrets {
  /** Called once a message, so that a rotation needs no restart. Never throws; may read a small file. */
  current(): string[];
}

/** Secrets that do not change. */
export function fixedSecrets(list: string[]): Secrets {
  return { current: () => list };
}

/** Why no secret could be had from the file: the message names the file, the reason and the way out. */
export class SecretFileError extends Error {
  override readonly name = "SecretFileError";
}

/** What reading a secret file takes. */
export interface SecretFileParts {
  clock: Clock;
  log: Log;
  /** Why a line cannot be a secret, as a clause that goes on after "The secret"; undefined where it can. */
  problemOf?: (secret: string) => string | undefined;
  /** The file's whole text; throws one of `Deno.errors`. By default from the disk. */
  read?: (path: string) => string;
}

/** A message every millisecond must not become a read every millisecond. */
const CHECK_EVERY = 1_000;

/**
 * The secrets of a file, one a line, blank lines ignored. The file is read again at most once a second, whole:
 * it is small, and Kubernetes updates a mounted Secret by moving the symlink `..data`, after which neither the
 * file's own modification time nor its size need differ. While it cannot be read, or holds no secret, the last
 * ones stay: signing with an old secret beats not delivering, and one warning says so.
 *
 * @throws {SecretFileError} when it cannot be read now, holds no secret, or one that cannot sign.
 */
export function openSecretFile(path: string, parts: SecretFileParts): Secrets {
  const { clock, log } = parts;
  let secrets = readSecrets(path, parts);
  let checked = clock.monotonic();
  let failing = false;
  return {
    current(): string[] {
      if (clock.monotonic() - checked < CHECK_EVERY) return secrets;
      checked = clock.monotonic();
      try {
        const found = readSecrets(path, parts);
        if (found.join("\n") !== secrets.join("\n")) {
          log.info("The secret file has changed and signs from now on.", {
            file: path,
            secrets: found.length,
          });
        }
        secrets = found;
        failing = false;
      } catch (error) {
        if (!failing) log.warn("The last known secrets go on signing.", { file: path, error });
        failing = true;
      }
      return secrets;
    },
  };
}

function readSecrets(path: string, { read = Deno.readTextFileSync, problemOf }: SecretFileParts): string[] {
  let content: string;
  try {
    content = read(path);
  } catch (cause) {
    throw new SecretFileError(`Cannot read the secret file ${path}: ${reason(cause)}.`, { cause });
  }
  const secrets: string[] = [];
  // An editor of another system may begin the file with a byte order mark.
  for (const [index, line] of content.replace(/^\uFEFF/, "").split(/\r?\n|\r/).entries()) {
    if (line.trim() === "") continue;
    const problem = problemOf?.(line);
    if (problem !== undefined) {
      throw new SecretFileError(`The secret in line ${index + 1} of ${path} ${problem}`);
    }
    secrets.push(line);
  }
  if (secrets.length > 0) return secrets;
  throw new SecretFileError(`The secret file ${path} is empty: write one secret a line into it.`);
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it does not exist; create it, or correct its path";
  if (error instanceof Deno.errors.PermissionDenied) return "its permissions do not let this user read it";
  if (error instanceof Deno.errors.NotCapable) {
    return "this build may only read files below /var/run/secrets/k8svent; mount it there";
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory; name the file in it";
  return error instanceof Error ? error.name : "unknown error";
}
