import assert from "node:assert/strict";
import type { PodRef } from "../pod/pod.ts";
import { bodyText, DEAD } from "../../tests/kit/store.ts";
import { type Rig, withRig } from "../../tests/kit/worker_rig.ts";

/** A pod's current version, whose body was given up to save room. */
function addTrimmed(rig: Rig, name: string): void {
  rig.add(name, { trimmed: true });
}

/** Brings the body back, as the one who reads the pod again does. */
function restore(rig: Rig, message: PodRef): void {
  const pod = rig.store.inventory.known(message) ?? assert.fail("it is not known");
  rig.store.inventory.restore(pod, new TextEncoder().encode(bodyText(pod.name, pod.resourceVersion)));
  rig.store.commit();
}

withRig("a message whose body was given up is read again at its turn, and the others go on", async (rig) => {
  const asked: string[] = [];
  addTrimmed(rig, "small");
  rig.add("web-1");
  rig.start({
    reread: (message) => {
      asked.push(message.name);
      restore(rig, message);
      return Promise.resolve(true);
    },
  });
  await rig.clock.advance(0);
  assert.deepEqual(asked, ["small"]);
  assert.deepEqual(rig.receiver.seen.map(({ headers }) => headers["k8svent-observed"]), [
    undefined,
    undefined,
  ]);
  assert.deepEqual(rig.receiver.flush().sort(), ["small 1", "web-1 1"]);
});

withRig("a body that is given up again as soon as it was read goes out as it is", async (rig) => {
  let asked = 0;
  addTrimmed(rig, "small");
  rig.start({ reread: () => Promise.resolve(++asked > 0) });
  await rig.clock.advance(2_000);
  assert.equal(asked, 1);
  assert.deepEqual(rig.receiver.seen.map(({ headers }) => headers["k8svent-observed"]), ["false"]);
});

withRig("a pod that cannot be read now is asked for again, each time later", async (rig) => {
  const asked: number[] = [];
  addTrimmed(rig, "small");
  rig.add("web-1");
  rig.start({
    reread: () => {
      asked.push(rig.clock.monotonic());
      return Promise.resolve(false);
    },
  });
  await rig.clock.advance(12_000);
  assert.deepEqual(asked, [0, 500, 1_500, 3_500, 7_500]);
  assert.deepEqual(rig.receiver.flush(), ["web-1 1"]);
  assert.equal(rig.counts.pending, 1);
});

withRig("a pod is read once at a time, however long the API server takes", async (rig) => {
  let asked = 0;
  addTrimmed(rig, "small");
  rig.start({
    reread: () => {
      asked++;
      return asked > 1
        ? Promise.resolve(false)
        : new Promise((resolve) => rig.clock.after(60_000, () => resolve(false)));
    },
  });
  await rig.clock.advance(59_999);
  assert.equal(asked, 1);
  await rig.clock.advance(501);
  assert.equal(asked, 2);
});

withRig("a thousand pods are read again a few at a time, each once", async (rig) => {
  for (let pod = 0; pod < 1_000; pod++) addTrimmed(rig, `small-${pod}`);
  const asked: string[] = [];
  let [underWay, most] = [0, 0];
  rig.start({
    reread: async (message) => {
      asked.push(message.name);
      most = Math.max(most, ++underWay);
      await new Promise<void>((resolve) => void rig.clock.after(5, resolve));
      underWay--;
      restore(rig, message);
      return true;
    },
  });
  await rig.clock.advance(2_000);
  assert.equal(rig.counts.pending, 0);
  assert.deepEqual([most, asked.length, new Set(asked).size], [8, 1_000, 1_000]);
});

withRig(
  "while as many pods are read as may be, what is due waits for an end, and not in a loop",
  async (rig) => {
    for (let pod = 0; pod < 9; pod++) addTrimmed(rig, `small-${pod}`);
    rig.start({
      reread: async (message) => {
        await new Promise<void>((resolve) => void rig.clock.after(10_000, resolve));
        restore(rig, message);
        return true;
      },
    });
    // The clock throws where it is asked for the same instant over and over.
    await rig.clock.advance(9_000);
    assert.equal(rig.counts.pending, 9);
    await rig.clock.advance(11_000);
    assert.equal(rig.counts.pending, 0);
  },
);

withRig("what was read is sent before more is read, since there may be no room for it", async (rig) => {
  for (let pod = 0; pod < 200; pod++) rig.add(`small-${pod}`, { trimmed: true, namespace: `ns-${pod % 20}` });
  let [read, most] = [0, 0];
  rig.start({
    concurrency: 1,
    reread: (message) => {
      most = Math.max(most, ++read - rig.receiver.seen.length);
      restore(rig, message);
      return Promise.resolve(true);
    },
  });
  await rig.clock.advance(60_000);
  assert.deepEqual([rig.counts.pending, read], [0, 200]);
  assert.ok(most <= 16, `${most} bodies were read and not sent`);
});

withRig("however quickly pods cannot be read, the API server is asked once for each backoff", async (rig) => {
  for (let pod = 0; pod < 1_000; pod++) addTrimmed(rig, `small-${pod}`);
  let asked = 0;
  let seed = 1;
  rig.start({
    // As it is in the field: what is put off is due at a thousand instants, not at one.
    random: () => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647,
    reread: () => {
      asked++;
      return Promise.resolve(false);
    },
  });
  await rig.clock.advance(600_000);
  assert.ok(asked < 60, `asked ${asked} times in ten minutes`);
});

withRig(
  "while no pod can be read, the others go on and the API server is asked now and then",
  async (rig) => {
    for (let pod = 0; pod < 1_000; pod++) addTrimmed(rig, `small-${pod}`);
    rig.add("web-1");
    let asked = 0;
    rig.start({
      reread: () => {
        asked++;
        return new Promise((resolve) => rig.clock.after(5, () => resolve(false)));
      },
    });
    await rig.clock.advance(100);
    assert.deepEqual(rig.receiver.flush(), ["web-1 1"]);
    await rig.clock.advance(60_000);
    assert.ok(asked < 100, `asked ${asked} times in a minute`);
  },
);

withRig(
  "while the one pod that is read hangs, and none could be read before, the others go on",
  async (rig) => {
    for (let pod = 0; pod < 1_000; pod++) addTrimmed(rig, `small-${pod}`);
    rig.add("web-1");
    const hangs = Promise.withResolvers<false>();
    let asked = 0;
    rig.start({ reread: () => ++asked <= 8 ? Promise.resolve(false) : hangs.promise });
    await rig.clock.advance(100);
    assert.deepEqual(rig.receiver.flush(), ["web-1 1"]);
    hangs.resolve(false);
  },
);

withRig("a newer version that comes while its pod is read is sent once", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(1_000, () => resolve(200)));
  addTrimmed(rig, "small");
  rig.start({
    reread: () => new Promise((resolve) => rig.clock.after(500, () => resolve(true))),
  });
  await rig.clock.advance(0);
  rig.add("small", { resourceVersion: "2" });
  await rig.clock.advance(10_000);
  assert.deepEqual(rig.receiver.flush(), ["small 2"]);
  assert.equal(rig.counts.pending, 0);
});

withRig("a message whose version cannot be had any more is sent trimmed, and says so", async (rig) => {
  rig.addEnd("small", { trimmed: true });
  rig.start({ reread: () => assert.fail("nothing is to be read") });
  await rig.clock.advance(0);
  assert.deepEqual(rig.receiver.seen.map(({ headers }) => headers["k8svent-observed"]), ["false"]);
});

/** So many messages are given up, as an operator discards dead letters. */
function lose(rig: Rig, messages: number): void {
  const { pending } = rig.store;
  for (let pod = 0; pod < messages; pod++) {
    rig.add(`lost-${pod}`);
    pending.failed(pending.take("a", 0) ?? assert.fail("nothing can be sent"), DEAD, Infinity);
  }
  assert.equal(pending.discard("a"), messages);
  rig.store.commit();
}

withRig("a loss is announced by one request at a time, and not again once that was accepted", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  lose(rig, 5);
  rig.addPods(4);
  rig.start();
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.receiver.seen.flatMap(({ headers }) => headers["k8svent-lost"] ?? []), ["5"]);
  assert.equal(rig.store.pending.lost("a").messages, 0);
});

withRig("a loss is announced again with each attempt until one is accepted", async (rig) => {
  rig.receiver.react = ({ at }) => at < 2_000 ? 503 : 200;
  lose(rig, 2);
  rig.addPods(3);
  rig.start();
  await rig.clock.advance(60_000);
  const reported = rig.receiver.seen.map(({ at, headers }) => ({
    isDown: at < 2_000,
    lost: headers["k8svent-lost"],
  }));
  assert.ok(reported.filter(({ isDown, lost }) => isDown && lost === "2").length > 1);
  assert.deepEqual(reported.filter(({ isDown }) => !isDown).map(({ lost }) => lost), [
    "2",
    undefined,
    undefined,
  ]);
});

withRig("what is lost while a loss is being announced is announced by the next request", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  lose(rig, 5);
  rig.addPods(1);
  rig.start();
  await rig.clock.advance(50);
  lose(rig, 7);
  for (const pod of [1, 2]) {
    rig.add(`late-${pod}`);
    await rig.clock.advance(200);
  }
  assert.deepEqual(rig.receiver.seen.map(({ headers }) => headers["k8svent-lost"]), ["5", undefined, "7"]);
});
