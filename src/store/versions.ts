/**
 * The versions: what was recorded of a pod, each a row that tells all of it but for whom it is pending. A version lives
 * while it is its pod's current one or pending (I2); whoever ends either calls `drop`.
 */
import { isTransition, type Reason } from "../change/reasons.ts";
import { isAboutPod } from "../pod/payload.ts";
import { trimmedBody } from "../pod/trimmed.ts";
import { type Bodies, NOWHERE, type Place } from "./bodies.ts";
import { FLAGS, type Journal, type VersionRow } from "./journal.ts";
import type { Pod } from "./pods.ts";
import type { NewVersion } from "./store.ts";

/** All versions. */
export class Versions {
  readonly #journal: Journal;
  readonly #bodies: Bodies;
  /** The id that was given last. */
  last = 0;
  /** Those whose body was given up, in memory since a list asks of each pod: there are few, mostly none. */
  readonly #trimmed = new Set<number>();

  constructor(journal: Journal, bodies: Bodies) {
    this.#journal = journal;
    this.#bodies = bodies;
  }

  /** Adds a version of a pod; what it leaves out is that of the pod's current one. */
  add(pod: Pod, version: NewVersion, epoch: number): number {
    const id = ++this.last;
    const current = pod.current === 0 ? undefined : this.#journal.versions.get(pod.current);
    const place = version.body === undefined ? current ?? NOWHERE : this.#bodies.add(version.body);
    const { block, at, length } = place;
    const isTrimmed = version.body === undefined ? hasFlag(current, "trimmed") : version.trimmed === true;
    const isUnhealthy = version.summary === undefined
      ? hasFlag(current, "unhealthy")
      : version.summary.unhealthy;
    const flags = (isTransition(version.reasons) ? FLAGS.transition : 0) |
      (isTrimmed || block === 0 ? FLAGS.trimmed : 0) |
      (version.observed === undefined ? 0 : version.observed ? FLAGS.observed : FLAGS.unobserved) |
      (isUnhealthy ? FLAGS.unhealthy : 0);
    this.#journal.versions.put(id, {
      pod: pod.id,
      resourceVersion: version.resourceVersion,
      epoch,
      event: version.event,
      flags,
      reasons: version.reasons.join(),
      occasion: version.occasion,
      phase: version.phase ?? null,
      environment: version.environment ?? null,
      changedAt: pod.changedAt ?? null,
      summary: version.summary === undefined ? current?.summary ?? null : JSON.stringify(version.summary),
      block,
      at,
      length,
    });
    this.#bodies.use(place, id);
    this.noteFlags(id, flags);
    pod.isUnhealthy = isUnhealthy;
    return id;
  }

  /** @throws {TypeError} if there is none: whoever asks holds a reference */
  row(id: number): VersionRow {
    const row = this.#journal.versions.get(id);
    if (row === undefined) throw new TypeError(`The store has no version ${id}`);
    return row;
  }

  /** Makes a version one of another epoch. */
  renew(id: number, epoch: number): void {
    this.#journal.versions.put(id, { ...this.row(id), epoch });
  }

  drop(id: number): void {
    this.#trimmed.delete(id);
    this.#bodies.release(this.row(id), id);
    this.#journal.versions.delete(id);
  }

  bodyOf(row: VersionRow): Uint8Array<ArrayBuffer> | undefined {
    return this.#bodies.read(row);
  }

  isTrimmed(id: number): boolean {
    return this.#trimmed.has(id);
  }

  /** What the row of a version says; at the start, too. */
  noteFlags(id: number, flags: number): void {
    if ((flags & FLAGS.trimmed) === 0) this.#trimmed.delete(id);
    else this.#trimmed.add(id);
  }

  /** Gives a version its whole body back. */
  restore(id: number, body: Uint8Array): void {
    this.#replace(id, this.#bodies.add(body), false);
  }

  /** Gives up most of a body, to save room. Returns whether there was anything to give up. */
  trim(id: number): boolean {
    const row = this.row(id);
    if (hasFlag(row, "trimmed") || !isAboutPod(row.event)) return false;
    const body = this.#bodies.read(row);
    if (body !== undefined) this.#replace(id, this.#bodies.add(trimmedBody(body)), true);
    return body !== undefined;
  }

  /** One turn of compaction; see `Bodies.compact`. */
  compact(): void {
    this.#bodies.compact((id) => this.#move(id));
  }

  /** The same of one block, if it is sparse. Returns how many bodies that were. */
  compactBlock(block: number): number {
    return this.#bodies.compactBlock(block, (id) => this.#move(id));
  }

  #move(id: number): void {
    const row = this.row(id);
    const body = this.#bodies.read(row);
    if (body !== undefined) this.#replace(id, this.#bodies.add(body), hasFlag(row, "trimmed"));
  }

  #replace(id: number, place: Place, isTrimmed: boolean): void {
    const row = this.row(id);
    const { block, at, length } = place;
    const flags = isTrimmed ? row.flags | FLAGS.trimmed : row.flags & ~FLAGS.trimmed;
    this.#journal.versions.put(id, { ...row, block, at, length, flags });
    this.noteFlags(id, flags);
    this.#bodies.use(place, id);
    this.#bodies.release(row, id);
  }
}

/** Whether a row has a flag; none has what is not there. */
export function hasFlag(row: VersionRow | undefined, flag: keyof typeof FLAGS): boolean {
  return row !== undefined && (row.flags & FLAGS[flag]) !== 0;
}

/** As a row has them. A notice has none. */
export function splitReasons(text: string): Reason[] {
  return text === "" ? [] : text.split(",") as Reason[];
}
