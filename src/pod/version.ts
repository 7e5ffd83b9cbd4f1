const DECIMAL = /^(0|[1-9][0-9]*)$/;

/**
 * Orders two resourceVersions of pods: negative, zero or positive as `a` is older than, the same as or newer
 * than `b`. They are decimal integers of up to 128 bits (KEP-5504), so they are compared by length, then as
 * text, never as numbers. Where one of them is not such an integer, a different one counts as newer: sending
 * once too often is better than hiding a change.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return 1;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** The later of two versions, where there are two. */
export function laterVersion(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return compareVersions(one, other) < 0 ? other : one;
}
