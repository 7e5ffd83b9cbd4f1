import type { Played, Turn } from "./play.ts";
import { pause } from "./pods.ts";
import type { Measured } from "./process.ts";

/** How many pods change while the endpoint is down, at the most, each once, and how many of them a second. */
const CHANGES = 2_000;
const RATE = 200;

/** How long it stays down after that, and how long its recovery is watched, in milliseconds. */
const DOWN = 20_000;
const PATIENCE = 60_000;

/** The endpoint refuses everything while pods change, and then takes everything again. */
export async function measureOutage(
  running: Measured,
  { pods, receiver, size }: Turn,
): Promise<Played> {
  const count = Math.min(size, CHANGES);
  await receiver.reset();
  await receiver.refuse();
  await pods.change(count, RATE);
  await pause(DOWN);
  const memory = (await running.memory()).now;
  const { refused } = await receiver.report();
  await receiver.accept();
  const acceptedAt = Date.now();
  const { changes, requests, lastChangeAt } = await receiver.watch(
    (report) => report.changes >= count,
    PATIENCE,
  );
  return {
    "outage: memory in it, MB": memory / 1e6,
    "outage: requests in it": refused,
    "outage: arrived within a minute after it, %": Math.min(100, changes / count * 100),
    "outage: time until then, or until nothing was pending, s": changes < count
      ? PATIENCE / 1_000
      : (lastChangeAt - acceptedAt) / 1_000,
    "outage: requests of the recovery": requests - refused,
  };
}
