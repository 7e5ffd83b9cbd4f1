import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { churn, prepare } from "../chaos/churn.ts";
import { Random } from "../kit/random.ts";
import { Witness } from "../chaos/witness.ts";
import { createPods, deletePods, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { findControlPlane } from "../kit/control_plane_source.ts";
import { residentMemory } from "../kit/memory.ts";
import { type Program, startProgram } from "../kit/program.ts";
import { RawApi } from "../kit/raw_api.ts";
import { SOAK } from "../kit/soak.ts";
import { Until } from "../kit/until.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

const SECONDS = SOAK ? 120 : 20;

/** Bytes by which the program may grow from a tenth of the time on: what V8 has not collected yet. */
const MOST_GROWTH = 25_000_000;

/** One version of a pod, `shop/web-0@17`, or its end. */
type Version = string;

/** What tail printed. */
function versionsIn(stdout: string): Version[] {
  return stdout.split("\n").slice(0, -1).map((line) => {
    const { event, namespace, name, resourceVersion } = JSON.parse(line);
    return versionOf(namespace, name, resourceVersion, event === "pod.deleted");
  });
}

function versionOf(namespace: string, name: string, version: string, isEnd: boolean): Version {
  return `${namespace}/${name}@${version}${isEnd ? " deleted" : ""}`;
}

async function untilPrinted(program: Program, text: string): Promise<void> {
  const until = new Until(() => program.stdout.slice(-2_000));
  const timer = setInterval(() => until.look(), 50);
  await until.wait(() => program.stdout.includes(text), text, 30_000).finally(() => clearInterval(timer));
}

const tailing = (plane: ControlPlane, ...args: string[]): Promise<Program> =>
  startProgram({ args: ["tail", "--kubeconfig", plane.kubeconfig, ...args] });

clusterTest(
  `tail prints each version that the API's own watch brings, for ${SECONDS} s of churn, in memory that stays`,
  async () => {
    await using plane = await startControlPlane({ workloads: true });
    using api = await RawApi.open(plane);
    await using program = await tailing(plane, "-o", "json");
    await program.until(/Listed no pods/);
    await using witness = await Witness.start(api);
    await prepare(api);
    const churned = new AbortController();
    const churning = churn(api, new Random(7), churned.signal);
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 100));
    const before = await residentMemory(program.pid);
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 900));
    churned.abort();
    await churning;
    const growth = await residentMemory(program.pid) - before;
    await createPods(plane, [manifest("last")]);
    await untilPrinted(program, '"name":"last"');
    program.signal("SIGINT");
    assert.equal(await program.ended, 130);
    const printed = versionsIn(program.stdout);
    await witness.reach(Number(/last@(\d+)/.exec(printed.join())?.[1]));
    const seen = witness.events.map(({ type, object: { metadata: { namespace, name, resourceVersion } } }) =>
      versionOf(namespace, name, resourceVersion, type === "DELETED")
    );
    const upTo = (versions: Version[]): Version[] =>
      versions.slice(0, versions.findIndex((version) => version.startsWith("default/last@")) + 1);
    assert(seen.length > 50, `${seen.length} versions are no churn`);
    assert.deepEqual(upTo(printed), upTo(seen));
    assert(growth < MOST_GROWTH, `it grew by ${growth} bytes`);
  },
  findControlPlane().kind === "envtest"
    ? undefined
    : "a control plane with controllers is needed: K8SVENT_ENVTEST.",
);

clusterTest(
  "tail prints what is asked for, goes on after an outage, and ends as kubectl does",
  async (context) => {
    await using plane = await startControlPlane();
    await createPods(plane, [manifest("web-0", { labels: { app: "web" } })]);

    await context.step(
      "the pods as they are, where that is wanted, and then those of the selection",
      async () => {
        await using program = await tailing(plane, "--current", "-l", "app=web");
        await untilPrinted(program, "default/web-0  sync");
        await createPods(plane, [
          manifest("db-0", { labels: { app: "db" } }),
          manifest("web-1", { labels: { app: "web" } }),
        ]);
        await untilPrinted(program, "default/web-1  created");
        await plane.kubectl(["label", "--overwrite", "pod", "web-1", "app=db"]);
        await untilPrinted(program, "default/web-1  unselected");
        assert.doesNotMatch(program.stdout, /db-0/);
        assert.equal(await program.stop(), 143);
      },
    );

    await context.step("only changes of the reasons that are asked for", async () => {
      await using program = await tailing(plane, "--reasons", "deleted");
      await program.until(/Listed \d pods/);
      await deletePods(plane, "db-0");
      await untilPrinted(program, "default/db-0");
      assert.deepEqual(program.stdout.trim().split("\n").map((line) => line.split("  ")[1]), ["deleted"]);
    });

    await context.step("what changed while the API server was away", async () => {
      await using program = await tailing(plane);
      await program.until(/Listed \d pods/);
      await plane.stopApiServer();
      await program.until(/warn {2}The connection to the API server at .* was refused/);
      await plane.startApiServer();
      await createPods(plane, [manifest("web-2")]);
      await program.until(/The cluster answers again/);
      await untilPrinted(program, "default/web-2  created");
    });

    await context.step("a pipe that is closed ends it, without a word", async () => {
      const command =
        `"$@" tail --current --kubeconfig '${plane.kubeconfig}' | head -n 1; echo "\${PIPESTATUS[0]}"`;
      const child = new Deno.Command("bash", {
        args: ["-c", command, "bash", Deno.execPath(), "run", "-q", "-P", MAIN],
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const output = child.output();
      // Only what is written after it is closed shows that it is.
      const timer = setInterval(
        () =>
          void plane.kubectl(["annotate", "--overwrite", "pod", "web-0", `at=${Date.now()}`]).catch(() => {}),
        1_000,
      );
      const { stdout, stderr } = await output.finally(() => clearInterval(timer));
      const [first = "", code] = new TextDecoder().decode(stdout).split("\n");
      assert.match(first, /default\/web-\d {2}sync/);
      assert.equal(code, "0");
      assert.doesNotMatch(new TextDecoder().decode(stderr), /warn|error/);
    });

    await context.step("a selector that cannot be read is wrong usage", async () => {
      await using program = await tailing(plane, "-l", "app in web");
      assert.equal(await program.ended, 2);
      assert.match(program.lines.join("\n"), /does not accept --selector "app in web" \(400\)/);
    });
  },
);
