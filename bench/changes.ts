import type { Played, Turn } from "./play.ts";
import type { Measured } from "./process.ts";

/** Changes a second at which latencies are looked at. */
export const RATES = [50, 100, 400];

/** How many changes the processor's time is looked at for, and how many of them a second. */
const MANY = 10_000;
const FAST = 250;

/** Of two changes of one pod that come close together, one may stand for both. */
const MOST = 0.99;

/** Milliseconds in which the last few come, if they do. */
const TAIL = 2_000;

/** Changes at each rate, one after the other. */
export async function measureChanges(running: Measured, turn: Turn): Promise<Played> {
  const figures: Played = {};
  for (const rate of turn.rates) {
    const count = rate * turn.seconds;
    const { cpu, latencies } = await change(running, count, rate, turn);
    figures[`change to receipt at ${rate}/s, p50, ms`] = percentile(latencies, 0.5);
    figures[`change to receipt at ${rate}/s, p99, ms`] = percentile(latencies, 0.99);
    figures[`change to receipt at ${rate}/s, max, ms`] = latencies.at(-1) ?? NaN;
    figures[`CPU a change at ${rate}/s, ms`] = cpu * 1_000 / count;
  }
  return figures;
}

/** So many that what a single change costs does not hang on when garbage is collected. */
export async function measureMany(running: Measured, turn: Turn): Promise<Played> {
  const { cpu } = await change(running, MANY, FAST, turn);
  return { "CPU of 10,000 changes, s": cpu };
}

/**
 * So many changes; resolves when they have come to all endpoints.
 *
 * @returns seconds of the program's processor, and milliseconds from asking for each change to its receipt, sorted
 */
export async function change(
  running: Measured,
  count: number,
  rate: number,
  { pods, receiver }: Pick<Turn, "pods" | "receiver">,
  endpoints = 1,
): Promise<{ cpu: number; latencies: number[] }> {
  await receiver.reset();
  const before = running.cpu();
  await pods.change(count, rate);
  const wanted = count * endpoints;
  await receiver.until(({ changes }) => changes >= wanted * MOST, 60_000);
  await receiver.watch(({ changes }) => changes >= wanted, TAIL);
  return { cpu: running.cpu() - before, latencies: await receiver.latencies() };
}

/** @param sorted ascending */
export function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
