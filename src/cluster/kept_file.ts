import type { Log } from "../runtime/log.ts";
import { readBytesAgain } from "../runtime/named_text.ts";
import { ClusterError, type ClusterFault } from "./error.ts";
import { whyUnreadable } from "./named_file.ts";

/**
 * A small text file that others rotate: a token or a certificate. It is read at each use, since the kubelet
 * swaps symlinks, which no modification time tells. While it cannot be read or is empty, the last good text is kept, as
 * client-go does (transport/token_source.go).
 */
export class KeptFile {
  #last: string | undefined;
  #failing = false;

  /** @param fault what it means for a request when the file was never readable */
  constructor(
    readonly path: string,
    readonly fault: ClusterFault,
    readonly log: Log,
    /** What stands in for the file until it can be read. */
    standIn?: string,
  ) {
    this.#last = standIn;
  }

  /**
   * The text without white space around it.
   *
   * @throws {ClusterError} if the file was never read with success.
   */
  async text(): Promise<string> {
    try {
      const text = new TextDecoder().decode(await readBytesAgain(this.path)).trim();
      if (text === "") throw new Error("it is empty");
      this.#failing = false;
      return this.#last = text;
    } catch (cause) {
      return this.#keep(cause);
    }
  }

  #keep(cause: unknown): string {
    const reason = whyUnreadable(cause, this.path);
    if (this.#last === undefined) {
      throw new ClusterError(
        this.fault,
        `Cannot use the file ${this.path}, which should hold ${HOLDS[this.fault] ?? "text"}: ${reason}.`,
        { cause },
      );
    }
    if (!this.#failing) {
      this.#failing = true;
      this.log.warn(`Cannot read the file ${this.path}: ${reason}. What was known before is used.`);
    }
    return this.#last;
  }
}

const HOLDS: Partial<Record<ClusterFault, string>> = {
  unauthorized: "credentials for the API server",
  certificate: "the certificate of the API server's authority",
};
