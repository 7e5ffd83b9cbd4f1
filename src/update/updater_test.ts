import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Pod } from "../pod/pod.ts";
import { RegistryError } from "./registry_error.ts";
import { keepCurrent, type UpdaterDeps } from "./updater.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;
const HOUR = 3_600_000;

/** A pod that runs `r/k8svent:TAG`, which leaving would update. */
function pod(tag = "latest", status: Record<string, unknown> = {}): Pod {
  const container = { name: "k8svent", image: `r.example.com/k8svent:${tag}`, imagePullPolicy: "Always" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "k8svent-0", namespace: "k8svent", uid: "u", resourceVersion: "1" },
    spec: { restartPolicy: "Always", containers: [container] },
    status: {
      containerStatuses: [{ name: "k8svent", imageID: `r.example.com/k8svent@${DIGEST}`, ...status }],
    },
  } as Pod;
}

/** The updater at 1.0.0, with a registry that is a list of tags, of which `latest` or `next` names the last one. */
class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly stop = new AbortController();
  tags: string[] | Error = ["1.0.0"];
  /** What `latest` or `next` names. */
  tagged = DIGEST;
  /** What each version's tag names; the last one by default what `latest` names. */
  named: Record<string, string> | undefined;
  label: string | undefined;
  pod: Pod | Error = pod();
  loses: string | undefined;
  looks: number[] = [];
  left = 0;
  ended = false;
  #running: Promise<void> | undefined;

  async start(deps: Partial<UpdaterDeps> = {}): Promise<void> {
    this.#running = keepCurrent({
      mode: "exit",
      version: "1.0.0",
      ownPod: () => this.pod instanceof Error ? Promise.reject(this.pod) : Promise.resolve(this.pod),
      open: () => ({
        tags: () => {
          this.looks.push(this.clock.monotonic());
          return this.tags instanceof Error ? Promise.reject(this.tags) : Promise.resolve(this.tags);
        },
        isTagged: (digest) => Promise.resolve(digest === this.tagged),
        digestOf: (tag) => Promise.resolve(this.#digestOf(tag)),
        label: () => Promise.resolve(this.label),
      }),
      clock: this.clock,
      random: () => 0,
      log: this.log,
      loses: () => Promise.resolve(this.loses),
      leave: () => this.left++,
      ...deps,
    }, this.stop.signal).finally(() => this.ended = true);
    await settle();
  }

  #digestOf(tag: string): string | undefined {
    if (tag === "latest" || tag === "next") return this.tagged;
    if (this.named !== undefined) return this.named[tag];
    return this.tags instanceof Error || this.tags.at(-1) !== tag ? undefined : this.tagged;
  }

  get said(): string[] {
    return this.log.lines.map(({ message }) => message);
  }

  async end(): Promise<void> {
    this.stop.abort();
    await this.#running;
    assert.equal(this.clock.pending, 0, "no timer is left behind");
  }
}

/** A registry that knows nothing. */
const NOTHING = {
  tags: () => Promise.resolve([]),
  isTagged: () => Promise.resolve(false),
  digestOf: () => Promise.resolve(undefined),
  label: () => Promise.resolve(undefined),
};

function updaterTest(name: string, test: (rig: Rig) => Promise<void>): void {
  Deno.test(name, async () => {
    const rig = new Rig();
    await test(rig);
    await rig.end();
  });
}

updaterTest("the updater looks at the start, and each day on latest", async (rig) => {
  await rig.start();
  await rig.clock.advance(48 * HOUR);
  assert.deepEqual(rig.looks, [0, 24 * HOUR, 48 * HOUR]);
  assert.equal(rig.said[0], "Update: stays: 1.0.0 is the newest release.");
});

updaterTest("the updater looks every four hours on next", async (rig) => {
  rig.pod = pod("next");
  await rig.start();
  await rig.clock.advance(8 * HOUR);
  assert.deepEqual(rig.looks, [0, 4 * HOUR, 8 * HOUR]);
});

updaterTest("programs that began at once do not look at once for ever", async (rig) => {
  const randoms = [0.5, 0.25];
  await rig.start({ random: () => randoms.shift() ?? 0 });
  await rig.clock.advance(60 * HOUR);
  assert.deepEqual(rig.looks, [0, 25.2 * HOUR, 49.8 * HOUR]);
});

updaterTest("an interval that was given takes the place of the tag's", async (rig) => {
  await rig.start({ interval: HOUR });
  await rig.clock.advance(2 * HOUR);
  assert.deepEqual(rig.looks, [0, HOUR, 2 * HOUR]);
});

updaterTest("the updater leaves once, when the tag has moved to something newer", async (rig) => {
  rig.tags = ["1.0.0", "1.1.0"];
  await rig.start();
  assert.equal(rig.left, 0);
  assert.equal(rig.said[0], "Update: stays: 1.1.0 is there, but the tag latest has not moved to it yet.");
  rig.tagged = "sha256:other";
  await rig.clock.advance(24 * HOUR);
  assert.equal(rig.left, 1);
  assert.equal(rig.said[1], "Update: leaves: 1.1.0 is there, and the tag latest has moved.");
  assert(rig.ended);
});

const MOVED_BACK: [string, Partial<Rig>, string][] = [
  [
    "to what a newer version's tag names, though a still newer one is there",
    { named: { "1.1.0": "sha256:other", "1.2.0": "sha256:newest" } },
    "leaves: 1.2.0 is there, and the tag latest has moved to 1.1.0",
  ],
  [
    "to what no version's tag names, by a label that is newer",
    { named: {}, label: "v1.1.0" },
    "leaves: 1.2.0 is there, and the tag latest has moved to 1.1.0",
  ],
  [
    "to an older image",
    { named: { "0.9.0": "sha256:other", "1.2.0": "sha256:newest" }, label: "0.9.0" },
    "stays: 1.2.0 is there, but what the tag latest names is 0.9.0, which is not newer than 1.0.0",
  ],
  [
    "to an older image with the label of the image that it was built on",
    { named: { "0.9.0": "sha256:other", "1.2.0": "sha256:newest" }, label: "25.0.1" },
    "stays: 1.2.0 is there, but what the tag latest names is 0.9.0, which is not newer than 1.0.0",
  ],
  [
    "to what runs, built anew on an image that has a label",
    { named: { "1.0.0": "sha256:other", "1.2.0": "sha256:newest" }, label: "25.0.1" },
    "stays: 1.2.0 is there, but what the tag latest names is 1.0.0, which is not newer than 1.0.0",
  ],
  [
    "to another build of the version that runs",
    { named: { "1.0.0": "sha256:other", "1.2.0": "sha256:newest" }, label: "1.0.0" },
    "stays: 1.2.0 is there, but what the tag latest names is 1.0.0, which is not newer than 1.0.0",
  ],
  [
    "to what has no label",
    { named: {} },
    "stays: 1.2.0 is there, but what the tag latest names may be older: it is none of the newer versions, and has " +
    "no label org.opencontainers.image.version",
  ],
  [
    "to what has the label of the image that it was built on",
    { named: {}, label: "22.04" },
    "stays: 1.2.0 is there, but what the tag latest names may be older: it is none of the newer versions, and has " +
    "no label org.opencontainers.image.version",
  ],
  [
    "to nothing: it was removed while this was looked at",
    { named: {}, tagged: "" },
    "stays: 1.2.0 is there, but what the tag latest names may be older: it is none of the newer versions, and has " +
    "no label org.opencontainers.image.version",
  ],
];

for (const [whereto, world, line] of MOVED_BACK) {
  updaterTest(`the tag has moved ${whereto}: the updater ${line.split(":")[0]}`, async (rig) => {
    Object.assign(rig, { tags: ["0.9.0", "1.0.0", "1.1.0", "1.2.0"], tagged: "sha256:other" }, world);
    await rig.start();
    assert.equal(rig.said[0], `Update: ${line}.`);
    assert.equal(rig.left, line.startsWith("leaves") ? 1 : 0);
  });
}

updaterTest("of very many newer versions, the tag is compared with the newest twenty", async (rig) => {
  rig.tags = Array.from({ length: 500 }, (_, patch) => `1.1.${patch}`);
  rig.tagged = "sha256:other";
  let compared = 0;
  const digestOf = (tag: string): Promise<string> => {
    compared += tag === "latest" ? 0 : 1;
    return Promise.resolve(tag);
  };
  const tags = (): Promise<string[]> => Promise.resolve(rig.tags as string[]);
  await rig.start({ open: () => ({ ...NOTHING, tags, digestOf }) });
  assert.equal(compared, 20);
});

updaterTest("after a start that was an update, the updater waits a whole interval", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.tagged = "sha256:other";
  rig.pod = pod("latest", { lastState: { terminated: { exitCode: 0 } } });
  await rig.start();
  await rig.clock.advance(24 * HOUR - 1);
  assert.deepEqual(rig.looks, []);
  assert.deepEqual(rig.said, ["Update: stays: this start was an update."]);
  await rig.clock.advance(1);
  assert.equal(rig.left, 1);
});

updaterTest("a fixed tag ends the updater after one line", async (rig) => {
  rig.pod = pod("1.0.0");
  await rig.start();
  assert(rig.ended);
  assert.deepEqual(rig.said, ["Update: stays: tag 1.0.0 is fixed."]);
});

updaterTest("switched off, the updater asks nobody", async (rig) => {
  await rig.start({ mode: "off" });
  assert(rig.ended);
  assert.deepEqual(rig.said, ["Update: stays: --update off."]);
  assert.deepEqual(rig.looks, []);
});

updaterTest("to notify is to stay, whatever the tag says", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.tagged = "sha256:other";
  await rig.start({ mode: "notify" });
  assert.deepEqual(rig.said, ["Update: newer version: 1.1.0 is there (--update notify)."]);
  assert.equal(rig.left, 0);
});

updaterTest("a version is reported once, and the next one again", async (rig) => {
  rig.tags = ["1.1.0"];
  await rig.start({ mode: "notify" });
  await rig.clock.advance(24 * HOUR);
  rig.tags = new RegistryError("unreachable", "r.example.com cannot be reached");
  await rig.clock.advance(24 * HOUR);
  rig.tags = ["1.1.0"];
  await rig.clock.advance(HOUR);
  rig.tags = ["1.2.0"];
  await rig.clock.advance(24 * HOUR);
  const announced = (version: string): string =>
    `Update: newer version: ${version} is there (--update notify).`;
  const fault = "Update: stays: r.example.com cannot be reached.";
  assert.deepEqual(rig.log.at("info"), [announced("1.1.0"), fault, announced("1.2.0")]);
  assert.deepEqual(rig.log.at("debug"), [announced("1.1.0"), announced("1.1.0")]);
});

updaterTest("outside a cluster an image that was named is only announced", async (rig) => {
  rig.tags = ["1.1.0"];
  await rig.start({ ownPod: undefined, image: "r.example.com/k8svent" });
  assert.deepEqual(rig.said, ["Update: newer version: 1.1.0 is there, and leaving would not pull it."]);
});

updaterTest(
  "outside a cluster, without an image, there is nothing to look for, and little to say",
  async (rig) => {
    await rig.start({ ownPod: undefined });
    assert(rig.ended);
    assert.match(rig.log.at("debug").join(), /stays: it is in no pod .*, and no --image is given\.$/);
    assert.deepEqual(rig.log.at("info"), []);
  },
);

updaterTest("a pod in which it does not find itself ends the updater with a sentence", async (rig) => {
  rig.pod = { ...pod(), spec: { containers: [{ name: "a" }, { name: "b" }] } } as Pod;
  await rig.start();
  assert(rig.ended);
  assert.deepEqual(rig.said, ["Update: stays: no container of its pod is named k8svent: give --image."]);
});

updaterTest("an image that nobody can read ends the updater with a sentence", async (rig) => {
  rig.pod = pod("a b");
  await rig.start();
  assert(rig.ended);
  assert.deepEqual(rig.said, ["Update: stays: r.example.com/k8svent:a b is not an image reference."]);
});

updaterTest("an image that was named comes before the pod's own", async (rig) => {
  rig.pod = pod("1.0.0");
  await rig.start({ image: "r.example.com/k8svent:next" });
  await rig.clock.advance(4 * HOUR);
  assert.equal(rig.looks.length, 2);
});

updaterTest(
  "a registry that is down is asked again, later each time, and nothing is left for it",
  async (rig) => {
    rig.tags = new RegistryError("unreachable", "r.example.com cannot be reached");
    await rig.start();
    assert.equal(rig.said[0], "Update: stays: r.example.com cannot be reached.");
    await rig.clock.advance(5 * 60_000);
    assert.deepEqual(rig.looks, [0, 30_000, 90_000, 210_000]);
    rig.tags = ["1.0.0"];
    await rig.clock.advance(60 * 60_000);
    assert.equal(rig.said.at(-1), "Update: stays: 1.0.0 is the newest release.");
    assert.equal(rig.left, 0);
  },
);

for (const random of [0, 0.999]) {
  updaterTest(`a registry that asks for patience gets it, whatever the dice say: ${random}`, async (rig) => {
    rig.tags = new RegistryError("busy", "r.example.com asks for patience (429)", {
      retryAfter: 20 * 60_000,
    });
    await rig.start({ random: () => random });
    await rig.clock.advance(20 * 60_000 - 1);
    assert.deepEqual(rig.looks, [0]);
    await rig.clock.advance(2 * 60_000);
    assert.equal(rig.looks.length, 2);
  });
}

updaterTest("a registry that never answers is given up after two minutes", async (rig) => {
  const hanging = (signal: AbortSignal): Promise<string[]> =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await rig.start({ open: () => ({ ...NOTHING, tags: hanging }) });
  await rig.clock.advance(120_000);
  assert.deepEqual(rig.said, ["Update: stays: the registry took longer than 120 s."]);
});

updaterTest("an end in the midst of a look ends the updater without a word", async (rig) => {
  const hanging = (signal: AbortSignal): Promise<string[]> =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await rig.start({ open: () => ({ ...NOTHING, tags: hanging }) });
  rig.stop.abort();
  await settle();
  assert(rig.ended);
  assert.deepEqual(rig.said, []);
});

updaterTest("a pod that it may not read is reported, and asked for again", async (rig) => {
  rig.pod = new ClusterError("forbidden", "The API server forbids it (403).");
  await rig.start();
  assert.equal(rig.said[0], "Update: stays: it cannot read its own pod: The API server forbids it (403).");
  rig.pod = pod();
  await rig.clock.advance(60_000);
  assert.equal(rig.looks.length, 1);
});

updaterTest("a pod that does not say yet what it runs is looked at again soon", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.tagged = "sha256:other";
  rig.pod = pod("latest", { imageID: "" });
  await rig.start();
  assert.match(rig.said.join(), /stays: 1.1.0 is there, but its pod does not say yet which image it runs/);
  rig.pod = pod();
  await rig.clock.advance(5 * 60_000);
  assert.equal(rig.left, 1);
});

updaterTest("to notify needs no digest, and no look before the next day", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.pod = pod("latest", { imageID: "" });
  await rig.start({ mode: "notify" });
  await rig.clock.advance(24 * HOUR);
  assert.deepEqual(rig.looks, [0, 24 * HOUR]);
});

updaterTest(
  "the updater does not leave while that would lose something, and looks again within the hour",
  async (rig) => {
    rig.tags = ["1.1.0"];
    rig.tagged = "sha256:other";
    rig.loses = "what one did not take yet would be lost";
    await rig.start();
    assert.equal(rig.left, 0);
    assert.match(rig.said.join(), /stays: 1.1.0 is there, but what one did not take yet would be lost/);
    rig.loses = undefined;
    await rig.clock.advance(HOUR - 1);
    assert.equal(rig.left, 0);
    await rig.clock.advance(1);
    assert.equal(rig.left, 1);
  },
);

updaterTest("what holds an update up is not looked at later than the interval says", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.tagged = "sha256:other";
  rig.loses = "something would be lost";
  await rig.start({ interval: 60_000 });
  await rig.clock.advance(60_000);
  assert.deepEqual(rig.looks, [0, 60_000]);
});

updaterTest(
  "each look tells whether there is a newer version, or that nothing could be found out",
  async (rig) => {
    const looks: [isNewer: boolean, isFault: boolean][] = [];
    await rig.start({
      mode: "notify",
      looked: ({ isNewer, isFault }) => void looks.push([isNewer, isFault]),
    });
    rig.tags = ["1.0.0", "1.1.0"];
    await rig.clock.advance(24 * 3_600_000);
    rig.tags = new RegistryError("unreachable", "the registry is down");
    await rig.clock.advance(24 * 3_600_000);
    assert.deepEqual(looks.slice(0, 3), [[false, false], [true, false], [false, true]]);
  },
);
