import assert from "node:assert/strict";
import { createPods, listPods, manifest, versionsOf } from "../kit/cluster_pods.ts";
import { MARK, SECRET, webhook } from "../kit/confidential.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { parseEveryNumber } from "../kit/exact.ts";
import { writeKubeconfig } from "../kit/kubeconfig.ts";
import { freePort } from "../kit/port.ts";
import { runProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";

clusterTest("--once on a real cluster", async (context) => {
  await using plane = await startControlPlane();
  await createPods(plane, Array.from({ length: 150 }, (_, index) => manifest(`pod-${index}`)));
  await createPods(plane, [manifest("labelled", { labels: { app: "web" }, annotations: { a: "1\u20282" } })]);
  for (const [sentence, step] of Object.entries(STEPS)) await context.step(sentence, () => step(plane));
});

const STEPS: Record<string, (plane: ControlPlane) => Promise<void>> = {
  "without a webhook it prints one payload a line, nothing else, and ends with 0": async (plane) => {
    const { code, stdout, stderr } = await runProgram({ args: ["--once", "--kubeconfig", plane.kubeconfig] });
    assert.equal(code, 0);
    assert.equal(stderr, "");
    const payloads = stdout.trimEnd().split("\n").map(parseEveryNumber) as {
      pod: { metadata: { uid: string } };
    }[];
    const pods = await listPods(plane);
    const byUid = new Map(pods.map((pod) => [pod.metadata.uid, { pod }]));
    assert.equal(payloads.length, pods.length);
    for (const payload of payloads) assert.deepEqual(payload, byUid.get(payload.pod.metadata.uid));
  },

  "with a webhook every pod is sent once and signed, stdout stays empty, and it ends with 0": async (
    plane,
  ) => {
    await using receiver = await Receiver.start({ secrets: [SECRET] });
    const url = webhook("a", receiver);
    const { code, stdout } = await runProgram({
      args: ["--once", "--kubeconfig", plane.kubeconfig, "--url", url, "--secret", SECRET],
    });
    assert.equal(code, 0);
    assert.equal(stdout, "");
    const sent = receiver.deliveries.map(({ body }) => body?.pod).filter((pod) => pod !== undefined);
    assert.deepEqual(versionsOf(sent), versionsOf(await listPods(plane)));
    assert.deepEqual(new Set(receiver.deliveries.map(({ signature }) => signature)), new Set(["ok"]));
  },

  "a selector chooses what is sent": async (plane) => {
    const { code, stdout } = await runProgram({
      args: ["--once", "--kubeconfig", plane.kubeconfig, "--selector", "app=web", "--namespace", "default"],
    });
    assert.equal(code, 0);
    assert.match(stdout, /^\{"pod":\{[^\n]*"name":"labelled"[^\n]*\}\}\n$/);
  },

  "an endpoint that refuses is given up, the other gets everything, and it ends with 1": async (plane) => {
    await using good = await Receiver.start();
    await using bad = await Receiver.start({ reply: () => ({ status: 503 }) });
    const { code, stdout, stderr } = await runProgram({
      args: ["--once", "--kubeconfig", plane.kubeconfig, "--url", webhook("good", good)]
        .concat(["--url", webhook("bad", bad)]),
    });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.equal(good.state.pods.size, 151);
    assert.match(stderr, /Endpoint bad is given up: each attempt of the last \d+ s failed/);
    assert.match(stderr, /Sent 0 pods to bad; 151 not sent\./);
    assert.match(stderr, /Sent 151 pods to good\./);
    assert.doesNotMatch(stderr, /Endpoint good/);
  },

  "a cluster that cannot be reached is one sentence, and it ends with 1": async (plane) => {
    const server = `127.0.0.1:${freePort()}`;
    const file = await writeKubeconfig(plane, { server: `https://${server}` }, {});
    const { code, stdout, stderr } = await runProgram({ args: ["--once"], env: { KUBECONFIG: file } });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.equal(stderr.split("\n").length, 1);
    assert(stderr.includes(`The connection to the API server at ${server} was refused.`), stderr);
  },

  "wrong usage ends with 2 before anything is asked": async () => {
    const { code, stdout, stderr } = await runProgram({ args: ["--once", "--url", `ftp://x/${MARK}`] });
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /"message":"--url, entry 1 does not begin with https:\/\/ or http:\/\//);
  },
};
