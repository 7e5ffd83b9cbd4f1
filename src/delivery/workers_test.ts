import assert from "node:assert/strict";
import { endpointOf } from "../../tests/kit/endpoint.ts";
import { withRig } from "../../tests/kit/workers_rig.ts";

withRig("an endpoint has one worker, however often it is opened", async (rig) => {
  rig.add(["a"]);
  for (let time = 0; time < 3; time++) rig.workers.open(endpointOf("a"));
  await rig.clock.advance(0);
  assert.deepEqual(rig.hosts(), ["a"]);
  await rig.workers.finish("drained");
  assert.equal(rig.closed, 1);
});

withRig("what a worker that was replaced did not deliver, its successor does", async (rig) => {
  const answers = [503, 200];
  rig.receiver.react = () =>
    new Promise((resolve) => rig.clock.after(1_000, () => resolve(answers.shift() ?? 200)));
  rig.add(["a"]);
  rig.workers.open(endpointOf("a"));
  await rig.clock.advance(0);
  rig.workers.close("a");
  rig.workers.open(endpointOf("a"));
  await rig.clock.advance(60_000);
  assert.deepEqual(rig.hosts(), ["a", "a"]);
  assert.equal(rig.store.pending.counts("a").pending, 0);
});

withRig("an endpoint that is woken delivers what was recorded since, and no other is asked", async (rig) => {
  rig.workers.open(endpointOf("a"));
  rig.workers.open(endpointOf("b"));
  await rig.clock.advance(0);
  rig.add(["a", "unknown"]);
  await rig.clock.advance(0);
  assert.deepEqual(rig.hosts(), ["a"]);
});

withRig("an endpoint that is opened while the program drains drains too", async (rig) => {
  await rig.workers.finish("drained");
  rig.add(["late"]);
  rig.workers.open(endpointOf("late"));
  await rig.clock.advance(1_000);
  await rig.workers.finish("drained");
  assert.deepEqual(rig.hosts(), ["late"]);
});

withRig("the end waits for what a worker that was closed has under way", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(1_000, () => resolve(200)));
  rig.add(["a"]);
  rig.workers.open(endpointOf("a"));
  await rig.clock.advance(0);
  rig.workers.close("a");
  let isOver = false;
  const finished = rig.workers.finish("drained").then(() => isOver = true);
  await rig.clock.advance(999);
  assert.equal(isOver, false);
  await rig.clock.advance(1);
  await finished;
  assert.equal(rig.store.pending.counts("a").pending, 0);
});

withRig("a worker that is opened while the program ends drains and ends, too", async (rig) => {
  await rig.workers.finish("drained");
  rig.add(["a"]);
  rig.workers.open(endpointOf("a"));
  await rig.clock.advance(60_000);
  assert.deepEqual([rig.hosts(), rig.closed], [["a"], 1]);
});

withRig("a fault of one worker is reported and the others go on", async (rig) => {
  const fault = new TypeError("a fault of the program");
  rig.receiver.react = ({ url }) => {
    if (url.host.startsWith("bad")) throw fault;
    return 200;
  };
  for (const name of ["bad", "good"]) {
    rig.add([name], name);
    rig.workers.open(endpointOf(name));
  }
  await rig.clock.advance(0);
  assert.deepEqual(rig.faults, [fault]);
  assert.equal(rig.store.pending.counts("good").pending, 0);
});

withRig("what waits for its retry is tried at once when somebody asks for it", async (rig) => {
  rig.receiver.react = ({ name }) => name === "late" ? 503 : 200;
  rig.workers.open(endpointOf("a"));
  for (const name of ["web-0", "late", "web-1"]) rig.add(["a"], name);
  await rig.clock.advance(0);
  assert.deepEqual(rig.store.pending.counts("a"), { pending: 1, deadLetters: 0, inFlight: 0 });
  rig.receiver.react = () => 200;
  rig.workers.tryNow("a");
  await rig.clock.advance(0);
  assert.equal(rig.store.pending.counts("a").pending, 0);
});

withRig("dead letters are tried at once when somebody asks for it", async (rig) => {
  rig.receiver.react = ({ name }) => name === "bad" ? 422 : 200;
  rig.workers.open(endpointOf("a"));
  for (let pod = 0; pod < 10; pod++) {
    rig.add(["a"], pod === 0 ? "bad" : `pod-${pod}`);
    await rig.clock.advance(1_000);
  }
  assert.equal(rig.store.pending.counts("a").deadLetters, 1);
  rig.receiver.react = () => 200;
  rig.workers.retry();
  await rig.clock.advance(0);
  assert.equal(rig.store.pending.counts("a").pending, 0);
});

withRig(
  "endpoints that fail or have dead letters are behind, while something is pending for them",
  async (rig) => {
    rig.receiver.react = ({ url, name }) =>
      url.host.startsWith("down") ? 500 : url.host.startsWith("picky") && name === "bad" ? 422 : 200;
    for (const name of ["down", "picky", "well"]) rig.workers.open(endpointOf(name));
    for (let pod = 0; pod < 10; pod++) {
      rig.add(["down", "picky", "well"], pod === 0 ? "bad" : `pod-${pod}`);
      await rig.clock.advance(1_000);
    }
    assert.deepEqual(rig.workers.behind, ["down", "picky"]);
  },
);

withRig(
  "a paused endpoint is behind while something is pending for it, no backlog, and paused for its next worker, too",
  async (rig) => {
    for (const name of ["a", "paused"]) rig.workers.open(endpointOf(name));
    rig.store.pending.setPaused("paused", true);
    assert.deepEqual(rig.workers.behind, [], "nothing is pending for it");
    for (let pod = 0; pod < 3; pod++) rig.add(["paused"], `web-${pod}`);
    assert.deepEqual([rig.workers.behind, rig.workers.backlog], [["paused"], 0]);
    rig.workers.close("a");
    assert.equal(rig.workers.backlog, 0, "where it is the only one");
    rig.workers.close("paused");
    rig.workers.open(endpointOf("paused"));
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.hosts(), []);
    rig.store.pending.setPaused("paused", false);
    rig.workers.tryNow("paused");
    await rig.clock.advance(0);
    assert.equal(rig.hosts().length, 3);
    rig.workers.tryNow("nobody");
  },
);

withRig("the backlog is that of the quickest endpoint that takes what it is sent", async (rig) => {
  assert.equal(rig.workers.backlog, 0, "nobody is waited for where there is nobody");
  rig.receiver.react = ({ url }) => url.host.startsWith("down") ? 500 : 200;
  for (const name of ["down", "well"]) rig.workers.open(endpointOf(name));
  for (let pod = 0; pod < 5; pod++) {
    rig.add(["down"], `pod-${pod}`);
    await rig.clock.advance(1_000);
  }
  for (let pod = 0; pod < 3; pod++) rig.add(["well", "down"], `more-${pod}`);
  assert.equal(rig.workers.backlog, 3);
});

withRig("an endpoint that takes nothing is no backlog, however little is pending for it", async (rig) => {
  rig.receiver.react = ({ url }) => url.host.startsWith("down") ? 500 : 200;
  for (const name of ["down", "well"]) rig.workers.open(endpointOf(name));
  for (let pod = 0; pod < 5; pod++) {
    rig.add(["down"], `pod-${pod}`);
    await rig.clock.advance(1_000);
  }
  for (let pod = 0; pod < 9; pod++) rig.add(["well"], `more-${pod}`);
  assert.equal(rig.workers.backlog, 9);
});
