import assert from "node:assert/strict";
import { FakeApiServer } from "../kit/apiserver/server.ts";
import { freePort } from "../kit/port.ts";
import { startProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";
import { filesOf, Flood } from "./flood.ts";

/*
 * Whoever reaches the port of --listen can open as many connections as it likes. The program must not end, other
 * clients must be answered, and pods must be delivered as if nothing were.
 */

/** What a connection sends, if anything, and how many of them there are. */
const FLOODS: [kind: string, connections: number, sent: string][] = [
  ["idle connections", 1_100, ""],
  ["connections that send a letter each second", 1_000, "G"],
  ["half-sent requests", 8_000, "GET /livez HTTP/1.1\r\nHost: a\r\nX-Rest:"],
];

async function isAlive(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/livez`, {
    headers: { connection: "close" },
    signal: AbortSignal.timeout(5_000),
  });
  return await answer.text() === "ok\n";
}

Deno.test("connections by thousands to --listen: it goes on, others are answered, pods are delivered", async (context) => {
  const server = await FakeApiServer.start();
  const pod = server.create({
    metadata: { namespace: "shop", name: "web" },
    spec: { containers: [{ name: "main", image: "web:1" }] },
  });
  await using receiver = await Receiver.start();
  const kubeconfig = await Deno.makeTempFile();
  await Deno.writeTextFile(kubeconfig, server.kubeconfig);
  const port = freePort();
  try {
    await using program = await startProgram({
      args: ["--kubeconfig", kubeconfig, "--url", receiver.url, "--listen", `127.0.0.1:${port}`],
      env: { K8SVENT_WEBHOOK_SECRET: "a secret of at least 24 characters" },
    });
    await receiver.until(() => receiver.deliveries.length === 1, "the pod");
    for (const [kind, connections, sent] of FLOODS) {
      await context.step(`${connections} ${kind}`, async () => {
        const flood = new Flood(port);
        const answered: boolean[] = [];
        const lags: number[] = [];
        for (let count = 0; count < connections; count++) {
          await flood.open(sent);
          // Twenty times while they come.
          if (count % Math.floor(connections / 20) !== 0 || answered.length === 20) continue;
          if (sent === "G") await flood.drip();
          const before = receiver.deliveries.length;
          const began = performance.now();
          server.update(pod.metadata, ({ metadata }) => metadata.labels = { count: String(count) });
          await receiver.until(() => receiver.deliveries.length > before, "the change");
          lags.push(performance.now() - began);
          answered.push(await isAlive(port));
        }
        const files = await filesOf(program);
        flood.close();
        assert.deepEqual(answered, Array(20).fill(true));
        assert.ok(lags.every((lag) => lag < 1_000), `${Math.max(...lags)} ms`);
        assert.ok(files === undefined || files < 200, `${files} files`);
      });
    }
    assert.equal(await program.stop(), 0);
    assert.deepEqual(program.lines.filter((line) => /"level":"(warn|error)"/.test(line)), []);
  } finally {
    await server.close();
    await Deno.remove(kubeconfig);
  }
});
