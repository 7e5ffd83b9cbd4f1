import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { deliveryDeps } from "../../tests/kit/delivery_deps.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { owe } from "../../tests/kit/owed.ts";
import { ScriptedDial } from "../../tests/kit/scripted_dial.ts";
import { openTestStore } from "../../tests/kit/store.ts";
import type { Endpoint } from "../route/endpoint.ts";
import { Workers } from "./workers.ts";

/** Workers whose endpoints share one scripted dial; the requests tell them apart by their URL. */
class Rig {
  readonly clock = new TestClock();
  readonly store = openTestStore();
  readonly dial = new ScriptedDial(this.clock);
  readonly kill = new AbortController();
  readonly faults: unknown[] = [];
  closed = 0;
  readonly workers = new Workers({
    ...deliveryDeps(this.store, this.clock, new MemoryLog()),
    openClient: () => ({ send: this.dial.send, close: () => this.closed++ }),
    secrets: () => ["a-secret-of-24-characters"],
    fail: (error) => this.faults.push(error),
  }, this.kill.signal);

  async end(): Promise<void> {
    this.kill.abort();
    await this.workers.finish("drained");
    this.store.close();
  }
}

function endpoint(name: string, trusted = true): Endpoint {
  return { name, url: new URL(`https://${name}.example.com/`), trusted };
}

function withRig(name: string, test: (rig: Rig) => Promise<void>): void {
  Deno.test(name, async () => {
    const rig = new Rig();
    try {
      await test(rig);
    } finally {
      await rig.end();
    }
  });
}

withRig("an endpoint has one worker, however often it is opened", async (rig) => {
  owe(rig.store.outbox, "a");
  for (let time = 0; time < 3; time++) rig.workers.open(endpoint("a"));
  await settle();
  assert.deepEqual(rig.dial.flush(), ["web-0 1"]);
  await rig.workers.finish("drained");
  assert.equal(rig.closed, 1);
});

withRig(
  "what goes to an endpoint that an annotation named is not signed with the operator's secret",
  async (rig) => {
    owe(rig.store.outbox, "a");
    owe(rig.store.outbox, "stranger", { name: "web-1" });
    rig.workers.open(endpoint("a"));
    rig.workers.open(endpoint("stranger", false));
    await settle();
    const signed = rig.dial.seen.map(({ url, headers }) => [url.host, "webhook-signature" in headers]);
    assert.deepEqual(signed, [["a.example.com", true], ["stranger.example.com", false]]);
  },
);

withRig("an endpoint that is woken delivers what was owed since, and no other is asked", async (rig) => {
  rig.workers.open(endpoint("a"));
  rig.workers.open(endpoint("b"));
  await settle();
  owe(rig.store.outbox, "a");
  owe(rig.store.outbox, "b");
  rig.workers.wake(["a", "unknown"]);
  await settle();
  assert.deepEqual(rig.dial.seen.map(({ url }) => url.host), ["a.example.com"]);
});

withRig("an endpoint that is opened while the program drains drains too", async (rig) => {
  await rig.workers.finish("drained");
  owe(rig.store.outbox, "late");
  rig.workers.open(endpoint("late"));
  await rig.workers.finish("drained");
  assert.deepEqual(rig.dial.flush(), ["web-0 1"]);
});

withRig("a stranger to whom nothing is owed is let go, one that is owed something is not", async (rig) => {
  rig.dial.answer = ({ url }) => url.host.startsWith("busy") ? 503 : 200;
  for (const name of ["busy", "idle"]) {
    owe(rig.store.outbox, name, { name });
    rig.workers.open(endpoint(name, false));
  }
  rig.workers.open(endpoint("a"));
  await settle();
  rig.workers.letIdleGo();
  assert.deepEqual([...rig.workers.strangers], ["busy"]);
  await settle();
  assert.equal(rig.closed, 1);
});

withRig("a stranger that was let go is told of what comes for it later, such as a deletion", async (rig) => {
  rig.workers.open(endpoint("stranger", false));
  await settle();
  rig.workers.letIdleGo();
  await settle();
  owe(rig.store.outbox, "stranger", { event: "pod.deleted", reasons: ["deleted"] });
  rig.workers.wake(["stranger"]);
  await settle();
  assert.deepEqual(rig.dial.flush(), ["web-0 1"]);
});

withRig("a fault of one worker is reported and the others go on", async (rig) => {
  const fault = new Error("a fault of the program");
  rig.dial.answer = ({ url }) => {
    if (url.host.startsWith("bad")) throw fault;
    return 200;
  };
  for (const name of ["bad", "good"]) {
    owe(rig.store.outbox, name);
    rig.workers.open(endpoint(name));
  }
  await settle();
  assert.deepEqual(rig.faults, [fault]);
  assert.deepEqual(rig.store.outbox.endpoints(), ["bad"]);
});
