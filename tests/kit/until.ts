/** Lets tests wait for a state instead of for a time: whoever changes the state calls `look`. */
export class Until {
  #looks = new Set<() => void>();
  #summary: () => string;

  /** @param summary the state in one line, for the error of a test that waited in vain */
  constructor(summary: () => string) {
    this.#summary = summary;
  }

  /** Asks every waiting predicate again. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }

  /**
   * Resolves as soon as the predicate holds.
   *
   * @param what what is waited for, for the error
   * @param deadline milliseconds of real time; generous, since it passes only when a test fails
   */
  async wait(predicate: () => boolean, what = "the predicate", deadline = 60_000): Promise<void> {
    if (predicate()) return;
    await new Promise<void>((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#looks.delete(look);
      };
      const look = (): void => {
        if (!predicate()) return;
        finish();
        resolve();
      };
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`Waited ${deadline} ms for ${what}: ${this.#summary()}`));
      }, deadline);
      this.#looks.add(look);
    });
  }
}
