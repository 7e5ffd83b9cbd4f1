import assert from "node:assert/strict";
import type { Ways } from "../../src/app/world.ts";
import type { ApiServer } from "../../src/cluster/api.ts";
import { connectCluster } from "../../src/cluster/connect.ts";
import type { Send } from "../../src/http/outcome.ts";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { SECRET, webhook } from "../kit/confidential.ts";
import { clusterTest, startControlPlane } from "../kit/control_plane.ts";
import { Leaping } from "../kit/leaping.ts";
import { type Program, startProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";
import { Tunnel } from "../kit/tunnel.ts";

const GREEN = "200 ok";

clusterTest("/readyz tells of the program's whole life, and /livez of none of it", async () => {
  await using plane = await startControlPlane();
  await using receiver = await Receiver.start();
  await using tunnel = await Tunnel.open(plane);
  await tunnel.cut();
  const program = new Leaping({ kubeconfig: tunnel.kubeconfig, flags: ["--url", webhook("a", receiver)] });
  const isAlive = async (): Promise<void> => assert.equal(await program.probe("/livez"), GREEN);
  try {
    assert.match(
      await program.until("/readyz", /503/),
      /^503 The pods of all namespaces have not all been listed yet/,
    );
    await program.clock.leap(7_200_000, isAlive);

    await tunnel.mend();
    const soon = (): Promise<void> => program.clock.leap(2_000, isAlive);
    await program.until("/readyz", /^200 ok$/, soon);
    await program.clock.leap(600_000, isAlive);
    // A quiet cluster is no silent one. Not at once: a request that was under way in a leap has missed its deadline.
    await program.until("/readyz", /^200 ok$/, soon);

    tunnel.swallow();
    await program.clock.leap(1_200_000, isAlive);
    assert.match(
      await program.probe("/readyz"),
      /^503 The API server has not answered about all namespaces for/,
    );
    await program.clock.leap(7_200_000, isAlive);

    tunnel.swallow(false);
    await program.until("/readyz", /^200 ok$/, soon);

    receiver.reply = () => "hang";
    await createPods(plane, [manifest("last")]);
    await receiver.until(() => receiver.about("last").length > 0, "what the drain waits for");
    program.stop();
    assert.equal(await program.probe("/readyz"), "503 The program is shutting down.");
    await isAlive();
  } finally {
    await program.end();
  }
});

/** Answers that never come, whatever deadline is set, before the program ends: a fault of the program. */
class Wedge {
  isWedged = false;

  readonly connect: Ways["connect"] = async (...given) => {
    const api = await connectCluster(...given);
    const or = <T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> =>
      this.isWedged ? never(signal) : ask();
    return {
      origin: api.origin,
      identity: () => api.identity(),
      get: (path, signal) => or(() => api.get(path, signal), signal),
      post: (path, body, signal) => or(() => api.post(path, body, signal), signal),
      open: (path, signal) => or(() => api.open(path, signal), signal),
      stream: (path, signal) => or(() => api.stream(path, signal), signal),
      close: () => api.close(),
    } satisfies ApiServer;
  };

  readonly send: Send = (_request, _deadline, signal) => never(signal);
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

clusterTest("/livez is red when what follows the cluster, or sends, waits for what never comes", async () => {
  await using plane = await startControlPlane();
  await createPods(plane, [manifest("first")]);
  const wedge = new Wedge();
  const program = new Leaping({
    kubeconfig: plane.kubeconfig,
    flags: ["--url", "a=http://127.0.0.1:1/hook"],
    ways: { connect: wedge.connect, openClient: () => ({ send: wedge.send, close: () => {} }) },
  });
  try {
    await program.until("/readyz", /^200 ok$/);
    assert.equal(await program.probe("/livez"), GREEN);
    await program.clock.leap(190_000);
    assert.match(
      await program.probe("/livez"),
      /^503 What sends to 1 endpoint has done nothing for \S+ (s|min), and/,
    );

    wedge.isWedged = true;
    await program.clock.leap(1_200_000);
    assert.match(
      await program.probe("/livez"),
      /What follows all namespaces has done nothing for \d+ min, and/,
    );
  } finally {
    await program.end();
  }
});

/** What a probe of the kubelet comes to: the status, or that the answer took too long. */
async function probe(port: string): Promise<string> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/livez`, { signal: AbortSignal.timeout(1_000) });
    return `${answer.status} ${(await answer.text()).trim()}`;
  } catch (error) {
    return error instanceof DOMException ? error.name : String(error);
  }
}

async function livezOf(program: Program): Promise<string> {
  const line = await program.until(/Probes and metrics are answered on port \d+/);
  return /port (\d+)/.exec(line)?.[1] ?? "";
}

clusterTest(
  "a stuck event loop answers no probe of /livez in time, and is green again when that is over",
  async () => {
    await using plane = await startControlPlane();
    await using receiver = await Receiver.start({ secrets: [SECRET] });
    const given = ["--secret", SECRET, "--url", webhook("a", receiver), "--listen", "127.0.0.1:0"];
    await using program = await startProgram({
      args: [...given, "--kubeconfig", plane.kubeconfig],
      preload: new URL("../kit/stuck_loop.ts", import.meta.url).pathname,
    });
    const port = await livezOf(program);
    await program.until(/Listed \d+ pod|Listed no pods/);
    assert.equal(await probe(port), GREEN);
    for (const [freeze, thaw] of [["SIGUSR2"], ["SIGSTOP", "SIGCONT"]] as const) {
      program.signal(freeze);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(await probe(port), "TimeoutError", freeze);
      assert.equal(await probe(port), "TimeoutError", freeze);
      if (thaw !== undefined) program.signal(thaw);
      for (let tries = 0; await probe(port) !== GREEN; tries++) assert.ok(tries < 30, freeze);
    }
    assert.equal(await program.stop(), 0);
  },
);
