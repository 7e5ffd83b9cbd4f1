import { measureChanges } from "./changes.ts";
import type { Contender } from "./contenders.ts";
import { measureOutage } from "./outage.ts";
import { pause } from "./pods.ts";
import type { Measured } from "./process.ts";
import { measureRestart } from "./restart.ts";
import type { Stage } from "./stage.ts";

/** One contender's turn on the stage. */
export interface Turn extends Stage {
  /** How many pods there are. */
  size: number;
  /** How long changes are made at each rate. */
  seconds: number;
}

/** By a figure's name with its unit. */
export type Played = Record<string, number>;

/** Milliseconds after the first sync until the memory at rest is looked at. */
const REST = 5_000;

/** One contender, once: start, first sync, rest, changes, an outage of the endpoint, and a restart. */
export async function play(contender: Contender, stage: Turn): Promise<Played> {
  const state = await Deno.makeTempDir({ prefix: "k8svent-bench-state-" });
  const before = await stage.admin.share();
  try {
    const figures = await followAll(contender, state, stage);
    const after = await stage.admin.share();
    figures["API server: answers in all, MB"] = (after.bytes - before.bytes) / 1e6;
    return { ...figures, ...await measureRestart(contender, state, stage) };
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

async function followAll(contender: Contender, state: string, stage: Turn): Promise<Played> {
  const { plane, receiver } = stage;
  await receiver.reset();
  await using running = contender.start(plane, receiver.url, state);
  const figures = await measureSync(running, stage);
  await pause(REST);
  figures["memory at rest, MB"] = (await running.memory()).now / 1e6;
  Object.assign(figures, await measureChanges(running, stage));
  figures["memory at its peak, MB"] = (await running.memory()).peak / 1e6;
  return { ...figures, ...await measureOutage(running, stage) };
}

/** From the start to the receipt of every pod. */
export async function measureSync(
  running: Measured,
  { admin, receiver, size }: Omit<Turn, "seconds">,
): Promise<Played> {
  const [share, taken] = [await admin.share(), await receiver.cpu()];
  const { firstAt, lastNewAt } = await receiver.until(({ pods }) => pods >= size);
  const after = await admin.share();
  return {
    "start to first delivery, ms": firstAt - running.startedAt,
    "first sync, s": (lastNewAt - running.startedAt) / 1_000,
    "CPU of the first sync, s": await running.cpu(),
    "API server: CPU of the first sync, s": after.cpu - share.cpu,
    "API server: requests of the first sync": after.requests - share.requests,
    "receiver: CPU of the first sync, s": await receiver.cpu() - taken,
  };
}
