import assert from "node:assert/strict";
import { INTERVAL, withRig, withSynced } from "../../tests/kit/pipeline_rig.ts";
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
  assert.deepEqual(occasions, occasions.map((_, index) => String(Number(occasions[0]) + index)));
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
