import type { Share } from "./admin.ts";
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
  try {
    const figures = await followAll(contender, state, stage);
    return { ...figures, ...await measureRestart(contender, state, stage) };
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

async function followAll(contender: Contender, state: string, stage: Turn): Promise<Played> {
  const before = await lookAround(stage);
  await using running = contender.start(stage.plane, stage.receiver.url, state);
  const figures = await measureSync(running, before, stage);
  await pause(REST);
  figures["memory at rest, MB"] = (await running.memory()).now / 1e6;
  Object.assign(figures, await measureChanges(running, stage));
  figures["memory at its peak, MB"] = (await running.memory()).peak / 1e6;
  return { ...figures, ...await measureOutage(running, stage) };
}

/** How things are before a contender starts. */
export interface Before {
  share: Share;
  /** Seconds of the processor that the receiver has used. */
  receiver: number;
}

/** Called right before the start; the receiver forgets what came. */
export async function lookAround({ admin, receiver }: Stage): Promise<Before> {
  await receiver.reset();
  return { share: await admin.share(), receiver: await receiver.cpu() };
}

/** From the start to the receipt of every pod. */
export async function measureSync(
  running: Measured,
  before: Before,
  { admin, receiver, size }: Omit<Turn, "seconds">,
): Promise<Played> {
  const { firstAt, lastNewAt } = await receiver.until(({ pods }) => pods >= size);
  const cpu = await running.cpu();
  const share = await admin.share();
  return {
    "start to first delivery, ms": firstAt - running.startedAt,
    "first sync, s": (lastNewAt - running.startedAt) / 1_000,
    "CPU of the first sync, s": cpu,
    "API server: CPU of the first sync, s": share.cpu - before.share.cpu,
    "API server: lists of the first sync": share.lists - before.share.lists,
    "API server: answers to them, MB": (share.bytes - before.share.bytes) / 1e6,
    "receiver: CPU of the first sync, s": await receiver.cpu() - before.receiver,
  };
}
