import assert from "node:assert/strict";
import { makePod, type PodParts, summaryOf } from "../tests/kit/pods.ts";
import { INTERVAL, withRig, withSynced } from "../tests/kit/pipeline_rig.ts";
import type { KnownPod } from "./store/inventory.ts";

const SICK: PodParts = { ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } };

function knownAs(name: string, unhealthy: boolean): Omit<KnownPod, "body" | "route" | "environment"> {
  const summary = { ...summaryOf(makePod()), duress };
  return { uid: name, namespace: "shop", name, resourceVersion: "1", epoch: 0, summary };
}

withSynced("reminders begin for pods unhealthy that are known already", [], (rig) => {
  rig.store.inventory.put(
    { ...knownAs("sick", true), route: undefined, environment: undefined },
    "{}",
    undefined,
  );
  rig.store.inventory.put(
    { ...knownAs("well", false), route: undefined, environment: undefined },
    "{}",
    undefined,
  );
  rig.store.inventory.startReminders();
  assert.deepEqual(rig.store.inventory.remindable(rig.clock.now(), INTERVAL).map(({ name }) => name), [
    "sick",
  ]);
});

withSynced("a pod unhealthy is told again once an interval, each time as another message", [
  makePod(SICK),
], (rig) => {
  const occasions: string[] = [];
  for (let tick = 0; tick < 10; tick++) {
    rig.clock.jump(INTERVAL / 2);
    rig.remind();
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

withSynced("of reminders at most one is owed, however long the endpoint is down", [makePod(SICK)], (rig) => {
  for (let tick = 0; tick < 10; tick++) {
    rig.clock.jump(INTERVAL);
    rig.remind();
  }
  assert.deepEqual(rig.store.outbox.owed("a"), { waiting: 1, aside: 0 });
});

withSynced("no reminder is owed while anything else about the pod is", [makePod(SICK)], (rig) => {
  rig.see({ ...SICK, version: "2", labels: { a: "1" } });
  rig.clock.jump(INTERVAL);
  rig.remind();
  assert.deepEqual(rig.told(), ["pod.changed web-0 2 metadata"]);
});

withSynced("reminders end with the duress", [makePod(SICK)], (rig) => {
  rig.see({ version: "2" });
  rig.deliver();
  rig.clock.jump(10 * INTERVAL);
  rig.remind();
  assert.deepEqual(rig.told(), []);
});

withSynced("after a jump of the clock, forward or back, reminders go on within an interval", [
  makePod(SICK),
], (rig) => {
  for (const jump of [3_600_000, -3_600_000, -86_400_000]) {
    rig.clock.jump(jump);
    rig.remind();
    rig.deliver();
    rig.clock.jump(INTERVAL);
    rig.remind();
    assert.deepEqual(rig.told(), ["pod.changed web-0 1 unhealthy"], `after ${jump}`);
    rig.remind();
    assert.deepEqual(rig.told(), [], `only one after ${jump}`);
  }
});

withRig("a reminder goes where the pod goes", (rig) => {
  rig.list([makePod({ ...SICK, annotations: { to: "b" } })]);
  rig.deliver("b");
  rig.clock.jump(INTERVAL);
  rig.remind();
  assert.deepEqual(rig.told("a"), []);
  assert.deepEqual(rig.told("b"), ["pod.changed web-0 1 unhealthy"]);
});
