/**
 * The whole program without a cluster: an API server in memory with a lively population, the real program as
 * a process of its own, and a receiver that checks the signatures and prints one line a delivery.
 */
import { randomBytes } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { FakeApiServer } from "../tests/kit/apiserver/server.ts";
import { type Delivery, Receiver, type Reply } from "../tests/kit/receiver.ts";
import { type DemoArguments, parseDemoArguments } from "./arguments.ts";
import { coloured, describe, type Paint, plain, remark, wrap } from "./line.ts";
import { Population } from "./population.ts";

/** Milliseconds between two things that happen: slow enough to be read. */
const PACE = 400;
/** Every so many deliveries the receiver refuses one, so that a retry can be seen. */
const REFUSE_EVERY = 25;
const PLANNED = "The receiver refused this on purpose, once: the same message comes again.";
/** As etcd under a real API server: history older than this, in milliseconds, is forgotten. */
const COMPACT_EVERY = 300_000;

async function demo({ pods, seconds }: DemoArguments): Promise<number> {
  // FORCE_COLOR is for a picture of it, which is taken from a pipe.
  const isColoured = Deno.env.has("FORCE_COLOR") || (Deno.stdout.isTerminal() && !Deno.noColor);
  const paint = isColoured ? coloured : plain;
  const folder = await Deno.makeTempDir({ prefix: "k8svent-demo-" });
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const server = await FakeApiServer.start();
  const receiver = await Receiver.start({ secrets: [secret] });
  const population = new Population(server, pods, Math.random);
  let pace: ReturnType<typeof setInterval> | undefined;
  receiver.reply = answering(receiver, paint, () => {
    // Not before: pods that go while the program starts would never be sent.
    pace = setInterval(() => population.step(), PACE);
  });
  const compaction = setInterval(compacting(server), COMPACT_EVERY);
  try {
    print(`A cluster of ${pods} pods and a receiver that checks signatures. Ctrl-C ends the demo.`);
    const child = await startProgram(folder, server, receiver, secret);
    const said = printLog(child.stderr, paint);
    const code = await untilOver(child, seconds);
    await said;
    return code;
  } finally {
    clearInterval(pace);
    clearInterval(compaction);
    await receiver.close();
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function compacting(server: FakeApiServer): () => void {
  let last = server.store.version;
  return () => {
    server.compact(last);
    last = server.store.version;
  };
}

/** @param begin called at the first delivery: the program has listed the pods */
function answering(receiver: Receiver, paint: Paint, begin: () => void): (delivery: Delivery) => Reply {
  let count = 0;
  return (delivery) => {
    if (count++ === 0) begin();
    const status = count % REFUSE_EVERY === 0 ? 503 : 200;
    print(describe(delivery, status, paint));
    if (status !== 200) print(remark(PLANNED, paint));
    // The demo may run for days: what is printed is not kept.
    receiver.deliveries.length = 0;
    return { status };
  };
}

async function startProgram(
  folder: string,
  server: FakeApiServer,
  receiver: Receiver,
  secret: string,
): Promise<Deno.ChildProcess> {
  await Deno.writeTextFile(`${folder}/kubeconfig`, server.kubeconfig);
  await Deno.writeTextFile(`${folder}/secret`, `${secret}\n`);
  const files = ["--kubeconfig", `${folder}/kubeconfig`, "--secret-file", `${folder}/secret`];
  const log = ["--log-format", "text"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", ...files, ...log, "--url", `demo=${receiver.url}`],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    clearEnv: true,
    env: ownEnvironment(),
    stdin: "null",
    stderr: "piped",
    // Ctrl-C goes to the whole process group, and a second signal would end the program without its farewell.
    detached: true,
  }).spawn();
}

/** Prints what the program says, between the deliveries and as wide as they are. */
async function printLog(stderr: ReadableStream<Uint8Array>, paint: Paint): Promise<void> {
  let rest = "";
  for await (const text of stderr.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.flatMap((line) => wrap(line))) print(paint("time", line));
  }
}

/** Without what would change the program's behaviour: its own settings, and proxies, which loopback needs not. */
function ownEnvironment(): Record<string, string> {
  const foreign = /^(K8S?VENT_|ATOMIST_|KUBE)|^(https?|all|no)_proxy$/i;
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !foreign.test(name)));
}

/** Ends the program on a signal or when its time is up. Gives the demo's exit code. */
async function untilOver(child: Deno.ChildProcess, seconds: number | undefined): Promise<number> {
  let asked = false;
  const end = (): void => {
    if (asked) return;
    asked = true;
    try {
      child.kill("SIGTERM");
    } catch {
      // It ended by itself in this moment.
    }
  };
  const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end);
  const { code } = await child.status;
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, end);
  clearTimeout(timer);
  if (asked) return 0;
  complain(`The program ended by itself, with exit code ${code}.`);
  return 1;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function complain(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

const command = parseDemoArguments(Deno.args);
switch (command.kind) {
  case "run":
    process.exitCode = await demo(command.demo);
    break;
  case "help":
    print(command.text.trimEnd());
    break;
  case "mistake":
    complain(command.message);
    process.exitCode = 2;
}
