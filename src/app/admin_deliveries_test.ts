import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { parse } from "../../tests/kit/command_line.ts";
import { makeMessage } from "../../tests/kit/message.ts";
import { testsWith } from "../../tests/kit/rig.ts";
import { openTestStore, record, takeAll } from "../../tests/kit/store.ts";
import type { OperatorEndpoints } from "./operator_endpoints.ts";
import type { Delivery, DeliveryQuery } from "../admin/admin.ts";
import type { Failures, Message } from "../store/store.ts";
import { deliveriesOf, deliveryOf } from "./admin_deliveries.ts";
import type { AdminReadings } from "./admin_readings.ts";
import { Observations } from "./observations.ts";

const DEAD: Failures = {
  tries: 4,
  strikes: 3,
  failedAt: 1,
  dead: 1,
  why: "status 422 (it cannot use the body)",
};

class Rig {
  readonly clock = new TestClock();
  readonly store = openTestStore({ clock: this.clock });
  readonly observations = new Observations(this.clock);
  readonly options = parse(["--url", "a=https://a.example"]);
  readonly operators: Pick<OperatorEndpoints, "settings"> = {
    settings: () => this.options.endpoints[0]?.settings,
  };

  /** What reads deliveries needs no more of the program than this. */
  get readings(): AdminReadings {
    return this as unknown as AdminReadings;
  }

  add(name: string, resourceVersion = "1", reasons: Parameters<typeof record>[2] = {}): void {
    record(this.store, ["a"], { name, resourceVersion, ...reasons });
    this.store.commit();
  }

  /** An attempt at a message, which the store and the history hear of. */
  attempt(message: Message, failures?: Failures): void {
    const { pending, ages } = this.store;
    const now = this.clock.monotonic();
    if (failures === undefined) pending.acknowledged(message, 0);
    else pending.failed(message, failures, now + 60_000);
    const status = failures === undefined ? 200 : 422;
    this.observations.histories.open("a", false).attempted(
      message,
      {
        number: 1,
        outcome: { kind: "answer", status, headers: new Map(), body: "" },
        decision: failures === undefined
          ? { kind: "delivered", release: 0 }
          : { kind: "dead letter", failures, due: now + 60_000, why: failures.why ?? "" },
        ended: now,
        took: 5,
      },
      ages.recordedAt(message),
      { url: undefined, secrets: [] },
    );
  }

  taken(): Message[] {
    return takeAll(this.store, "a");
  }

  list(query: Partial<DeliveryQuery> = {}): Delivery[] {
    return deliveriesOf({ endpoint: "a", ...query }, this.readings).deliveries;
  }

  names(query: Partial<DeliveryQuery> = {}): string[] {
    return this.list(query).map(({ pod, state }) => `${pod?.name} ${state}`);
  }

  end(): void {
    this.store.close();
  }
}

const withRig = testsWith(() => new Rig(), "deliveries: ");

withRig(
  "what was tried and what is pending are one list, the newest first, and each message is in it once",
  (rig) => {
    for (const name of ["good", "bad"]) rig.add(name);
    const [good = assert.fail(), bad = assert.fail()] = rig.taken();
    rig.clock.freeze(1_000);
    rig.attempt(good);
    rig.clock.freeze(1_000);
    rig.attempt(bad, DEAD);
    rig.clock.freeze(1_000);
    rig.add("late");
    assert.deepEqual(rig.names(), ["late pending", "bad failed", "good delivered"]);
    const [, dead] = rig.list();
    assert.deepEqual([dead?.isSuperseded, dead?.why], [undefined, DEAD.why]);
    assert.equal(Date.parse(dead?.nextRetryAt ?? "") - rig.clock.now(), 59_000);
  },
);

withRig("they are filtered by state, pod, namespace, reason and outcome, and limited", (rig) => {
  rig.add("web", "1", { reasons: ["restarted"] });
  rig.add("db", "1", { namespace: "bank", reasons: ["ready"] });
  rig.add("new");
  const [web = assert.fail(), db = assert.fail()] = rig.taken().sort((a, b) => a.seq - b.seq);
  rig.attempt(web);
  rig.attempt(db, DEAD);
  assert.deepEqual(rig.names({ state: "delivered" }), ["web delivered"]);
  assert.deepEqual(rig.names({ state: "failed" }), ["db failed"]);
  assert.deepEqual(rig.names({ namespace: "bank" }), ["db failed"]);
  assert.deepEqual(rig.names({ pod: "new" }), ["new pending"]);
  assert.deepEqual(rig.names({ reason: "restarted" }), ["web delivered"]);
  assert.deepEqual(rig.names({ outcome: "http_4xx" }), ["db failed"]);
  const { deliveries, total } = deliveriesOf({ endpoint: "a", limit: 1 }, rig.readings);
  assert.deepEqual([deliveries.length, total], [1, 3]);
});

withRig(
  "a hundred are shown unless another number is asked for, and of what is pending 2,000 are looked at",
  (rig) => {
    for (let pod = 0; pod < 2_001; pod++) record(rig.store, ["a"], { name: `web-${pod}` });
    rig.store.commit();
    const { deliveries, total } = deliveriesOf({ endpoint: "a" }, rig.readings);
    assert.deepEqual([deliveries.length, total], [100, 2_000]);
    assert.equal(rig.list({ limit: 1_000 }).length, 1_000);
    assert.deepEqual(
      rig.names({ pod: "web-2000" }),
      ["web-2000 pending"],
      "of one pod it is found all the same",
    );
  },
);

withRig("a delivery whose place a newer version took failed, and is tried no more", (rig) => {
  rig.add("web");
  const [first = assert.fail()] = rig.taken();
  rig.attempt(first, DEAD);
  rig.add("web", "2");
  const [old] = rig.list({ state: "failed" });
  assert.deepEqual([old?.pod?.resourceVersion, old?.isSuperseded], ["1", true]);
  assert.deepEqual(rig.list({ state: "pending" }).map(({ coalesced }) => coalesced), [1]);
});

withRig("a dead letter that nobody tried in this process is there with why, and found by its id", (rig) => {
  rig.add("web");
  const [message = assert.fail()] = rig.taken();
  rig.store.pending.failed(message, DEAD, 60_000);
  const [dead = assert.fail()] = rig.list();
  assert.deepEqual([dead.state, dead.why, dead.attempts, dead.last], ["failed", DEAD.why, 4, undefined]);
  const detail = deliveryOf("a", dead.id, rig.readings);
  assert.deepEqual([detail?.id, detail?.history, detail?.request], [dead.id, [], undefined]);
  assert.equal(deliveryOf("a", "pod_none", rig.readings), undefined);
});

withRig("a notice has no pod, and says so", (rig) => {
  rig.attempt(makeMessage({ endpoint: "a", event: "k8svent.heartbeat", reasons: [] }));
  const [beat = assert.fail()] = rig.list();
  assert.equal(beat.pod, undefined);
  assert.deepEqual(rig.list({ namespace: "shop" }), []);
  assert.match(deliveryOf("a", beat.id, rig.readings)?.because ?? "", /^It is a notice/);
});
