import type { Clock } from "./clock.ts";
import { fileFault } from "./file_fault.ts";
import { readAtMost } from "./small_file.ts";

/**
 * The small files that the endpoint file names: passwords, tokens, URLs, certificates. Somebody else rotates them (the
 * kubelet, cert-manager, a SPIFFE agent), often by moving a symlink, after which neither the modification time nor the
 * size need differ. So each is read whole at each use, but at most once a second, whoever uses it.
 *
 * What cannot be used is reported, and nothing that was known before takes its place: whoever took a password out of its file
 * meant that. It is read again with the next use, so it is mended without a restart.
 *
 * Which files may be read is asked at each reading, of the path with all links resolved, and that one is opened: a link
 * that is moved meanwhile must not lead to the API server's token. What is no plain file is never opened: a pipe would be
 * waited for without end.
 */
export class CredentialFiles {
  readonly #clock: Clock;
  readonly #mayRead: MayRead;
  readonly #disk: CredentialDisk;
  readonly #read = new Map<string, { at: number; found: FileText }>();

  /** @param disk by default the real one */
  constructor({ clock, mayRead, disk = DISK }: CredentialFilesParts) {
    this.#clock = clock;
    this.#mayRead = mayRead;
    this.#disk = disk;
  }

  /**
   * What a file holds, without a byte order mark and without white space around it: an editor ends a file with a line end.
   *
   * @param option what names the file, for the problem
   * @param most bytes that it may have
   */
  text(path: string, option: string, most = LONGEST): FileText {
    const found = this.#current(path, most);
    return "problem" in found ? { problem: this.reported(path, option, found.problem) } : found;
  }

  /** The same of what is one line: a password, a token. */
  line(path: string, option: string): FileText {
    const found = this.text(path, option);
    if ("problem" in found) return found;
    const problem = /[\r\n]/.test(found.text)
      ? "it has several lines, and should have one"
      : found.text.includes("\uFFFD")
      ? "it is no UTF-8"
      : undefined;
    return problem === undefined ? found : { problem: this.reported(path, option, problem) };
  }

  /** The whole sentence, without its full stop. @param problem a clause that says `it` of the file */
  reported(path: string, option: string, problem: string): string {
    return `the file ${path} (${option}) cannot be used: ${problem}`;
  }

  /** Has it read anew at the next use: what it held was of no use. */
  forget(path: string): void {
    this.#read.delete(path);
  }

  #current(path: string, most: number): FileText {
    const now = this.#clock.monotonic();
    const known = this.#read.get(path);
    if (known !== undefined && now - known.at < CHECK_EVERY) return known.found;
    const found = this.#fresh(path, most);
    // A configuration that is read again and again may name ever new ones.
    if (this.#read.size >= KEPT) this.#read.clear();
    this.#read.set(path, { at: now, found });
    return found;
  }

  #fresh(path: string, most: number): FileText {
    try {
      const real = this.#disk.resolve(path);
      const refused = this.#mayRead(real);
      if (refused !== undefined) return { problem: refused };
      const bytes = this.#disk.read(real, most + 1);
      if (bytes === undefined) return { problem: "it is no plain file" };
      if (bytes.length > most) return { problem: `it has more than ${most / 1024} KiB, and is another file` };
      const text = new TextDecoder().decode(bytes).trim();
      return text === "" ? { problem: "it is empty" } : { text };
    } catch (error) {
      return { problem: fileFault(error, path) };
    }
  }
}

/** What a file holds, or why it is of no use, for people. */
export type FileText = { text: string } | { problem: string };

/**
 * Whether a file may be read.
 *
 * @param path absolute, with all links resolved
 * @returns why not, as a clause that says `it` of the file; undefined: it may
 */
export type MayRead = (path: string) => string | undefined;

/** What reading such files takes. */
export interface CredentialFilesParts {
  clock: Clock;
  mayRead: MayRead;
  disk?: CredentialDisk;
}

/** The disk under it. Both throw one of `Deno.errors`. */
export interface CredentialDisk {
  /** The path with all links resolved. */
  resolve(path: string): string;
  /** The first bytes of it; undefined: it is no plain file, and was not opened. */
  read(path: string, most: number): Uint8Array<ArrayBuffer> | undefined;
}

const DISK: CredentialDisk = {
  resolve: (path) => Deno.realPathSync(path),
  read(path, most): Uint8Array<ArrayBuffer> | undefined {
    const { isFile, isDirectory } = Deno.statSync(path);
    if (isDirectory) throw new Deno.errors.IsADirectory();
    return isFile ? readAtMost(path, most) : undefined;
  },
};

/** Milliseconds. A message every millisecond must not become a read every millisecond. */
const CHECK_EVERY = 1_000;

/** Bytes, of whatever is not a list of authorities. */
const LONGEST = 65_536;

/** Files at once; three for each of a thousand endpoints. */
const KEPT = 3_000;
