import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { Pod } from "../../src/pod/pod.ts";
import { listPods, manifest, versionsOf } from "../kit/cluster_pods.ts";
import { SECRET } from "../kit/confidential.ts";
import { MountedConfig } from "../kit/config_map.ts";
import { clusterTest, startControlPlane } from "../kit/control_plane.ts";
import { type Program, startProgram } from "../kit/program.ts";
import { RawApi } from "../kit/raw_api.ts";
import { Receiver } from "../kit/receiver.ts";

/*
 * The configuration file changes again and again, as the kubelet brings it, while pods change a hundred times a second. Two
 * pods never change: what is sent of them is what the reloads alone lead to, to the message. One changes only while an
 * endpoint is out of the file.
 */

const NAMESPACES = ["shop", "pay"] as const;
/** Of the pods that change, in each namespace. */
const PODS = 10;
const TIERS = ["a", "b"] as const;

/** Between two changes, in milliseconds. */
const PACE = 10;
/** Between two reloads: some eighty changes. */
const LULL = 800;

/** The rules of an endpoint, in lines of YAML; undefined: it is not in the file. */
interface Rules {
  narrow: string;
  late: string | undefined;
  path: string;
}

type Receivers = Record<"all" | "narrow" | "late" | "moved", Receiver>;

clusterTest("reloads under 100 changes a second lose nothing and double nothing", async () => {
  await using plane = await startControlPlane();
  using api = await RawApi.open(plane);
  for (const name of NAMESPACES) await api.call("POST", "/api/v1/namespaces", { metadata: { name } });
  const churn = new Churn(api);
  await churn.begin();
  await using all = await start();
  await using narrow = await start();
  await using late = await start();
  await using moved = await start();
  const receivers = { all, narrow, late, moved };
  const folder = await Deno.makeTempDir({ dir: plane.dir });
  const file = await MountedConfig.mount(
    folder,
    text({ narrow: SHOP, late: undefined, path: "one" }, receivers),
  );
  await using program = await startProgram({
    args: ["--kubeconfig", plane.kubeconfig, "--config", file.path, "--interval", "0"],
    env: { K8SVENT_SECRET: SECRET },
  });
  // So that requests are under way whenever the rules change.
  moved.reply = () => pause(50).then(() => ({ status: 200 }));
  await all.until(() => all.state.pods.size === 2 * (PODS + 1) + 1, "the first list");

  const stop = new AbortController();
  const changing = churn.run(stop.signal);
  const reload = async (rules: Rules, said: RegExp): Promise<void> => {
    await reloaded(program, file, text(rules, receivers), said);
    await pause(LULL);
  };
  const everywhere = "namespaces: [shop, pay]";
  await reload({ narrow: everywhere, late: undefined, path: "one" }, /reloaded: narrow changed\./);
  await reload({ narrow: "selector: tier=a", late: undefined, path: "one" }, /reloaded: narrow changed\./);
  await reload({ narrow: "selector: tier=a", late: TIER_B, path: "one" }, /reloaded: late added\./);
  // What is pending when the endpoint is removed is there when it is brought back.
  late.reply = () => ({ status: 503, headers: { "retry-after": "1" } });
  await pause(LULL);
  await reload({ narrow: "selector: tier=a", late: undefined, path: "one" }, /reloaded: late removed\./);
  late.reply = () => ({ status: 200 });
  await churn.changeOnce();
  await reload({ narrow: "selector: tier=a", late: undefined, path: "two" }, /reloaded: moved changed\./);
  const before = moved.deliveries.length;
  await reload({ narrow: "selector: tier=a", late: TIER_B, path: "two" }, /reloaded: late added\./);
  await reloaded(program, file, "version: 2\n", /the rules from before stay/);
  await pause(LULL);
  await reload({ narrow: NOT_SHOP, late: TIER_B, path: "two" }, /reloaded: narrow changed\./);
  stop.abort();
  await changing;

  await judge(receivers, await listPods(plane));
  assert.equal(await program.stop(), 0);
  const paths = new Set(moved.deliveries.slice(before).map(({ path }) => path));
  assert.deepEqual([...paths], ["/hook/two"]);
});

/** Waits until each holds what it selects of these pods, and looks at how it came to. */
async function judge({ all, narrow, late, moved }: Receivers, pods: Pod[]): Promise<void> {
  await agrees(all, pods);
  await agrees(moved, pods);
  await agrees(late, pods.filter(({ metadata }) => metadata.labels?.["tier"] === "b"));
  await agrees(narrow, pods.filter(({ metadata }) => metadata.namespace !== "shop"));
  for (const [name, { state }] of Object.entries({ all, narrow, late, moved })) {
    assert.deepEqual([name, state.problems, state.duplicates, state.lost], [name, [], 0, 0]);
  }
  for (const receiver of [all, late, moved]) {
    assert.deepEqual(reasonsSent(receiver), { "shop/still": ["sync"], "pay/still": ["sync"] });
  }
  assert.deepEqual(reasonsSent(narrow), {
    "shop/still": ["sync", "unselected"],
    "pay/still": ["sync", "unselected", "sync"],
  });
}

const SHOP = "namespaces: [shop]";
const NOT_SHOP = "excludeNamespaces: [shop]";
const TIER_B = "selector: tier=b";

function start(): Promise<Receiver> {
  return Receiver.start({ secrets: [SECRET] });
}

/** The configuration file. */
function text({ narrow, late, path }: Rules, receivers: Receivers): string {
  return [
    "version: 1",
    "endpoints:",
    ...endpoint("all", receivers.all.url),
    ...endpoint("narrow", receivers.narrow.url, narrow),
    ...late === undefined ? [] : endpoint("late", receivers.late.url, late),
    ...endpoint("moved", `${receivers.moved.url}/${path}`),
    "",
  ].join("\n");
}

function endpoint(name: string, url: string, ...rules: string[]): string[] {
  return [`  - name: ${name}`, ...[`url: ${url}`, ...rules].map((line) => `    ${line}`)];
}

/** Resolves when the program says what became of it. */
async function reloaded(program: Program, file: MountedConfig, text: string, said: RegExp): Promise<void> {
  const from = program.lines.length;
  await file.write(text);
  program.signal("SIGHUP");
  await program.until(said, { from });
}

async function agrees(receiver: Receiver, pods: Pod[]): Promise<void> {
  const want = versionsOf(pods).join();
  await receiver.until(
    () => versionsOf(receiver.state.livePods()).join() === want,
    "the pods that it selects",
    20_000,
  );
}

/** The reasons of what was sent of the pods that never change, in their order. */
function reasonsSent({ deliveries }: Receiver): Record<string, string[]> {
  const reasons: Record<string, string[]> = {};
  for (const { headers, body } of deliveries) {
    const { namespace, name } = body?.pod.metadata ?? {};
    if (name === "still") (reasons[`${namespace}/${name}`] ??= []).push(headers["k8svent-reason"] ?? "");
  }
  return reasons;
}

/** Changes pods. */
class Churn {
  readonly #api: RawApi;

  constructor(api: RawApi) {
    this.#api = api;
  }

  async begin(): Promise<void> {
    await this.#create("pay", "once", "b");
    for (const namespace of NAMESPACES) {
      await this.#create(namespace, "still", "b");
      for (let pod = 0; pod < PODS; pod++) await this.#create(namespace, `pod-${pod}`, TIERS[pod % 2] ?? "a");
    }
  }

  async changeOnce(): Promise<void> {
    await this.#api.call("PATCH", "/api/v1/namespaces/pay/pods/once", {
      metadata: { labels: { changed: "yes" } },
    });
  }

  /** Begins a change each hundredth of a second, until the signal aborts. Resolves when the last has been made. */
  async run(stop: AbortSignal): Promise<void> {
    const began = performance.now();
    // A pod's next change waits for the one before, however slow the API server is.
    const last = new Map<string, Promise<void>>();
    for (let turn = 0; !stop.aborted; turn++) {
      const pod = `${turn % (NAMESPACES.length * PODS)}`;
      last.set(pod, (last.get(pod) ?? Promise.resolve()).then(() => this.#change(turn)));
      await pause(Math.max(0, began + turn * PACE - performance.now()));
    }
    await Promise.all(last.values());
  }

  /** In turn: every pod of each namespace, relabelled each third time, and begun anew each seventh. */
  async #change(turn: number): Promise<void> {
    const namespace = NAMESPACES[turn % 2] ?? "shop";
    const round = Math.floor(turn / 2 / PODS);
    const pod = Math.floor(turn / 2) % PODS;
    const path = `/api/v1/namespaces/${namespace}/pods/pod-${pod}`;
    const tier = TIERS[(pod + Math.floor(round / 3)) % 2] ?? "a";
    if ((round + pod) % 7 === 6) {
      await this.#api.call("DELETE", `${path}?gracePeriodSeconds=0`);
      return await this.#create(namespace, `pod-${pod}`, tier);
    }
    await this.#api.call("PATCH", path, { metadata: { labels: { tier }, annotations: { turn: `${turn}` } } });
  }

  async #create(namespace: string, name: string, tier: string): Promise<void> {
    const pod = manifest(name, { labels: { tier } });
    await this.#api.call("POST", `/api/v1/namespaces/${namespace}/pods`, pod);
  }
}
