import type { Played, Turn } from "./play.ts";
import { pause } from "./pods.ts";
import type { Measured } from "./process.ts";

/** Milliseconds until what the first sync left behind is done: a last collection of garbage was seen after half a minute. */
const CALM = 40_000;

/** What the processor's time is when nothing changes. A watch brings a bookmark each minute, so look for one at least. */
export async function measureRest(running: Measured, { rest }: Turn): Promise<Played> {
  await pause(CALM);
  const [startedAt, before] = [performance.now(), running.cpu()];
  await pause(rest * 1_000);
  const [seconds, cpu] = [(performance.now() - startedAt) / 1_000, running.cpu() - before];
  return { "CPU at rest, s an hour": cpu / seconds * 3_600 };
}
