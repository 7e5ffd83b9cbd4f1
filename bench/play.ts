import type { ControlPlane } from "../tests/kit/control_plane.ts";
import type { Contender } from "./contenders.ts";
import type { Pods } from "./pods.ts";
import type { Measured } from "./process.ts";
import type { ReceiverProcess } from "./receiver_process.ts";

/** What the contenders are measured on, one after the other. */
export interface Stage {
  plane: ControlPlane;
  pods: Pods;
  receiver: ReceiverProcess;
  /** How many pods there are. */
  size: number;
  /** How long changes are made at each rate. */
  seconds: number;
}

/** Changes a second. */
const RATES = [50, 100];

/** Milliseconds after the first sync until the memory at rest is looked at. */
const REST = 5_000;

/** One contender, once: start, first sync, rest, and changes at two rates. By the figure's name with its unit. */
export async function play(contender: Contender, stage: Stage): Promise<Record<string, number>> {
  const { plane, receiver, size } = stage;
  await receiver.reset();
  await using running = contender.start(plane, receiver.url);
  const { firstAt, lastNewAt } = await receiver.until(({ pods }) => pods >= size);
  const figures: Record<string, number> = {
    "start to first delivery, ms": firstAt - running.startedAt,
    "first sync, s": (lastNewAt - running.startedAt) / 1_000,
    "CPU of the first sync, s": await running.cpu(),
  };
  await new Promise((resolve) => setTimeout(resolve, REST));
  figures["memory at rest, MB"] = (await running.memory()).now / 1e6;
  for (const rate of RATES) Object.assign(figures, await follow(running, rate, stage));
  figures["memory at its peak, MB"] = (await running.memory()).peak / 1e6;
  return figures;
}

async function follow(
  running: Measured,
  rate: number,
  { pods, receiver, seconds }: Stage,
): Promise<Record<string, number>> {
  await receiver.reset();
  const before = await running.cpu();
  await pods.change(rate, seconds);
  // Of two changes of one pod that come close together, one may stand for both.
  const { latencies } = await receiver.until((report) => report.latencies.length >= rate * seconds * 0.99);
  return {
    [`change to receipt at ${rate}/s, p50, ms`]: percentile(latencies, 0.5),
    [`change to receipt at ${rate}/s, p99, ms`]: percentile(latencies, 0.99),
    [`change to receipt at ${rate}/s, max, ms`]: latencies.at(-1) ?? NaN,
    [`CPU a change at ${rate}/s, ms`]: (await running.cpu() - before) * 1_000 / (rate * seconds),
  };
}

function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
