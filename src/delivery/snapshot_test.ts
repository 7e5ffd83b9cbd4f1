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
const FAILS = /^Endpoint a fails: .*\. Failed messages are retried after 1, 2 and 4 s\.$/;
const EXAMPLE =
  /^Endpoint a did not accept shop\/pod-\d+: .*\. Failed messages are retried after 1, 2 and 4 s\.$/;

function asks(seconds: number, status = 429): Reaction {
  return { status, headers: { "retry-after": String(seconds) } };
}

/** The warning of an endpoint that asks to wait. */
function asked(seconds: number): RegExp {
  return new RegExp(
    `^Endpoint a did not accept shop/pod-\\d+: .*\\. It is tried again after ${seconds} s\\.$`,
  );
}

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
      ...POISON.map(() => /^Endpoint a refused shop\/pod-\d+, 4 times: status 413 \(let it accept larger/),
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
    log: [asked(2), /works again/],
    seconds: 5,
  },
  "that answers the first attempt for each pod by 429": {
    react: ({ headers }) => Number(headers["k8svent-attempt"]) > 1 ? 200 : asks(1),
    says: "Sent 20 pods to a.",
    log: [asked(1), /works again/],
    seconds: 20,
  },
  "that answers the first three attempts for each pod by 429": {
    pods: 6,
    react: ({ headers }) => Number(headers["k8svent-attempt"]) > 3 ? 200 : asks(1),
    says: "Sent 6 pods to a.",
    log: [asked(1), /works again/],
    seconds: 20,
  },
  "that answers the first five attempts for the only pod by 429": {
    pods: 1,
    react: ({ headers }) => Number(headers["k8svent-attempt"]) > 5 ? 200 : asks(10),
    says: "Sent 1 pod to a.",
    log: [asked(10)],
    seconds: 51,
  },
  "that asks each pod to wait, and does not say for how long": {
    pods: 6,
    react: ({ headers }) => Number(headers["k8svent-attempt"]) > 2 ? 200 : { status: 429 },
    says: "Sent 6 pods to a.",
    log: [asked(1), /works again/],
    seconds: 30,
  },
  "that asks to wait until a date": {
    react: ({ at }) =>
      at < 90_000 ? { status: 503, headers: { "retry-after": "Thu, 01 Jan 2026 00:01:30 GMT" } } : 200,
    says: "Sent 20 pods to a.",
    log: [asked(90), /works again/],
    seconds: 91,
  },
  "that asks to wait for four minutes": {
    react: ({ at }) => at < 240_000 ? asks(240, 503) : 200,
    says: "Sent 20 pods to a.",
    log: [asked(240), /works again/],
    seconds: 241,
  },
  "that asks to wait for 60 s, again and again": {
    react: () => asks(60),
    says: "Sent 0 pods to a; 20 not sent.",
    log: [
      asked(60),
      /is given up: it asks to wait for 60 s again, and took nothing for 300 s: status 429 .* --once waits for 5 min at the most\.$/,
    ],
    seconds: 301,
  },
  "that asks to wait for 60 s, again and again, with one pod": {
    pods: 1,
    react: () => asks(60),
    says: "Sent 0 pods to a; 1 not sent.",
    log: [asked(60), /is given up: it asks to wait for 60 s again, and took nothing for 300 s: status 429 /],
    seconds: 301,
  },
  "that asks to wait before one pod, and takes the others": {
    react: ({ name }) => name === "pod-3" ? asks(1) : 200,
    says: "Sent 19 pods to a; 1 refused.",
    log: [asked(1), /^Endpoint a refused shop\/pod-3, 12 times: status 429 /],
    seconds: 12,
  },
  "that asks to wait before one pod for an hour, and takes the others": {
    react: ({ name }) => name === "pod-3" ? asks(3_600) : 200,
    says: "Sent 19 pods to a; 1 not sent.",
    log: [
      /^Endpoint a did not accept shop\/pod-3: .*\. It asks to wait for 3600 s\.$/,
      /^Endpoint a is given up: it asks to wait for 3599 s: status 429 /,
    ],
    seconds: 1,
  },
  "that asks to wait for two seconds, and then fails": {
    react: ({ at }) => at < 2_000 ? asks(2) : 500,
    says: "Sent 0 pods to a; 2 refused, 18 not sent.",
    log: [
      asked(2),
      /^Endpoint a refused/,
      /^Endpoint a refused/,
      /is given up: each attempt of the last \d+ s failed\. The last one: status 500/,
    ],
    seconds: 12,
  },
  "that asks to wait for an hour": {
    react: () => ({ status: 503, headers: { "retry-after": "3600" } }),
    says: "Sent 0 pods to a; 20 not sent.",
    log: [
      /^Endpoint a did not accept shop\/pod-\d+: .*\. It asks to wait for 3600 s\.$/,
      /^Endpoint a is given up: it asks to wait for 3600 s: status 503 /,
    ],
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
  while (rig.ended === 0 && rig.clock.monotonic() < 3_000_000) await rig.clock.advance(100);
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

for (
  const [what, answer, attempts, seconds] of [
    ["by 503 and five seconds", asks(5, 503), 1, 1_000],
    ["twice by 429 and a second", asks(1), 2, 600],
    ["by 429 alone", 429, 1, 600],
  ] as const
) {
  withRig(`--once sends 200 pods, each of which is put off ${what}, and refuses none`, async (rig) => {
    const scene: Scene = {
      pods: 200,
      react: ({ headers }) => Number(headers["k8svent-attempt"]) > attempts ? 200 : answer,
      says: "",
      seconds,
    };
    const { at, isComplete } = await snapshot(rig, scene);
    assert.ok(isComplete && at <= seconds, `${at} s, ${rig.log.at("error").join()}`);
    assert.equal(
      rig.receiver.seen.length,
      200 * (attempts + 1),
      "no pod is sent more often than it has to be",
    );
    assert.ok(rig.log.at("warn").length <= 1 + at / 60, rig.log.at("warn").join("\n"));
  });
}

for (
  const [perSecond, headers] of [[1, {}], [5, { "retry-after": "1" }], [1, { "retry-after": "3" }]] as const
) {
  withRig(
    `--once sends 300 pods to an endpoint that takes ${perSecond} a second (${
      headers === undefined ? "" : JSON.stringify(headers)
    })`,
    async (rig) => {
      const taken = new Map<number, number>();
      const react: Scene["react"] = ({ at }) => {
        const second = Math.floor(at / 1_000);
        const count = (taken.get(second) ?? 0) + 1;
        taken.set(second, count);
        return count > perSecond ? { status: 429, headers } : 200;
      };
      const { at, isComplete } = await snapshot(rig, { pods: 300, react, says: "", seconds: 0 });
      assert.ok(isComplete && at <= 1_300, `${at} s, ${rig.log.at("error").join()}`);
    },
  );
}

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
