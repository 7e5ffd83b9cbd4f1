import type { Clock } from "../runtime/clock.ts";

/**
 * Whether the version that a watch goes on from can still be trusted.
 *
 * A watch goes on without an error in a history that is not the one it began in: etcd restored from a backup *and*
 * written to until it had passed the version. A restore stops every API server, so whoever may have missed such a stop
 * has to list. There are two degrees:
 *
 * - **lost**: no API server answered for 10 s, or two connects in a row failed, or the reader itself read nothing for so
 *   long and then found the stream ended. That is a list at once.
 * - **doubtful**: a stream ended before its time after 10 s without a sign of life, or the program stood still
 *   (`runtime/standstill.ts`) and the stream has not lived on for 10 s since. A flaky network looks the same all day, so
 *   that is a list once in ten minutes at most; a doubt that comes sooner waits for its turn.
 *
 * What came shortly after a silence says nothing: it may have lain in a buffer all the while.
 *
 * The watch calls it at each step; nothing here fails.
 */

/** After a silence of so many milliseconds, or so many connects in a row that failed, the version is not trusted. */
const SILENCE = 10_000;
const REFUSALS = 2;

/** Between two lists that only a doubt is the reason for, in milliseconds, at the least. */
const DOUBT_INTERVAL = 600_000;

/** What it needs of the world. */
export interface ContactDeps {
  clock: Clock;
  /** When the program last stood still (`Standstill`), on the monotonic clock. */
  standstill?: { readonly endedAt: number } | undefined;
}

/** The contact of one watch with the API servers. */
export class Contact {
  readonly #deps: ContactDeps;
  #silentSince: number | undefined;
  #refusals = 0;
  #heardAt = 0;
  /** When the stream's last long silence was over. */
  #brokeSilenceAt = -Infinity;
  /** When the reader went on after it had read nothing for long, and since when it had not. */
  #looksAgain: { at: number; heardAt: number } | undefined;
  /** Whether a stream ended as if everything had stopped meanwhile. */
  #hasDoubt = false;
  /** When the last list began, and when the last one ended that a doubt was the reason for. */
  #listedAt = -Infinity;
  #doubtSettledAt = -Infinity;

  constructor(deps: ContactDeps) {
    this.#deps = deps;
  }

  /** Whether none answered for so long that the cluster may be another one by now. Until one does. */
  get wasLost(): boolean {
    return this.#refusals >= REFUSALS || this.#now - (this.#silentSince ?? Infinity) >= SILENCE;
  }

  /** Whether the same may have happened unseen, and it is time to look. Until a list is complete. */
  get isDoubtful(): boolean {
    const isDue = this.#now - this.#doubtSettledAt >= DOUBT_INTERVAL;
    return isDue && (this.#hasDoubt || this.#stoodStill);
  }

  /** A list is complete. @param since when it began; whether a doubt was the reason */
  listed(since: number, forDoubt: boolean): void {
    this.made();
    this.#listedAt = since;
    this.#hasDoubt = false;
    if (forDoubt) this.#doubtSettledAt = this.#now;
  }

  /** An API server answered. */
  made(): void {
    const now = this.#now;
    if (now - this.#heardAt >= SILENCE) this.#brokeSilenceAt = now;
    this.#silentSince = undefined;
    this.#refusals = 0;
    this.#heardAt = now;
    if (now - (this.#looksAgain?.at ?? -Infinity) >= SILENCE) this.#looksAgain = undefined;
  }

  /** The stream is read on. */
  resumed(): void {
    const now = this.#now;
    if (now - this.#heardAt >= SILENCE) this.#looksAgain = { at: now, heardAt: this.#heardAt };
  }

  /** The stream ended, however that was. @param isEarly whether before the time that it had asked for */
  ended(isEarly: boolean): void {
    const now = this.#now;
    const wasSilent = now - this.#heardAt >= SILENCE || now - this.#brokeSilenceAt < SILENCE;
    if (isEarly && wasSilent) this.#hasDoubt = true;
    // Where it was not read for long, nobody knows since when it had ended.
    if (this.#looksAgain !== undefined) this.#silentSince ??= this.#looksAgain.heardAt;
    this.#looksAgain = undefined;
  }

  /** Nobody was asked since then: for long, that is no better than no answer. */
  slept(since: number): void {
    if (this.#now - since >= SILENCE) this.#silentSince ??= since;
  }

  /** @param since when none answered any more; whether the connection had been made before it failed */
  failed(since: number, wasOpen: boolean): void {
    this.#silentSince ??= since;
    if (!wasOpen) this.#refusals++;
  }

  /** Whether the program stood still since the last list, and nothing shows that the stream outlived it. */
  get #stoodStill(): boolean {
    const endedAt = this.#deps.standstill?.endedAt ?? -Infinity;
    return endedAt > this.#listedAt && this.#heardAt - endedAt < SILENCE;
  }

  get #now(): number {
    return this.#deps.clock.monotonic();
  }
}
