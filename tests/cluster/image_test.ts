import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { compile, findToolchain } from "../kit/binary.ts";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { run } from "../kit/command.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { Receiver } from "../kit/receiver.ts";

const MOUNTED = fileURLToPath(new URL("../kit/mounted.sh", import.meta.url));
const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const SECRET = "a secret of at least 24 characters";

/** The user of the manifests; Deno itself keeps its cache where only its own user may read. */
const NOBODY = "65532";
const ROOT = "0";

clusterTest("in a pod, with the permission set of the image", async (context) => {
  await using plane = await startControlPlane();
  await plane.kubectl(["create", "clusterrole", "k8svent", "--verb=get,list,watch", "--resource=pods"]);
  await plane.kubectl([
    ...["create", "clusterrolebinding", "k8svent", "--clusterrole=k8svent"],
    "--serviceaccount=default:k8svent",
  ]);
  await createPods(plane, [manifest("one"), manifest("two")]);
  const canMount = Deno.uid() === 0;
  if (!canMount) say("SKIPPED: only root can mount what the kubelet mounts.");
  const program = [Deno.execPath(), "run", "-q", "-P=cluster", MAIN];
  await context.step({
    name: "the program reads its service account, its secret and its state, and delivers",
    ignore: !canMount,
    fn: (): Promise<void> => deliversFromAPod(plane, ROOT, program),
  });
  const toolchain = findToolchain();
  if (toolchain === undefined) say("SKIPPED: there is no runtime to compile with.");
  await context.step({
    name: "the compiled binary does the same, as a user without rights",
    ignore: !canMount || toolchain === undefined,
    async fn(): Promise<void> {
      const folder = await Deno.makeTempDir({ prefix: "k8svent-binary-" });
      await Deno.chmod(folder, 0o755);
      try {
        await compile(toolchain ?? "", "cluster", `${folder}/k8svent`);
        await deliversFromAPod(plane, NOBODY, [`${folder}/k8svent`]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
});

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function deliversFromAPod(plane: ControlPlane, user: string, program: string[]): Promise<void> {
  const url = new URL(plane.server);
  const env = {
    KUBERNETES_SERVICE_HOST: url.hostname,
    KUBERNETES_SERVICE_PORT: url.port,
    K8SVENT_STATE: "/var/lib/k8svent/state.db",
    K8SVENT_WEBHOOK_SECRET_FILE: "/var/run/secrets/k8svent/secret",
  };
  const mounted = ["--mount", MOUNTED, plane.serviceAccount, SECRET, user, ...program];
  const printed = await run("unshare", [...mounted, "--once"], { env });
  assert.equal(printed.trim().split("\n").length, 2);

  const receiver = await Receiver.start({ secrets: [SECRET] });
  const child = new Deno.Command("unshare", {
    args: [...mounted, "--url", receiver.url],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await receiver.until(() => receiver.state.pods.size === 2, "both pods");
    assert.deepEqual(receiver.state.problems, []);
    assert.ok(
      receiver.deliveries.every((delivery) => delivery.headers["webhook-signature"]?.startsWith("v1,")),
    );
  } finally {
    child.kill("SIGTERM");
    const { code } = await child.status;
    await receiver.close();
    assert.equal(code, 0, "SIGTERM ends it in an orderly way");
  }
}
