/** Has every scope listed anew, at once. What was listed and watched until then counts. */
export class Relist {
  #turn = new AbortController();

  /** Aborts when a list is wanted. */
  get signal(): AbortSignal {
    return this.#turn.signal;
  }

  /** Wants a list. */
  now(): void {
    const ended = this.#turn;
    this.#turn = new AbortController();
    ended.abort();
  }
}
