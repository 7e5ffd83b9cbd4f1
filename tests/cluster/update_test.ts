import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { MARK } from "../kit/confidential.ts";
import { clusterTest, startControlPlane } from "../kit/control_plane.ts";
import { grantPods, lacksPods, startInPod } from "../kit/in_pod.ts";
import { MountedConfig } from "../kit/config_map.ts";
import { createOwnPod, install } from "../kit/installation.ts";
import { startProgram } from "../kit/program.ts";
import { lacksRegistry, REPOSITORY, TestRegistry } from "../kit/registry.ts";
import { freePort } from "../kit/port.ts";
import { RegistryProxy } from "../kit/registry_proxy.ts";
import { basic, PASSWORD, USER } from "../kit/token_server.ts";
import {
  BETWEEN,
  decides,
  goesOn,
  installBeside,
  installInPod,
  leaves,
  leavesPod,
  NEWER,
  OLDER,
  registryConfig,
  RUNNING,
  type Stage,
  stays,
} from "../kit/updating.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

type Case = [sentence: string, test: (stage: Stage) => Promise<void>];

const MOVED = new RegExp(`${NEWER} is there, and the tag latest has moved`);

/** By name: a tag that names another image than the one that runs. */
const CASES: Case[] = [
  ["a newer release: it delivers what it owes and leaves with 0", async (stage) => {
    await leavesPod(stage, { host: stage.registry.host }, MOVED);
  }],
  ["an endpoint that is slow gets what is pending for it before the program leaves", async (stage) => {
    await using running = await installInPod(stage, { host: stage.registry.host });
    running.receiver.reply = async () => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      return { status: 200 };
    };
    await leaves(running, MOVED);
    assert.ok(running.program.lines.some((line) => line.includes("pending messages are tried once more")));
  }],
  ["a token for everybody lets it in", async (stage) => {
    await using open = await TestRegistry.start("token for everybody");
    await open.push("old", RUNNING);
    await open.push("new", NEWER, "latest");
    await leavesPod(stage, { host: open.host, args: ["--insecure-registry", open.tokenHost] }, MOVED);
  }],
  ["credentials of a docker config get the token of a user", async (stage) => {
    const { guarded: { host, tokenHost } } = stage;
    const args = ["--insecure-registry", tokenHost, ...await registryConfig(stage, host)];
    await leavesPod(stage, { host, args }, MOVED);
  }],
  ["credentials of a docker config let it in where the registry itself asks for them", async (stage) => {
    await using registry = await TestRegistry.start("password");
    await registry.push("new", NEWER, "latest");
    const { host } = registry;
    await leavesPod(stage, { host, args: await registryConfig(stage, host) }, MOVED);
  }],
  ["without credentials (401) it stays", async (stage) => {
    const { guarded } = stage;
    const args = ["--insecure-registry", guarded.tokenHost];
    await stays(stage, { host: guarded.host, args }, /refuses \(401\): give credentials .*--registry-config/);
  }],
  ["one page of tags at a time, by relative links", async (stage) => {
    const { proxy } = stage;
    proxy.interference = { page: 1, link: "relative" };
    await leavesPod(stage, { host: proxy.host }, MOVED);
    assert.ok(proxy.requests.filter(({ path }) => path.includes("/tags/list")).length >= 5);
  }],
  ["one page of tags at a time, by absolute links", async (stage) => {
    stage.proxy.interference = { page: 1, link: "absolute" };
    await leavesPod(stage, { host: stage.proxy.host }, MOVED);
  }],
  ["one page of tags at a time, by links to a host inside, which is never asked", async (stage) => {
    stage.proxy.interference = { page: 1, link: "inside" };
    await leavesPod(stage, { host: stage.proxy.host }, MOVED);
  }],
  ["a thousand tags at once are refused: it asks for fewer", async (stage) => {
    stage.proxy.interference = { most: 100 };
    await leavesPod(stage, { host: stage.proxy.host }, MOVED);
  }],
  ["credentials that may pull and not list: it stays, and says that", async (stage) => {
    stage.proxy.interference = { unlisted: 403 };
    await stays(
      stage,
      { host: stage.proxy.host },
      /lets the image be pulled, but not its tags be listed \(403\): give credentials that may do both/,
    );
  }],
  ["two teams on one host: the image's own has the password, the other one's is not tried", async (stage) => {
    const { guarded: { host, tokenHost } } = stage;
    const auth = basic(USER, PASSWORD).replace("Basic ", "");
    const auths = { [`${host}/team`]: { auth }, [`${host}/other`]: { auth: btoa("other:wrong") } };
    const file = `${stage.folder}/teams.json`;
    await Deno.writeTextFile(file, JSON.stringify({ auths }));
    const args = ["--insecure-registry", tokenHost, "--registry-config", file];
    await leavesPod(stage, { host, args }, MOVED);
    await Deno.writeTextFile(file, JSON.stringify({ auths: { [`${host}/other`]: { auth } } }));
    await stays(stage, { host, args }, /refuses \(401\): give credentials .*--registry-config/);
  }],
  ["credentials that only a helper has: it stays, and says that", async (stage) => {
    const { guarded: { host, tokenHost } } = stage;
    const file = `${stage.folder}/helper.json`;
    await Deno.writeTextFile(file, JSON.stringify({ auths: { [host]: {} }, credsStore: "desktop" }));
    const args = ["--insecure-registry", tokenHost, "--registry-config", file];
    await stays(
      stage,
      { host, args },
      /refuses \(401\): .* cannot be used: credsStore names a credential helper/,
    );
  }],
  ["a tag that was moved back while a newer version is there: it stays", async (stage) => {
    await using registry = await TestRegistry.start();
    await registry.push("new", NEWER);
    const { host } = registry;
    await registry.pushLabelled(OLDER, OLDER, "latest");
    const back = new RegExp(`what the tag latest names is ${OLDER}, which is not newer than ${RUNNING}`);
    await stays(stage, { host }, back);
    await registry.push("nobody knows what", "latest");
    await stays(
      stage,
      { host },
      /what the tag latest names may be older: .*org\.opencontainers\.image\.version/,
    );
    // By an index, whose images have the label.
    await registry.pushIndex([await registry.pushLabelled(OLDER)], "latest");
    await stays(stage, { host }, back);
  }],
  [
    "a tag that no version's tag names too, but whose image is newer by its label: it leaves",
    async (stage) => {
      await using registry = await TestRegistry.start();
      await registry.push("new", NEWER);
      await registry.pushIndex([await registry.pushLabelled(BETWEEN)], "latest");
      const moved = `${NEWER} is there, and the tag latest has moved to ${BETWEEN}`;
      await leavesPod(stage, { host: registry.host }, new RegExp(moved));
    },
  ],
  ["only a prerelease is newer: a release stays, and next follows it", async (stage) => {
    await using registry = await TestRegistry.start();
    await registry.push("old", RUNNING);
    await registry.push("new", `${NEWER}-rc.1`, "latest", "next");
    const { host } = registry;
    await stays(stage, { host }, new RegExp(`${RUNNING} is the newest release`));
    await leavesPod(
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
  ["a registry that hangs: it goes on, and ends at once when it is asked to", async (stage) => {
    const { proxy } = stage;
    proxy.interference = "hang";
    const asked = new Promise((resolve) => proxy.onRequest = resolve);
    await using running = await installInPod(stage, { host: proxy.host });
    await asked;
    await goesOn(stage, running);
  }],
  ["ten thousand tags that are no newer version: it stays", async (stage) => {
    await using registry = await TestRegistry.start();
    const image = await registry.push("old", "latest");
    await registry.addTags(image, Array.from({ length: 10_000 }, (_, tag) => `build-${tag}`));
    await stays(stage, { host: registry.host }, new RegExp(`${RUNNING} is the newest release`));
  }],
  ["a redirect to another host: credentials are not sent along, and it stays", async (stage) => {
    const { proxy, guarded } = stage;
    await using elsewhere = new RegistryProxy(guarded.host);
    const location = `http://${elsewhere.host}/v2/${REPOSITORY}/tags/list`;
    // The registry asks for a password first, so that it has one when it redirects.
    proxy.interference = { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } };
    proxy.onRequest = ({ hadCredentials }) => {
      if (hadCredentials) proxy.interference = { status: 307, headers: { location } };
    };
    const args = [...await registryConfig(stage, proxy.host), "--insecure-registry", elsewhere.host];
    await stays(stage, { host: proxy.host, args }, new RegExp(`${elsewhere.host} refuses \\(401\\)`));
    assert.ok(proxy.requests.some(({ hadCredentials }) => hadCredentials));
    assert.deepEqual(elsewhere.requests.map(({ hadCredentials }) => hadCredentials), [false]);
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
    await using running = await installInPod(stage, {
      host: stage.registry.host,
      args: ["--update", "notify"],
    });
    await decides(running, new RegExp(`Update: newer version: ${NEWER} is there \\(--update notify\\)`));
    await goesOn(stage, running);
  }],
  ["outside a pod it tells of a newer version of --image, and stays", async (stage) => {
    const { registry: { host } } = stage;
    const args = ["--image", `${host}/${REPOSITORY}:latest`, "--insecure-registry", host];
    await using running = await installBeside(stage, {}, args);
    await decides(
      running,
      new RegExp(`Update: newer version: ${NEWER} is there, and leaving would not pull`),
    );
    await goesOn(stage, running);
  }],
  ["a pod of its own that is not there: it stays", async (stage) => {
    await using running = await installBeside(stage, { POD_NAME: "gone", POD_NAMESPACE: "k8svent" }, []);
    await decides(running, /Update: stays: it cannot read its own pod: .*404/);
    await goesOn(stage, running);
  }],
  ["a node that has not said yet which image it runs: it stays", async (stage) => {
    const { registry: { host } } = stage;
    await stays(stage, { host, status: { imageID: "" } }, /its pod does not say yet which image it runs/);
  }],
  ["without --state it does not leave an endpoint that would lose something by it", async (stage) => {
    await using registry = await TestRegistry.start();
    await registry.push("old", RUNNING, "latest");
    const args = ["--update-interval", "1s"];
    await using running = await installInPod(stage, { host: registry.host, args, forgets: true });
    const { program, receiver } = running;
    receiver.reply = () => ({ status: 503 });
    await program.until(/Endpoint a fails/);
    await registry.push("new", NEWER, "latest");
    await program.until(new RegExp(`${NEWER} is there, but what a did not accept yet would be lost`));
    assert.equal(await program.stop(), 0);
  }],
  [
    "a configuration file that became wrong meanwhile: it stays, is ready, and leaves when it is mended",
    async (stage) => {
      await using registry = await TestRegistry.start();
      const { manifest: digest } = await registry.push("old", RUNNING, "latest");
      const mount = await Deno.makeTempDir({ dir: stage.folder });
      const port = freePort();
      const right = (url: string): string => `version: 1\nendpoints: [{ name: a, url: "${url}" }]\n`;
      let file: MountedConfig | undefined;
      await using running = await install(async (url) => {
        file = await MountedConfig.mount(mount, right(url));
        const env = await createOwnPod(stage.plane, { host: registry.host, digest });
        const args = [
          "--kubeconfig",
          stage.plane.kubeconfig,
          "-n",
          "default",
          "--state",
          `${mount}/state.db`,
        ];
        const update = ["--insecure-registry", registry.host, "--update-interval", "1s"];
        const probes = ["--listen", `127.0.0.1:${port}`];
        return await startProgram({ args: [...args, ...update, ...probes, "--config", file.path], env });
      });
      const { program, receiver } = running;
      await program.until(/Update: stays: .* is the newest release/);
      await file?.write("version: 1\nendpoints: [{ name: a, url: no-url }]\n");
      await registry.push("new", NEWER, "latest");
      await program.until(new RegExp(`${NEWER} is there, but the configuration file .* cannot be used`));
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
      assert.deepEqual(
        [ready.status, await ready.text()],
        [200, `ok\nThe configuration file ${file?.path} cannot be used: the rules from before stay.\n`],
      );
      await file?.write(right(receiver.url));
      assert.equal(await program.ended, 0);
      await program.until(new RegExp(`Update: leaves: .*${MOVED.source}`));
    },
  ],
];

clusterTest("the program keeps itself current by a real registry", async (context) => {
  await using plane = await startControlPlane();
  await using registry = await TestRegistry.start();
  await using guarded = await TestRegistry.start("token for a user");
  await using proxy = new RegistryProxy(registry.host);
  const folder = await Deno.makeTempDir({ dir: plane.dir });
  await plane.kubectl(["create", "namespace", "k8svent"]);
  await createPods(plane, [manifest("web-0"), manifest("web-1"), manifest("web-2")]);
  const old = await registry.push("old", RUNNING, "junk");
  await registry.push("new", NEWER, "latest", "next");
  await guarded.push("old", RUNNING);
  await guarded.push("new", NEWER, "latest");
  for (const [sentence, test] of CASES) {
    proxy.interference = undefined;
    proxy.onRequest = undefined;
    proxy.requests.length = 0;
    await context.step(sentence, () => test({ plane, registry, guarded, proxy, old, folder }));
  }
}, lacksRegistry());

clusterTest("in a pod, with the rights of its account and the image's permissions, it leaves", async () => {
  await using plane = await startControlPlane();
  await using registry = await TestRegistry.start();
  const old = await registry.push("old", RUNNING);
  await registry.push("new", NEWER, "latest");
  await grantPods(plane);
  await createPods(plane, [manifest("web-0"), manifest("web-1")]);
  const { host } = registry;
  const env = await createOwnPod(plane, { host, digest: old.manifest, namespace: "default" });
  const program = [Deno.execPath(), "run", "-q", "-P=cluster", MAIN];
  await using running = await install((url) =>
    startInPod({
      plane,
      command: [...program, "--url", url, "--insecure-registry", host],
      secret: `whsec_${btoa(MARK)}`,
      user: "0",
      env,
    })
  );
  await leaves(running, MOVED);
}, lacksPods() ?? lacksRegistry());
