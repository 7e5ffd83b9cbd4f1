import type { Played, Turn } from "./play.ts";
import type { Measured } from "./process.ts";

/** Changes a second at which latencies are looked at. */
const RATES = [50, 100];

/** How many changes the processor's time is looked at for, and how many of them a second. */
const MANY = 10_000;
const FAST = 250;

/** Of two changes of one pod that come close together, one may stand for both. */
const MOST = 0.99;

/** Changes at two rates, and 10,000 of them. */
export async function measureChanges(running: Measured, stage: Turn): Promise<Played> {
  const figures: Played = {};
  for (const rate of RATES) {
    const { cpu, latencies } = await change(running, rate * stage.seconds, rate, stage);
    figures[`change to receipt at ${rate}/s, p50, ms`] = percentile(latencies, 0.5);
    figures[`change to receipt at ${rate}/s, p99, ms`] = percentile(latencies, 0.99);
    figures[`change to receipt at ${rate}/s, max, ms`] = latencies.at(-1) ?? NaN;
    figures[`CPU a change at ${rate}/s, ms`] = cpu * 1_000 / (rate * stage.seconds);
  }
  const { cpu } = await change(running, MANY, FAST, stage, MANY * MOST);
  figures["CPU of 10,000 changes, s"] = cpu;
  return figures;
}

/** So many changes; resolves when those that are wanted have come. */
export async function change(
  running: Measured,
  count: number,
  rate: number,
  { pods, receiver }: Pick<Turn, "pods" | "receiver">,
  wanted = count,
): Promise<{ cpu: number; latencies: number[] }> {
  await receiver.reset();
  const before = await running.cpu();
  await pods.change(count, rate);
  await receiver.until(({ changes }) => changes >= wanted, 60_000);
  return { cpu: await running.cpu() - before, latencies: await receiver.latencies() };
}

/** @param sorted ascending */
function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
