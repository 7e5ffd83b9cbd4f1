import assert from "node:assert/strict";
import type { Failure } from "../http/outcome.ts";
import { only, type Reaction, REFUSED, RESET, STALE } from "../../tests/kit/scripted_receiver.ts";
import { TIMEOUT, withRig } from "../../tests/kit/worker_rig.ts";

const HOUR = 3_600_000;

const ALERT: Failure = { ...RESET, fault: "tls" };
const MALFORMED: Failure = { ...RESET, fault: "malformed" };
const STATUSES = [401, 403, 404, 405, 407, 413, 429, 500, 501, 503];

/** What a filter of content does with the one body that it does not like. */
const FILTERS: [what: string, reaction: Reaction][] = [
  ...STATUSES.map((status): [string, Reaction] => [String(status), status]),
  ["a reset", RESET],
  ["a TLS alert", ALERT],
  ["an answer that cannot be parsed", MALFORMED],
  ["hang", "hang"],
];

for (const [what, reaction] of FILTERS) {
  withRig(`a pod that meets ${what} each time becomes a dead letter, and the others go on`, async (rig) => {
    rig.receiver.react = only("bad", reaction);
    rig.add("bad");
    rig.start();
    for (let pod = 0; pod < 300; pod++) {
      rig.add(`good-${pod}`);
      await rig.clock.advance(1_000);
    }
    assert.deepEqual(rig.counts, { pending: 1, dead: 1 });
    const late = rig.receiver.seen.filter(({ name, at }) => name !== "bad" && at % 1_000 !== 0);
    // Whoever answers 429 may mean everybody: another pod shows that it does not, and waits a second for it.
    assert.ok(late.length <= (reaction === 429 ? 6 : 0), `${late.length} others had to wait`);
    assert.equal(rig.log.at("warn").filter((line) => line.includes("shop/bad")).length, 1);
    assert.match(rig.log.at("warn").join(), /Endpoint a does not take shop\/bad: .*dead letter/);
  });
}

withRig("a dead letter is tried again by itself, later each time, and then delivered", async (rig) => {
  rig.receiver.react = ({ name, at }) => name === "bad" && at < 200_000 ? 422 : 200;
  rig.add("bad");
  rig.start();
  for (let pod = 0; pod < 300; pod++) {
    rig.add(`good-${pod}`);
    await rig.clock.advance(1_000);
  }
  const [first = 0, ...others] = rig.attemptsAt("bad").slice(3);
  assert.deepEqual(others.map((at) => Math.round((at - first) / 1_000)), [15, 45, 105, 225]);
  assert.equal(rig.counts.pending, 0);
  assert.equal(rig.log.at("warn").length, 1, "it is said once");
});

withRig("dead letters are tried again at once when the endpoint takes one of them", async (rig) => {
  let isMended = false;
  let drawn = 0;
  rig.receiver.react = ({ name }) => name.startsWith("bad") && !isMended ? 422 : 200;
  for (let pod = 0; pod < 20; pod++) rig.add(`bad-${pod}`);
  // Each waits for another time: of minutes, by then.
  rig.start({ random: () => (drawn++ * 0.37) % 1 });
  for (let pod = 0; pod < 600; pod++) {
    rig.add(`good-${pod}`);
    await rig.clock.advance(1_000);
  }
  assert.deepEqual(rig.counts, { pending: 20, dead: 20 });
  isMended = true;
  while (rig.counts.pending === 20) await rig.clock.advance(1_000);
  await rig.clock.advance(1_000);
  assert.equal(rig.counts.pending, 0);
});

withRig("a dead letter is tried again when the circuit closes", async (rig) => {
  let isDown = false;
  let isMended = false;
  rig.receiver.react = ({ name }) => isDown ? REFUSED : name === "bad" && !isMended ? 422 : 200;
  rig.add("bad");
  rig.start({ random: () => 0.9 });
  for (let pod = 0; pod < 500; pod++) {
    rig.add(`good-${pod}`);
    await rig.clock.advance(1_000);
  }
  assert.deepEqual(rig.counts, { pending: 1, dead: 1 });
  [isDown, isMended] = [true, true];
  rig.add("good");
  await rig.clock.advance(100);
  isDown = false;
  await rig.clock.advance(2_000);
  assert.equal(rig.counts.pending, 0);
});

withRig("a newer version takes the place of a dead letter at once", async (rig) => {
  rig.receiver.react = ({ name, version }) => name === "bad" && version === "1" ? 413 : 200;
  rig.add("bad");
  rig.start();
  for (let pod = 0; pod < 10; pod++) {
    rig.add(`good-${pod}`);
    await rig.clock.advance(1_000);
  }
  assert.equal(rig.counts.dead, 1);
  rig.receiver.flush();
  rig.add("bad", { resourceVersion: "2" });
  await rig.clock.advance(0);
  assert.deepEqual(rig.receiver.flush(), ["bad 2"]);
  assert.deepEqual(rig.counts, { pending: 0, dead: 0 });
});

withRig("an endpoint that fails is probed after each backoff, and all arrives when it works", async (rig) => {
  rig.receiver.react = () => rig.clock.monotonic() < 10_000 ? REFUSED : 200;
  rig.addPods(50);
  rig.start();
  await rig.clock.advance(60_000);
  const failed = rig.receiver.seen.filter(({ at }) => at < 10_000).map(({ at }) => at);
  assert.deepEqual(failed, [0, 0, 500, 1_500, 3_500, 7_500]);
  assert.equal(rig.receiver.seen.length, failed.length + 50);
  assert.equal(rig.counts.pending, 0);
});

withRig("an endpoint that answers 500 to all is at fault: nothing becomes a dead letter", async (rig) => {
  rig.receiver.react = () => rig.clock.monotonic() < 60_000 ? 500 : 200;
  rig.addPods(30);
  rig.start();
  await rig.clock.advance(59_000);
  assert.deepEqual(rig.counts, { pending: 30, dead: 0 });
  assert.ok(rig.receiver.seen.length < 40, `${rig.receiver.seen.length} requests in a minute`);
  await rig.clock.advance(300_000);
  assert.equal(rig.counts.pending, 0);
});

withRig("a probe is never about the pod that failed last when there is another", async (rig) => {
  rig.receiver.react = () => REFUSED;
  rig.addPods(3);
  rig.start({ concurrency: 1 });
  await rig.clock.advance(60_000);
  const names = rig.receiver.seen.map(({ name }) => name);
  assert.ok(names.length >= 6);
  for (const [index, name] of names.entries()) assert.notEqual(name, names[index + 1]);
});

withRig("a probe is chosen at random: neighbours that fail do not keep a circuit open", async (rig) => {
  rig.receiver.react = ({ name }) => name.startsWith("bad") ? 500 : 200;
  for (let pod = 0; pod < 20; pod++) rig.add(`bad-${pod}`);
  for (let pod = 0; pod < 20; pod++) rig.add(`good-${pod}`);
  rig.start({ random: () => 0.9 });
  await rig.clock.advance(1_100);
  const first = rig.receiver.seen.findIndex(({ name }) => name.startsWith("good"));
  assert.ok(first >= 2 && first <= 4, `${first} requests about neighbours that fail`);
});

withRig(
  "neighbours that fail, more than a probe of what is next looks at, do not keep a circuit open",
  async (rig) => {
    rig.receiver.react = ({ name }) => name.startsWith("bad") ? 500 : 200;
    for (let pod = 0; pod < 200; pod++) rig.add(`bad-${pod}`);
    for (let pod = 0; pod < 100; pod++) rig.add(`good-${pod}`);
    let random = 0;
    rig.start({ random: () => random = (random + 0.37) % 1 });
    await rig.clock.advance(60_000);
    const accepted = new Set(
      rig.receiver.seen.map(({ name }) => name).filter((name) => name.startsWith("good")),
    );
    assert.equal(accepted.size, 100);
  },
);

withRig("with one pod alone, the probe is about that pod", async (rig) => {
  rig.receiver.react = () => REFUSED;
  rig.add("web-0");
  rig.start();
  await rig.clock.advance(2_000);
  assert.deepEqual(rig.attemptsAt("web-0"), [0, 500, 1_500]);
});

for (const answer of [500, "hang"] as const) {
  withRig(
    `a pod that is the only one pending and meets ${answer} is reported once, at the third attempt`,
    async (rig) => {
      rig.receiver.react = () => answer;
      rig.add("bad");
      rig.start();
      await rig.clock.advance(answer === 500 ? 1_400 : 2 * TIMEOUT + 1_000);
      assert.deepEqual(rig.log.at("warn"), []);
      await rig.clock.advance(24 * HOUR);
      const [line = "", ...others] = rig.log.at("warn");
      assert.match(line, /^Endpoint a did not accept shop\/bad in 3 attempts: /);
      assert.deepEqual(others, []);
      assert.equal(rig.counts.dead, 0);
    },
  );
}

for (const [form, value] of [["seconds", "30"], ["an HTTP date", "Thu, 01 Jan 2026 00:00:30 GMT"]] as const) {
  withRig(`Retry-After in ${form} is obeyed to the millisecond`, async (rig) => {
    rig.receiver.react = ({ at }) => at < 30_000 ? { status: 429, headers: { "retry-after": value } } : 200;
    rig.addPods(5);
    rig.start();
    await rig.clock.advance(1);
    const before = rig.receiver.seen.length;
    for (let second = 0; second < 29; second++) {
      rig.add(`late-${second}`);
      await rig.clock.advance(1_000);
    }
    assert.equal(rig.receiver.seen.length, before, "no request before");
    await rig.clock.advance(999);
    assert.equal(rig.receiver.seen[before]?.at, 30_000);
    await rig.clock.advance(1_000);
    assert.equal(rig.counts.pending, 0);
  });
}

withRig(
  "one pod that is asked to wait holds the others for a second, a second one for as long as it asks",
  async (rig) => {
    rig.receiver.react = ({ at }) => at < 31_000 ? { status: 503, headers: { "retry-after": "30" } } : 200;
    rig.addPods(5);
    rig.start({ concurrency: 1 });
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.receiver.seen.slice(0, 3).map(({ at }) => at), [0, 1_000, 31_000]);
    assert.equal(rig.counts.pending, 0);
  },
);

withRig("a pod that is asked to wait for an hour does not make the others wait", async (rig) => {
  rig.receiver.react = only("pod-0", { status: 429, headers: { "retry-after": "3600" } });
  rig.addPods(100);
  rig.start();
  await rig.clock.advance(1_500);
  assert.deepEqual(rig.counts, { pending: 1, dead: 0 });
  await rig.clock.advance(HOUR - 2_000);
  assert.deepEqual(rig.attemptsAt("pod-0"), [0]);
  await rig.clock.advance(2_000);
  assert.deepEqual(rig.attemptsAt("pod-0"), [0, HOUR]);
});

withRig("410 for one pod says nothing of the endpoint", async (rig) => {
  rig.receiver.react = only("pod-0", 410);
  rig.addPods(10);
  rig.start();
  await rig.clock.advance(100);
  assert.equal(rig.counts.pending, 1);
  assert.deepEqual(rig.log.at("error"), []);
});

withRig(
  "410 for two pods stops the endpoint, what is pending stays, and an operator brings it back",
  async (rig) => {
    rig.receiver.react = () => 410;
    rig.addPods(10);
    const worker = rig.start();
    await rig.clock.advance(HOUR);
    assert.equal(rig.receiver.flush().length, 2);
    assert.deepEqual(rig.counts, { pending: 10, dead: 0 });
    assert.match(rig.log.at("error").join(), /^Endpoint a answered 410 Gone: [^:]*$/);
    assert.equal(worker.isFailing, true);
    rig.receiver.react = () => 200;
    rig.add("late");
    await rig.clock.advance(HOUR);
    assert.deepEqual(rig.receiver.flush(), []);
    worker.retry();
    await rig.clock.advance(0);
    assert.equal(rig.counts.pending, 0);
  },
);

withRig("a connection that had ended already is tried again at once, and counted", async (rig) => {
  rig.receiver.react = () => rig.receiver.seen.length === 1 ? STALE : 200;
  rig.add("web-0");
  rig.start();
  await rig.clock.advance(0);
  assert.deepEqual(rig.receiver.seen.map(({ at, headers }) => [at, headers["k8svent-attempt"]]), [
    [0, "1"],
    [0, "2"],
  ]);
  assert.deepEqual(rig.log.at("warn"), []);
  assert.equal(rig.counts.pending, 0);
});

withRig("connections that end twice running are a failure like any other", async (rig) => {
  rig.receiver.react = () => rig.clock.monotonic() < 400 ? STALE : 200;
  rig.add("web-0");
  rig.start();
  await rig.clock.advance(2_000);
  assert.deepEqual(rig.receiver.seen.map(({ at, headers }) => [at, headers["k8svent-attempt"]]), [
    [0, "1"],
    [0, "2"],
    [1_000, "3"],
  ]);
});

withRig("one warning when an endpoint begins to fail, one line when it works again", async (rig) => {
  rig.receiver.react = () => rig.clock.monotonic() < HOUR ? REFUSED : 200;
  rig.addPods(5);
  rig.start();
  await rig.clock.advance(HOUR + 400_000);
  assert.deepEqual(rig.log.at("warn"), [
    "Endpoint a fails: a.example.com refuses connections: start it. Pending messages are kept and retried.",
  ]);
  const [recovered, ...more] = rig.log.at("info");
  assert.match(recovered ?? "", /^Endpoint a works again after 60 min; 4 messages wait for it\.$/);
  assert.deepEqual(more, []);
});

withRig("what people can do about a status is said with it", async (rig) => {
  rig.receiver.react = () => 401;
  rig.addPods(5);
  rig.start();
  await rig.clock.advance(10_000);
  assert.match(rig.log.at("warn").join(), /fails: status 401 \(check the secret that it expects\)\./);
});

withRig(
  "what the answer says stands beside it as a field, and not as a part of the sentence",
  async (rig) => {
    const body = '{"error":"no such tenant /hook"}\n';
    const outcome = { kind: "answer", status: 403, headers: new Map(), body } as const;
    rig.addPods(5);
    rig.start({ send: () => Promise.resolve(outcome) });
    await rig.clock.advance(10_000);
    const [line] = rig.log.lines.filter(({ level }) => level === "warn");
    assert.deepEqual(line?.fields, { endpoint: "a", answer: "no such tenant …" });
    assert.match(
      line.message,
      /^Endpoint a fails: status 403 \(check the secret that it expects, and who may/,
    );
    assert.doesNotMatch(line.message, /tenant/);
  },
);

withRig(
  "an endpoint that fails again and again for a moment is reported at most once a minute",
  async (rig) => {
    rig.receiver.react = ({ at }) => at % 2_000 < 100 ? REFUSED : 200;
    rig.start();
    for (let second = 0; second < 300; second++) {
      rig.add(`pod-${second}`);
      await rig.clock.advance(1_000);
    }
    assert.equal(rig.counts.pending, 0);
    assert.ok(rig.log.at("warn").length <= 6, `${rig.log.at("warn").length} warnings in five minutes`);
  },
);
