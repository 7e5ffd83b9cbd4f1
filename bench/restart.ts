import type { Contender } from "./contenders.ts";
import type { Played, Turn } from "./play.ts";
import { pause } from "./pods.ts";

/** How many pods change while the program does not run. */
const CHANGES = 100;

/** Milliseconds without a request after which nothing more is to come. */
const QUIET = 2_000;

/** The contender is started again, with the state that it left, and nothing has changed. */
export async function measureStart(contender: Contender, state: string, turn: Turn): Promise<Played> {
  const { plane, receiver, watches } = turn;
  await receiver.reset();
  await using running = contender.start(plane, receiver.endpoints(1), state);
  const watchedAt = await watches.firstSince(running.startedAt);
  const cpu = running.cpu();
  return {
    "start with state: until it watches, s": (watchedAt - running.startedAt) / 1_000,
    "start with state: CPU until then, s": cpu,
    "start with state: requests": await settled(turn),
  };
}

/** The contender is started again, with the state that it left, after some pods have changed. */
export async function measureRestart(contender: Contender, state: string, turn: Turn): Promise<Played> {
  const { plane, pods, receiver } = turn;
  // What was pending since before comes, too, from a program that has not done with an outage.
  const since = Date.now();
  await pods.change(CHANGES, CHANGES);
  await receiver.reset(since);
  await using running = contender.start(plane, receiver.endpoints(1), state);
  const { lastChangeAt } = await receiver.until(({ changes }) => changes >= CHANGES);
  return {
    "restart: until 100 changes have come, s": (lastChangeAt - running.startedAt) / 1_000,
    "restart: requests": await settled(turn),
  };
}

async function settled({ receiver }: Turn): Promise<number> {
  for (let before = -1;;) {
    const { requests } = await receiver.report();
    if (requests === before) return requests;
    before = requests;
    await pause(QUIET);
  }
}
