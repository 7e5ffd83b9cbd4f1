import assert from "node:assert/strict";
import type { Reaction } from "../../tests/kit/scripted_receiver.ts";
import { withRig } from "../../tests/kit/worker_rig.ts";
import type { Clock } from "../runtime/clock.ts";

withRig("what is pending is delivered, and what comes later when the store says so", async (rig) => {
  rig.add("web-0");
  rig.start();
  await rig.clock.advance(0);
  assert.deepEqual(rig.receiver.flush(), ["web-0 1"]);
  rig.add("web-0", { resourceVersion: "2" });
  await rig.clock.advance(0);
  assert.deepEqual(rig.receiver.flush(), ["web-0 2"]);
  assert.equal(rig.counts.pending, 0);
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
      rig.receiver.react = (): Reaction => answers.shift() ?? 200;
      rig.add("web-0");
      rig.start({ clock, random: () => 0.5 });
      await rig.clock.advance(60_000);
      assert.equal(rig.counts.pending, 0);
    },
  );
}

withRig("a worker that has nothing to do sets no timer", async (rig) => {
  rig.addPods(3);
  rig.start();
  await rig.clock.advance(1_000);
  assert.equal(rig.receiver.seen.length, 3);
  assert.equal(rig.clock.pending, 0);
});

withRig("a pod's versions go out one after the other, each after the one before was taken", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  rig.add("web-0", { resourceVersion: "1", reasons: ["phase"] });
  rig.add("web-0", { resourceVersion: "2", reasons: ["restarted"] });
  rig.addEnd("web-0", { resourceVersion: "3" });
  rig.start();
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.receiver.seen.map(({ version, at }) => [version, at]), [["1", 0], ["2", 100], [
    "3",
    200,
  ]]);
});

withRig("a change while a version is under way is sent strictly after it", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  rig.add("web-0");
  rig.start();
  await rig.clock.advance(50);
  for (const resourceVersion of ["2", "3"]) rig.add("web-0", { resourceVersion });
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.receiver.seen.map(({ version, at }) => [version, at]), [["1", 0], ["3", 100]]);
  assert.equal(rig.receiver.seen[1]?.headers["k8svent-coalesced"], "1");
});

withRig("the number of requests at a time doubles while it works, up to the concurrency", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(10, () => resolve(200)));
  rig.addPods(200);
  rig.start();
  const atATime: number[] = [];
  for (let round = 0; round < 5; round++) {
    await rig.clock.advance(0);
    atATime.push(rig.receiver.underWay.length);
    await rig.clock.advance(10);
  }
  assert.deepEqual(atATime, [2, 4, 8, 16, 16]);
  await rig.clock.advance(5_000);
  assert.equal(rig.receiver.seen.length, 200);
  assert.equal(rig.receiver.most, 16);
});

withRig("a retry has the same id and body, and says which attempt it is", async (rig) => {
  rig.receiver.react = ({ at }) => at === 0 ? 502 : 200;
  rig.add("web-0");
  rig.start();
  await rig.clock.advance(5_000);
  const [first, second] = rig.receiver.seen;
  assert.equal(first?.headers["webhook-id"], second?.headers["webhook-id"]);
  assert.equal(first?.body, second?.body);
  assert.deepEqual([first, second].map((seen) => seen?.headers["k8svent-attempt"]), ["1", "2"]);
});

withRig("an endpoint that hangs changes nothing for another", async (rig) => {
  rig.receiver.react = ({ url }) => url.host.startsWith("a") ? "hang" : 200;
  rig.addPods(50);
  for (let pod = 0; pod < 50; pod++) rig.add(`pod-${pod}`, {}, "b");
  rig.start();
  rig.start({ endpoint: "b", credentials: rig.credentials({ url: new URL("https://b.example.com/hook") }) });
  await rig.clock.advance(100);
  assert.equal(rig.store.pending.counts("b").pending, 0);
  assert.equal(rig.counts.pending, 50);
});

withRig("every attempt is signed anew, with the secrets of that moment", async (rig) => {
  const secrets = ["first-secret-of-24-characters"];
  rig.receiver.react = ({ at }) => at === 0 ? 503 : 200;
  rig.add("web-0");
  rig.start({ secrets: () => secrets });
  await rig.clock.advance(0);
  secrets.unshift("second-secret-of-24-characters");
  await rig.clock.advance(2_000);
  const tokens = rig.receiver.seen.map(({ headers }) => headers["webhook-signature"]?.split(" ").length);
  assert.deepEqual(tokens, [1, 2]);
});

withRig("no more is under way than the budget of all workers together, but one", async (rig) => {
  const budget = { limit: 1, used: 0 };
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(10, () => resolve(200)));
  rig.addPods(10);
  rig.start({ budget });
  await rig.clock.advance(1_000);
  assert.equal(rig.receiver.seen.length, 10);
  assert.equal(rig.receiver.most, 1);
  assert.equal(budget.used, 0);
});

withRig("a correlation_id of the answer is logged", async (rig) => {
  rig.receiver.react = () => ({ status: 202, body: '{"correlation_id":"abc-123"}' });
  rig.add("web-0");
  rig.start();
  await rig.clock.advance(0);
  const line = rig.log.lines.find(({ level }) => level === "info");
  assert.deepEqual([line?.message, line?.fields?.["correlation_id"]], ["Delivered", "abc-123"]);
});

withRig("each delivery is logged for those who look closer, with how long it took", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(70, () => resolve(200)));
  rig.add("web-0", { resourceVersion: "12" });
  rig.start();
  await rig.clock.advance(100);
  assert.deepEqual(rig.log.lines, [{
    level: "debug",
    message: "Delivered",
    fields: { endpoint: "a", pod: "shop/web-0", version: "12", attempt: 1, milliseconds: 70 },
  }]);
});

withRig("an answer that asks for an inventory is passed on once it is accepted", async (rig) => {
  const asked: string[] = [];
  rig.receiver.react = ({ name }) => ({
    status: name === "web-1" ? 400 : 200,
    headers: { "k8svent-request": name === "web-2" ? "everything" : "inventory" },
  });
  for (const name of ["web-0", "web-1", "web-2"]) rig.add(name);
  rig.start({ onRequest: (endpoint) => asked.push(endpoint) });
  await rig.clock.advance(0);
  assert.equal(rig.receiver.seen.length, 3);
  assert.deepEqual(asked, ["a"]);
});
