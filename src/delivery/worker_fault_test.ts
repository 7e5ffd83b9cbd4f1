import assert from "node:assert/strict";
import { settle } from "../../tests/kit/clock.ts";
import { TIMEOUT } from "../../tests/kit/delivery_deps.ts";
import { ScriptedDial } from "../../tests/kit/scripted_dial.ts";
import { only, withRig } from "../../tests/kit/worker_rig.ts";

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
  rig.dial.answer = () => rig.dial.seen.length === 1 ? "stale" : 200;
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
  rig.dial.answer = () => rig.clock.monotonic() < 400 ? "stale" : 200;
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
  rig.start({ endpoint: "b", send: other.send });
  await settle();
  assert.equal(other.seen.length, 50);
  assert.deepEqual(rig.store.outbox.owed("b"), { waiting: 0, aside: 0 });
  assert.equal(rig.owed.waiting, 50);
});
