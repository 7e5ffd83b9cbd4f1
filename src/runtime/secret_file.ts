import type { Clock } from "./clock.ts";
import { fileFault } from "./file_fault.ts";
import type { Log } from "./log.ts";
import { isReadOnce, readTextAgain, readTextUpTo } from "./named_text.ts";
import { parseSecrets } from "./secret.ts";

/** The secrets that sign from now on, the first one first in the signature header; none: nothing is signed. */
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
  /** The file's text, or its beginning where it is far too long; throws one of `Deno.errors`. By default from the disk. */
  read?: (path: string) => string;
}

/** A message every millisecond must not become a read every millisecond. */
const CHECK_EVERY = 1_000;

/** In bytes. Ten secrets have room in it; what is longer is another file, or one without an end such as /dev/zero. */
const LONGEST = 65_536;

/**
 * The secrets of a file, by the rule of `secret.ts`. The file is read again at most once a second, whole: it is small,
 * and Kubernetes updates a mounted Secret by moving the symlink `..data`, after which neither the file's own
 * modification time nor its size need differ. While it cannot be read, or holds no secret, the last ones stay: signing
 * with an old secret beats not delivering, and one warning says so. What is no file (a pipe, as the shell makes of
 * `<(…)`) can be read once, and is.
 *
 * @throws {SecretFileError} when it cannot be read now, holds no secret, or one that cannot sign.
 */
export function openSecretFile(path: string, { clock, log, read = readFile }: SecretFileParts): Secrets {
  let { secrets, weak } = readSecrets(path, read);
  let checked = clock.monotonic();
  let failing = false;
  const sayWeak = (): void => weak === undefined ? undefined : log.warn(`A secret in ${path} ${weak}`);
  sayWeak();
  if (read === readFile && isReadOnce(path)) return fixedSecrets(secrets);
  return {
    current(): string[] {
      if (clock.monotonic() - checked < CHECK_EVERY) return secrets;
      checked = clock.monotonic();
      try {
        const found = readSecrets(path, read === readFile ? readAgain : read);
        const isChanged = found.secrets.join("\n") !== secrets.join("\n");
        ({ secrets, weak } = found);
        failing = false;
        if (isChanged) {
          log.info("The secret file has changed and signs from now on.", {
            file: path,
            secrets: secrets.length,
          });
          sayWeak();
        }
      } catch (error) {
        if (!failing) log.warn("The last known secrets go on signing.", { file: path, error });
        failing = true;
      }
      return secrets;
    },
  };
}

/** The secrets of a file as it is now. @throws {SecretFileError} */
export function readSecrets(
  path: string,
  read: (path: string) => string,
): { secrets: string[]; weak: string | undefined } {
  let content: string;
  try {
    content = read(path);
  } catch (cause) {
    throw new SecretFileError(`Cannot read the secret file ${path}: ${fileFault(cause, path)}.`, { cause });
  }
  const parsed = parseSecrets(content);
  switch (parsed.kind) {
    case "secrets":
      return parsed;
    case "problem":
      throw new SecretFileError(`The secret in line ${parsed.line} of ${path} ${parsed.problem}`);
    case "empty":
      throw new SecretFileError(`The secret file ${path} is empty: write one secret a line into it.`);
  }
}

function readFile(path: string): string {
  return readTextUpTo(path, LONGEST);
}

function readAgain(path: string): string {
  return readTextAgain(path, LONGEST);
}
