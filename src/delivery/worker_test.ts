import assert from "node:assert/strict";
import { knownOf } from "../../tests/kit/known.ts";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { owe, type OwedParts } from "../../tests/kit/owed.ts";
import { type Answer, ScriptedDial, type Seen } from "../../tests/kit/scripted_dial.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { openTestStore } from "../../tests/kit/store.ts";
import { transactTwice } from "../../tests/kit/transact_twice.ts";
import type { Clock } from "../runtime/clock.ts";
import { openInMemory } from "../store/database.ts";
import { Worker, type WorkerDeps } from "./worker.ts";

const TIMEOUT = 15_000;

/** A worker on a store in memory, with a clock that the test moves and an endpoint that is a function. */
class Rig {
  readonly clock = new TestClock();
  readonly database = openInMemory();
  readonly store = openTestStore(this.database);
  readonly log = new MemoryLog();
  readonly dial = new ScriptedDial(this.clock);
  readonly abort = new AbortController();
  readonly #running: Promise<void>[] = [];
  /** How many workers have returned, and what they threw. */
  ended = 0;
  readonly faults: unknown[] = [];

  start(deps: Partial<WorkerDeps> = {}): Worker {
    const worker = new Worker({
      endpoint: "a",
      url: new URL("https://a.example.com/hook"),
      outbox: this.store.outbox,
      endpoints: this.store.endpoints,
      deliveries: this.store.log,
      budget: { limit: 64 * 1024 * 1024, used: 0 },
      reread: () => Promise.resolve(false),
      onRequest: () => false,
      tellInventory: () => {},
      lost: () => 0,
      transaction: this.store.transaction,
      dial: this.dial.dial,
      rendering: { version: "1" },
      secrets: () => [],
      random: () => 0,
      clock: this.clock,
      log: this.log,
      timeout: TIMEOUT,
      concurrency: 16,
      ...deps,
    });
    const running = worker.run(this.abort.signal)
      .catch((error: unknown) => void this.faults.push(error))
      .finally(() => this.ended++);
    this.#running.push(running);
    return worker;
  }

  owe(name: string, parts: OwedParts = {}, endpoint = "a"): void {
    owe(this.store.outbox, endpoint, { name, ...parts });
  }

  owePods(count: number, from = 0): void {
    for (let pod = from; pod < from + count; pod++) this.owe(`pod-${pod}`);
  }

  /** Owes a pod's newest version, whose text was reduced to save room. */
  oweReduced(name: string): void {
    const pod = makePod({ name });
    const { resourceVersion } = pod.metadata;
    const known = knownOf(pod);
    const text = JSON.stringify({ name, version: resourceVersion });
    const body = this.store.inventory.put(known, text, undefined);
    this.database.prepare("UPDATE body SET reduced = 1 WHERE id = ?").run(body);
    this.store.outbox.owe("a", {
      ...known,
      event: "pod.changed",
      body,
      reasons: ["metadata"],
      occasion: "",
    });
  }

  /** Brings the whole text back. */
  complete(name: string): void {
    const known = this.store.inventory.known(`uid-${name}`);
    if (known === undefined) return;
    this.store.inventory.complete(known, () => JSON.stringify({ name, version: known.resourceVersion }));
  }

  get owed(): { waiting: number; aside: number } {
    return this.store.outbox.owed("a");
  }

  logged(level: string): string[] {
    return this.log.lines.filter((line) => line.level === level).map(({ message }) => message);
  }

  async end(): Promise<void> {
    this.abort.abort();
    await Promise.all(this.#running);
    this.store.close();
    assert.equal(this.clock.pending, 0, "no timer is left behind");
    assert.equal(this.dial.overlaps, 0, "never two of one pod at once");
  }
}

function withRig(name: string, test: (rig: Rig) => Promise<void>): void {
  Deno.test(name, async () => {
    const rig = new Rig();
    try {
      await test(rig);
    } finally {
      await rig.end();
    }
  });
}

/** One pod's answer by name, 200 for all others. */
function only(name: string, answer: Answer): (seen: Seen) => Answer {
  return (seen) => seen.name === name ? answer : 200;
}

withRig("what is owed is delivered, and what comes later when the worker is woken", async (rig) => {
  rig.owe("web-0");
  const worker = rig.start();
  await settle();
  assert.deepEqual(rig.dial.flush(), ["web-0 1"]);
  rig.owe("web-0", { resourceVersion: "2" });
  worker.wake();
  await settle();
  assert.deepEqual(rig.dial.flush(), ["web-0 2"]);
  assert.deepEqual(rig.store.outbox.endpoints(), []);
});

for (const step of [100, 300, 500, 700, 900]) {
  withRig(
    `a worker does not sleep through the end of a wait when ${step} ms pass between two looks at the clock`,
    async (rig) => {
      let crept = 0;
      const clock: Clock = {
        now: () => rig.clock.now(),
        monotonic: () => rig.clock.monotonic() + (crept += step),
        after: (milliseconds, run) => rig.clock.after(milliseconds, run),
      };
      const answers = [503, 500, 200];
      rig.dial.answer = (): Answer => answers.shift() ?? 200;
      rig.owe("web-0");
      rig.start({ clock, random: () => 0.5 });
      await rig.clock.advance(60_000);
      assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
    },
  );
}

withRig("a pod's versions go out one after the other, each after the one before was taken", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  rig.owe("web-0", { resourceVersion: "1", reasons: ["phase"] });
  rig.owe("web-0", { resourceVersion: "2", reasons: ["restarted"] });
  rig.owe("web-0", { resourceVersion: "3", reasons: ["deleted"], event: "pod.deleted" });
  rig.start();
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.dial.seen.map(({ version, at }) => [version, at]), [["1", 0], ["2", 100], ["3", 200]]);
});

withRig("a change while a version is under way is sent strictly after it", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  rig.owe("web-0");
  const worker = rig.start();
  await rig.clock.advance(50);
  for (const resourceVersion of ["2", "3"]) rig.owe("web-0", { resourceVersion });
  worker.wake();
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.dial.seen.map(({ version, at }) => [version, at]), [["1", 0], ["3", 100]]);
  assert.equal(rig.dial.seen[1]?.headers["k8svent-coalesced"], "1");
});

withRig("the number of requests at a time grows while it works, up to the concurrency", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(10, () => resolve(200)));
  rig.owePods(200);
  rig.start({ concurrency: 5 });
  await settle();
  assert.equal(rig.dial.underWay.length, 2);
  await rig.clock.advance(5_000);
  assert.equal(rig.dial.seen.length, 200);
  assert.equal(rig.dial.most, 5);
});

withRig(
  "an endpoint that fails is probed once after each backoff, and all arrives when it works",
  async (rig) => {
    rig.dial.answer = () => rig.clock.monotonic() < 10_000 ? 503 : 200;
    rig.owePods(50);
    rig.start();
    await rig.clock.advance(60_000);
    const failed = rig.dial.seen.filter(({ at }) => at < 10_000).map(({ at }) => at);
    assert.deepEqual(failed, [0, 0, 500, 1_500, 3_500, 7_500]);
    assert.equal(rig.dial.seen.length, failed.length + 50);
    assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
  },
);

withRig("a probe is never about the pod that failed last when there is another", async (rig) => {
  rig.dial.answer = () => 503;
  rig.owePods(3);
  rig.start({ concurrency: 1 });
  await rig.clock.advance(60_000);
  const names = rig.dial.seen.map(({ name }) => name);
  assert.ok(names.length >= 6);
  for (const [index, name] of names.entries()) assert.notEqual(name, names[index + 1]);
});

withRig("with one pod alone, the probe is about that pod", async (rig) => {
  rig.dial.answer = () => "network";
  rig.owe("web-0");
  rig.start();
  await rig.clock.advance(2_000);
  assert.deepEqual(rig.dial.seen.map(({ at }) => at), [0, 500, 1_500]);
});

withRig("a retry has the same id and body, and says which attempt it is", async (rig) => {
  rig.dial.answer = ({ at }) => at === 0 ? 502 : 200;
  rig.owe("web-0");
  rig.start();
  await rig.clock.advance(5_000);
  const [first, second] = rig.dial.seen.map(({ headers }) => headers);
  assert.equal(first?.["webhook-id"], second?.["webhook-id"]);
  assert.deepEqual([first?.["k8svent-attempt"], second?.["k8svent-attempt"]], ["1", "2"]);
});

for (
  const [form, value] of [
    ["seconds", "30"],
    ["an HTTP date", "Thu, 01 Jan 2026 00:00:30 GMT"],
  ] as const
) {
  withRig(`Retry-After in ${form} is obeyed to the millisecond`, async (rig) => {
    rig.dial.answer = ({ at }) => at < 30_000 ? { status: 429, headers: { "retry-after": value } } : 200;
    rig.owePods(5);
    const worker = rig.start();
    await rig.clock.advance(1);
    const before = rig.dial.seen.length;
    for (let second = 0; second < 29; second++) {
      rig.owe(`late-${second}`);
      worker.wake();
      await rig.clock.advance(1_000);
    }
    assert.equal(rig.dial.seen.length, before, "no request before");
    await rig.clock.advance(999);
    assert.equal(rig.dial.seen[before]?.at, 30_000);
    await rig.clock.advance(1_000);
    assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
  });
}

withRig("a message that is rejected is set aside, and the others go on", async (rig) => {
  rig.dial.answer = only("pod-3", 413);
  rig.owePods(10);
  rig.start();
  await settle();
  assert.deepEqual(rig.owed, { waiting: 0, aside: 1 });
  assert.equal(rig.dial.seen.length, 10);
  assert.match(rig.logged("warn").join(), /does not take shop\/pod-3: status 413/);
});

withRig("what is set aside is tried again by itself, later each time, and then delivered", async (rig) => {
  rig.dial.answer = ({ at }) => at < 100_000 ? 422 : 200;
  rig.owe("web-0");
  rig.start();
  await rig.clock.advance(200_000);
  assert.deepEqual(rig.dial.seen.map(({ at }) => at), [0, 15_000, 45_000, 105_000]);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
  assert.equal(rig.logged("warn").length, 1, "it is said once");
});

withRig("a newer version of what is set aside is sent at once", async (rig) => {
  rig.dial.answer = ({ version }) => version === "1" ? 413 : 200;
  rig.owe("web-0");
  const worker = rig.start();
  await settle();
  rig.owe("web-0", { resourceVersion: "2" });
  worker.wake();
  await settle();
  assert.deepEqual(rig.dial.flush(), ["web-0 1", "web-0 2"]);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
});

withRig(
  "a pod that is answered 500 each time is set aside after the third, while others succeed",
  async (rig) => {
    rig.dial.answer = only("bad", 500);
    rig.owe("bad");
    const worker = rig.start();
    await settle();
    for (let pod = 0; pod < 10; pod++) {
      rig.owe(`good-${pod}`);
      worker.wake();
      await rig.clock.advance(1_000);
    }
    const attempts = rig.dial.seen.filter(({ name }) => name === "bad").map(({ at }) => at);
    assert.deepEqual(attempts, [0, 500, 1_500]);
    assert.deepEqual(rig.owed, { waiting: 0, aside: 1 });
    assert.equal(rig.dial.seen.filter(({ name }) => name !== "bad").length, 10);
  },
);

withRig("it stays set aside when it fails again while nothing else is sent", async (rig) => {
  rig.dial.answer = only("bad", 500);
  rig.owe("bad");
  const worker = rig.start();
  for (let pod = 0; pod < 10; pod++) {
    rig.owe(`good-${pod}`);
    worker.wake();
    await rig.clock.advance(1_000);
  }
  assert.deepEqual(rig.owed, { waiting: 0, aside: 1 });
  await rig.clock.advance(600_000);
  assert.ok(rig.dial.seen.filter(({ name }) => name === "bad").length > 4);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 1 });
});

for (const answer of [500, "hang"] as const) {
  withRig(
    `a pod that is the only one owed and meets ${answer} is told of once, at the third attempt`,
    async (rig) => {
      rig.dial.answer = () => answer;
      rig.owe("bad");
      rig.start();
      await rig.clock.advance(answer === 500 ? 1_400 : 2 * TIMEOUT + 1_000);
      assert.deepEqual(rig.logged("warn"), []);
      await rig.clock.advance(86_400_000);
      const [line = "", ...others] = rig.logged("warn");
      assert.match(line, /^Endpoint a did not take shop\/bad in 3 attempts: /);
      assert.deepEqual(others, []);
    },
  );
}

withRig("an endpoint that answers 500 to all is at fault: nothing is set aside", async (rig) => {
  rig.dial.answer = () => rig.clock.monotonic() < 60_000 ? 500 : 200;
  rig.owePods(30);
  rig.start();
  await rig.clock.advance(59_000);
  assert.deepEqual(rig.owed, { waiting: 30, aside: 0 });
  assert.ok(rig.dial.seen.length < 15, `${rig.dial.seen.length} requests in a minute`);
  await rig.clock.advance(300_000);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
});

withRig(
  "two pods that fail each time do not make a third wait once others have been accepted",
  async (rig) => {
    rig.dial.answer = ({ name }) => name.startsWith("bad") ? 500 : 200;
    rig.owe("bad-1");
    rig.owe("bad-2");
    rig.owePods(50);
    const worker = rig.start();
    await rig.clock.advance(300_000);
    assert.equal(rig.dial.seen.filter(({ name }) => name.startsWith("pod-")).length, 50);
    rig.dial.flush();
    rig.owe("late");
    worker.wake();
    await settle();
    assert.deepEqual(rig.dial.flush(), ["late 1"]);
  },
);

withRig("twenty different rejections in a row are the endpoint's fault: one probe at a time", async (rig) => {
  rig.dial.answer = () => rig.clock.monotonic() < 200_000 ? 422 : 200;
  rig.owePods(100);
  rig.start();
  await rig.clock.advance(0);
  assert.ok(rig.dial.seen.length >= 20 && rig.dial.seen.length < 24, `${rig.dial.seen.length} at once`);
  assert.match(
    rig.logged("warn").at(-1) ?? "",
    /Endpoint a fails: status 422, for one message after another/,
  );
  const burst = rig.dial.seen.length;
  await rig.clock.advance(190_000);
  assert.ok(rig.dial.seen.length - burst < 12, `${rig.dial.seen.length - burst} probes in three minutes`);
  await rig.clock.advance(400_000);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
});

withRig("twenty pods that an endpoint cannot digest do not hold up the others", async (rig) => {
  rig.dial.answer = ({ name }) => name.startsWith("big") ? 413 : 200;
  for (let pod = 0; pod < 30; pod++) rig.owe(`big-${pod}`);
  rig.owePods(100);
  rig.start({ random: () => 0.9 });
  await rig.clock.advance(60_000);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 30 });
  await rig.clock.advance(3_600_000);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 30 });
  const warnings = rig.logged("warn").filter((message) => message.startsWith("Endpoint a fails"));
  assert.ok(warnings.length <= 2, `${warnings.length} warnings`);
});

withRig("an endpoint that answered 410 is tried again when somebody asks for it", async (rig) => {
  rig.dial.answer = () => 410;
  rig.owe("web-0");
  const worker = rig.start();
  await settle();
  rig.dial.flush();
  rig.dial.answer = () => 200;
  worker.wake();
  await rig.clock.advance(3_600_000);
  assert.deepEqual(rig.dial.flush(), []);
  worker.retry();
  await settle();
  assert.deepEqual(rig.dial.flush(), ["web-0 1"]);
});

withRig("410 stops the endpoint, and what it is owed stays", async (rig) => {
  rig.dial.answer = () => 410;
  rig.owePods(10);
  const worker = rig.start({ concurrency: 1 });
  await rig.clock.advance(3_600_000);
  worker.wake();
  await settle();
  assert.equal(rig.dial.seen.length, 1);
  assert.deepEqual(rig.owed, { waiting: 10, aside: 0 });
  assert.match(rig.logged("error").join(), /Endpoint a answered 410 Gone/);
});

withRig("a connection that was dead already is tried again at once, and counted", async (rig) => {
  rig.dial.answer = () => rig.dial.seen.length === 1 ? "closed" : 200;
  rig.owe("web-0");
  rig.start();
  await settle();
  assert.deepEqual(rig.dial.seen.map(({ at, headers }) => [at, headers["k8svent-attempt"]]), [
    [0, "1"],
    [0, "2"],
  ]);
  assert.equal(rig.logged("warn").length, 0);
});

withRig("connections that are dead twice running are the endpoint's fault", async (rig) => {
  rig.dial.answer = () => rig.clock.monotonic() < 400 ? "closed" : 200;
  rig.owe("web-0");
  rig.start();
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.dial.seen.map(({ at, headers }) => [at, headers["k8svent-attempt"]]), [
    [0, "1"],
    [0, "2"],
    [500, "3"],
  ]);
});

withRig("an endpoint that does not answer is given the timeout, by the clock, and not more", async (rig) => {
  rig.dial.answer = () => "hang";
  rig.owe("web-0");
  rig.start();
  await rig.clock.advance(TIMEOUT - 1);
  assert.equal(rig.dial.underWay.length, 1);
  await rig.clock.advance(1);
  assert.equal(rig.dial.underWay.length, 0);
  assert.deepEqual(rig.owed, { waiting: 1, aside: 0 });
});

withRig("a pod that makes the endpoint hang each time does not stop the others", async (rig) => {
  rig.dial.answer = only("bad", "hang");
  rig.owe("bad");
  const worker = rig.start();
  rig.owePods(100);
  worker.wake();
  await rig.clock.advance(0);
  assert.equal(rig.dial.seen.filter(({ name }) => name !== "bad").length, 100);
  for (let pod = 0; pod < 60; pod++) {
    rig.owe(`late-${pod}`);
    worker.wake();
    await rig.clock.advance(1_000);
  }
  assert.deepEqual(rig.owed, { waiting: 0, aside: 1 });
});

withRig("an endpoint that hangs changes nothing for another", async (rig) => {
  const other = new ScriptedDial(rig.clock);
  rig.dial.answer = () => "hang";
  rig.owePods(50);
  for (let pod = 0; pod < 50; pod++) rig.owe(`pod-${pod}`, {}, "b");
  rig.start();
  rig.start({ endpoint: "b", dial: other.dial });
  await settle();
  assert.equal(other.seen.length, 50);
  assert.deepEqual(rig.store.outbox.owed("b"), { waiting: 0, aside: 0 });
  assert.equal(rig.owed.waiting, 50);
});

withRig("one warning when an endpoint begins to fail, one line when it works again", async (rig) => {
  rig.dial.answer = () => rig.clock.monotonic() < 3_600_000 ? "network" : 200;
  rig.owePods(5);
  rig.start();
  await rig.clock.advance(4_000_000);
  assert.deepEqual(rig.logged("warn"), [
    "Endpoint a fails: scripted fault: network. What it is owed waits and is tried again.",
  ]);
  const [recovered, ...more] = rig.logged("info");
  assert.match(recovered ?? "", /^Endpoint a works again after \d+ s; 4 messages wait for it\.$/);
  assert.deepEqual(more, []);
});

withRig("a correlation_id of the answer is logged", async (rig) => {
  rig.dial.answer = () => ({ status: 202, body: '{"correlation_id":"abc-123"}' });
  rig.owe("web-0");
  rig.start();
  await settle();
  assert.equal(rig.log.lines.find(({ level }) => level === "info")?.fields?.["correlation_id"], "abc-123");
});

withRig("every attempt is signed anew, with the secrets of that moment", async (rig) => {
  const secrets = ["first-secret-of-24-characters"];
  rig.dial.answer = ({ at }) => at === 0 ? 503 : 200;
  rig.owe("web-0");
  rig.start({ secrets: () => secrets });
  await settle();
  secrets.unshift("second-secret-of-24-characters");
  await rig.clock.advance(2_000);
  const tokens = rig.dial.seen.map(({ headers }) => headers["webhook-signature"]?.split(" ").length);
  assert.deepEqual(tokens, [1, 2]);
});

withRig("to settle is to wait for retries until nothing is owed but what was set aside", async (rig) => {
  rig.dial.answer = ({ name, at }) => at < 5_000 ? 503 : name === "bad" ? 413 : 200;
  rig.owe("bad");
  rig.owePods(5);
  rig.start().aim("settled");
  await rig.clock.advance(4_000);
  assert.equal(rig.ended, 0);
  await rig.clock.advance(60_000);
  assert.equal(rig.ended, 1);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 1 });
});

withRig("to drain is to try once more what is due, and to wait for nothing", async (rig) => {
  rig.dial.answer = () => ({ status: 503, headers: { "retry-after": "3600" } });
  rig.owePods(5);
  const worker = rig.start({ concurrency: 1 });
  await rig.clock.advance(1_000);
  assert.equal(rig.dial.flush().length, 1);
  worker.aim("drained");
  await settle();
  assert.equal(rig.dial.flush().length, 1, "one try, though the endpoint backs off");
  assert.equal(rig.ended, 1);
  assert.equal(rig.owed.waiting, 5);
});

withRig(
  "to drain delivers all that an endpoint takes, and ends though another pod is rejected",
  async (rig) => {
    rig.dial.answer = only("bad", 422);
    rig.owe("bad");
    const worker = rig.start();
    rig.owePods(100);
    worker.aim("drained");
    await settle();
    assert.equal(rig.ended, 1);
    assert.deepEqual(rig.owed, { waiting: 0, aside: 1 });
  },
);

withRig("to drain waits for what is under way", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(3_000, () => resolve(200)));
  rig.owe("web-0");
  const worker = rig.start();
  await settle();
  worker.aim("drained");
  await rig.clock.advance(2_999);
  assert.equal(rig.ended, 0);
  await rig.clock.advance(1);
  assert.equal(rig.ended, 1);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
});

withRig("a worker with nothing to do ends as soon as it is to drain or to settle", async (rig) => {
  rig.start().aim("drained");
  rig.start().aim("settled");
  await settle();
  assert.equal(rig.ended, 2);
});

withRig("an endpoint is given up after as many failures in a row as there is patience", async (rig) => {
  rig.dial.answer = () => "network";
  rig.owePods(5);
  rig.start({ patience: 3, concurrency: 1 }).aim("settled");
  await rig.clock.advance(3_600_000);
  assert.equal(rig.dial.seen.length, 3);
  assert.equal(rig.ended, 1);
  assert.deepEqual(rig.logged("error"), [
    "Endpoint a is given up after 3 failed attempts in a row: scripted fault: network.",
  ]);
});

withRig("a success renews the patience", async (rig) => {
  let requests = 0;
  rig.dial.answer = () => ++requests % 3 === 0 ? 200 : 503;
  rig.owePods(5);
  rig.start({ patience: 3, concurrency: 1 }).aim("settled");
  await rig.clock.advance(3_600_000);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
  assert.deepEqual(rig.logged("error"), []);
});

withRig("an abort ends what is under way and gives it back as it was", async (rig) => {
  rig.dial.answer = () => "hang";
  rig.owePods(2);
  rig.start();
  await settle();
  assert.equal(rig.dial.underWay.length, 2);
  rig.abort.abort();
  await settle();
  assert.equal(rig.ended, 1);
  const again = rig.store.outbox.take("a", 0, 10);
  assert.deepEqual(again.map(({ attempts }) => attempts), [0, 0]);
});

withRig("an abort ends a wait at once", async (rig) => {
  rig.dial.answer = () => 503;
  rig.owe("web-0");
  rig.start();
  await rig.clock.advance(100);
  rig.abort.abort();
  await settle();
  assert.equal(rig.ended, 1);
});

withRig("a fault of the store ends the worker with that error, after what is under way", async (rig) => {
  const fault = new Error("disk full");
  rig.dial.answer = ({ name }) => name === "pod-0" ? 200 : "hang";
  rig.owePods(2);
  rig.start({
    transaction: () => {
      throw fault;
    },
  });
  await settle();
  assert.deepEqual(rig.faults, []);
  await rig.clock.advance(TIMEOUT);
  assert.deepEqual(rig.faults, [fault]);
});

withRig("a loss is told by one request at a time, and not again once that was accepted", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  rig.owePods(4);
  lose(rig, 5);
  rig.start({ lost: () => rig.store.endpoints.lost("a").messages });
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.dial.seen.flatMap(({ headers }) => headers["k8svent-lost"] ?? []), ["5"]);
  assert.deepEqual(rig.store.endpoints.lost("a"), { messages: 0, since: undefined });
});

withRig("a loss is told again with each attempt until one is accepted", async (rig) => {
  rig.dial.answer = ({ at }) => at < 2_000 ? 503 : 200;
  rig.owePods(3);
  lose(rig, 2);
  rig.start({ lost: () => rig.store.endpoints.lost("a").messages });
  await rig.clock.advance(60_000);
  const told = rig.dial.seen.map(({ at, headers }) => [at < 2_000, headers["k8svent-lost"]]);
  assert.ok(told.length > 4);
  const accepted = told.findIndex(([failed]) => !failed);
  assert.ok(accepted > 0 && told.slice(0, accepted).some(([, lost]) => lost === "2"));
  assert.equal(told[accepted]?.[1], "2");
  assert.ok(told.slice(accepted + 1).every(([, lost]) => lost === undefined));
});

withRig("what is lost while a loss is being told is told by the next request", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  rig.owe("web-0");
  lose(rig, 5);
  const worker = rig.start({ lost: () => rig.store.endpoints.lost("a").messages });
  await rig.clock.advance(50);
  lose(rig, 7);
  rig.owe("web-1");
  worker.wake();
  await rig.clock.advance(200);
  rig.owe("web-2");
  worker.wake();
  await rig.clock.advance(200);
  assert.deepEqual(rig.dial.seen.map(({ headers }) => headers["k8svent-lost"]), ["5", undefined, "7"]);
});

withRig("a message whose text was reduced is read again at its turn, and the others go on", async (rig) => {
  const asked: string[] = [];
  rig.oweReduced("small");
  rig.owe("web-1");
  rig.start({
    reread: (message) => {
      asked.push(message.name);
      rig.complete("small");
      return Promise.resolve(true);
    },
  });
  await settle();
  assert.deepEqual(asked, ["small"]);
  assert.deepEqual(rig.dial.flush().sort(), ["small 1", "web-1 1"]);
});

withRig("a pod that cannot be read now is asked for again, each time later", async (rig) => {
  const asked: number[] = [];
  rig.oweReduced("small");
  rig.owe("web-1");
  rig.start({
    reread: () => {
      asked.push(rig.clock.monotonic());
      return Promise.resolve(false);
    },
  });
  await rig.clock.advance(12_000);
  assert.deepEqual(asked, [0, 500, 1_500, 3_500, 7_500]);
  assert.deepEqual(rig.dial.flush(), ["web-1 1"]);
  assert.equal(rig.owed.waiting, 1);
});

withRig("a pod is read once at a time, however long the API server takes", async (rig) => {
  let asked = 0;
  rig.oweReduced("small");
  rig.start({
    reread: () => {
      asked++;
      return asked > 1
        ? Promise.resolve(false)
        : new Promise((resolve) => rig.clock.after(60_000, () => resolve(false)));
    },
  });
  await rig.clock.advance(60_000);
  assert.equal(asked, 1);
  await rig.clock.advance(500);
  assert.equal(asked, 2);
});

withRig("a newer version that comes while its pod is read is sent once", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(1_000, () => resolve(200)));
  rig.oweReduced("small");
  const worker = rig.start({
    reread: () => new Promise((resolve) => rig.clock.after(500, () => resolve(true))),
  });
  await settle();
  rig.owe("small", { resourceVersion: "2" });
  worker.wake();
  await rig.clock.advance(10_000);
  assert.deepEqual(rig.dial.flush(), ["small 2"]);
  assert.equal(rig.owed.waiting, 0);
});

withRig("a message whose version cannot be had any more is sent reduced, and says so", async (rig) => {
  rig.oweReduced("small");
  rig.store.inventory.remove("uid-small", undefined);
  rig.start();
  await settle();
  assert.deepEqual(rig.dial.seen.map(({ headers }) => headers["k8svent-observed"]), ["false"]);
});

withRig("a failure counts once, though the disk fails as it is written down", async (rig) => {
  rig.dial.answer = () => 503;
  rig.owe("web-0");
  rig.start({ patience: 2, transaction: transactTwice(rig.store) });
  await rig.clock.advance(60_000);
  assert.equal(rig.dial.seen.length, 2);
  assert.equal(rig.store.outbox.take("a", Infinity, 1)[0]?.attempts, 2);
});

withRig("an inventory that was asked for is owed, though the disk fails meanwhile", async (rig) => {
  const asked: string[] = [];
  rig.dial.answer = ({ name }) => ({
    status: 200,
    headers: name === "web-0" ? { "k8svent-request": "inventory" } : {},
  });
  rig.owe("web-0");
  rig.start({
    onRequest: (endpoint) => asked.push(endpoint) === 1,
    tellInventory: () => rig.owe("inventory"),
    transaction: transactTwice(rig.store),
  });
  await settle();
  assert.deepEqual(asked, ["a"]);
  assert.deepEqual(rig.dial.seen.map(({ name }) => name), ["web-0", "inventory"]);
});

withRig("an answer that asks for an inventory is passed on once it is accepted", async (rig) => {
  const asked: string[] = [];
  const told: string[] = [];
  rig.dial.answer = ({ name }) => ({
    status: name === "web-1" ? 400 : 200,
    headers: { "k8svent-request": name === "web-2" ? "everything" : "inventory" },
  });
  for (const name of ["web-0", "web-1", "web-2"]) rig.owe(name);
  rig.start({
    onRequest: (endpoint) => asked.push(endpoint) === 1,
    tellInventory: (endpoint) => told.push(endpoint),
  });
  await settle();
  assert.equal(rig.dial.seen.length, 3);
  assert.deepEqual([asked, told], [["a"], ["a"]]);
});

withRig("an inventory that is asked for again too soon is not told", async (rig) => {
  const told: string[] = [];
  rig.dial.answer = () => ({ status: 200, headers: { "k8svent-request": "inventory" } });
  rig.owe("web-0");
  rig.start({ onRequest: () => false, tellInventory: (endpoint) => told.push(endpoint) });
  await settle();
  assert.equal(rig.dial.seen.length, 1);
  assert.deepEqual(told, []);
});

/** Counts so many messages as given up, as the bounds of the store do. */
function lose(rig: Rig, messages: number): void {
  rig.store.endpoints.lost("a");
  rig.database.prepare("UPDATE endpoint SET lost = lost + ?, lost_since = 0").run(messages);
}
