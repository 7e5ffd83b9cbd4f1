import assert from "node:assert/strict";
import fc from "fast-check";
import { histories, type History } from "./history.ts";
import { play } from "./hold.ts";

/** The files that share the histories, so that `deno test --parallel` plays them on several cores. */
const FILES = ["a", "b", "c", "d"];

/** How many histories are played in all: some minutes of both cores are for the long run. */
const HISTORIES = Number(
  Deno.env.get("K8SVENT_HISTORIES") ?? (Deno.env.get("K8SVENT_SOAK") === "1" ? 5_000 : 400),
);
const SEED = Deno.env.get("K8SVENT_MODEL_SEED");
const PATH = Deno.env.get("K8SVENT_MODEL_PATH");

/** Memory where there is some that looks like a disk: SQLite waits for real ones, and no history is about them. */
const MEMORY = "/dev/shm";

/**
 * Plays one file's part of the histories.
 *
 * - `K8SVENT_HISTORIES=100000`: so many in all, in place of 400, or 5,000 in `deno task test:soak`.
 * - `K8SVENT_MODEL_SEED=random`: others than the last time. By default they are the same at each run, so that a failure
 *   is due to the change at hand.
 * - `K8SVENT_MODEL_SEED`, `K8SVENT_MODEL_PATH`: the histories of a run before, or one of them, as a failure prints it.
 */
export function testHistories(file: string): void {
  const seed = SEED === "random"
    ? crypto.getRandomValues(new Int32Array(1))[0] ?? 0
    : Number(SEED ?? seedOf(file));
  const numRuns = Math.ceil(HISTORIES / FILES.length);
  Deno.test(`${numRuns} random histories lose nothing and turn nothing round (seed ${seed})`, async () => {
    const path = PATH === undefined ? {} : { path: PATH };
    const result = await fc.check(fc.asyncProperty(histories, hold), { numRuns, seed, ...path });
    assert.ok(!result.failed, explain(result, file, seed));
  });
}

function seedOf(file: string): number {
  return 1_000 + FILES.indexOf(file);
}

async function hold(history: History): Promise<void> {
  const dir = await isFolder(MEMORY) ? { dir: MEMORY } : {};
  const folder = await Deno.makeTempDir({ prefix: "k8svent-model-", ...dir });
  try {
    assert.deepEqual(await play(history, folder), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

/** The shortest history that fails, what is wrong with it, and how to play it again. */
function explain(
  { counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[History]>,
  file: string,
  seed: number,
): string {
  const [history] = counterexample ?? [];
  const commands = history?.commands.map((command) => `  ${JSON.stringify(command)}`) ?? [];
  return [
    "A history that fails:",
    `  ${JSON.stringify(history?.setup)}`,
    ...commands,
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    `To play it again: K8SVENT_MODEL_SEED=${seed} K8SVENT_MODEL_PATH=${counterexamplePath} ` +
    `npx -y deno@${Deno.version.deno} test -q -P=test tests/model/model_${file}_test.ts`,
  ].join("\n");
}
