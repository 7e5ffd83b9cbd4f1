import assert from "node:assert/strict";
import { FakeApiServer } from "../kit/apiserver/server.ts";
import { SECRET, webhook } from "../kit/confidential.ts";
import { type Program, startProgram } from "../kit/program.ts";
import { type Delivery, Receiver, type Reply } from "../kit/receiver.ts";

const PODS = 1_000;

/** What each of the two pods makes the receiver do, every time. */
const POISON = new Map<string, Reply>([["answers-500", { status: 500 }], ["hangs", "hang"]]);

/** A lively cluster: a change of some other pod this often, in milliseconds. */
const PULSE = 50;

/** Not shorter: a healthy answer must not come too late because tests beside this one keep the processors busy. */
const TIMEOUT = "3s";

interface Poisoned extends AsyncDisposable {
  server: FakeApiServer;
  receiver: Receiver;
  program: Program;
}

Deno.test("one pod that gets 500 and one that hangs, among 1,000", async (context) => {
  await using poisoned = await start();
  for (const [sentence, step] of Object.entries(STEPS)) await context.step(sentence, () => step(poisoned));
  assert.equal(await poisoned.program.stop(), 0);
});

const STEPS: Record<string, (poisoned: Poisoned) => Promise<void>> = {
  "the others arrive, and go on arriving": async ({ server, receiver }) => {
    await receiver.until(() => receiver.state.pods.size === PODS - POISON.size, "the others");
    const { resourceVersion } = server.update({ name: "other-7" }, touch).metadata;
    await receiver.until(() => versionOf(receiver, "other-7") === resourceVersion, "a change of another");
    for (const name of POISON.keys()) assert.equal(receiver.state.live("default", name), undefined);
  },

  "these two become dead letters, which is said once": async ({ program }) => {
    await untilDeadLetters(program);
    assert.equal(program.lines.filter((line) => /"warn".*is a dead letter/.test(line)).length, POISON.size);
  },

  "SIGUSR1 says which are dead letters, and tries them again": async ({ program, receiver }) => {
    const from = program.lines.length;
    const before = [...POISON.keys()].map((name) => ({ name, attempts: receiver.about(name).length }));
    await inspect(program);
    for (const { name, attempts } of before) {
      await receiver.until(() => receiver.about(name).length > attempts, `another try of ${name}`);
    }
    await untilDeadLetters(program, from);
  },

  "SIGUSR1 once more: they are still visible": ({ program }) => inspect(program),

  "mended, and SIGUSR1: they go out": async ({ server, program, receiver }) => {
    await untilDeadLetters(program, program.lines.length);
    receiver.reply = () => ({ status: 200 });
    program.signal("SIGUSR1");
    await untilAccepted(server, receiver);
  },

  "poisoned again, and mended: they go out by themselves": async ({ server, program, receiver }) => {
    receiver.reply = poison;
    const from = program.lines.length;
    for (const name of POISON.keys()) server.update({ name }, touch);
    await untilDeadLetters(program, from);
    receiver.reply = () => ({ status: 200 });
    await untilAccepted(server, receiver);
  },

  "nobody ever blamed the endpoint, and it was sent nothing wrong": ({ program, receiver }) => {
    assert.deepEqual(program.lines.filter((line) => /Endpoint a (still )?fails/.test(line)), []);
    assert.deepEqual(receiver.state.problems, []);
    return Promise.resolve();
  },
};

async function start(): Promise<Poisoned> {
  const server = await FakeApiServer.start();
  const names = Array.from({ length: PODS - POISON.size }, (_, i) => `other-${i}`);
  for (const name of [...POISON.keys(), ...names]) server.create({ metadata: { name } });
  const receiver = await Receiver.start({ secrets: [SECRET], reply: poison });
  const kubeconfig = await Deno.makeTempFile({ prefix: "k8svent-kubeconfig-" });
  await Deno.writeTextFile(kubeconfig, server.kubeconfig);
  const program = await startProgram({
    args: ["--kubeconfig", kubeconfig, "--interval", "0", "--timeout", TIMEOUT, "--log-level", "debug"]
      .concat("--secret", SECRET, "--url", webhook("a", receiver)),
  });
  let changes = 0;
  const pulse = setInterval(() => {
    const name = names[changes++ % names.length] ?? "";
    server.update({ name }, touch);
  }, PULSE);
  const dispose = async (): Promise<void> => {
    clearInterval(pulse);
    await receiver.close();
    await program[Symbol.asyncDispose]();
    await server.close();
    await Deno.remove(kubeconfig);
  };
  return { server, receiver, program, [Symbol.asyncDispose]: dispose };
}

function poison({ body }: Delivery): Reply {
  return POISON.get(body?.pod.metadata.name ?? "") ?? { status: 200 };
}

function touch({ metadata }: { metadata: { annotations?: Record<string, string> } }): void {
  metadata.annotations = { touched: crypto.randomUUID() };
}

/** Both are dead letters; the first time of each message is a warning, a later one is for `--log-level debug`. */
async function untilDeadLetters(program: Program, from = 0): Promise<void> {
  await program.until(
    /does not take default\/answers-500: status 500 \(see its log\)\. The message is a dead letter/,
    {
      from,
    },
  );
  await program.until(
    /does not take default\/hangs: \S+ did not answer within \d+ s\. The message is a dead letter/,
    { from },
  );
}

/** Asks the program how things are; it must name both. */
async function inspect(program: Program): Promise<void> {
  const from = program.lines.length;
  program.signal("SIGUSR1");
  await program.until(/messages are pending for endpoint a, \d+ of them dead letters/, { from });
  await program.until(/Endpoint a does not take default\/answers-500: status 500 \(see its log\)\."/, {
    from,
  });
  await program.until(/Endpoint a does not take default\/hangs: \S+ did not answer within \d+ s\."/, {
    from,
  });
}

async function untilAccepted(server: FakeApiServer, receiver: Receiver): Promise<void> {
  for (const name of POISON.keys()) {
    const version = String(server.store.get({ name })?.version);
    await receiver.until(
      () => versionOf(receiver, name) === version,
      `the newest version of ${name}`,
      120_000,
    );
  }
}

function versionOf(receiver: Receiver, name: string): string | undefined {
  return receiver.state.live("default", name)?.resourceVersion;
}
