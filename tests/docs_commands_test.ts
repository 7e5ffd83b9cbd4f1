import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createPods, manifest } from "./kit/cluster_pods.ts";
import { run } from "./kit/command.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "./kit/control_plane.ts";
import { findControlPlane, programs } from "./kit/control_plane_source.ts";
import { freePort } from "./kit/port.ts";
import { Receiver } from "./kit/receiver.ts";
import { readTests } from "./kit/test_titles.ts";

/*
 * Every command of the pages for those who move to k8svent, look for a fault or work on it: it is run here, or it is
 * named with the test that runs it, or with the reason why none can. `docs/` has other pages; their commands are run in
 * `tests/docs`.
 */

const PAGES = [
  ...["architecture", "benchmark", "migrating", "security", "troubleshooting"].map((name) =>
    `docs/${name}.md`
  ),
  "CONTRIBUTING.md",
  "SECURITY.md",
];

type Way = "here" | { by: string } | { cannot: string };

const LONG = { cannot: "it takes minutes to hours" };
const FOLLOWING = { by: "a CPU profile and a heap snapshot are made as CONTRIBUTING.md says" };
const IMAGES = { cannot: "it downloads base images" };

const ONE = "k8svent --once | head -n 1";
const REMOVE = "kubectl delete deployment k8svent -n k8svent";
const ANNOTATIONS =
  `kubectl get pods --all-namespaces -o json | grep -o '"atomist.com/k8s\\{0,1\\}vent": .*' | sort | uniq -c`;
const OLDER =
  "k8svent --payload k8vent --environment production --pod-webhooks hooks.example.com --url https://hooks.example.com/pods";
const WEBHOOKS = "kubectl get secret k8svent -n k8svent -o jsonpath='{.data.webhooks}' | base64 -d";
const MAY_WATCH = "kubectl auth can-i watch pods --as=system:serviceaccount:k8svent:k8svent --all-namespaces";
const RIGHTS = "kubectl auth can-i --list --as=system:serviceaccount:k8svent:k8svent";
const PROFILE =
  "deno run -P --cpu-prof --cpu-prof-dir=. --cpu-prof-name=k8svent.cpuprofile main.ts --url http://127.0.0.1:8080";
const INSPECTED = "deno run -P --inspect=127.0.0.1:9229 main.ts --url http://127.0.0.1:8080";
const SNAPSHOT =
  "deno run --allow-net=127.0.0.1:9229 --allow-write=heap.heapsnapshot bench/heap.ts 127.0.0.1:9229 heap.heapsnapshot";

const WAYS: Record<string, Way> = {
  ...Object.fromEntries(
    [ONE, REMOVE, ANNOTATIONS, OLDER, WEBHOOKS, MAY_WATCH, RIGHTS].map((command) => [command, "here"]),
  ),
  [PROFILE]: FOLLOWING,
  [INSPECTED]: FOLLOWING,
  [SNAPSHOT]: FOLLOWING,
  "npx -y deno@2.9.6 task bench": LONG,
  "npx -y deno@2.9.6 task bench --sizes 1000,10000,100000 --rounds 3,3,1": LONG,
  "npx -y deno@2.9.6 task bench --sizes 1000 --rounds 1 --parts sync,changes --programs go --seconds 5": LONG,
  "deno run --allow-read --allow-write bench/chart.ts": {
    by: "bench/results.svg is the chart of bench/results.json",
  },
  "deno run --allow-read --allow-write bench/markdown.ts": {
    by: "docs/benchmark.md has the figures of the run that is beside the benchmark",
  },
  "npx -y deno@2.9.6 task test:unit": { cannot: "it would run itself" },
  "deno task ok": { cannot: "it would run itself" },
  "sudo tests/install.sh": { by: "tests/install.sh installs what CI installs" },
  "docker build --tag k8svent-dev --file .devcontainer/Dockerfile .": IMAGES,
  'docker run --rm -it --privileged --volume "$PWD:/work" --workdir /work k8svent-dev npx -y deno@2.9.6 task ok':
    IMAGES,
  'deno task test --filter "an endpoint that hangs changes nothing for another" tests/faults': {
    by: "an endpoint that hangs changes nothing for another",
  },
  "K8SVENT_MODEL_SEED=random K8SVENT_HISTORIES=100000 deno task test tests/model": LONG,
};

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** What a person copies and runs, without the remarks behind it. */
function commandsOf(page: string): string[] {
  return [...page.matchAll(/^( *)```sh\n([\s\S]*?)^\1```$/gm)].flatMap(([, , block = ""]) =>
    block.replaceAll(/\\\n\s*/g, "").split("\n").map((line) => line.replace(/\s{2,}# .*$/, "").trim())
  ).filter((line) => line !== "");
}

Deno.test("every command of the pages about moving, faults and development is in the list, and nothing else", async () => {
  const strings = await Promise.all(PAGES.map((path) => Deno.readTextFile(`${ROOT}${path}`)));
  const commands = strings.flatMap(commandsOf);
  assert.deepEqual(commands.filter((command) => WAYS[command] === undefined), []);
  assert.deepEqual(Object.keys(WAYS).filter((command) => !commands.includes(command)), []);
  const tests = await readTests(["src/", "tests/", "bench/"]);
  for (const way of Object.values(WAYS)) {
    if (typeof way === "object" && "by" in way) assert.ok(tests.includes(`"${way.by}"`), way.by);
  }
});

/** What Atomist's manifests have in place of ours: a Deployment whose selector is another one. */
const OLD = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "k8svent", namespace: "k8svent" },
  spec: {
    selector: {
      matchLabels: { "app.kubernetes.io/name": "k8svent", "atomist.com/workspaceId": "T29E48P34" },
    },
    template: {
      metadata: { labels: { "app.kubernetes.io/name": "k8svent", "atomist.com/workspaceId": "T29E48P34" } },
      spec: { containers: [{ name: "k8svent", image: "atomist/k8svent:0.17.0" }] },
    },
  },
};

clusterTest(
  "an older Deployment is in the way of the new one, and goes as docs/migrating.md says",
  async () => {
    await using plane = await startControlPlane();
    await using shell = await Shell.at(plane);
    await plane.kubectl(["apply", "-f", "kube/namespace.yaml"]);
    await plane.kubectl(["apply", "-f", "-"], JSON.stringify(OLD));
    const secret = "create secret generic k8svent -n k8svent --from-literal=webhooks=https://a.example.com/x";
    await plane.kubectl(secret.split(" "));
    await assert.rejects(plane.kubectl(["apply", "-k", "kube"]), /spec\.selector.*field is immutable/);
    await shell.run(REMOVE);
    await plane.kubectl(["apply", "-k", "kube"]);
    assert.equal(await shell.run(WEBHOOKS), "https://a.example.com/x");
    assert.equal(await shell.run(MAY_WATCH), "yes\n");
    assert.match(await shell.run(RIGHTS), /^pods +.*\[get list watch\]$/m);
  },
);

clusterTest("a move from k8vent begins with the annotations, and with the older contract", async () => {
  await using plane = await startControlPlane();
  await using shell = await Shell.at(plane);
  await using receiver = await Receiver.start();
  const annotations = (key: string): Record<string, unknown> => ({
    annotations: { [`atomist.com/${key}`]: '{"environment":"x"}' },
  });
  await createPods(plane, [manifest("a", annotations("k8vent")), manifest("b", annotations("k8svent"))]);
  assert.equal((await shell.run(ANNOTATIONS)).trim().split("\n").length, 2);
  assert.match(await shell.run(ONE), /^\{"pod":\{"apiVersion":"v1","kind":"Pod",.*\}\n$/);
  const command = OLDER.replace("https://hooks.example.com/pods", receiver.url);
  await shell.run(command, { K8SVENT_ONCE: "true", ATOMIST_ENVIRONMENT: "production" });
  const [b] = receiver.about("b");
  assert.equal(b?.headers["k8svent-environment"], "production");
  assert.deepEqual(b?.body?.env, { ATOMIST_ENVIRONMENT: "production" });
});

clusterTest("a CPU profile and a heap snapshot are made as CONTRIBUTING.md says", async () => {
  await using plane = await startControlPlane();
  await using shell = await Shell.at(plane);
  const port = String(freePort());
  const here = (command: string): string =>
    command.replaceAll("9229", port).replace("dir=.", `dir=${shell.folder}`).replaceAll(
      "heap.heapsnapshot",
      `${shell.folder}/heap.heapsnapshot`,
    );
  await shell.follow(here(PROFILE), async () => {});
  const profile = JSON.parse(await Deno.readTextFile(`${shell.folder}/k8svent.cpuprofile`));
  assert.ok(profile.nodes.length > 100);
  await shell.follow(here(INSPECTED), async () => void await shell.run(here(SNAPSHOT)));
  const { snapshot } = JSON.parse(await Deno.readTextFile(`${shell.folder}/heap.heapsnapshot`));
  assert.ok(snapshot.node_count > 1_000);
});

/** A shell in the repository, with the programs that the pages name. */
class Shell implements AsyncDisposable {
  readonly folder: string;
  readonly #env: Record<string, string>;

  static async at(plane: ControlPlane): Promise<Shell> {
    const folder = await Deno.makeTempDir({ prefix: "k8svent-shell-" });
    const deno = Deno.execPath();
    await Deno.symlink(`${await programs(findControlPlane())}/kubectl`, `${folder}/kubectl`);
    await Deno.symlink(deno, `${folder}/deno`);
    await Deno.writeTextFile(
      `${folder}/k8svent`,
      `#!/bin/sh\nexec ${deno} run -q -P ${ROOT}main.ts "$@"\n`,
      { mode: 0o755 },
    );
    return new Shell(folder, plane.kubeconfig);
  }

  private constructor(folder: string, kubeconfig: string) {
    this.folder = folder;
    this.#env = { PATH: `${folder}:${Deno.env.get("PATH")}`, KUBECONFIG: kubeconfig };
  }

  async run(command: string, env: Record<string, string> = {}): Promise<string> {
    const pipeline = `set -o pipefail; cd '${ROOT}'; ${command}`;
    return await run("bash", ["-c", pipeline], { env: { ...this.#env, ...env } });
  }

  /** Starts a program that follows the pods, and ends it by SIGINT as Ctrl-C does. */
  async follow(command: string, meanwhile: () => Promise<void>): Promise<void> {
    const child = new Deno.Command("bash", {
      args: ["-c", `exec ${command}`],
      cwd: ROOT,
      env: { ...this.#env, K8SVENT_LOG_FORMAT: "json" },
      stdin: "null",
      stderr: "piped",
    }).spawn();
    // Passes only where it does not say that it follows the pods: the log is then at its end.
    const patience = setTimeout(() => child.kill("SIGKILL"), 60_000);
    let log = "";
    const pieces = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
      log += piece.value;
      if (log.includes(", watching.")) break;
    }
    clearTimeout(patience);
    assert.ok(log.includes(", watching."), log);
    try {
      await meanwhile();
    } finally {
      child.kill("SIGINT");
    }
    for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) log += piece.value;
    assert.equal((await child.status).code, 0, log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
