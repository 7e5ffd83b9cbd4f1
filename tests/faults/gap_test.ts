import assert from "node:assert/strict";
import type { GapNotice } from "../../src/delivery/notice.ts";
import { DatabaseSync } from "node:sqlite";
import { faultTest } from "./running.ts";

faultTest("a crash between an eviction and the word of it: the next start sends the gap", async (scene) => {
  const { api, receiver } = scene;
  api.create({ metadata: { name: "web-0" } });
  const flags = ["--state", scene.state, "--notices", "a"];
  const before = await scene.start(...flags);
  await scene.untilSame();
  await before.stop();
  const database = new DatabaseSync(scene.state);
  database.exec("UPDATE endpoint SET lost = 7, lostSince = 1000, evicted = 7 WHERE name = 'a'");
  database.close();
  await scene.start(...flags);
  const gaps = (): unknown[] =>
    receiver.deliveries.filter(({ headers }) => headers["k8svent-event"] === "k8svent.gap")
      .map(({ text }) => JSON.parse(text) as unknown);
  await receiver.until(() => gaps().length > 0);
  const announced: GapNotice = {
    type: "k8svent.gap",
    endpoint: "a",
    since: "1970-01-01T00:00:01.000Z",
    lost: 7,
  };
  assert.deepEqual(gaps(), [announced]);
});
