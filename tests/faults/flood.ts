import assert from "node:assert/strict";
import { FakeApiServer } from "../kit/apiserver/server.ts";
import { run } from "../kit/command.ts";
import { MARK, SECRET } from "../kit/confidential.ts";
import { type Program, startProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";

/** The program with its ports open, and a receiver that has got the one pod. */
export interface Serving {
  program: Program;
  /** Changes the pod, and gives how many milliseconds that took to arrive. */
  deliver: () => Promise<number>;
}

/** A program for as long as a test lasts. @param flags beside the cluster and the webhook `hook` */
export async function withServing(flags: string[], test: (serving: Serving) => Promise<void>): Promise<void> {
  const server = await FakeApiServer.start();
  const pod = server.create({
    metadata: { namespace: "shop", name: "web" },
    spec: { containers: [{ name: "main", image: "web:1" }] },
  });
  await using receiver = await Receiver.start();
  const kubeconfig = await Deno.makeTempFile();
  await Deno.writeTextFile(kubeconfig, server.kubeconfig);
  try {
    await using program = await startProgram({
      args: ["--kubeconfig", kubeconfig, "--url", `hook=${receiver.url}/${MARK}?key=${MARK}`, ...flags],
      env: { K8SVENT_WEBHOOK_SECRET: SECRET },
    });
    await receiver.until(() => receiver.deliveries.length === 1, "the pod");
    let changes = 0;
    const deliver = async (): Promise<number> => {
      const before = receiver.deliveries.length;
      const began = performance.now();
      server.update(pod.metadata, ({ metadata }) => metadata.labels = { count: String(++changes) });
      await receiver.until(() => receiver.deliveries.length > before, "the change");
      return performance.now() - began;
    };
    await test({ program, deliver });
    assert.equal(await program.stop(), 0);
  } finally {
    await server.close();
    await Deno.remove(kubeconfig);
  }
}

/** What a connection sends, if anything, and how many of them there are. */
export type FloodKind = [kind: string, connections: number, sent: string];

/** Floods a port: meanwhile twenty changes arrive within a second each, and twenty good requests are answered. */
export async function endure(
  [, connections, sent]: FloodKind,
  port: number,
  { program, deliver }: Serving,
  isAnswered: () => Promise<boolean>,
): Promise<void> {
  const flood = new Flood(port);
  const answered: boolean[] = [];
  const lags: number[] = [];
  const files: number[] = [];
  for (let count = 0; count < connections; count++) {
    await flood.open(sent);
    // Twenty times while they come.
    if (count % Math.floor(connections / 20) !== 0 || answered.length === 20) continue;
    if (sent === "G") await flood.drip();
    lags.push(await deliver());
    answered.push(await isAnswered());
    files.push(await filesOf(program) ?? 0);
  }
  flood.close();
  assert.deepEqual(answered, Array(20).fill(true));
  assert.ok(lags.every((lag) => lag < 1_000), `${Math.max(...lags)} ms`);
  assert.ok(files.every((count) => count < 200), `${Math.max(...files)} files`);
}

/** Connections of a flood that are open at a time, where there are more: this process has its own limit of files. */
const AT_A_TIME = 1_100;

const encoder = new TextEncoder();

/** Connections by thousands to one port, as somebody opens them who means it ill. */
class Flood {
  readonly #port: number;
  readonly #open: Deno.Conn[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  async open(sent: string): Promise<void> {
    if (this.#open.length >= AT_A_TIME) this.#open.shift()?.close();
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    this.#open.push(connection);
    if (sent !== "") await connection.write(encoder.encode(sent)).catch(() => {});
  }

  /** A letter more on each connection that is still open. */
  async drip(): Promise<void> {
    await Promise.all(this.#open.map((connection) => connection.write(encoder.encode("E")).catch(() => {})));
  }

  close(): void {
    for (const connection of this.#open.splice(0)) connection.close();
  }
}

/** Files that a process has open; undefined where the system does not say. */
async function filesOf({ pid }: Program): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  return (await run("ls", [`/proc/${pid}/fd`])).trim().split("\n").length;
}
