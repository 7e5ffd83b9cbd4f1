import { type Figures, median, type Results } from "./results.ts";

/** What a figure may be at the most. */
export interface Target {
  /** As the benchmark names it. */
  figure: string;
  /** How many pods there are. */
  pods: number;
  /** `baseline`: times what the Go program needs, in the same round. `itself`: in the figure's own unit. */
  of: "baseline" | "itself";
  atMost: number;
  /** What the guard holds as long as the design does not reach the target, and what keeps it from that. */
  held?: { atMost: number; because: string };
}

/** What the program is to reach; docs/benchmark.md has what became of each. */
export const TARGETS: readonly Target[] = [
  { figure: "CPU of the first sync, s", pods: 10_000, of: "baseline", atMost: 1 },
  { figure: "first sync, s", pods: 10_000, of: "baseline", atMost: 1.1 },
  { figure: "CPU a change at 100/s, ms", pods: 10_000, of: "baseline", atMost: 1.1 },
  { figure: "CPU a change at 400/s, ms", pods: 10_000, of: "baseline", atMost: 1.2 },
  { figure: "change to receipt at 100/s, p99, ms", pods: 10_000, of: "baseline", atMost: 1 },
  { figure: "memory at its peak, MB", pods: 10_000, of: "baseline", atMost: 0.3 },
  { figure: "memory at its peak, MB", pods: 100_000, of: "baseline", atMost: 0.05 },
  { figure: "memory at its peak, MB", pods: 100_000, of: "itself", atMost: 160 },
  { figure: "start to first delivery, ms", pods: 10_000, of: "itself", atMost: 400 },
  { figure: "start with state: until it watches, s", pods: 10_000, of: "itself", atMost: 2 },
  { figure: "start with state: requests", pods: 10_000, of: "itself", atMost: 0 },
  { figure: "start with state: requests", pods: 100_000, of: "itself", atMost: 0 },
  { figure: "CPU at rest, s an hour", pods: 10_000, of: "itself", atMost: 2 },
];

/** How many pods the guard has: fewer, so that it is quick. */
export const GUARD_SIZE = 4_000;

/** What keeps it from the targets now, by the profile (`deno task bench:profile`). */
const SYNC =
  "the work of a first sync is on one thread, and a second of it is paid once, for the start and for compiling";
const CHANGE =
  "a transaction costs 1 ms of the processor whatever its size, half of it for fdatasync, so changes that come close " +
  "together wait up to 40 ms for one another";

/**
 * The same at the guard's size. A first sync costs the start and as much again for each pod, so with our start s, the
 * Go program's start g and its p a pod, a bound of b at 10,000 pods is at n pods
 *
 *   (s + (b * (g + 10,000 p) - s) * n / 10,000) / (g + n p)
 *
 * By experiment s is 1 s of the processor, most of it for compiling, g 0.1 s and p 0.3 ms: 1 becomes 1.4. In time s is
 * 0.9 s, g 0.1 s and p 0.25 ms: 1.1 becomes 1.3. The Go program's memory is 27 MB and 45 KB a pod, ours hardly grows: 0.3
 * becomes 0.65. What a change costs hangs on no size.
 */
export const GUARDED: readonly Target[] = [
  guarded("CPU of the first sync, s", 1.4, { atMost: 2, because: SYNC }),
  guarded("first sync, s", 1.3, { atMost: 2.2, because: SYNC }),
  guarded("CPU a change at 100/s, ms", 1.1, { atMost: 1.5, because: CHANGE }),
  guarded("CPU a change at 400/s, ms", 1.2, { atMost: 1.5, because: CHANGE }),
  guarded("change to receipt at 100/s, p99, ms", 1, { atMost: 3.5, because: CHANGE }),
  guarded("memory at its peak, MB", 0.65),
];

function guarded(figure: string, atMost: number, held?: Target["held"]): Target {
  return { figure, pods: GUARD_SIZE, of: "baseline", atMost, ...held !== undefined && { held } };
}

/** The bound in words: of a ratio, or in the figure's own unit. */
export function printTarget({ of, atMost }: Target): string {
  return of === "baseline" ? `ratio at most ${atMost}` : `at most ${atMost}`;
}

/**
 * What was found for a target: the median of the program that is shown, or its ratio to that of the one that it is compared
 * with; undefined where it was not measured.
 */
export function findTarget(target: Target, { sizes, shown, baseline = "" }: Results): number | undefined {
  const size = sizes.find(({ pods, padding = 0 }) => pods === target.pods && padding === 0);
  const values = (name: string): number => medianOf(size?.figures ?? {}, target.figure, name);
  const found = target.of === "itself" ? values(shown) : values(shown) / values(baseline);
  return Number.isFinite(found) ? found : undefined;
}

function medianOf(figures: Figures, figure: string, name: string): number {
  const values = figures[figure]?.[name] ?? [];
  return values.length === 0 ? NaN : median(values);
}

/** `reached`, or by how much it was missed. */
export function printVerdict({ atMost }: Target, found: number | undefined): string {
  if (found === undefined) return "not measured";
  if (found <= atMost) return "reached";
  return atMost === 0 ? `missed by ${found}` : `missed by ${((found / atMost - 1) * 100).toFixed(0)}%`;
}
