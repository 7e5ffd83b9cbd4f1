import assert from "node:assert/strict";
import { INTERVAL, withRig, withSynced } from "../../tests/kit/pipeline_rig.ts";
import { DEADLINE, HEALTH_PODS } from "../../tests/kit/health_pods.ts";
import { makePod, type PodParts, summaryOf } from "../../tests/kit/pods.ts";
import { record } from "../../tests/kit/store.ts";

const SICK: PodParts = { ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } };

withRig("reminders begin for unhealthy pods that are known already", (rig) => {
  record(rig.store, ["a"], { name: "sick", summary: summaryOf(makePod(SICK)) });
  record(rig.store, ["a"], { name: "well", summary: summaryOf(makePod()) });
  assert.deepEqual(rig.store.inventory.remindable(rig.clock.now(), INTERVAL), []);
  rig.store.inventory.startReminders();
  assert.deepEqual(rig.store.inventory.remindable(rig.clock.now(), INTERVAL).map(({ name }) => name), [
    "sick",
  ]);
});

withSynced("an unhealthy pod is sent again once an interval, each time as another message", [
  makePod(SICK),
], (rig) => {
  const occasions: string[] = [];
  for (let tick = 0; tick < 10; tick++) {
    rig.clock.jump(INTERVAL / 2);
    rig.pipeline.remind();
    for (const message of rig.deliver()) {
      assert.deepEqual([message.event, message.reasons, message.resourceVersion], [
        "pod.changed",
        ["unhealthy"],
        "1",
      ]);
      occasions.push(message.occasion);
    }
  }
  assert.equal(occasions.length, 5);
  assert.deepEqual(occasions, occasions.map((_, index) => String(Number(occasions[0]) + index * INTERVAL)));
});

withSynced(
  "of reminders at most one is pending, however long the endpoint is down",
  [makePod(SICK)],
  (rig) => {
    for (let tick = 0; tick < 10; tick++) {
      rig.clock.jump(INTERVAL);
      rig.pipeline.remind();
    }
    assert.deepEqual(rig.store.pending.counts("a"), { pending: 1, deadLetters: 0, inFlight: 0 });
  },
);

withSynced("no reminder is pending while anything else about the pod is", [makePod(SICK)], (rig) => {
  rig.see({ ...SICK, version: "2", labels: { a: "1" } });
  rig.clock.jump(INTERVAL);
  rig.pipeline.remind();
  assert.deepEqual(rig.sent(), ["pod.changed web-0 2 metadata"]);
});

withSynced("reminders end when the pod is healthy", [makePod(SICK)], (rig) => {
  rig.see({ version: "2" });
  rig.deliver();
  rig.clock.jump(10 * INTERVAL);
  rig.pipeline.remind();
  assert.deepEqual(rig.sent(), []);
});

withSynced("after a jump of the clock, forward or back, reminders go on within an interval", [
  makePod(SICK),
], (rig) => {
  for (const jump of [3_600_000, -3_600_000, -86_400_000]) {
    rig.clock.jump(jump);
    rig.pipeline.remind();
    rig.deliver();
    rig.clock.jump(INTERVAL);
    rig.pipeline.remind();
    assert.deepEqual(rig.sent(), ["pod.changed web-0 1 unhealthy"], `after ${jump}`);
    rig.pipeline.remind();
    assert.deepEqual(rig.sent(), [], `only one after ${jump}`);
  }
});

withRig("a reminder goes where the pod goes", (rig) => {
  rig.list([makePod({ ...SICK, annotations: { to: "b" } })]);
  rig.deliver("b");
  rig.clock.jump(INTERVAL);
  rig.pipeline.remind();
  assert.deepEqual(rig.sent("a"), []);
  assert.deepEqual(rig.sent("b"), ["pod.changed web-0 1 unhealthy"]);
});

withSynced("the first reminder comes a whole interval after the trouble began, not before", [], (rig) => {
  rig.clock.jump(INTERVAL * 0.9);
  rig.see({ ...SICK, name: "new", version: "2" });
  rig.deliver();
  rig.clock.jump(INTERVAL - 1);
  rig.pipeline.remind();
  assert.deepEqual(rig.sent(), []);
  rig.clock.jump(1);
  rig.pipeline.remind();
  assert.deepEqual(rig.sent(), ["pod.changed new 2 unhealthy"]);
});

withSynced("trouble that comes after health begins an interval of its own", [makePod()], (rig) => {
  rig.clock.jump(10 * INTERVAL);
  rig.see({ ...SICK, version: "2" });
  rig.deliver();
  rig.pipeline.remind();
  assert.deepEqual(rig.sent(), []);
  rig.clock.jump(INTERVAL);
  rig.pipeline.remind();
  assert.deepEqual(rig.sent(), ["pod.changed web-0 2 unhealthy"]);
});

withSynced("a pod that changes all the time is reminded of, too", [makePod(SICK)], (rig) => {
  for (let step = 2; step <= 12; step++) {
    rig.clock.jump(INTERVAL / 4);
    rig.see({ ...SICK, version: String(step), labels: { step: String(step) } });
    rig.deliver();
    rig.pipeline.remind();
    const expected = (step - 1) % 4 === 0 ? [`pod.changed web-0 ${step} unhealthy`] : [];
    assert.deepEqual(rig.sent(), expected, `step ${step}`);
  }
});

withSynced("a pod that is being deleted is reminded of an interval after its grace period", [
  makePod(SICK),
], (rig) => {
  const deadline = new Date(rig.clock.now() + 5 * INTERVAL).toISOString();
  rig.see({ ...SICK, version: "2", deletionTimestamp: deadline });
  rig.deliver();
  const sent: number[] = [];
  for (let tick = 1; tick <= 8; tick++) {
    rig.clock.jump(INTERVAL);
    rig.pipeline.remind();
    if (rig.sent().length > 0) sent.push(tick);
  }
  assert.deepEqual(sent, [6, 7, 8]);
});

for (const { what, pod, health, because } of HEALTH_PODS) {
  const isReminded = health === "unhealthy" || health === "terminating";
  const verb = isReminded ? "is" : "is never";
  const since = health === "terminating" ? ", beyond its grace period" : "";
  withRig(`a pod ${what} ${verb} reminded of${since}: ${because}`, (rig) => {
    rig.clock.jump(Date.parse(DEADLINE) - 5_000 - rig.clock.now());
    rig.list([pod]);
    rig.deliver();
    rig.clock.jump(INTERVAL - 1);
    rig.pipeline.remind();
    assert.deepEqual(rig.sent(), []);
    // The grace period ended 5 s after the trouble of the others began.
    rig.clock.jump(1 + (health === "terminating" ? 5_000 : 0));
    rig.pipeline.remind();
    assert.deepEqual(rig.sent(), isReminded ? ["pod.changed web-0 1 unhealthy"] : []);
  });
}
