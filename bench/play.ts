import type { Share } from "./admin.ts";
import { measureChanges, measureMany } from "./changes.ts";
import type { Contender } from "./contenders.ts";
import { measureDestinations } from "./destinations.ts";
import { measureOutage } from "./outage.ts";
import type { Part } from "./parts.ts";
import { pause } from "./pods.ts";
import type { Measured } from "./process.ts";
import { measureRest } from "./rest.ts";
import { measureRestart, measureStart } from "./restart.ts";
import type { Stage } from "./stage.ts";

/** One contender's turn on the stage. */
export interface Turn extends Stage {
  /** How many pods there are. */
  size: number;
  parts: ReadonlySet<Part>;
  /** How many changes a second latencies are looked at for, one rate after the other, and how long each, in seconds. */
  rates: readonly number[];
  seconds: number;
  /** Milliseconds after the first sync until the memory at rest is looked at. */
  settle: number;
  /** How long it is watched at rest, in seconds. */
  rest: number;
}

/** By a figure's name with its unit. */
export type Played = Record<string, number>;

/** One contender, once: the parts that are asked for, in the order in which they follow from one another. */
export async function play(contender: Contender, turn: Turn): Promise<Played> {
  const state = await Deno.makeTempDir({ prefix: "k8svent-bench-state-" });
  try {
    const figures = await followAll(contender, state, turn);
    if (turn.parts.has("start") && contender.keeps) {
      Object.assign(figures, await measureStart(contender, state, turn));
    }
    if (turn.parts.has("restart")) Object.assign(figures, await measureRestart(contender, state, turn));
    return { ...figures, ...await measureDestinations(contender, turn) };
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

async function followAll(contender: Contender, state: string, turn: Turn): Promise<Played> {
  const { parts, receiver } = turn;
  const before = await lookAround(turn);
  await using running = contender.start(turn.plane, receiver.endpoints(1), state);
  const figures = await measureSync(running, before, turn);
  await pause(turn.settle);
  figures["memory at rest, MB"] = (await running.memory()).now / 1e6;
  if (parts.has("rest")) Object.assign(figures, await measureRest(running, turn));
  if (parts.has("changes")) Object.assign(figures, await measureChanges(running, turn));
  if (parts.has("many")) Object.assign(figures, await measureMany(running, turn));
  figures["memory at its peak, MB"] = (await running.memory()).peak / 1e6;
  if (parts.has("outage")) Object.assign(figures, await measureOutage(running, turn));
  return figures;
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
  return { share: await admin.share(), receiver: receiver.cpu() };
}

/** From the start to the receipt of every pod. */
async function measureSync(
  running: Measured,
  before: Before,
  { admin, receiver, size }: Turn,
): Promise<Played> {
  const { firstAt, lastNewAt } = await receiver.until(({ pods }) => pods >= size);
  const cpu = running.cpu();
  const receiverCpu = receiver.cpu();
  const share = await admin.share();
  return {
    "start to first delivery, ms": firstAt - running.startedAt,
    "first sync, s": (lastNewAt - running.startedAt) / 1_000,
    "CPU of the first sync, s": cpu,
    "API server: CPU of the first sync, s": share.cpu - before.share.cpu,
    "API server: lists of the first sync": share.lists - before.share.lists,
    "API server: answers to them, MB": (share.bytes - before.share.bytes) / 1e6,
    "receiver: CPU of the first sync, s": receiverCpu - before.receiver,
  };
}
