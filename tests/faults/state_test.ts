import assert from "node:assert/strict";
import { StoreError } from "../../src/store/disk_fault.ts";
import { Receiver } from "../kit/receiver.ts";
import { fillUp, makeRoom, withSmallDisk } from "../kit/small_disk.ts";
import { faultTest, type Scene, withScene } from "./running.ts";

/** Ten pods that the receiver knows, and the program has ended. */
async function runOnce(scene: Scene): Promise<void> {
  for (let pod = 0; pod < 10; pod++) scene.api.create({ metadata: { name: `web-${pod}` } });
  const running = await scene.start("--state", scene.state);
  await scene.untilSame();
  await running.stop();
}

function received(receiver: Receiver, from: number): string[] {
  return receiver.deliveries.slice(from).map(({ headers, body }) =>
    `${headers["k8svent-event"]} ${body?.pod.metadata.name} ${headers["k8svent-reason"]}` +
    `${headers["k8svent-observed"] === "false" ? " inferred" : ""}`
  ).sort();
}

function change(scene: Scene): void {
  scene.api.remove({ name: "web-1" });
  scene.api.update({ name: "web-2" }, (pod) => void (pod.metadata.labels = { changed: "yes" }));
  scene.api.create({ metadata: { name: "new" } });
}

faultTest(
  "a restart with the state file tells what changed or vanished meanwhile, and nothing else",
  async (scene) => {
    await runOnce(scene);
    const from = scene.receiver.deliveries.length;
    change(scene);
    const running = await scene.start("--state", scene.state);
    await scene.untilSame();
    await running.stop();
    assert.deepEqual(received(scene.receiver, from), [
      "pod.changed new created",
      "pod.changed web-2 metadata",
      "pod.deleted web-1 deleted inferred",
    ]);
  },
);

faultTest("a restart without changes tells nothing", async (scene) => {
  await runOnce(scene);
  const from = scene.receiver.deliveries.length;
  const running = await scene.start("--state", scene.state);
  await scene.untilWatched();
  await running.stop();
  assert.deepEqual(received(scene.receiver, from), []);
});

faultTest("what was pending at the end is sent after a restart under the same id", async (scene) => {
  scene.receiver.reply = () => "hang";
  scene.api.create({ metadata: { name: "web-0" } });
  const first = await scene.start("--state", scene.state, "--shutdown-timeout", "0");
  await scene.receiver.until(() => scene.receiver.deliveries.length > 0);
  await first.stop();
  scene.receiver.reply = () => ({ status: 200 });
  const second = await scene.start("--state", scene.state);
  await scene.untilSame();
  await second.stop();
  const ids = scene.receiver.about("web-0").map(({ headers }) => headers["webhook-id"]);
  assert.ok(ids.length > 1);
  assert.equal(new Set(ids).size, 1);
});

faultTest(
  "an endpoint that was added gets every pod, one that was removed is forgotten with a line",
  async (scene) => {
    await runOnce(scene);
    const from = scene.receiver.deliveries.length;
    await using added = await Receiver.start();
    const running = await scene.start("--state", scene.state, "--url", `b=${added.url}`);
    await scene.untilSame(added);
    await running.stop();
    assert.deepEqual(received(scene.receiver, from), []);
    assert.equal(added.deliveries.length, 10);
    const without = await scene.start("--state", scene.state);
    await without.log.until(/^Endpoint b is no longer configured: it is forgotten/);
    await without.stop();
  },
);

faultTest(
  "the state file of another cluster is refused, and its pods are not taken for deleted",
  async (scene) => {
    await runOnce(scene);
    const from = scene.receiver.deliveries.length;
    await withScene(async (other) => {
      other.api.create({ metadata: { name: "web-1" } });
      const running = await other.start("--state", scene.state);
      await assert.rejects(
        running.ended,
        (error) => error instanceof StoreError && /belongs to another cluster/.test(error.message),
      );
    }, await Deno.makeTempDir({ dir: scene.folder }));
    assert.deepEqual(received(scene.receiver, from), []);
  },
);

for (
  const [title, damage] of [
    [
      "a state file that was cut short ends the start with the way out, and nothing is sent",
      (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 5_000),
    ],
    [
      "a state file that was overwritten ends the start with the way out, and nothing is sent",
      (bytes: Uint8Array) => bytes.fill(0x55, 8_192, 20_480),
    ],
  ] as const
) {
  faultTest(
    title,
    async (scene) => {
      await runOnce(scene);
      const from = scene.receiver.deliveries.length;
      await Deno.writeFile(scene.state, damage(await Deno.readFile(scene.state)));
      const running = await scene.start("--state", scene.state);
      await assert.rejects(
        running.ended,
        (error) => error instanceof StoreError && /is damaged: .*Remove it to begin anew/.test(error.message),
      );
      assert.deepEqual(received(scene.receiver, from), []);
    },
  );
}

faultTest("a second program on one state file is refused, and the first goes on", async (scene) => {
  const first = await scene.start("--state", scene.state);
  await scene.untilWatched();
  const second = await scene.start("--state", scene.state);
  await assert.rejects(second.ended, /in use by another process/);
  scene.api.create({ metadata: { name: "web-0" } });
  await scene.receiver.until(() => scene.receiver.about("web-0").length === 1);
  await first.stop();
});

withSmallDisk(
  "the disk of the state file fills up: deliveries go on, that is said once, and it recovers",
  (folder) =>
    withScene(async (scene) => {
      const running = await scene.start("--state", scene.state, "--listen", "127.0.0.1:0");
      await scene.untilWatched();
      assert.equal(await running.readiness(), "200 ok");
      fillUp(folder);
      for (let pod = 0; pod < 200; pod++) scene.api.create({ metadata: { name: `web-${pod}` } });
      await scene.untilSame();
      await running.log.until(/^The state file cannot be written: .*Make room on the disk/);
      assert.match(await running.readiness(), /^503 The state file cannot be written/);
      makeRoom(folder);
      scene.clock.jump(10_000);
      scene.api.create({ metadata: { name: "after" } });
      await scene.untilSame();
      await running.log.until(
        /^The state file can be written again, and has everything/,
      );
      assert.equal(running.log.count(/^The state file cannot be written/), 1);
      assert.equal(await running.readiness(), "200 ok");
      await running.stop();
      const from = scene.receiver.deliveries.length;
      const again = await scene.start("--state", scene.state);
      await scene.untilWatched();
      await again.stop();
      assert.deepEqual(received(scene.receiver, from), []);
    }, folder),
);

withSmallDisk(
  "an end while the disk is full: the next start finds by its list what the file does not know",
  (folder) =>
    withScene(async (scene) => {
      const running = await scene.start("--state", scene.state);
      scene.api.create({ metadata: { name: "stays" } });
      scene.api.create({ metadata: { name: "web-0" } });
      await scene.untilSame();
      fillUp(folder);
      for (let pod = 1; pod < 200; pod++) scene.api.create({ metadata: { name: `web-${pod}` } });
      await scene.untilSame();
      await running.stop();
      makeRoom(folder);
      scene.api.remove({ name: "web-0" });
      for (let pod = 200; pod < 210; pod++) scene.api.create({ metadata: { name: `web-${pod}` } });
      const again = await scene.start("--state", scene.state);
      await scene.untilSame();
      await again.stop();
      assert.equal(scene.receiver.about("web-0").at(-1)?.headers["k8svent-observed"], "false");
    }, folder),
);
