/** Characters that wait at the most. */
const MOST = 2 ** 20;

/**
 * Lines on their way to where nobody may take them: a full pipe (`2>&1 | less`, a container runtime that has come to a
 * stop) would else hold up the whole program, its probes and its end. They wait, up to a bound; those beyond it are left out,
 * and how many is said in their place.
 */
export class LineQueue {
  readonly #write: (text: string) => Promise<void>;
  /** Is given how many lines are missing. What it writes stands where they would. */
  onMissing: (lines: number) => void = () => {};
  #waiting = "";
  #missing = 0;
  #writing: Promise<void> | undefined;

  /** @param write resolves when all is taken; it is called again only then, and an error of it is nobody's */
  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  /** Takes a line with its line end, and returns at once. */
  write(line: string): void {
    // After one that is missing none may come before that is said.
    if (this.#missing > 0 || this.#waiting.length + line.length > MOST) this.#missing++;
    else this.#waiting += line;
    this.#writing ??= Promise.resolve().then(() => this.#writeAll());
  }

  /** Resolves when all was taken. */
  async written(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting !== "" || this.#missing > 0) {
      const [text, missing] = [this.#waiting, this.#missing];
      this.#waiting = "";
      this.#missing = 0;
      if (missing > 0) this.onMissing(missing);
      await this.#write(text).catch(() => {});
    }
    this.#writing = undefined;
  }
}
