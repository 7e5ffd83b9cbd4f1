import assert from "node:assert/strict";
import type { Pod } from "../../src/pod/pod.ts";
import { faultTest, type Running, type Scene } from "./running.ts";

const NAMES = Array.from({ length: 250 }, (_, pod) => `web-${String(pod).padStart(3, "0")}`);

/** A cluster of three pages of pods that the receiver knows. */
async function begin(scene: Scene): Promise<Running> {
  for (const name of NAMES) scene.api.create({ metadata: { name } });
  const running = await scene.start();
  await scene.untilSame();
  await scene.untilWatched();
  return running;
}

function touch({ api }: Scene, name: string): void {
  api.update({ name }, (pod: Pod) => void (pod.metadata.labels = { version: String(api.store.version) }));
}

function deletions({ receiver }: Scene): { name: string; observed: string | undefined }[] {
  return receiver.deliveries.filter(({ headers }) => headers["k8svent-event"] === "pod.deleted")
    .map(({ headers, body }) => ({
      name: body?.pod.metadata.name ?? "",
      observed: headers["k8svent-observed"],
    }))
    .sort((one, other) => one.name < other.name ? -1 : 1);
}

/** Changes, deletes and creates pods. */
function churn(scene: Scene): void {
  touch(scene, "web-001");
  scene.api.remove({ name: "web-002" });
  scene.api.remove({ name: "web-003" });
  scene.api.create({ metadata: { name: "web-003" } });
  scene.api.create({ metadata: { name: "new" } });
}

faultTest(
  "an API server that was away: what changed is sent once, by a list, for it may have another history by now",
  async (scene) => {
    const { log } = await begin(scene);
    await scene.api.refuse();
    churn(scene);
    await log.until(/refuses|refused|cannot be reached/, 2);
    await scene.api.accept();
    await scene.untilSame();
    assert.deepEqual(deletions(scene), [
      { name: "web-002", observed: "false" },
      { name: "web-003", observed: "false" },
    ]);
    assert.equal(scene.receiver.state.duplicates, 0);
    assert.equal(scene.receiver.about("web-000").length, 1, "what did not change is not sent again");
  },
);

faultTest(
  "an API server that was away while its history was compacted: deletions are inferred and say so",
  async (scene) => {
    await begin(scene);
    await scene.api.refuse();
    churn(scene);
    scene.api.compact();
    await scene.api.accept();
    await scene.untilSame();
    assert.deepEqual(deletions(scene), [
      { name: "web-002", observed: "false" },
      { name: "web-003", observed: "false" },
    ]);
    assert.equal(scene.receiver.about("web-000").length, 1);
  },
);

faultTest("a start is not ready until all pods have been listed", async (scene) => {
  scene.api.create({ metadata: { name: "web-0" } });
  scene.api.faults.answers.push({ kind: "list", status: "hang", times: 1 });
  const running = await scene.start("--listen", "127.0.0.1:0");
  assert.equal(await running.readiness(), "503 The pods of all namespaces have not all been listed yet.");
  await scene.untilWatched();
  assert.equal(await running.readiness(), "200 ok");
});

faultTest("a watch that the server resets goes on where it was, without a list", async (scene) => {
  // After ten hasty seconds of silence, a list would be right.
  scene.clock.haste = 1;
  await begin(scene);
  // With limit=1 the server is only asked for its version.
  const lists = (): number =>
    scene.api.requests.filter(({ kind, query }) => kind === "list" && query["limit"] !== "1").length;
  const before = lists();
  for (let round = 0; round < 3; round++) {
    scene.api.resetWatches();
    churn(scene);
    await scene.untilSame();
    scene.api.remove({ name: "new" });
    scene.api.create({ metadata: { name: "web-002" } });
    await scene.untilSame();
    await scene.untilWatched();
  }
  assert.equal(lists(), before);
});

for (
  const [what, bytes] of [
    ["a line that is no JSON", "<html>bad gateway</html>\n"],
    ["half an event", '{"type":"MODIFIED","object":{"kind":"Pod"'],
    ["bytes that are no UTF-8", new Uint8Array([0x7b, 0xff, 0xfe, 0x0a])],
    ["an event without an object", '{"type":"MODIFIED"}\n'],
    [
      "an error event of code 500",
      '{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd"}}\n',
    ],
  ] as const
) {
  faultTest(
    `a stream that brings ${what} costs nothing that was sent, and nothing that comes`,
    async (scene) => {
      await begin(scene);
      scene.api.inject(bytes);
      scene.api.endWatches();
      churn(scene);
      await scene.untilSame();
      assert.deepEqual(deletions(scene).map(({ name }) => name).sort(), ["web-002", "web-003"]);
    },
  );
}

for (const how of ["end", "reset"] as const) {
  faultTest(`a list whose second page breaks off (${how}) invents no deletion`, async (scene) => {
    await begin(scene);
    await scene.api.refuse();
    churn(scene);
    scene.api.compact();
    const { faults } = scene.api;
    await scene.api.accept();
    let pages = 0;
    scene.api.onRequest = ({ kind }): void => {
      if (kind === "list" && ++pages === 2) faults.cuts.push({ kind: "list", after: 5_000, how });
    };
    await scene.untilSame();
    assert.ok(pages > 3, "it was listed again");
    assert.deepEqual(deletions(scene).map(({ name }) => name).sort(), ["web-002", "web-003"]);
  });
}

for (const status of [401, 403, 429, 500, 503, 504, "hang", "reset"] as const) {
  faultTest(
    `an API server that answers ${status} for a while is asked again, and nothing is taken for deleted`,
    async (scene) => {
      await begin(scene);
      await scene.api.refuse();
      churn(scene);
      scene.api.faults.answers.push({ kind: "any", status, times: status === "hang" ? 1 : 3 });
      await scene.api.accept();
      await scene.untilSame();
      assert.deepEqual(deletions(scene).map(({ name }) => name).sort(), ["web-002", "web-003"]);
    },
  );
}

faultTest("a cluster that was restored from a backup is sent anew, in an epoch of its own", async (scene) => {
  await begin(scene);
  const backup = scene.api.store.version;
  for (let round = 0; round < 20; round++) touch(scene, "web-000");
  scene.api.create({ metadata: { name: "lost-by-the-restore" } });
  await scene.untilSame();
  scene.api.rewind(backup);
  await scene.untilSame();
  assert.deepEqual(deletions(scene), [{ name: "lost-by-the-restore", observed: "false" }]);
  assert.equal(scene.receiver.about("web-000").at(-1)?.headers["k8svent-epoch"], "1");
});

for (
  const [title, hours] of [
    ["a wall clock that jumps an hour forward holds nothing up and repeats nothing", 1],
    ["a wall clock that jumps an hour back holds nothing up and repeats nothing", -1],
  ] as const
) {
  faultTest(title, async (scene) => {
    await begin(scene);
    scene.receiver.reply = ({ headers }) => ({ status: headers["k8svent-attempt"] === "1" ? 503 : 200 });
    touch(scene, "web-001");
    await scene.receiver.until(() => scene.receiver.about("web-001").length > 1);
    scene.clock.jump(hours * 3_600_000);
    churn(scene);
    await scene.untilSame();
    scene.receiver.reply = () => ({ status: 200 });
    touch(scene, "web-004");
    await scene.untilSame();
    assert.equal(scene.receiver.state.duplicates, 0);
  });
}
