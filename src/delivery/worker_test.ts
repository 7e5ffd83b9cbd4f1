import assert from "node:assert/strict";
import { settle } from "../../tests/kit/clock.ts";
import type { Answer } from "../../tests/kit/scripted_dial.ts";
import { withRig } from "../../tests/kit/worker_rig.ts";
import type { Clock } from "../runtime/clock.ts";

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
  rig.dial.answer = () => "refused";
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

withRig("one warning when an endpoint begins to fail, one line when it works again", async (rig) => {
  rig.dial.answer = () => rig.clock.monotonic() < 3_600_000 ? "refused" : 200;
  rig.owePods(5);
  rig.start();
  await rig.clock.advance(4_000_000);
  assert.deepEqual(rig.logged("warn"), [
    "Endpoint a fails: scripted fault: refused. What it is owed waits and is tried again.",
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
