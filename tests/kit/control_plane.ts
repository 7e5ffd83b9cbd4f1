import process from "node:process";
import { daemon, launchBare, writeServiceAccount } from "./bare_control_plane.ts";
import { run } from "./command.ts";
import { type ControlPlaneSource, findControlPlane, programs } from "./control_plane_source.ts";
import { testNeeding } from "./needing.ts";
import { freePort } from "./port.ts";

/** A real etcd and kube-apiserver on loopback, for one test or one file of tests. */
export interface ControlPlane extends AsyncDisposable {
  /** A folder of its own, removed by `stop`; tests may put files there. */
  readonly dir: string;
  /** The path of a kubeconfig of a cluster administrator. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** `http://127.0.0.1:PORT` of etcd, whose JSON gateway can compact it. */
  readonly etcd: string;
  /** `token`, `ca.crt` and `namespace` of default/k8svent, as a pod has them mounted; without any rights. */
  readonly serviceAccount: string;
  /** Runs kubectl as the administrator. Throws with its stderr. */
  kubectl(args: string[], stdin?: string): Promise<string>;
  /** Ends kube-apiserver; etcd keeps the data. Resolves when the process is gone. */
  stopApiServer(): Promise<void>;
  /** Starts it again on the same port and data. Resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** Ends everything and removes the folder. Called once, last; disposing of it does the same. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Adds controllers, a scheduler and one fake node, so that Deployments and Jobs become living pods. */
  workloads?: boolean;
  /** As envtest's README names them: ENVTEST_COMPACTION, ENVTEST_APISERVER_ARGS, ENVTEST_PORT. */
  env?: Record<string, string>;
}

/** Starts a control plane, ready to be used (about 4 s). */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const source = findControlPlane();
  const assets = await programs(source);
  // Between the choice of etcd's ports and their use a test beside this one may take them.
  return await startOne(source, assets, options).catch(() => startOne(source, assets, options));
}

async function startOne(
  source: ControlPlaneSource,
  assets: string,
  options: ControlPlaneOptions,
): Promise<ControlPlane> {
  const dir = await Deno.makeTempDir({ prefix: "k8svent-control-plane-" });
  try {
    await launch(source, assets, dir, options);
    return await open(assets, dir);
  } catch (error) {
    await end(dir);
    throw error;
  }
}

/**
 * Registers a test that needs a control plane. Where none can be had it is skipped, or fails, as `testNeeding` says.
 *
 * @param lacks what else the machine lacks that the test needs, as a sentence; undefined: nothing
 */
export function clusterTest(
  name: string,
  fn: (context: Deno.TestContext) => Promise<void>,
  lacks?: string | undefined,
): void {
  const source = findControlPlane();
  testNeeding(source.kind === "none" ? source.reason : lacks, name, fn);
}

/**
 * Registers a test whose cases are its steps, one after the other on one control plane: to start one takes longer than most of
 * them. Returns what adds a case, for the file to call.
 *
 * @param prepare puts there what all cases find; `beforeEach` what each of them does
 */
export function clusterCases(
  name: string,
  { prepare, beforeEach, lacks }: {
    prepare: (plane: ControlPlane) => Promise<void>;
    beforeEach?: (plane: ControlPlane) => Promise<void>;
    lacks?: string | undefined;
  },
): (sentence: string, test: (plane: ControlPlane) => Promise<void>) => void {
  const cases: [sentence: string, test: (plane: ControlPlane) => Promise<void>][] = [];
  clusterTest(name, async (context) => {
    await using plane = await startControlPlane();
    await prepare(plane);
    for (const [sentence, test] of cases) {
      await beforeEach?.(plane);
      await context.step(sentence, () => test(plane));
    }
  }, lacks);
  return (sentence, test) => void cases.push([sentence, test]);
}

async function launch(
  source: ControlPlaneSource,
  assets: string,
  dir: string,
  { workloads = false, env = {} }: ControlPlaneOptions,
): Promise<void> {
  if (source.kind === "envtest") {
    const ports = { ENVTEST_PORT: String(freePort()) };
    await run(`${source.folder}/up.sh`, workloads ? [dir, "--workloads"] : [dir], {
      env: { ...ports, ...env },
    });
    return;
  }
  if (workloads) throw new Error("Workloads need the envtest folder: set K8SVENT_ENVTEST to it.");
  await launchBare(assets, dir, env);
  const kubectl = kubectlOf(assets, dir);
  await untilReady(kubectl);
  await writeServiceAccount(dir, kubectl);
}

async function open(assets: string, dir: string): Promise<ControlPlane> {
  const env = await readEnv(dir);
  const kubectl = kubectlOf(assets, dir);
  return {
    dir,
    kubeconfig: `${dir}/kubeconfig`,
    server: env.get("SERVER") ?? "",
    etcd: env.get("ETCD") ?? "",
    serviceAccount: `${dir}/sa`,
    kubectl,
    stopApiServer: async () => await kill((await readEnv(dir)).get("APISERVER_PID")),
    startApiServer: async () => {
      const commandLine = await Deno.readTextFile(`${dir}/log/kube-apiserver.cmd`);
      const pid = await daemon(commandLine, `${dir}/log/kube-apiserver.log`);
      const lines = await Deno.readTextFile(`${dir}/env`);
      await Deno.writeTextFile(`${dir}/env`, lines.replace(/^APISERVER_PID=.*$/m, `APISERVER_PID=${pid}`));
      await untilReady(kubectl);
    },
    stop: () => end(dir),
    [Symbol.asyncDispose]: () => end(dir),
  };
}

function kubectlOf(assets: string, dir: string): ControlPlane["kubectl"] {
  const common = [`--kubeconfig=${dir}/kubeconfig`, `--cache-dir=${dir}/kubectl-cache`];
  return (args, stdin) =>
    run(`${assets}/kubectl`, [...common, ...args], stdin === undefined ? {} : { stdin });
}

async function untilReady(kubectl: ControlPlane["kubectl"]): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      await kubectl(["get", "--raw", "/readyz"]);
      // The namespace is made by the API server a moment after it is ready.
      await kubectl(["get", "--raw", "/api/v1/namespaces/default"]);
      return;
    } catch (error) {
      if (attempt === 300) throw error;
      await pause();
    }
  }
}

/** Clients first, etcd last: the reverse of the order in which they were written down. */
async function end(dir: string): Promise<void> {
  for (const [name, pid] of [...await readEnv(dir)].reverse()) {
    if (name.endsWith("_PID")) await kill(pid);
  }
  await Deno.remove(dir, { recursive: true });
}

/** Ends a process and waits until it is gone. */
export async function kill(pid: string | undefined): Promise<void> {
  for (let waited = 0; pid !== undefined && await lives(pid); waited++) {
    if (waited === 0) signal(pid, "SIGTERM");
    // With open watches it may take its time.
    if (waited === 50) signal(pid, "SIGKILL");
    await pause();
  }
}

/** A zombie is gone too: where nothing reaps orphans, it stays in the table for ever. */
async function lives(pid: string): Promise<boolean> {
  if (!signal(pid, 0)) return false;
  // Not by the runtime: it lets nobody read /proc who may not do everything.
  const state = await run("cat", [`/proc/${pid}/stat`]).catch(() => "");
  return !/\) Z /.test(state);
}

/** Whether the process was there to get it; signal 0 only asks. */
function signal(pid: string, name: "SIGTERM" | "SIGKILL" | 0): boolean {
  try {
    return process.kill(Number(pid), name);
  } catch {
    return false;
  }
}

/** What `DIR/env` says: addresses and process ids. */
export async function readEnv(dir: string): Promise<Map<string, string>> {
  const text = await Deno.readTextFile(`${dir}/env`).catch(() => "");
  return new Map(
    text.split("\n").map((line) => line.split("=", 2)).map(([name = "", value = ""]) => [name, value]),
  );
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
