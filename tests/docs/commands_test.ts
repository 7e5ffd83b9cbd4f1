import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { findControlPlane, programs } from "../kit/control_plane_source.ts";
import { blocksOf, commandsOf, type Page, readPage } from "../kit/pages.ts";
import { freePort } from "../kit/port.ts";
import { Receiver } from "../kit/receiver.ts";
import { Until } from "../kit/until.ts";

/*
 * Every command of the pages is run, one after the other, as a reader would: on a real control plane, in a folder of
 * its own. Or it is named here with the test that runs it, or with the reason why none can. A command that is in no
 * list fails the test, and so does one in a list that no page has any more.
 *
 * What a page shows in a `console` block has to have been printed by its commands, line by line, but for what differs
 * from run to run (`shape`). What is not as on the reader's machine: `https://hooks.example.com/pods` is a receiver on loopback, `k8svent` and
 * `npx deno` are the source under test, and ports are free ones.
 */

/** `until`: it goes on until it prints such a line, and is then ended; it must end with 0. */
type Way = "runs" | { until: RegExp } | { by: string } | { cannot: string };

const FOLLOWS = { until: /follows the pods of all namespaces/ };
const NETWORK = { cannot: "the placeholder names no real repository or registry" };
const MADE_BY_RELEASE = { by: "a release is refused by a tag that is not this version's" };
const BINARY = { by: "the compiled binary runs on the real control plane" };
const RECEIVER = { by: "the receiver in js takes what is signed and nothing else" };
const SIGUSR1 = {
  by: "410 for two pods stops the endpoint, what is pending stays, and an operator brings it back",
};

const DEBUG = {
  by:
    "the kubectl debug of docs/state.md is admitted beside the pod, in its process namespace and as its user",
};

const WAYS: Record<string, Way> = {
  'git clone "$REPOSITORY" k8svent && cd k8svent': NETWORK,
  "npx -y deno@2.9.6 task demo": { until: /pod\.changed/ },
  "npx -y deno@2.9.6 task -q start --url https://hooks.example.com/pods --secret-file ./secret": FOLLOWS,
  "npx -y deno@2.9.6 task compile": BINARY,
  "install -D -m 0755 dist/k8svent ~/.local/bin/k8svent": BINARY,
  'curl -fLO "$REPOSITORY/releases/download/v$VERSION/k8svent-$VERSION-linux-x64"': NETWORK,
  'curl -fLO "$REPOSITORY/releases/download/v$VERSION/SHA256SUMS"': NETWORK,
  "sha256sum --check --ignore-missing SHA256SUMS": MADE_BY_RELEASE,
  'install -D -m 0755 "k8svent-$VERSION-linux-x64" ~/.local/bin/k8svent': BINARY,
  'gh attestation verify "k8svent-$VERSION-linux-x64" --repo "${REPOSITORY#https://github.com/}"': NETWORK,
  'gh attestation verify "oci://$IMAGE:$VERSION" --repo "${REPOSITORY#https://github.com/}"': NETWORK,
  "k8svent --version": "runs",
  "k8svent --help": "runs",
  "k8svent --once --namespace shop": "runs",
  "openssl rand -hex 32 > secret": "runs",
  "k8svent --url https://hooks.example.com/pods --secret-file ./secret": FOLLOWS,
  'docker build -t "$IMAGE:latest" --build-arg BUILD_IMAGE=denoland/deno:debian-2.9.6 --build-arg RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot --build-arg VERSION="$VERSION" .':
    { by: "the image is built from the Dockerfile" },
  'docker push "$IMAGE:latest"': NETWORK,
  "kubectl apply -f kube/namespace.yaml": "runs",
  "kubectl create secret generic k8svent -n k8svent --from-literal=webhooks=https://hooks.example.com/pods --from-file=secret=./secret":
    "runs",
  "mkdir -p overlay": "runs",
  "printf 'resources:\\n  - ../kube\\nimages:\\n  - name: k8svent\\n    newName: %s\\n' \"$IMAGE\" > overlay/kustomization.yaml":
    "runs",
  "kubectl apply -k overlay": "runs",
  "kubectl rollout status -n k8svent deployment/k8svent --timeout=2m": "runs",
  "kubectl logs -n k8svent deployment/k8svent": { cannot: "the control plane of the tests has no kubelet" },
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_INTERVAL=5m": "runs",
  "kubectl apply -n team-a -f kube/rbac-namespaced.yaml": "runs",
  "kubectl apply -f kube/deployment-namespaced.yaml": "runs",
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_NAMESPACE=team-a": "runs",
  'kubectl set image -n k8svent deployment/k8svent k8svent="$IMAGE:latest"': "runs",
  "kubectl apply -f kube/deployment-no-rbac.yaml": "runs",
  "kubectl apply -f kube/rbac.yaml": "runs",
  "kubectl auth can-i watch pods --as=system:serviceaccount:k8svent:k8svent -A": "runs",
  "kubectl delete -k overlay --wait=false": "runs",
  "kubectl delete -n team-a -f kube/rbac-namespaced.yaml": "runs",
  "kubectl delete -f kube/namespace.yaml --ignore-not-found --wait=false": "runs",
  "rm -f ~/.local/bin/k8svent": "runs",

  "k8svent --url ops=https://hooks.example.com/pods --secret-file ./secret --state ./k8svent.db": FOLLOWS,
  "kubectl apply -f kube/pvc/claim.yaml": "runs",
  "kubectl patch -n k8svent deployment/k8svent --patch-file kube/pvc/deployment-patch.yaml": "runs",
  'kill -USR1 "$(pgrep -x k8svent)"': SIGUSR1,
  "pod=$(kubectl get pod -n k8svent -l app.kubernetes.io/name=k8svent -o name)": DEBUG,
  'kubectl debug -n k8svent "$pod" --image=busybox --target=k8svent --profile=restricted -- kill -USR1 1':
    DEBUG,

  'kubectl set image -n k8svent deployment/k8svent k8svent="$IMAGE:next"': "runs",
  'kubectl set image -n k8svent deployment/k8svent k8svent="$IMAGE:$VERSION"': "runs",
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_UPDATE=notify": "runs",
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_UPDATE=off": "runs",
  'kubectl create secret docker-registry k8svent-registry -n k8svent --docker-server=registry.example.com --docker-username=reader --docker-password="$REGISTRY_PASSWORD"':
    "runs",
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_REGISTRY_CONFIG=/var/run/secrets/k8svent/registry.json":
    "runs",
  'k8svent --url https://hooks.example.com/pods --secret-file ./secret --image "$IMAGE:latest"': FOLLOWS,

  // Ready only then.
  "k8svent --url https://hooks.example.com/pods --secret-file ./secret --listen 127.0.0.1:8080": {
    until: /Listed .* watching/,
  },
  "curl -i http://127.0.0.1:8080/readyz": "runs",
  "kubectl port-forward -n k8svent deployment/k8svent 8080:8080": {
    cannot: "the control plane of the tests has no kubelet",
  },

  "SECRET=$(cat secret) node receiver.mjs": RECEIVER,
  "SECRET=$(cat secret) python3 receiver.py": RECEIVER,
  "SECRET=$(cat secret) go run receiver.go": RECEIVER,
  "SECRET=$(cat secret) java Receiver.java": RECEIVER,
  "kubectl create secret generic k8svent -n k8svent --dry-run=client -o yaml --from-literal=webhooks=https://hooks.example.com/pods --from-file=secret=./secret | kubectl apply -f -":
    "runs",
  "k8svent --url ops=https://hooks.example.com/pods --notices ops --secret-file ./secret": FOLLOWS,

  "k8svent --once --url ops=https://hooks.example.com/pods --secret-file ./secret": "runs",
  "npx -y deno@2.9.6 task test --filter 'an endpoint that hangs changes nothing for another'": {
    by: "an endpoint that hangs changes nothing for another",
  },
};

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const INSTALL = await readPage("docs/install.md");
const UNINSTALL = INSTALL.text.indexOf("## Uninstall");

/** In the order in which they are run: what is installed by the first is needed by the others, and goes at the end. */
const PAGES: Page[] = [
  { path: "docs/install.md", text: INSTALL.text.slice(0, UNINSTALL) },
  ...await Promise.all(
    ["state", "updates", "health", "receivers", "flags", "delivery", "payload"].map((name) =>
      readPage(`docs/${name}.md`)
    ),
  ),
  { path: "docs/install.md, Uninstall", text: INSTALL.text.slice(UNINSTALL) },
];

/** A line that sets variables for those that follow. */
const EXPORT = /^export (\w+)=(\S+)$/;

Deno.test("every command of the pages is in the list, and nothing else is", () => {
  const commands = PAGES.flatMap((page) => commandsOf(page)).filter((command) => !EXPORT.test(command));
  assert.deepEqual(commands.filter((command) => WAYS[command] === undefined), []);
  assert.deepEqual(Object.keys(WAYS).filter((command) => !commands.includes(command)), []);
});

Deno.test("every test that the list of commands names is there", async () => {
  const tests = await readTests(new URL("../", import.meta.url)) +
    await readTests(new URL("../../build/", import.meta.url));
  for (const way of Object.values(WAYS)) {
    if (typeof way !== "object" || !("by" in way) || way === RECEIVER) continue;
    assert(tests.includes(`"${way.by}"`), way.by);
  }
});

clusterTest(
  "the commands of the pages work in the order in which they stand",
  async (context) => {
    await using plane = await startControlPlane({ workloads: true });
    await plane.kubectl(["create", "namespace", "shop"]);
    await plane.kubectl(["create", "namespace", "team-a"]);
    // As many as it takes to see that an endpoint, and not one pod, is at fault.
    await createPods(
      plane,
      Array.from({ length: 6 }, (_, pod) => manifest(`web-${pod}`, { namespace: "shop" })),
    );
    await using reader = await Reader.at(plane);
    for (const page of PAGES) {
      await context.step(page.path, async () => {
        for (const command of commandsOf(page)) await reader.follow(command);
        if (page.path === "docs/delivery.md") await reader.refuse();
        await reader.leave();
        const printed = new Set(reader.printed.splice(0).join("").split("\n").map(shape));
        for (const line of shownBy(page)) {
          assert(printed.has(shape(line)), `${line}\n\n${[...printed].join("\n")}`);
        }
      });
    }
  },
  findControlPlane().kind === "envtest"
    ? lacks("curl", "openssl")
    : "a control plane with controllers is needed: K8SVENT_ENVTEST.",
);

/** The lines that the page says are printed. */
function shownBy(page: Page): string[] {
  return blocksOf(page).filter(({ language }) => language === "console")
    .flatMap(({ text }) => text.trimEnd().split("\n"));
}

/** Without what is another in each run: times, numbers, hosts, the digest in a name, one or many. */
function shape(line: string): string {
  return line.trimEnd()
    .replaceAll(/\b(hooks\.example\.com|127\.0\.0\.1)(:\d+)?\b/g, "HOST")
    .replaceAll(/HOST-[0-9a-f]{8}/g, "HOST-0")
    .replaceAll(/\b\d+(\.\d+)? (ms|s|min|h)\b/g, "0 s")
    .replaceAll(/\d+/g, "0").replaceAll(/(?<=0)(Z|[+-]0:0)/g, "")
    .replaceAll(/\b(pod|message)s?\b/g, "$1").replaceAll(/\bwaits?\b/g, "wait");
}

/** Somebody who reads the pages and does what they say. */
class Reader implements AsyncDisposable {
  /** What the commands printed. */
  readonly printed: string[] = [];
  readonly #folder: string;
  readonly #receiver: Receiver;
  readonly #env: Record<string, string>;
  readonly #port = String(freePort());
  /** What runs until it is left. */
  #running: Running | undefined;

  static async at(plane: ControlPlane): Promise<Reader> {
    const folder = await Deno.makeTempDir({ prefix: "k8svent-reader-" });
    await Deno.mkdir(`${folder}/bin`);
    await Deno.mkdir(`${folder}/home`);
    await Deno.symlink(`${ROOT}/kube`, `${folder}/kube`);
    await Deno.symlink(`${await programs(findControlPlane())}/kubectl`, `${folder}/bin/kubectl`);
    const deno = Deno.execPath();
    await writeScript(
      `${folder}/bin/k8svent`,
      `exec ${deno} run -q -P --config ${ROOT}/deno.json ${ROOT}/main.ts "$@"`,
    );
    await writeScript(`${folder}/bin/npx`, `shift 2\ncd ${ROOT}\nexec ${deno} "$@"`);
    return new Reader(folder, await Receiver.start(), {
      ...inherited(),
      PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
      HOME: `${folder}/home`,
      DENO_DIR: await denoDir(),
      KUBECONFIG: plane.kubeconfig,
      K8SVENT_LOG_FORMAT: "text",
      REGISTRY_PASSWORD: "of the registry",
    });
  }

  private constructor(folder: string, receiver: Receiver, env: Record<string, string>) {
    this.#folder = folder;
    this.#receiver = receiver;
    this.#env = env;
  }

  async follow(command: string): Promise<void> {
    const [, name = "", value = ""] = EXPORT.exec(command) ?? [];
    if (name !== "") return void (this.#env[name] = value);
    const way = WAYS[command];
    if (way === "runs") {
      const { code, output } = await this.#start(command).ended;
      assert.equal(code, 0, `${command}\n${output}`);
    } else if (way !== undefined && "until" in way) {
      await this.leave();
      const running = this.#start(command, way.until);
      this.#running = running;
      await running.said;
    }
  }

  /** Follows the cluster while the receiver refuses everything for a while. */
  async refuse(): Promise<void> {
    let refused = 0;
    this.#receiver.reply = () => ({ status: ++refused > 8 ? 200 : 401 });
    const command = "k8svent --url ops=https://hooks.example.com/pods --secret-file ./secret";
    this.#running = this.#start(command, /works again/);
    await this.#running.said;
  }

  /** Ends what runs, as a terminal that is closed does: a task runner ends by the signal itself, the program with 0. */
  async leave(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    Deno.kill(-running.child.pid, "SIGTERM");
    const { code, output } = await running.ended;
    assert(code === 0 || (running.isTask && code === 143), `${code}: ${output}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running !== undefined) {
      Deno.kill(-this.#running.child.pid, "SIGKILL");
      await this.#running.ended;
    }
    await this.#receiver.close();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #start(command: string, until = /$^/): Running {
    const isOwn = /^(k8svent|npx|curl) /.test(command);
    const adapted = !isOwn ? command : command
      .replaceAll("https://hooks.example.com/pods", this.#receiver.url)
      .replaceAll("127.0.0.1:8080", `127.0.0.1:${this.#port}`)
      .replaceAll("./secret", `${this.#folder}/secret`);
    // In a group of its own, so that what a shell or a task runner started ends with it.
    const child = new Deno.Command("sh", {
      args: ["-ec", isOwn ? `exec ${adapted}` : adapted],
      cwd: this.#folder,
      clearEnv: true,
      env: this.#env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    let output = "";
    let isOver = false;
    const looks = new Until(() => output);
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        output += text;
        this.printed.push(text);
        looks.look();
      }
    };
    const ended = Promise.all([child.status, read(child.stdout), read(child.stderr)]).then(([{ code }]) => {
      isOver = true;
      looks.look();
      return { code, output };
    });
    const said = looks.wait(() => until.test(output) || isOver, `${command}: ${until}`, 120_000).then(() => {
      if (until.source !== "$^") assert.match(output, until, command);
    });
    return { child, ended, said, isTask: command.startsWith("npx ") };
  }
}

/** `said`: that it printed what is waited for. */
interface Running {
  child: Deno.ChildProcess;
  said: Promise<void>;
  ended: Promise<Ended>;
  isTask: boolean;
}

interface Ended {
  code: number;
  output: string;
}

async function writeScript(path: string, lines: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
}

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** Without what would configure the program or kubectl. */
function inherited(): Record<string, string> {
  const foreign = /^(K8S?VENT_|ATOMIST_|KUBE)|^(https?|all|no)_proxy$/i;
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !foreign.test(name)));
}

function lacks(...programs: string[]): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const missing = programs.find((program) => !folders.some((folder) => isFile(`${folder}/${program}`)));
  return missing === undefined ? undefined : `${missing} is not installed.`;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The text of every test file in a folder and below it. */
async function readTests(folder: URL): Promise<string> {
  let text = "";
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) text += await readTests(new URL(`${name}/`, folder));
    else if (name.endsWith("_test.ts")) text += await Deno.readTextFile(new URL(name, folder));
  }
  return text;
}
