import type { Clock } from "../runtime/clock.ts";

/** Browsers at once; who logs in beyond them takes the place of the oldest. */
const MOST = 100;

/** Milliseconds since the login: a working day. */
export const SESSION_FOR = 12 * 3_600_000;

/** Bytes of an id. Nobody guesses 256 bits. */
const ID_BYTES = 32;

/**
 * Browsers that have shown the token, by ids that mean nothing elsewhere. They are kept in memory alone: a restart logs
 * everybody out, as does another token.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #random: (bytes: number) => Uint8Array;
  /** Until when; the oldest first. */
  readonly #until = new Map<string, { ends: number; token: string }>();

  /** @param random gives bytes that nobody can guess */
  constructor(clock: Clock, random: (bytes: number) => Uint8Array) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The id of a new one. @param token by which it was opened */
  open(token: string): string {
    const id = this.#random(ID_BYTES).toBase64({ alphabet: "base64url", omitPadding: true });
    this.#until.set(id, { ends: this.#clock.monotonic() + SESSION_FOR, token });
    const [oldest] = this.#until.keys();
    if (this.#until.size > MOST && oldest !== undefined) this.#until.delete(oldest);
    return id;
  }

  /** Whether there is such a one, opened by the token that counts now. */
  has(id: string, token: string): boolean {
    const found = this.#until.get(id);
    if (found === undefined) return false;
    if (found.token === token && this.#clock.monotonic() < found.ends) return true;
    this.#until.delete(id);
    return false;
  }

  close(id: string): void {
    this.#until.delete(id);
  }
}
