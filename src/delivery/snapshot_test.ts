import assert from "node:assert/strict";
import { type Reaction, REFUSED, RESET, type Seen } from "../../tests/kit/scripted_receiver.ts";
import { type Rig, withRig } from "../../tests/kit/worker_rig.ts";
import { Snapshot } from "./snapshot.ts";

interface Scene {
  pods?: number;
  react: (seen: Seen) => Reaction;
  /** The last line of the endpoint. */
  says: string;
  /** What else the log says, above debug, in order. */
  log?: RegExp[];
  /** The run ends within so many seconds; and not sooner than half of it. */
  seconds: number;
}

const POISON = ["pod-3", "pod-11", "pod-17"];
const FAILS = /^Endpoint a fails: .*\. What fails is tried again after 1, 2 and 4 s\.$/;
const EXAMPLE =
  /^Endpoint a did not take shop\/pod-\d+: .*\. What fails is tried again after 1, 2 and 4 s\.$/;

/** Receivers of every kind, with what `--once` makes of each. */
const SCENES: Record<string, Scene> = {
  "that takes everything": { react: () => 200, says: "Sent 20 pods to a.", seconds: 0 },
  "with no pods for it": { pods: 0, react: () => 200, says: "Sent 0 pods to a.", seconds: 0 },
  "that refuses connections": {
    react: () => REFUSED,
    says: "Sent 0 pods to a; 20 not sent.",
    log: [
      FAILS,
      /^Endpoint a is given up: each attempt of the last 7 s failed\. The last one: .* refuses connections/,
    ],
    seconds: 7,
  },
  "that answers 500 to everything": {
    react: () => 500,
    says: "Sent 0 pods to a; 20 not sent.",
    log: [
      EXAMPLE,
      /^Endpoint a is given up: each attempt of the last 7 s failed\. The last one: status 500/,
    ],
    seconds: 7,
  },
  "that answers 401 to everything, with one pod": {
    pods: 1,
    react: () => 401,
    says: "Sent 0 pods to a; 1 refused.",
    log: [EXAMPLE, /refused shop\/pod-0, 4 times: status 401 \(.*\)\. It is not sent again in this run\.$/],
    seconds: 7,
  },
  "that resets every connection": {
    react: () => RESET,
    says: "Sent 0 pods to a; 20 not sent.",
    log: [EXAMPLE, /is given up/],
    seconds: 7,
  },
  "that hangs": {
    react: () => "hang",
    says: "Sent 0 pods to a; 20 not sent.",
    log: [EXAMPLE, /is given up: each attempt of the last 67 s failed/],
    // Two at a time at first, and three pods must say so.
    seconds: 82,
  },
  "that answers 413 to three pods": {
    react: ({ name }) => POISON.includes(name) ? 413 : 200,
    says: "Sent 17 pods to a; 3 refused.",
    log: [
      EXAMPLE,
      ...POISON.map(() => /^Endpoint a refused shop\/pod-\d+, 4 times: status 413 \(let it take larger/),
    ],
    seconds: 7,
  },
  "that answers 500 to half of the pods": {
    react: ({ name }) => Number(name.slice(4)) % 2 === 0 ? 500 : 200,
    says: "Sent 10 pods to a; 10 refused.",
    log: [
      EXAMPLE,
      ...Array<RegExp>(9).fill(/^Endpoint a refused/),
      /What else it refuses is counted at the end\.$/,
    ],
    seconds: 7,
  },
  "that starts up for five seconds": {
    react: ({ at }) => at < 5_000 ? REFUSED : 200,
    says: "Sent 20 pods to a.",
    log: [FAILS, /^Endpoint a works again\.$/],
    seconds: 7,
  },
  "that is unavailable for five seconds": {
    react: ({ at }) => at < 5_000 ? 503 : 200,
    says: "Sent 20 pods to a.",
    log: [EXAMPLE, /^Endpoint a works again\.$/],
    seconds: 7,
  },
  "that asks to wait for two seconds, at first": {
    react: ({ at }) => at < 3_000 ? { status: 429, headers: { "retry-after": "2" } } : 200,
    says: "Sent 20 pods to a.",
    log: [EXAMPLE, /works again/],
    seconds: 5,
  },
  "that asks to wait for an hour": {
    react: () => ({ status: 503, headers: { "retry-after": "3600" } }),
    says: "Sent 0 pods to a; 20 not sent.",
    log: [EXAMPLE, /^Endpoint a is given up: it asks to wait for 3600 s: status 503 /],
    seconds: 0,
  },
  "that is gone": {
    react: () => 410,
    says: "Sent 0 pods to a; 20 not sent.",
    log: [EXAMPLE, /^Endpoint a answered 410 Gone: nothing more is sent to it in this run\.$/],
    seconds: 0,
  },
};

/** One run: all pods are there, and the end is waited for. */
async function snapshot(rig: Rig, { pods = 20, react }: Scene): Promise<{ at: number; isComplete: boolean }> {
  rig.receiver.react = react;
  rig.addPods(pods);
  const all = new Snapshot({ pending: rig.store.pending, clock: rig.clock, log: rig.log });
  rig.start({ snapshot: all }).aim("settled");
  while (rig.ended === 0 && rig.clock.monotonic() < 600_000) await rig.clock.advance(100);
  assert.equal(rig.ended, 1, "it ends");
  return { at: rig.clock.monotonic() / 1_000, isComplete: all.summarize() };
}

for (const [receiver, scene] of Object.entries(SCENES)) {
  withRig(`--once and a receiver ${receiver}`, async (rig) => {
    const { at, isComplete } = await snapshot(rig, scene);
    const said = rig.log.lines.filter(({ level }) => level !== "debug").map(({ message }) => message);
    assert.equal(said.pop(), scene.says);
    assert.equal(said.length, scene.log?.length ?? 0, said.join("\n"));
    scene.log?.forEach((pattern, index) => assert.match(said[index] ?? "", pattern));
    assert.ok(at <= scene.seconds + 0.5 && at >= scene.seconds / 2, `${at} s`);
    assert.equal(isComplete, !scene.says.includes(";"));
  });
}

withRig("--once tries a pod that is refused after 1, 2 and 4 s, and no more", async (rig) => {
  await snapshot(rig, { react: ({ name }) => name === "pod-3" ? 413 : 200, says: "", seconds: 7 });
  assert.deepEqual(rig.attemptsAt("pod-3"), [0, 1_000, 3_000, 7_000]);
});

withRig("--once tries an endpoint without a connection after 1, 2 and 4 s, and no more", async (rig) => {
  await snapshot(rig, { pods: 1, react: () => REFUSED, says: "", seconds: 7 });
  assert.deepEqual(rig.receiver.seen.map(({ at }) => at), [0, 1_000, 3_000, 7_000]);
});

withRig("--once loses nothing at an endpoint that fails half of the requests by chance", async (rig) => {
  let state = 1;
  const isOdd = (): boolean => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % 4_096 < 2_048;
  const { isComplete } = await snapshot(rig, {
    pods: 200,
    react: () => isOdd() ? 500 : 200,
    says: "",
    seconds: 0,
  });
  assert.ok(isComplete, rig.log.at("error").join());
});

for (const [what, headers] of [["asks to wait", { "retry-after": "1" }], ["does not", {}]] as const) {
  withRig(
    `--once says once, not each second, that an endpoint takes a pod a second and ${what}`,
    async (rig) => {
      let free = 0;
      const { isComplete } = await snapshot(rig, {
        react: ({ at }) => {
          if (at < free) return { status: 429, headers };
          free = at + 1_000;
          return 200;
        },
        says: "",
        seconds: 0,
      });
      assert.ok(isComplete, rig.log.at("error").join());
      assert.ok(rig.log.at("warn").length <= 2, rig.log.at("warn").join("\n"));
      assert.ok(rig.log.at("info").filter((line) => line.includes("works again")).length <= 1);
    },
  );
}

withRig("what an endpoint could not connect to is not held against the pod", async (rig) => {
  await snapshot(rig, { pods: 1, react: ({ at }) => at < 3_000 ? REFUSED : 422, says: "", seconds: 0 });
  const answered = rig.receiver.seen.filter(({ at }) => at >= 3_000);
  assert.deepEqual(answered.map(({ at }) => at), [3_000, 4_000, 6_000, 10_000]);
});

withRig("--once shows how far it is, and takes it away before the last line", async (rig) => {
  const shown: (string | undefined)[] = [];
  rig.receiver.react = ({ name }) => name === "pod-0" ? 413 : 200;
  rig.addPods(3);
  const all = new Snapshot({
    pending: rig.store.pending,
    clock: rig.clock,
    log: rig.log,
    show: (line) => void shown.push(line),
  });
  rig.start({ snapshot: all }).aim("settled");
  all.listed(3);
  await rig.clock.advance(10_000);
  all.summarize();
  assert.deepEqual([shown[0], shown.at(-2), shown.at(-1)], [
    "3 pods listed; 0 sent to a",
    "3 pods listed; 2 sent to a, 1 refused, failing",
    undefined,
  ]);
});

withRig("--once tells with each failure what the answer says", async (rig) => {
  const outcome = { kind: "answer", status: 500, headers: new Map(), body: "out of cheese\n" } as const;
  rig.add("pod");
  const all = new Snapshot({ pending: rig.store.pending, clock: rig.clock, log: rig.log });
  rig.start({ send: () => Promise.resolve(outcome), snapshot: all }).aim("settled");
  await rig.clock.advance(60_000);
  const said = rig.log.lines.filter(({ level }) => level !== "debug");
  assert.ok(said.length >= 2 && said.every(({ fields }) => fields?.answer === "out of cheese"));
});
