import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import type { EndpointNotice, GapNotice, InventoryNotice } from "../../src/delivery/notice.ts";
import type { Pod } from "../../src/pod/pod.ts";
import { type Delivery, Receiver } from "../kit/receiver.ts";
import { faultTest } from "./running.ts";

function touch(pod: Pod): void {
  pod.metadata.labels = { version: pod.metadata.resourceVersion };
}

function noticesOf<T>({ deliveries }: Receiver, type: string): T[] {
  return deliveries.filter(({ headers }) => headers["k8svent-event"] === type)
    .map(({ text }) => JSON.parse(text) as T);
}

faultTest(
  "an endpoint that was down gets each pod once, in its newest version, and each deletion",
  async (scene) => {
    const { api, receiver } = scene;
    for (let pod = 0; pod < 100; pod++) api.create({ metadata: { name: `web-${pod}` } });
    await using healthy = await Receiver.start();
    const { log } = await scene.start("--url", `b=${healthy.url}`);
    await scene.untilSame();
    receiver.reply = () => ({ status: 503 });
    for (let round = 0; round < 20; round++) {
      for (let pod = 0; pod < 100; pod++) api.update({ name: `web-${pod}` }, touch);
    }
    for (let pod = 0; pod < 10; pod++) api.remove({ name: `web-${pod}` });
    await log.until(/^Endpoint a fails: /);
    await scene.untilSame(healthy);
    const accepted: Delivery[] = [];
    receiver.reply = (delivery) => {
      accepted.push(delivery);
      return { status: 200 };
    };
    await scene.untilSame();
    assert.ok(accepted.length <= 110, `${accepted.length} requests for 90 pods and 10 deletions`);
    assert.equal(accepted.filter(({ headers }) => headers["k8svent-event"] === "pod.deleted").length, 10);
    await log.until(/^Endpoint a works again/);
    // On a busy machine an answer of before may come after the endpoint works again.
    const outages = log.count(/^Endpoint a works again/);
    assert.equal(log.count(/^Endpoint a fails/), outages, "one warning for all retries");
  },
);

faultTest(
  "a connection that is reset in the middle of a request: the same message comes again",
  async (scene) => {
    const { api, receiver } = scene;
    receiver.reply = ({ headers }) => headers["k8svent-attempt"] === "1" ? "reset" : { status: 200 };
    api.create({ metadata: { name: "web-0" } });
    await scene.start();
    await scene.untilSame();
    const deliveries = receiver.about("web-0");
    assert.ok(deliveries.length >= 2);
    assert.equal(new Set(deliveries.map(({ headers }) => headers["webhook-id"])).size, 1);
    assert.equal(new Set(deliveries.map(({ text }) => text)).size, 1);
  },
);

faultTest(
  "SIGTERM while an endpoint hangs: the end comes in time, says what is pending, and is 0",
  async (scene) => {
    const { api, receiver } = scene;
    receiver.reply = () => "hang";
    api.create({ metadata: { name: "web-0" } });
    const running = await scene.start("--shutdown-timeout", "5s");
    await receiver.until(() => receiver.deliveries.length > 0);
    assert.equal(await running.stop(), 0);
    assert.equal(running.log.count(/^1 message for endpoint a is lost: there is no --state/), 1);
  },
);

faultTest(
  "what was evicted is announced in k8svent-lost, as a gap, and an inventory mends it",
  async (scene) => {
    const { api, receiver } = scene;
    api.create({ metadata: { name: "stays" } });
    const running = await scene.start("--state-max", "1Mi", "--notices", "all");
    await scene.untilSame();
    receiver.reply = () => ({ status: 503 });
    const count = 4_000;
    for (let pod = 0; pod < count; pod++) {
      // Enough of it, however many bodies are deflated together.
      const noise = [1, 2, 3, 4].map((part) => createHash("sha512").update(`${pod} ${part}`).digest("base64"))
        .join("");
      api.create({ metadata: { name: `job-${pod}`, labels: { noise, more: noise.slice(0, 40) } } });
      api.remove({ name: `job-${pod}` });
      // Lets the program follow: what comes at once is one batch.
      if (pod % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await running.log.until(/^Endpoint a is too far behind: \d+ messages for it were evicted/);
    api.create({ metadata: { name: "last" } });
    receiver.reply = () => ({ status: 200 });
    await receiver.until(() => receiver.about("last").length > 0 && receiver.state.lost > 0);
    await scene.untilSame();
    await receiver.until(() => noticesOf(receiver, "k8svent.inventory").length > 1);
    const gaps = noticesOf<GapNotice>(receiver, "k8svent.gap");
    assert.equal(gaps.at(-1)?.endpoint, "a");
    const ended = [...receiver.state.pods.values()].filter(({ deleted }) => deleted).length;
    assert.ok(ended > 100 && ended < count, `${ended} of ${count} deletions arrived`);
    assert.ok(receiver.state.lost >= count - ended, `${receiver.state.lost} lost, ${ended} arrived`);
    const page = noticesOf<InventoryNotice>(receiver, "k8svent.inventory").at(-1);
    assert.ok(page !== undefined && page.pods.length >= 1);
  },
);

faultTest(
  "evictions that a crash kept from being said are said by the next start, to everybody",
  async (scene) => {
    const args = ["--state", scene.state, "--notices", "all"];
    scene.api.create({ metadata: { name: "web-0" } });
    const running = await scene.start(...args);
    await scene.untilSame();
    await running.stop();
    const file = new DatabaseSync(scene.state);
    file.exec("UPDATE endpoint SET lost = 7, lostSince = 1, evicted = 5 WHERE name = 'a'");
    file.close();
    await using other = await Receiver.start();
    const { log } = await scene.start(...args, "--url", `b=${other.url}`);
    await log.until(/^Endpoint a is too far behind: 5 messages for it were evicted/);
    await scene.receiver.until(() => noticesOf<GapNotice>(scene.receiver, "k8svent.gap").at(-1)?.lost === 7);
    await other.until(() => noticesOf(other, "k8svent.endpoint").length > 0);
    const [said] = noticesOf<EndpointNotice>(other, "k8svent.endpoint");
    assert.deepEqual([said?.endpoint, said?.what, said?.lost], ["a", "evicted", 5]);
  },
);

faultTest("a receiver that lost its data asks for an inventory and gets it, signed", async (scene) => {
  const { api, receiver } = scene;
  api.create({ metadata: { name: "web-0" } });
  await scene.start("--notices", "a");
  await scene.untilSame();
  const before = noticesOf(receiver, "k8svent.inventory").length;
  receiver.reply = () => ({ status: 200, headers: { "k8svent-request": "inventory" } });
  const pod = api.update({ name: "web-0" }, touch);
  await receiver.until(() => noticesOf(receiver, "k8svent.inventory").length > before);
  const { uid, resourceVersion } = pod.metadata;
  assert.deepEqual(noticesOf<InventoryNotice>(receiver, "k8svent.inventory").at(-1)?.pods, [{
    uid,
    resourceVersion,
  }]);
});

faultTest(
  "a quiet cluster is distinguished from a dead sender by the heartbeat, where it was asked for",
  async (scene) => {
    await scene.start("--notices", "all", "--heartbeat", "10s");
    await scene.receiver.until(() => noticesOf(scene.receiver, "k8svent.heartbeat").length >= 3);
  },
);

faultTest(
  "who asks by SIGUSR1 reads which messages are dead letters and why, and they are tried at once",
  async (scene) => {
    const { api, receiver } = scene;
    receiver.reply = ({ body }) => ({ status: body?.pod.metadata.name === "poison" ? 413 : 200 });
    api.create({ metadata: { name: "poison" } });
    const running = await scene.start();
    // That it is the message's fault shows by what succeeds meanwhile.
    for (
      let pod = 0;
      running.log.count(
        /does not take default\/poison: status 413 \(let it accept larger bodies\)\. .* dead letter/,
      ) === 0;
      pod++
    ) {
      api.create({ metadata: { name: `web-${pod}` } });
      await receiver.until(() => receiver.about(`web-${pod}`).length > 0);
    }
    receiver.reply = () => ({ status: 200 });
    running.inspect();
    await scene.untilSame();
    assert.equal(
      running.log.count(
        /^Endpoint a does not take default\/poison: status 413 \(let it accept larger bodies\)\.$/,
      ),
      1,
    );
  },
);
