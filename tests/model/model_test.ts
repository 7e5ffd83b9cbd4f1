import assert from "node:assert/strict";
import fc from "fast-check";
import { histories, type History } from "./history.ts";
import { broken, unmet } from "./oracle.ts";
import { ModelWorld } from "./world.ts";

const RUNS = Number(Deno.env.get("K8SVENT_MODEL_RUNS") ?? 1_000);
const SEED = Number(Deno.env.get("K8SVENT_MODEL_SEED") ?? crypto.getRandomValues(new Int32Array(1))[0]);
const PATH = Deno.env.get("K8SVENT_MODEL_PATH");

/**
 * After things calm down, the oracle is asked after so many milliseconds more each time: a message that was set
 * aside waits up to an hour.
 */
const WAITS = [60_000, 540_000, 600_000, 3_600_000, 3_600_000, 7_200_000];

Deno.test(`${RUNS} random histories lose nothing and turn nothing round (K8SVENT_MODEL_SEED=${SEED})`, async () => {
  const path = PATH === undefined ? {} : { path: PATH };
  const result = await fc.check(fc.asyncProperty(histories, hold), { numRuns: RUNS, seed: SEED, ...path });
  assert.ok(!result.failed, explain(result));
});

async function hold(history: History): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "k8svent-model-" });
  try {
    const world = new ModelWorld(history.setup, folder);
    for (const command of history.commands) await world.act(command);
    await world.calm();
    for (const wait of WAITS) {
      await world.clock.advance(wait);
      if (unmet(world).length === 0) break;
    }
    const missing = unmet(world);
    await world.close();
    assert.deepEqual([...missing, ...broken(world)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The shortest history that fails, what is wrong with it, and how to play it again. */
function explain({ counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[History]>): string {
  const [history] = counterexample ?? [];
  const commands = history?.commands.map((command) => `  ${JSON.stringify(command)}`) ?? [];
  return [
    "A history that fails:",
    `  ${JSON.stringify(history?.setup)}`,
    ...commands,
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    `To play it again: K8SVENT_MODEL_SEED=${SEED} K8SVENT_MODEL_PATH=${counterexamplePath}`,
  ].join("\n");
}
