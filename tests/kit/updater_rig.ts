import assert from "node:assert/strict";
import type { Pod } from "../../src/pod/pod.ts";
import { keepCurrent, type UpdaterDeps } from "../../src/update/updater.ts";
import { settle, TestClock } from "./clock.ts";
import { MemoryLog } from "./memory_log.ts";
import { testsWith, type TestWith } from "./rig.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;
/** Milliseconds. */
export const HOUR = 3_600_000;

/** A pod that runs `r/k8svent:TAG`, which leaving would update. */
export function pod(tag = "latest", status: Record<string, unknown> = {}): Pod {
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
export class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly stop = new AbortController();
  tags: string[] | Error = ["1.0.0"];
  /** What `latest` or `next` names. */
  tagged = DIGEST;
  /** What each version's tag names; the last one by default what `latest` names. */
  named: Record<string, string> | undefined;
  label: string | undefined;
  lacking: string | undefined;
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
        lacking: () => Promise.resolve(this.lacking),
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
export const NOTHING = {
  tags: () => Promise.resolve([]),
  isTagged: () => Promise.resolve(false),
  digestOf: () => Promise.resolve(undefined),
  label: () => Promise.resolve(undefined),
  lacking: () => Promise.resolve(undefined),
};

/** A test with an updater of its own. */
export const updaterTest: TestWith<Rig> = testsWith(() => new Rig());
