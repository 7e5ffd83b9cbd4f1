import type { Clock } from "../../src/runtime/clock.ts";

/** The secrets that sign, and their rotation: a new one beside the old, then the new one alone. */
export class Keys {
  /** What the program reads; the first signs where there is room for one signature. */
  secrets: string[] = ["first"];
  /** Whether the program was given any. */
  readonly isUsed: boolean;
  readonly #clock: Clock;
  #count = 1;
  /** What was dropped, and when: what was signed in that very instant may still come. */
  #dropped: { secret: string; at: number }[] = [];

  constructor(isUsed: boolean, clock: Clock) {
    this.isUsed = isUsed;
    this.#clock = clock;
  }

  /** Those that a message which comes now may be signed with. */
  active(): string[] {
    const now = this.#clock.monotonic();
    return [...this.secrets, ...this.#dropped.flatMap(({ secret, at }) => at === now ? [secret] : [])];
  }

  add(): void {
    if (this.secrets.length === 1) this.secrets = [`secret ${++this.#count}`, ...this.secrets];
  }

  drop(): void {
    const [first, ...others] = this.secrets;
    if (first === undefined || others.length === 0) return;
    this.secrets = [first];
    this.#dropped = others.map((secret) => ({ secret, at: this.#clock.monotonic() }));
  }
}
