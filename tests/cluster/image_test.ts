import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { COMMIT, lacksRuntime } from "../kit/binary.ts";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { buildImage, lacksImages } from "../kit/image.ts";
import { grantPods, lacksPods, startInPod } from "../kit/in_pod.ts";
import { Receiver } from "../kit/receiver.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const SECRET = "a secret of at least 24 characters";

/** Where `kubectl exec` finds it by its name: a container's PATH is Docker's default, unless its base says another. */
const PROGRAM = "/usr/local/bin/k8svent";

/** The user of the manifests; the runtime keeps its cache where only its own user may read. */
const NOBODY = "65532";
const ROOT = "0";

clusterTest("in a pod, with the permission set of the image, the program delivers", async () => {
  await using plane = await startWithRights();
  await deliversFromAPod(plane, ROOT, [Deno.execPath(), "run", "-q", "-P=cluster", MAIN]);
}, lacksPods());

clusterTest(
  "the image is built from the Dockerfile",
  async (context) => {
    const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
    await using image = await buildImage(version);

    await context.step("it says how it is to be run, and what it is", () => {
      const { User, Entrypoint, Cmd, StopSignal, Labels } = image.config;
      assert.equal(User, "65532:65532");
      assert.deepEqual(Entrypoint, [PROGRAM], "the exec form: no shell is needed");
      assert.equal(Cmd?.length ?? 0, 0);
      assert.equal(StopSignal, "SIGTERM");
      assert.equal(Labels["org.opencontainers.image.title"], "k8svent");
      assert.equal(Labels["org.opencontainers.image.version"], version);
      assert.equal(Labels["org.opencontainers.image.revision"], COMMIT);
      assert.equal(Labels["org.opencontainers.image.licenses"], "Apache-2.0");
    });

    await context.step("there is no shell in it, and nothing of the build", async () => {
      for (const folder of ["bin", "usr/bin", "sbin", "usr/sbin"]) {
        for (const name of await namesIn(`${image.root}/${folder}`)) {
          assert.doesNotMatch(name, /^(sh|bash|dash|busybox|deno|node)$/);
        }
      }
      const { mode } = await Deno.stat(`${image.root}${PROGRAM}`);
      assert.equal((mode ?? 0) & 0o777, 0o555);
      for (const gone of ["src", "out", "toolchain"]) {
        await assert.rejects(Deno.stat(`${image.root}/${gone}`), Deno.errors.NotFound);
      }
    });

    await context.step(
      "it delivers from a pod: no shell, uid 65532, nothing to write on but its state",
      async () => {
        await using plane = await startWithRights();
        await deliversFromAPod(plane, NOBODY, [PROGRAM], image.root);
      },
    );
  },
  lacksPods() ?? lacksImages() ?? lacksRuntime(),
);

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A control plane with two pods that the service account may read. */
async function startWithRights(): Promise<ControlPlane> {
  const plane = await startControlPlane();
  await grantPods(plane);
  await createPods(plane, [manifest("one"), manifest("two")]);
  return plane;
}

async function deliversFromAPod(
  plane: ControlPlane,
  user: string,
  program: string[],
  image?: string,
): Promise<void> {
  const pod = { plane, secret: SECRET, user, image };
  await using snapshot = await startInPod({ ...pod, command: [...program, "--once"] });
  assert.equal(await snapshot.ended, 0, snapshot.lines.join("\n"));
  assert.equal(snapshot.stdout.trim().split("\n").length, 2);

  await using receiver = await Receiver.start({ secrets: [SECRET] });
  await using running = await startInPod({ ...pod, command: [...program, "--url", receiver.url] });
  await receiver.until(() => receiver.state.pods.size === 2, "both pods");
  assert.deepEqual(receiver.state.problems, []);
  assert.ok(
    receiver.deliveries.every((delivery) => delivery.headers["webhook-signature"]?.startsWith("v1,")),
  );
  assert.equal(await running.stop(), 0, "SIGTERM ends it in an orderly way");
}
