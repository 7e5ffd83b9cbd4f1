import assert from "node:assert/strict";
import { REFUSED } from "../../tests/kit/scripted_receiver.ts";
import { type Rig, withRig } from "../../tests/kit/worker_rig.ts";
import type { Worker } from "./worker.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Lets time pass, as the program does: each minute, the worker reports. Returns what was said of it, with its minute. */
async function pass(
  rig: Rig,
  worker: Worker,
  milliseconds: number,
): Promise<[minute: number, message: string][]> {
  const said: [number, string][] = [];
  for (let passed = 0; passed < milliseconds; passed += MINUTE) {
    await rig.clock.advance(MINUTE);
    const before = rig.log.lines.length;
    worker.report();
    const minute = Math.round(rig.clock.monotonic() / MINUTE);
    said.push(...rig.log.lines.slice(before).map(({ message }): [number, string] => [minute, message]));
  }
  return said;
}

withRig("what is pending, for how long and why is said again at growing distances", async (rig) => {
  rig.receiver.react = () => REFUSED;
  rig.addPods(5);
  const said = await pass(rig, rig.start(), 19 * HOUR);
  assert.deepEqual(
    said,
    [[5, "5 min"], [15, "15 min"], [60, "60 min"], [360, "6 h"], [720, "12 h"], [1_080, "18 h"]].map((
      [minute, time],
    ) => [
      minute,
      `Endpoint a has accepted nothing for ${time}: a.example.com refuses connections: start it. 5 messages are pending for it.`,
    ]),
  );
  const { fields } = rig.log.lines.find(({ message }) => message.includes("for 5 min")) ?? {};
  assert.deepEqual(fields, { endpoint: "a", pending: 5, since: "2026-01-01T00:00:00.000Z" });
});

withRig("a cluster with one pod, whose message nobody can judge, is no silence either", async (rig) => {
  rig.receiver.react = () => 500;
  rig.add("web-0");
  const [first] = await pass(rig, rig.start(), 6 * MINUTE);
  assert.match(
    first?.[1] ?? "",
    /^Endpoint a has accepted nothing for 5 min: status 500.*\. 1 message is pending for it\.$/,
  );
});

for (
  const [pods, sentence] of [
    [
      1,
      /^Endpoint a has not taken a message about shop\/poison-0 for \d+ min: status 422.*\. It is a dead letter, tried again later; the others go on\.$/,
    ],
    [
      2,
      /^Endpoint a has not taken 2 messages for \d+ min, such as one about shop\/poison-0: status 422.* They are dead letters, tried again later; the others go on\.$/,
    ],
  ] as const
) {
  withRig(`${pods} that an endpoint does not take while it takes others are named again`, async (rig) => {
    rig.receiver.react = ({ name }) => name.startsWith("poison") ? 422 : 200;
    for (let pod = 0; pod < pods; pod++) rig.add(`poison-${pod}`);
    const worker = rig.start();
    for (let second = 0; second < 60; second++) {
      rig.add(`good-${second}`);
      await rig.clock.advance(1_000);
    }
    const [first, ...more] = await pass(rig, worker, 10 * MINUTE);
    assert.match(first?.[1] ?? "", sentence);
    assert.deepEqual(more, []);
  });
}

withRig("an endpoint that is disabled is reported with the way to bring it back", async (rig) => {
  rig.receiver.react = () => 410;
  rig.addPods(2);
  const said = await pass(rig, rig.start(), 16 * MINUTE);
  assert.deepEqual(
    said.map(([, message]) => message),
    ["5 min", "15 min"].map((time) =>
      `Endpoint a answered 410 Gone ${time} ago: 2 messages are pending for it, and nothing is sent until k8svent resume a, SIGUSR1 or a restart.`
    ),
  );
});

withRig("an outage that is over is over, and the next one begins anew", async (rig) => {
  rig.receiver.react = ({ at }) => at < 4 * MINUTE || at > 20 * MINUTE ? REFUSED : 200;
  rig.addPods(5);
  const worker = rig.start();
  assert.deepEqual(await pass(rig, worker, 21 * MINUTE), []);
  rig.addPods(5);
  assert.deepEqual((await pass(rig, worker, 7 * MINUTE)).map(([minute]) => minute), [26]);
});

withRig("an endpoint that fails now and then and takes everything is never reported", async (rig) => {
  let requests = 0;
  rig.receiver.react = () => ++requests % 3 === 0 ? 503 : 200;
  const worker = rig.start();
  for (let minute = 0; minute < 20; minute++) {
    rig.addPods(3);
    assert.deepEqual(await pass(rig, worker, MINUTE), []);
  }
});

withRig("that an endpoint delivers is said with the first message that it accepts, once", async (rig) => {
  rig.receiver.react = ({ at }) => at < 3_000 ? 500 : 200;
  rig.add("web-0");
  rig.start({ isAnnounced: true });
  await rig.clock.advance(0);
  assert.deepEqual(rig.log.at("info"), []);
  await rig.clock.advance(10_000);
  rig.add("web-1");
  await rig.clock.advance(0);
  assert.deepEqual(rig.log.at("info").filter((message) => message.startsWith("Delivers")), [
    "Delivers to a.",
  ]);
});

withRig("of an endpoint that an annotation named that is not said", async (rig) => {
  rig.add("web-0");
  rig.start();
  await rig.clock.advance(0);
  assert.deepEqual(rig.log.at("info"), []);
});

withRig(
  "a turn is when the endpoint began to refuse what it is sent, or to take it again, and why",
  async (rig) => {
    rig.receiver.react = () => REFUSED;
    const worker = rig.start();
    assert.deepEqual({ ...worker.standing.turn, since: 0 }, {
      isRefusing: false,
      isFailing: false,
      isDisabled: false,
      hasAccepted: false,
      began: 0,
      since: 0,
      why: "",
    });
    await rig.clock.advance(MINUTE);
    rig.addPods(2);
    await rig.clock.advance(HOUR);
    const refusing = { ...worker.standing.turn };
    assert.deepEqual([refusing.isRefusing, refusing.isFailing, refusing.began], [true, true, MINUTE]);
    assert.equal(refusing.why, "a.example.com refuses connections: start it");
    rig.receiver.react = () => 200;
    worker.retry();
    await rig.clock.advance(MINUTE);
    const taking = worker.standing.turn;
    assert.deepEqual([taking.isRefusing, taking.isFailing, taking.hasAccepted], [false, false, true]);
    assert.equal(taking.began, MINUTE + HOUR);
  },
);

withRig(
  "an endpoint whose only message fails refuses, and nobody knows yet whose fault that is",
  async (rig) => {
    rig.receiver.react = () => 500;
    rig.add("web-0");
    const worker = rig.start();
    await rig.clock.advance(MINUTE);
    const { isRefusing, isFailing } = worker.standing.turn;
    assert.deepEqual([isRefusing, isFailing], [true, false]);
  },
);

withRig("an endpoint that answers 410 is disabled", async (rig) => {
  rig.receiver.react = () => 410;
  rig.add("web-0", { namespace: "a" });
  rig.add("web-1", { namespace: "b" });
  const worker = rig.start();
  await rig.clock.advance(HOUR);
  assert.equal(worker.standing.turn.isDisabled, true);
});
