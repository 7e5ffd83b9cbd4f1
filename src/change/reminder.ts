import { createHash } from "node:crypto";

/**
 * Reminders about pods unhealthy, one an interval. Each pod has its own moment within the interval, so that
 * a thousand sick pods do not come all at once. The number of the interval goes into the message's id.
 */
export interface Reminder {
  /** The number of the interval that is running, counted from the epoch and shifted for this pod. */
  slot: number;
  /** When the next one begins, in milliseconds since the epoch. */
  next: number;
}

/**
 * @param now the wall clock, in milliseconds since the epoch
 * @param interval in milliseconds, more than 0
 */
export function reminderAt(uid: string, now: number, interval: number): Reminder {
  const shift = createHash("sha256").update(uid).digest().readUInt32BE() % interval;
  const slot = Math.floor((now - shift) / interval);
  return { slot, next: (slot + 1) * interval + shift };
}
