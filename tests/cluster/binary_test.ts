import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../../build/compile.ts";
import { COMMIT, compileBinary, lacksRuntime } from "../kit/binary.ts";
import { createPods, listPods, manifest, versionsOf } from "../kit/cluster_pods.ts";
import { run } from "../kit/command.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { grantPods, lacksPods, startInPod } from "../kit/in_pod.ts";
import { residentMemory } from "../kit/memory.ts";
import { Receiver } from "../kit/receiver.ts";
import { SOAK } from "../kit/soak.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const SECRET = "a secret of at least 24 characters";

/** Bytes. Deno's runtime alone is 93 MB of it. */
const LARGEST_BINARY = 110_000_000;

/** Bytes that the compiled program may have resident after a while with some pods: half more than was measured. */
const MOST_MEMORY = 120_000_000;

/** Of the compiled program, and of `deno run` beside it: bytes, and milliseconds to the first delivery. */
interface Figures {
  size: number;
  started: [compiled: number, uncompiled: number];
  memory: [compiled: number, uncompiled: number];
}

const SECONDS = SOAK ? 60 : 15;
const PODS = 20;

clusterTest(
  "the compiled binary runs on the real control plane",
  async (context) => {
    await using plane = await startControlPlane();
    await grantPods(plane);
    await createPods(plane, Array.from({ length: PODS }, (_, pod) => manifest(`web-${pod}`)));
    let figures: Figures = { size: 0, started: [0, 0], memory: [Infinity, 0] };
    await using workstation = await compileBinary("default");
    await using cluster = await compileBinary("cluster");

    await context.step("it says its version, its commit and the runtime's version", async () => {
      const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
      const printed = await run(workstation.path, ["--version"]);
      assert.match(
        printed,
        new RegExp(`^k8svent ${version} \\(commit ${COMMIT}, deno \\d+\\.\\d+\\.\\d+\\)\\n$`),
      );
    });

    await context.step("doctor prints YAML, by what is loaded for it alone", async () => {
      const args = ["doctor", "--kubeconfig", plane.kubeconfig, "-o", "yaml"];
      assert.match(await run(workstation.path, args), /^version: .*\nok: true\nchecks:\n/);
    });

    await context.step("--once prints every pod, through a kubeconfig", async () => {
      const printed = await run(workstation.path, ["--once", "--kubeconfig", plane.kubeconfig]);
      const names = printed.trim().split("\n").map((line) => JSON.parse(line).pod.metadata.name);
      assert.equal(new Set(names).size, PODS);
    });

    await context.step(`it follows the pods for ${SECONDS} s as a service account`, async () => {
      const source = [Deno.execPath(), "run", "-q", "-P=cluster", V8_FLAGS, MAIN];
      await using compiled = await follow(plane, "65532", [cluster.path]);
      await using uncompiled = await follow(plane, "0", source);
      const end = performance.now() + SECONDS * 1_000;
      for (let round = 0; performance.now() < end; round++) {
        const names = [0, 1, 2].map((one) => `web-${(round * 3 + one) % PODS}`);
        await plane.kubectl(["label", "--overwrite", "pod", ...names, `round=${round}`]);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
      const pods = versionsOf(await listPods(plane));
      for (const { receiver } of [compiled, uncompiled]) {
        await receiver.until(
          () => versionsOf(receiver.state.livePods()).join() === pods.join(),
          "all versions",
        );
        assert.deepEqual(receiver.state.problems, []);
      }
      figures = {
        size: (await Deno.stat(cluster.path)).size,
        started: [compiled.started, uncompiled.started],
        memory: [await compiled.memory(), await uncompiled.memory()],
      };
      assert.equal(await compiled.stop(), 0);
      assert.equal(await uncompiled.stop(), 0);
    });

    // The names of steps are what the runner prints when it is to be quiet.
    const { size, started, memory } = figures;
    await context.step(`it has ${megabytes(size)}, at most ${megabytes(LARGEST_BINARY)}`, () => {
      assert.ok(size < LARGEST_BINARY);
    });
    await context.step(`it delivers after ${started[0]} ms (deno run: ${started[1]} ms)`, () => {});
    await context.step(
      `it has ${megabytes(memory[0])} resident, at most ${megabytes(MOST_MEMORY)} ` +
        `(deno run: ${megabytes(memory[1])})`,
      () => assert.ok(memory[0] < MOST_MEMORY),
    );
  },
  lacksPods() ?? lacksRuntime(),
);

/** One program that delivers to a receiver of its own. */
interface Following extends AsyncDisposable {
  receiver: Receiver;
  /** Milliseconds from the start of the process to the first delivery. */
  started: number;
  memory(): Promise<number>;
  stop(): Promise<number>;
}

async function follow(plane: ControlPlane, user: string, program: string[]): Promise<Following> {
  const receiver = await Receiver.start({ secrets: [SECRET] });
  const start = performance.now();
  const command = [...program, "--url", receiver.url];
  const running = await startInPod({ plane, command, secret: SECRET, user });
  await receiver.until(() => receiver.deliveries.length > 0, "the first delivery");
  const started = Math.round(performance.now() - start);
  await receiver.until(() => receiver.state.pods.size === PODS, "every pod");
  return {
    receiver,
    started,
    memory: () => residentMemory(running.pid),
    stop: () => running.stop(),
    async [Symbol.asyncDispose](): Promise<void> {
      await running[Symbol.asyncDispose]();
      await receiver.close();
    },
  };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
