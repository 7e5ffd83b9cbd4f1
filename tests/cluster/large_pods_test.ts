import assert from "node:assert/strict";
import { manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { writeKubeconfig } from "../kit/kubeconfig.ts";
import { peakMemory } from "../kit/memory.ts";
import { type Program, runProgram, startProgram } from "../kit/program.ts";
import { RawApi } from "../kit/raw_api.ts";
import { SOAK } from "../kit/soak.ts";

/**
 * What the program may have resident at the most, in bytes, however many pods are how large: `kube/` gives it 512Mi, of
 * which the rest is for what is pending.
 */
const MOST_MEMORY = 200_000_000;

const PODS = SOAK ? 300 : 100;

/** Bytes of a pod as the API server sends it: etcd takes no more than 1.5 MiB. */
const SIZE = 1_300_000;

/** Bytes of one of the settings that a pod mostly consists of. */
const SETTING = 10_000;

clusterTest(`memory with ${PODS} pods of ${SIZE / 1e6} MB`, async (context) => {
  await using plane = await startControlPlane();
  using api = await RawApi.open(plane);
  await createLargePods(api);
  // The first run from a checkout transpiles all modules, and some 30 MB of what that takes stay resident. A release
  // has nothing to transpile.
  const nothing = ["--kubeconfig", plane.kubeconfig, "--once", "--namespace", "kube-public"];
  assert.equal((await runProgram({ args: nothing })).code, 0);
  for (const { way, once, bends, isLong = false } of CASES) {
    if (isLong && !SOAK) continue;
    let peak = Infinity;
    await context.step(way, async () => {
      await using proxy = await openProxy(plane, api, bends);
      await using receiver = openReceiver();
      const to = once === "printed" ? [] : ["--url", receiver.url];
      await using program = await startProgram({
        args: ["--kubeconfig", proxy.kubeconfig, ...once === undefined ? [] : ["--once"], ...to],
        stdout: "null",
      });
      peak = once === undefined ? await follow(program, receiver) : await peakOfWholeRun(program);
      if (to.length > 0) assert.equal(receiver.count, PODS);
    });
    // The names of steps are what the runner prints when it is to be quiet.
    await context.step(`it has ${megabytes(peak)} resident, at most ${megabytes(MOST_MEMORY)}`, () => {
      assert.ok(peak < MOST_MEMORY);
    });
  }
});

/** What a server that is not as it should be does to the list. */
type Bends = "ignores limit" | "expires tokens";

/** How the pods are read and where they go. `once` undefined: the program goes on to follow them. */
const CASES: { way: string; once?: "printed" | "sent"; bends?: Bends; isLong?: boolean }[] = [
  { way: "--once prints them", once: "printed", isLong: true },
  { way: "--once sends them", once: "sent", isLong: true },
  { way: "they are sent and followed" },
  { way: "they are sent and followed where the server ignores limit", bends: "ignores limit" },
  {
    way: "they are sent and followed where continue tokens expire at once",
    bends: "expires tokens",
    isLong: true,
  },
];

async function createLargePods(api: RawApi): Promise<void> {
  const env = Array.from({ length: SIZE / SETTING }, (_, index) => ({
    name: `SETTING_${index}`,
    value: `${index} `.repeat(SETTING).slice(0, SETTING),
  }));
  let next = 0;
  const create = async (): Promise<void> => {
    while (next < PODS) {
      const pod = manifest(`large-${next++}`, {}, { containers: [{ name: "app", image: "app", env }] });
      await api.call("POST", "/api/v1/namespaces/default/pods", pod);
    }
  };
  await Promise.all([create(), create(), create(), create()]);
}

async function follow(program: Program, receiver: CountingReceiver): Promise<number> {
  await receiver.until(PODS);
  const peak = await peakMemory(program.pid);
  assert.equal(await program.stop(), 0);
  assert.ok(peak !== undefined);
  return peak;
}

/** Of a process that ends by itself: as it was a moment before. */
async function peakOfWholeRun(program: Program): Promise<number> {
  let peak = 0;
  for (let now: number | undefined = 0; now !== undefined; now = await peakMemory(program.pid)) {
    peak = Math.max(peak, now);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(await program.ended, 0);
  return peak;
}

/** Takes everything and keeps nothing: the bodies are 390 MB. */
interface CountingReceiver extends AsyncDisposable {
  url: string;
  /** Requests so far. */
  count: number;
  /** Resolves when so many came. */
  until(count: number): Promise<void>;
}

function openReceiver(): CountingReceiver {
  let come = (): void => {};
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    for await (const _ of request.body ?? []);
    receiver.count++;
    come();
    return new Response();
  });
  const receiver: CountingReceiver = {
    url: `http://127.0.0.1:${server.addr.port}/`,
    count: 0,
    until: (count) =>
      new Promise((resolve) => {
        come = (): void => {
          if (receiver.count >= count) resolve();
        };
        come();
      }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return receiver;
}

/** A proxy before the API server, or the API server itself where nothing is to be bent. */
async function openProxy(
  plane: ControlPlane,
  api: RawApi,
  bends: Bends | undefined,
): Promise<AsyncDisposable & { kubeconfig: string }> {
  if (bends === undefined) return { kubeconfig: plane.kubeconfig, [Symbol.asyncDispose]: async () => {} };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (bends === "expires tokens" && searchParams.has("continue")) {
      return Response.json({ kind: "Status", status: "Failure", reason: "Expired", code: 410 }, {
        status: 410,
      });
    }
    if (bends === "ignores limit") searchParams.delete("limit");
    const { body, headers } = await api.stream(`${pathname}?${searchParams}`, request.signal);
    return new Response(body, { headers: { "content-type": headers.get("content-type") ?? "" } });
  });
  const kubeconfig = await writeKubeconfig(plane, { server: `http://127.0.0.1:${server.addr.port}` }, {});
  return { kubeconfig, [Symbol.asyncDispose]: () => server.shutdown() };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
