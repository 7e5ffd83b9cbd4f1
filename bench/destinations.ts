import { change, percentile } from "./changes.ts";
import type { Contender } from "./contenders.ts";
import { lookAround, type Played, type Turn } from "./play.ts";
import type { Destination } from "./receiver_process.ts";

/** Changes a second. */
const RATE = 100;

/** Other destinations than one endpoint of http: two, ten, and one of https. Each begins with a first sync of its own. */
export async function measureDestinations(contender: Contender, turn: Turn): Promise<Played> {
  const { parts, receiver } = turn;
  const figures: Played = {};
  if (parts.has("endpoints")) {
    for (const count of [2, 10]) {
      const name = `${count} endpoints`;
      Object.assign(figures, await deliver(contender, name, receiver.endpoints(count), turn));
    }
  }
  if (parts.has("https")) {
    Object.assign(figures, await deliver(contender, "https", receiver.secureEndpoint(), turn));
  }
  return figures;
}

async function deliver(contender: Contender, name: string, to: Destination, turn: Turn): Promise<Played> {
  const { plane, receiver, size, seconds } = turn;
  const state = await Deno.makeTempDir({ prefix: "k8svent-bench-state-" });
  try {
    await lookAround(turn);
    await using running = contender.start(plane, to, state);
    const count = to.urls.length;
    const { lastNewAt } = await receiver.until(({ pods }) => pods >= size * count);
    const sync = running.cpu();
    const { cpu, latencies } = await change(running, RATE * seconds, RATE, turn, count);
    return {
      [`${name}: first sync, s`]: (lastNewAt - running.startedAt) / 1_000,
      [`${name}: CPU of the first sync, s`]: sync,
      [`${name}: CPU a change at ${RATE}/s, ms`]: cpu * 1_000 / (RATE * seconds),
      [`${name}: change to receipt at ${RATE}/s, p99, ms`]: percentile(latencies, 0.99),
      [`${name}: memory at its peak, MB`]: (await running.memory()).peak / 1e6,
    };
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}
