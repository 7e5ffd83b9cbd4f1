import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { findControlPlane, programs } from "../kit/control_plane_source.ts";
import { blocksOf, commandsOf, type Page, readPage } from "../kit/pages.ts";
import { freePort } from "../kit/port.ts";
import { Receiver } from "../kit/receiver.ts";
import { readTests } from "../kit/test_titles.ts";
import { Until } from "../kit/until.ts";
import { WAYS } from "./ways.ts";

/*
 * Every command of the pages is run, one after the other, as a reader would: on a real control plane, in a folder of
 * its own. Or it is named in ways.ts with the test that runs it, or with the reason why none can. A command that is in no
 * list fails the test, and so does one in a list that no page has any more.
 *
 * What a page shows in a `console` block has to have been printed by its commands, line by line, but for what differs
 * from run to run (`shape`). What is not as on the reader's machine: `https://hooks.example.com/pods` is a receiver on loopback, `k8svent` and
 * `npx deno` are the source under test, and ports are free ones.
 */

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const INSTALL = await readPage("docs/install.md");
const UNINSTALL = INSTALL.text.indexOf("## Uninstall");

const OPERATE = [
  "state",
  "updates",
  "health",
  "admin",
  "operate",
  "tracing",
  "receivers",
  "tools",
  "flags",
  "configuration",
  "delivery",
  "payload",
  "security",
  "troubleshooting",
];
/** The first of them removes the Deployment. */
const UNDERSTAND = ["migrating", "architecture", "benchmark"];

/** In the order in which they are run: what is installed by the first is needed by the others, and goes at the end. */
const PAGES: Page[] = [
  { path: "docs/install.md", text: INSTALL.text.slice(0, UNINSTALL) },
  ...await Promise.all(
    [...OPERATE, ...UNDERSTAND].map((name) => readPage(`docs/${name}.md`)),
  ),
  { path: "docs/install.md, Uninstall", text: INSTALL.text.slice(UNINSTALL) },
];

/** Its commands are those of the pages, so they are run there. */
const README = await readPage("README.md");

/** A line that sets variables for those that follow. */
const EXPORT = /^export (\w+)=(\S+)$/;

Deno.test("every command of the pages is in the list, and nothing else is", () => {
  const commands = [README, ...PAGES].flatMap((page) => commandsOf(page))
    .filter((command) => !EXPORT.test(command));
  assert.deepEqual(commands.filter((command) => WAYS[command] === undefined), []);
  assert.deepEqual(Object.keys(WAYS).filter((command) => !commands.includes(command)), []);
});

Deno.test("what the README runs and shows is on a page too, where it is run and checked", async () => {
  const pages = [...PAGES, await readPage("docs/payload.md")];
  const commands = pages.flatMap((page) => commandsOf(page));
  assert.deepEqual(commandsOf(README).filter((command) => !commands.includes(command)), [
    "npx -y deno@2.9.6 task test",
  ]);
  const shown = blocksOf(README).filter(({ language }) => ["console", "http"].includes(language))
    .flatMap(({ text }) => text.trimEnd().split("\n")).filter((line) => line !== "" && !line.endsWith("…"));
  const lines = pages.flatMap((page) => page.text.split("\n"));
  assert.deepEqual(shown.filter((line) => !lines.includes(line)), []);
});

Deno.test("every test that the list of commands names is there", async () => {
  const tests = await readTests(["src/", "tests/", "build/"]);
  for (const way of Object.values(WAYS)) {
    if (typeof way !== "object" || !("by" in way)) continue;
    assert(['"', "`"].some((quote) => tests.includes(`${quote}${way.by}${quote}`)), way.by);
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
        const printed = new Set(reader.printed.splice(0).flatMap(({ text }) => text.split("\n")).map(shape));
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

/** What is printed there is of a program of some hours, and is compared by a test of its own: `operate_test.ts`. */
const SHOWN_ELSEWHERE = ["docs/operate.md"];

/** The lines that the page says are printed. */
function shownBy(page: Page): string[] {
  return SHOWN_ELSEWHERE.includes(page.path)
    ? []
    : blocksOf(page).filter(({ language }) => language === "console")
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
  /** What the commands printed, each stream for itself: one may print between two halves of another's line. */
  readonly printed: { text: string }[] = [];
  readonly #folder: string;
  readonly #receiver: Receiver;
  readonly #env: Record<string, string>;
  readonly #port = String(freePort());
  readonly #adminPort = String(freePort());
  readonly #otherPort = String(freePort());
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
      .replaceAll(/(127\.0\.0\.1:|--port )8081\b/g, `$1${this.#otherPort}`)
      .replaceAll(/(127\.0\.0\.1|(?<= )):9090\b/g, `127.0.0.1:${this.#adminPort}`)
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
      const printed = { text: "" };
      this.printed.push(printed);
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        output += text;
        printed.text += text;
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
