import assert from "node:assert/strict";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { type Program, startProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";
import { lacksRegistry, type Pushed, REPOSITORY, TestRegistry } from "../kit/registry.ts";
import { RegistryProxy } from "../kit/registry_proxy.ts";
import { PASSWORD, USER } from "../kit/token_server.ts";

/** The version that runs, and one above it. */
const { version: RUNNING } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
const NEWER = `${Number(RUNNING.split(".")[0]) + 1}.0.0`;

/** What is between the cases: they share a control plane and registries, which take longer to start than a case. */
interface Stage {
  plane: ControlPlane;
  /** Asked by name `latest`: the old image; there is a newer release, which `moved` names. */
  registry: TestRegistry;
  guarded: TestRegistry;
  proxy: RegistryProxy;
  old: Pushed;
  folder: string;
}

/** How one run of the program differs from an installation of kube/ whose tag has moved to a newer release. */
interface Setting {
  host: string;
  tag?: string;
  digest?: string;
  /** Of the pod's container and its status. */
  container?: Record<string, unknown>;
  status?: Record<string, unknown>;
  args?: string[];
  keepsState?: boolean;
}

interface Running extends AsyncDisposable {
  program: Program;
  receiver: Receiver;
}

let pods = 0;

/** Starts the program beside a pod of its own in the cluster, which says what it runs. */
async function install(stage: Stage, setting: Setting): Promise<Running> {
  const { plane, old, folder } = stage;
  const {
    host,
    tag = "latest",
    digest = old.manifest,
    container = {},
    status = {},
    args = [],
    keepsState = true,
  } = setting;
  const name = `k8svent-${++pods}`;
  const image = tag.startsWith("@") ? `${host}/${REPOSITORY}${tag}` : `${host}/${REPOSITORY}:${tag}`;
  const own = { name: "k8svent", image, imagePullPolicy: "Always", ...container };
  await plane.kubectl(
    ["create", "-n", "k8svent", "-f", "-"],
    JSON.stringify(manifest(name, {}, { containers: [own], restartPolicy: "Always" })),
  );
  const state = {
    name: "k8svent",
    image,
    imageID: `${host}/${REPOSITORY}@${digest}`,
    ready: true,
    restartCount: 0,
  };
  const patch = JSON.stringify({ status: { containerStatuses: [{ ...state, ...status }] } });
  await plane.kubectl([
    "patch",
    "pod",
    name,
    "-n",
    "k8svent",
    "--subresource=status",
    "--type=merge",
    "-p",
    patch,
  ]);
  const receiver = await Receiver.start();
  const program = await startProgram({
    args: [
      ...["--kubeconfig", plane.kubeconfig, "--url", `a=${receiver.url}`, "-n", "default"],
      ...(keepsState ? ["--state", `${folder}/${name}.db`] : []),
      ...["--insecure-registry", host, ...args],
    ],
    env: { POD_NAME: name, POD_NAMESPACE: "k8svent" },
  });
  return {
    program,
    receiver,
    async [Symbol.asyncDispose](): Promise<void> {
      await program[Symbol.asyncDispose]();
      await receiver.close();
    },
  };
}

/** The program stays for this reason, and goes on with its work. */
async function stays(stage: Stage, setting: Setting, reason: RegExp): Promise<void> {
  await using running = await install(stage, setting);
  const { program, receiver } = running;
  const line = await program.until(/Update: /);
  assert.match(line, /Update: stays: /);
  assert.match(line, reason);
  await receiver.until(() => receiver.state.pods.size > 0, "the pods");
  const before = receiver.deliveries.length;
  await stage.plane.kubectl(["label", "--overwrite", "pod", "web-0", `after=${before}-${pods}`]);
  await receiver.until(() => receiver.deliveries.length > before, "a change after the decision");
  assert.equal(await program.stop(), 0);
}

/** The program leaves by itself, for this reason, with everything delivered. */
async function leaves(stage: Stage, setting: Setting, reason: RegExp): Promise<Program> {
  await using running = await install(stage, setting);
  const { program, receiver } = running;
  assert.equal(await program.ended, 0, program.lines.join("\n"));
  const line = program.lines.find((one) => one.includes("Update: leaves: ")) ?? "";
  assert.match(line, reason);
  assert.equal(receiver.state.pods.size, 3, "all that was owed has been delivered");
  return program;
}

type Case = [sentence: string, test: (stage: Stage) => Promise<void>];

const MOVED = new RegExp(`${NEWER} is there, and the tag latest has moved`);

/** By name: a tag that names another image than the one that runs. */
const CASES: Case[] = [
  ["a newer release: it delivers what it owes and leaves with 0", async (stage) => {
    const { registry: { host } } = stage;
    await leaves(stage, { host }, MOVED);
  }],
  ["an endpoint that is slow gets what it is owed before the program leaves", async (stage) => {
    await using running = await install(stage, { host: stage.registry.host });
    const { program, receiver } = running;
    receiver.reply = async () => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      return { status: 200 };
    };
    assert.equal(await program.ended, 0);
    assert.equal(receiver.state.pods.size, 3);
    assert.ok(program.lines.some((line) => line.includes("what is owed is tried once more")));
    assert.ok(!program.lines.some((line) => line.includes("is still owed")));
  }],
  ["a token for everybody lets it in", async (stage) => {
    await using open = await TestRegistry.start("token for everybody");
    await open.push("old", RUNNING);
    await open.push("new", NEWER, "latest");
    await leaves(stage, { host: open.host, args: ["--insecure-registry", open.tokenHost] }, MOVED);
  }],
  ["credentials of a docker config let it in, and do not show", async (stage) => {
    const { guarded, folder } = stage;
    const config = { auths: { [guarded.host]: { auth: btoa(`${USER}:${PASSWORD}`) } } };
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
    const args = ["--insecure-registry", guarded.tokenHost, "--registry-config", `${folder}/config.json`];
    const { lines } = await leaves(stage, { host: guarded.host, args }, MOVED);
    assert.doesNotMatch(lines.join(), new RegExp(`${PASSWORD}|${btoa(`${USER}:${PASSWORD}`)}`));
  }],
  ["without credentials (401) it stays", async (stage) => {
    const { guarded } = stage;
    const args = ["--insecure-registry", guarded.tokenHost];
    await stays(stage, { host: guarded.host, args }, /refuses \(401\): give credentials .*--registry-config/);
  }],
  ["one page of tags at a time, by relative links", async (stage) => {
    const { proxy } = stage;
    proxy.interference = { page: 1, link: "relative" };
    await leaves(stage, { host: proxy.host }, MOVED);
    assert.ok(proxy.requests.filter(({ path }) => path.includes("/tags/list")).length >= 5);
  }],
  ["one page of tags at a time, by absolute links", async (stage) => {
    stage.proxy.interference = { page: 1, link: "absolute" };
    await leaves(stage, { host: stage.proxy.host }, MOVED);
  }],
  ["only a prerelease is newer: a release stays, and next follows it", async (stage) => {
    await using registry = await TestRegistry.start();
    await registry.push("old", RUNNING);
    await registry.push("new", `${NEWER}-rc.1`, "latest", "next");
    const { host } = registry;
    await stays(stage, { host }, new RegExp(`${RUNNING} is the newest release`));
    await leaves(
      stage,
      { host, tag: "next" },
      new RegExp(`${NEWER}-rc.1 is there, and the tag next has moved`),
    );
  }],
  ["the tag has not moved: it stays, by whichever digest the node calls the image", async (stage) => {
    await using registry = await TestRegistry.start();
    await registry.push("new", NEWER);
    const [amd64, arm64] = [await registry.push("amd64"), await registry.push("arm64")];
    const index = await registry.pushIndex([amd64, arm64], "latest");
    const unmoved = new RegExp(`${NEWER} is there, but the tag latest has not moved to it yet`);
    for (const digest of [index, arm64.manifest, arm64.config]) {
      await stays(stage, { host: registry.host, digest }, unmoved);
    }
  }],
  ["a fixed tag and a digest stay", async (stage) => {
    const { registry: { host }, old } = stage;
    await stays(stage, { host, tag: "1.2.3" }, /tag 1\.2\.3 is fixed/);
    await stays(stage, { host, tag: `@${old.manifest}` }, /its image is named by digest/);
  }],
  ["a registry that is down: it stays", async (stage) => {
    await stays(stage, { host: "127.0.0.1:1" }, /127\.0\.0\.1:1 cannot be reached/);
  }],
  ["a registry without the image (404): it stays", async (stage) => {
    await using empty = await TestRegistry.start();
    await stays(stage, { host: empty.host }, /has no such image, or hides it \(404\)/);
  }],
  ["a registry that asks for patience (429): it stays", async (stage) => {
    stage.proxy.interference = { status: 429, headers: { "retry-after": "60" } };
    await stays(stage, { host: stage.proxy.host }, /asks for patience \(429\)/);
  }],
  ["garbage in place of tags: it stays", async (stage) => {
    stage.proxy.interference = { status: 200, body: "<html>Welcome</html>" };
    await stays(stage, { host: stage.proxy.host }, /does not answer with a list of tags/);
  }],
  ["ten thousand tags that are no newer version: it stays", async (stage) => {
    await using registry = await TestRegistry.start();
    const image = await registry.push("old", "latest");
    await registry.addTags(image, Array.from({ length: 10_000 }, (_, tag) => `build-${tag}`));
    await stays(stage, { host: registry.host }, new RegExp(`${RUNNING} is the newest release`));
  }],
  ["a redirect to another host: credentials are not sent along, and it stays", async (stage) => {
    const { proxy, guarded, folder } = stage;
    await using elsewhere = new RegistryProxy(guarded.host);
    const location = `http://${elsewhere.host}/v2/${REPOSITORY}/tags/list`;
    // The registry asks for a password first, so that it has one when it redirects.
    proxy.interference = { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } };
    proxy.onRequest = ({ hadCredentials }) => {
      if (hadCredentials) proxy.interference = { status: 307, headers: { location } };
    };
    const config = { auths: { [proxy.host]: { username: USER, password: PASSWORD } } };
    await Deno.writeTextFile(`${folder}/redirected.json`, JSON.stringify(config));
    const args = ["--registry-config", `${folder}/redirected.json`, "--insecure-registry", elsewhere.host];
    await stays(stage, { host: proxy.host, args }, new RegExp(`${elsewhere.host} refuses \\(401\\)`));
    proxy.onRequest = undefined;
    assert.ok(elsewhere.requests.length > 0);
    assert.ok(elsewhere.requests.every(({ hadCredentials }) => !hadCredentials));
  }],
  ["after a start that was itself an update it does not look at once", async (stage) => {
    const { registry: { host } } = stage;
    const terminated = { exitCode: 0, finishedAt: "2026-01-01T00:00:00Z", startedAt: "2026-01-01T00:00:00Z" };
    const status = { restartCount: 1, lastState: { terminated } };
    await stays(stage, { host, status }, /this start was an update/);
  }],
  ["a pull policy that would start the same image again: it stays", async (stage) => {
    const { registry: { host } } = stage;
    await stays(
      stage,
      { host, container: { imagePullPolicy: "IfNotPresent" } },
      /with imagePullPolicy IfNotPresent/,
    );
  }],
  ["--update off does not look", async (stage) => {
    await stays(stage, { host: stage.registry.host, args: ["--update", "off"] }, /--update off/);
  }],
  ["--update notify says it and stays", async (stage) => {
    await using running = await install(stage, { host: stage.registry.host, args: ["--update", "notify"] });
    await running.program.until(new RegExp(`Update: newer version: ${NEWER} is there`));
    assert.equal(await running.program.stop(), 0);
  }],
  ["without --state it does not leave an endpoint that would lose something by it", async (stage) => {
    await using registry = await TestRegistry.start();
    await registry.push("old", RUNNING, "latest");
    const args = ["--update-interval", "1s"];
    await using running = await install(stage, { host: registry.host, args, keepsState: false });
    const { program, receiver } = running;
    receiver.reply = () => ({ status: 503 });
    await program.until(/Endpoint a fails/);
    await registry.push("new", NEWER, "latest");
    await program.until(new RegExp(`${NEWER} is there, but what a did not take yet would be lost`));
    assert.equal(await program.stop(), 0);
  }],
];

clusterTest("the program keeps itself current by a real registry", async (context) => {
  await using plane = await startControlPlane();
  await using registry = await TestRegistry.start();
  await using guarded = await TestRegistry.start("token for a user");
  await using proxy = new RegistryProxy(registry.host);
  const folder = await Deno.makeTempDir({ prefix: "k8svent-update-" });
  try {
    await plane.kubectl(["create", "namespace", "k8svent"]);
    await createPods(plane, [manifest("web-0"), manifest("web-1"), manifest("web-2")]);
    const old = await registry.push("old", RUNNING, "junk");
    await registry.push("new", NEWER, "latest", "next");
    await guarded.push("old", RUNNING);
    await guarded.push("new", NEWER, "latest");
    for (const [sentence, test] of CASES) {
      proxy.interference = undefined;
      await context.step(sentence, () => test({ plane, registry, guarded, proxy, old, folder }));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}, lacksRegistry());
