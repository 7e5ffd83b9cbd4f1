/**
 * When did the program provably see everything? An outside observer does not know: after a start, or after a
 * fault of the watch, the program lists, and what happened before that list and was overwritten is not there to be
 * seen. This finds the stretches of the cluster's history which no version can have escaped.
 *
 * A stretch without a break is one in which the process lived and its log reported no fault of the source: each
 * list is preceded by one or the other, so from its list (or its resumed watch) on the program followed one
 * unbroken watch, whose events come in the order of the cluster's versions, and are stored in that order.
 *
 * - It began to see at the first request about a version that was made after the break: by then the list was
 *   answered, since an older process or watch cannot have known that version. What was made later still, after
 *   that request had arrived, is beyond the list, and can only have come by the watch.
 * - It saw everything up to the newest version that it had sent when the stretch ended.
 *
 * "Made after" needs a clock that both sides obey: that is the cluster itself. A metronome writes to it all the
 * time; what a beat returned is newer than whatever the cluster had when the beat was begun.
 */
export interface Beat {
  /** When the write was begun, in milliseconds since the epoch. */
  begun: number;
  /** The version that it made. */
  revision: number;
}

/** A request as it arrived, in milliseconds since the epoch. */
export interface Arrival {
  at: number;
  revision: number;
}

/** Everything from one version to another, both included. */
export interface Window {
  from: number;
  to: number;
}

/**
 * @param stretches in which nothing broke, in milliseconds since the epoch
 * @param beats in the order of time
 * @param arrivals in the order of time
 */
export function windowsOf(
  stretches: { begin: number; end: number }[],
  beats: Beat[],
  arrivals: Arrival[],
): Window[] {
  return stretches.flatMap(({ begin, end }) => {
    const broken = firstAfter(beats, begin);
    const seen = arrivals.filter(({ at }) => at > begin && at < end);
    const first = seen.find(({ revision }) => broken !== undefined && revision > broken.revision);
    if (first === undefined) return [];
    const beyond = firstAfter(beats, first.at);
    if (beyond === undefined) return [];
    const to = Math.max(...seen.map(({ revision }) => revision));
    return beyond.revision <= to ? [{ from: beyond.revision, to }] : [];
  });
}

export function isWithin(windows: Window[], revision: number): boolean {
  return windows.some(({ from, to }) => revision >= from && revision <= to);
}

/** The first beat that was begun after an instant. */
function firstAfter(beats: Beat[], instant: number): Beat | undefined {
  return beats.find(({ begun }) => begun > instant);
}
