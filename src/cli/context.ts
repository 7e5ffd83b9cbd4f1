import { UsageError } from "../config/usage_error.ts";
import { fileFault } from "../runtime/file_fault.ts";
import type { Config } from "../config/config.ts";
import { fileFault as namedFault } from "../config/named_file.ts";
import { text as anyText } from "../config/value.ts";
import type { FlagName } from "./flags.ts";
import { fromOf, type Given, optional } from "./given.ts";
import type { Options } from "./options.ts";

/** What a command has to say, and the exit code; nothing else is to be done. */
export interface Answer {
  command: "answer";
  code: 0 | 1 | 2;
  /** For stdout. */
  data: string;
  /** For stderr. */
  remarks: string;
}

/** An answer that is data, and nothing is wrong. */
export function say(data: string): Answer {
  return { command: "answer", code: 0, data, remarks: "" };
}

/** The files that a person names. */
export interface Files {
  /** The text of a file, or its beginning where it is far too long; throws one of `Deno.errors`. */
  readText: (path: string) => string;
  /** The bytes of a file, by the same rule. */
  readBytes: (path: string) => Uint8Array<ArrayBuffer>;
  /** The text of what was read before; throws one of `Deno.errors`, also where it is a pipe by now. */
  readTextAgain: (path: string) => string;
  /** Whether it gives what it has only once, as a pipe does. */
  isReadOnce: (path: string) => boolean;
  /** The path without links; throws where there is no such file. */
  realPath: (path: string) => string;
}

/** What a command is given of the world. */
export interface CommandContext {
  env: (name: string) => string | undefined;
  files: Files;
  /** Milliseconds since the Unix epoch. */
  now: () => number;
  /** So many bytes that nobody can guess. */
  random: (bytes: number) => Uint8Array<ArrayBuffer>;
}

/**
 * What the configuration file says; undefined: none is named.
 *
 * @param text takes the place of what the file holds, for a reload
 * @throws {UsageError}
 */
export async function configOf(
  given: Map<FlagName, Given>,
  { env, files }: CommandContext,
  text?: string,
): Promise<Config | undefined> {
  const file = optional(given, "config", anyText);
  if (file === undefined) return undefined;
  const { readConfig } = await import("../config/config.ts");
  return await readConfig(text ?? readText(file, files), {
    file,
    state: optional(given, "state", anyText),
    serviceAccount: env("K8SVENT_SERVICE_ACCOUNT"),
    realPath: files.realPath,
  });
}

/** The text of the configuration file. @throws {UsageError} */
export function readText(file: string, files: Pick<Files, "readText">): string {
  try {
    return files.readText(file);
  } catch (cause) {
    throw new UsageError(`Cannot read the configuration file ${file}: ${fileFault(cause, file)}.`, { cause });
  }
}

/** What is sent or shown to a registry is not the service account's, whoever names it. @throws {UsageError} */
export function checkFiles(
  { secretFile, update }: Options,
  given: Map<FlagName, Given>,
  context: CommandContext,
): void {
  checkFile(secretFile, fromOf(given, "secret-file"), context);
  checkFile(update.registryConfig, fromOf(given, "registry-config"), context);
}

/** The same of one file. @param from what names it */
export function checkFile(path: string | undefined, from: string, { env, files }: CommandContext): void {
  const folders = { serviceAccount: env("K8SVENT_SERVICE_ACCOUNT"), realPath: files.realPath };
  const fault = path === undefined ? undefined : namedFault(path, folders);
  if (fault !== undefined) throw new UsageError(`${from} ${fault}.`);
}
