import type { Log } from "../runtime/log.ts";
import { ClusterError, type ClusterFault } from "./error.ts";

/**
 * A small text file that others rotate: a token or a certificate. It is read at each use (a stat would cost
 * about the same, and the kubelet swaps symlinks, which no modification time tells). While it cannot be read
 * or is empty, the last good text is kept, as client-go does (transport/token_source.go).
 */
export class KeptFile {
  #last: string | undefined;
  #failing = false;

  /** @param fault what it means for a request when the file was never readable */
  constructor(readonly path: string, readonly fault: ClusterFault, readonly log: Log) {}

  /**
   * The text without white space around it.
   *
   * @throws {ClusterError} if the file was never read with success.
   */
  async text(): Promise<string> {
    try {
      const text = (await Deno.readTextFile(this.path)).trim();
      if (text === "") throw new Error("it is empty");
      this.#failing = false;
      return this.#last = text;
    } catch (cause) {
      return this.#keep(cause);
    }
  }

  #keep(cause: unknown): string {
    const reason = whyUnreadable(cause);
    if (this.#last === undefined) {
      throw new ClusterError(this.fault, `Cannot use the file ${this.path}: ${reason}.`, { cause });
    }
    if (!this.#failing) {
      this.#failing = true;
      this.log.warn(`Cannot read the file ${this.path} again: ${reason}. What it said last is used.`);
    }
    return this.#last;
  }
}

/** Part of a sentence. */
export function whyUnreadable(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "it does not exist";
  if (cause instanceof Deno.errors.PermissionDenied) return "its permissions forbid reading it";
  if (cause instanceof Deno.errors.NotCapable) {
    return "this program has no permission to read it (--allow-read)";
  }
  if (cause instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (cause instanceof Error && cause.message === "it is empty") return cause.message;
  return "it cannot be read";
}
