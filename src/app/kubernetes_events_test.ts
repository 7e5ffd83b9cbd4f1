import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { testsWith } from "../../tests/kit/rig.ts";
import { ClusterError } from "../cluster/error.ts";
import type { EndpointEvent } from "./endpoint_events.ts";
import { KubernetesEvents } from "./kubernetes_events.ts";

const FAILING: EndpointEvent = {
  endpoint: "a",
  kind: "failing",
  since: 0,
  pending: 1,
  deadLetters: 0,
  lost: 0,
  why: "Endpoint a has accepted nothing.",
};

/** An API server that answers by a function; the default takes everything. */
class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly taken: Record<string, unknown>[] = [];
  tries = 0;
  answer: () => void = () => {};
  pod = "k8svent-0";
  readonly #stop = new AbortController();
  readonly events = new KubernetesEvents({
    api: {
      post: (_path, body) => {
        this.tries++;
        try {
          this.answer();
        } catch (error) {
          return Promise.reject(error);
        }
        this.taken.push(JSON.parse(body));
        return Promise.resolve(new Uint8Array());
      },
    },
    ownPod: () => Promise.resolve(makePod({ name: this.pod })),
    clock: this.clock,
    random: () => 0.5,
    log: this.log,
  });
  readonly running = this.events.run(this.#stop.signal);

  get reasons(): unknown[] {
    return this.taken.map(({ reason }) => reason);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.running;
    assert.equal(this.clock.pending, 0);
  }
}

const withRig = testsWith(() => new Rig());

function fails(fault: ClusterError["fault"], status?: number): () => never {
  return () => {
    throw new ClusterError(fault, `It is ${fault}.`, status === undefined ? {} : { status });
  };
}

withRig("each kind of event has a reason, and only good news are normal", async (rig) => {
  for (const kind of ["failing", "recovered", "dead-letters", "evicted"] as const) {
    rig.events.report({ ...FAILING, endpoint: kind, kind });
  }
  await settle();
  assert.deepEqual(rig.taken.map(({ reason, type }) => [reason, type]), [
    ["EndpointFailing", "Warning"],
    ["EndpointRecovered", "Normal"],
    ["DeadLetters", "Warning"],
    ["MessagesEvicted", "Warning"],
  ]);
});

withRig("an event is tried again while the API server does not answer, under the same name", async (rig) => {
  const names = new Set<string>();
  rig.answer = fails("unreachable");
  rig.events.report(FAILING);
  await rig.clock.advance(600_000);
  assert.ok(rig.tries > 3 && rig.tries < 12, `${rig.tries} tries in ten minutes`);
  rig.answer = () => {};
  await rig.clock.advance(300_000);
  for (const { metadata } of rig.taken) names.add((metadata as { name: string }).name);
  assert.equal(rig.taken.length, 1);
  assert.deepEqual(rig.log.at("info").concat(rig.log.at("warn")), []);
});

for (
  const [fault, status] of [["forbidden", 403], ["missing", 404], ["invalid", 400], ["server", 409]] as const
) {
  withRig(
    `what is answered with ${status} is not asked for again, and nobody but debug hears of it`,
    async (rig) => {
      rig.answer = fails(fault, status);
      rig.events.report(FAILING);
      await rig.clock.advance(3_600_000);
      assert.equal(rig.tries, 1);
      assert.deepEqual(rig.log.at("warn").concat(rig.log.at("info"), rig.log.at("error")), []);
      assert.equal(rig.log.at("debug").length, 1);
    },
  );
}

withRig("however long the pod's name is, the event's is one that the API server takes", async (rig) => {
  const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
  for (let length = 225; length <= 253; length++) {
    for (const separator of ["", "-", ".", "---"]) {
      rig.pod = `${"x".repeat(length - separator.length - 1)}${separator}${"y".repeat(254 - length)}`;
      assert.match(rig.pod, subdomain);
      rig.events.report(FAILING);
      await settle();
      const { name } = rig.taken.at(-1)?.["metadata"] as { name: string };
      assert.match(name, subdomain);
    }
  }
});

withRig("a newer event of an endpoint takes the place of one that could not be reported yet", async (rig) => {
  rig.answer = fails("unreachable");
  rig.events.report(FAILING);
  await rig.clock.advance(10_000);
  rig.events.report({ ...FAILING, kind: "recovered" });
  rig.answer = () => {};
  await rig.clock.advance(300_000);
  assert.deepEqual(rig.reasons, ["EndpointRecovered"]);
});

withRig("an event that nobody takes for an hour is given up, and the next one is reported", async (rig) => {
  rig.answer = fails("unreachable");
  rig.events.report(FAILING);
  await rig.clock.advance(2 * 3_600_000);
  const { tries } = rig;
  await rig.clock.advance(3_600_000);
  assert.equal(rig.tries, tries);
  rig.answer = () => {};
  rig.events.report({ ...FAILING, kind: "recovered" });
  await settle();
  assert.deepEqual(rig.reasons, ["EndpointRecovered"]);
});

withRig("a note has 1,024 bytes at most, and ends with a whole character", async (rig) => {
  rig.events.report({ ...FAILING, why: "ä€😀".repeat(500) });
  await settle();
  const note = String(rig.taken[0]?.["note"]);
  assert.ok(new TextEncoder().encode(note).length <= 1_024);
  assert.match(note, /^(ä€😀)+(ä|ä€)?…$/u);
});
