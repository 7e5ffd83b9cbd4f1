import assert from "node:assert/strict";
import fc from "fast-check";
import { TestClock } from "../../tests/kit/clock.ts";
import { openTestStore, record } from "../../tests/kit/store.ts";
import { ENDPOINTS, Model, type Row } from "../../tests/kit/store_model.ts";
import { TestDisk } from "../../tests/kit/test_disk.ts";
import type { Reason } from "../change/reasons.ts";
import { type Disk, openMemory, openPrivate } from "./database.ts";
import type { Message, Store } from "./store.ts";

const NAMES = ["web-0", "web-1"];
const REASONS: Reason[] = ["ready", "metadata", "terminated", "restarted"];

/** One step of a history. */
type Action =
  | { do: "change"; name: string; reason: Reason; occasion: string }
  | { do: "recreate"; name: string }
  | { do: "take"; endpoint: string }
  | { do: "accept" | "fail" | "kill" | "release" | "defer"; which: number; delay: number }
  | { do: "retry" | "forget"; endpoint: string }
  | { do: "commit" | "sync" | "crash" | "power cut" };

const endpoint = fc.constantFrom(...ENDPOINTS);
const name = fc.constantFrom(...NAMES);
const ACTION: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      name,
      reason: fc.constantFrom(...REASONS),
      occasion: fc.constantFrom("", "", "", "7"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("recreate" as const), name }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("take" as const), endpoint }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom("accept", "fail", "kill", "kill", "release", "defer"),
      which: fc.nat(5),
      delay: fc.nat(4),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("retry" as const, "forget" as const), endpoint }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constantFrom("commit", "commit", "sync") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("crash", "power cut") }) },
);

/** A store and its model, side by side. */
class Rig {
  #store: Store;
  #model = new Model();
  #disk: TestDisk | undefined;
  #copies = 0;
  #taken: { message: Message; row: Row }[] = [];
  #now = 0;
  #version = 0;
  readonly #lives = new Map(NAMES.map((one) => [one, 0]));
  /** As of the last commit, and of the last sync that ended; and the commit that the running sync covers. */
  #committed = new Model();
  #synced = new Model();
  #begun: { model: Model; batch: number } | undefined;
  readonly #sent = new Map<string, number>();

  /** @param path undefined: a private disk */
  constructor(disk: Disk, readonly path: string | undefined) {
    this.#disk = disk instanceof TestDisk ? disk : undefined;
    this.#store = openTestStore({ clock: new TestClock() }, disk);
  }

  close(): void {
    this.#store.close();
  }

  async act(action: Action): Promise<void> {
    this.#now++;
    switch (action.do) {
      case "change":
        return this.#change(action.name, action.reason, action.occasion);
      case "recreate":
        this.#change(action.name, "deleted", "");
        this.#lives.set(action.name, (this.#lives.get(action.name) ?? 0) + 1);
        return this.#change(action.name, "created", "");
      case "take":
        return this.#take(action.endpoint);
      case "retry":
        this.#store.pending.retryDeadLetters(action.endpoint);
        for (const row of this.#model.rows[action.endpoint] ?? []) if (row.failures.dead > 0) row.due = -1;
        return;
      case "forget":
        return this.#forget(action.endpoint);
      case "commit":
        return this.#commit();
      case "sync":
        return await this.#endSync();
      case "crash":
      case "power cut":
        return this.#crash(action.do === "power cut");
      default:
        return this.#answer(action);
    }
  }

  #change(name: string, reason: Reason, occasion: string): void {
    const uid = `${name}-${this.#lives.get(name)}`;
    const resourceVersion = String(++this.#version);
    const event = reason === "deleted" ? "pod.deleted" as const : "pod.changed" as const;
    const pod = record(this.#store, ENDPOINTS, {
      name,
      uid,
      resourceVersion,
      reasons: [reason],
      event,
      occasion,
    });
    if (reason === "deleted") this.#store.inventory.remove(pod, { version: resourceVersion, left: false });
    for (const to of ENDPOINTS) this.#model.add(to, uid, name, resourceVersion, reason, occasion);
  }

  #take(to: string): void {
    const sendable = this.#model.sendable(to, this.#now);
    assert.equal(this.#store.pending.hasReady(to, this.#now), sendable.length > 0, "hasReady");
    const message = this.#store.pending.take(to, this.#now);
    if (message === undefined) return assert.deepEqual(sendable, [], "something could be sent");
    const row = sendable.find(({ uid, version }) =>
      uid === message.uid && version === message.resourceVersion
    );
    assert.ok(row, `${message.uid} ${message.resourceVersion} may not be sent`);
    assert.deepEqual(
      [message.reasons, message.coalesced, message.failures, message.occasion],
      [row.reasons, row.coalesced, row.failures, row.occasion],
    );
    assert.match(new TextDecoder().decode(message.body), new RegExp(`"resourceVersion":"${row.version}"`));
    this.#checkOrder(message);
    row.isInFlight = true;
    this.#taken.push({ message, row });
  }

  /** Whatever happened to the process and the machine: of one pod no older version follows a newer one. */
  #checkOrder({ endpoint, uid, resourceVersion }: Message): void {
    const key = `${endpoint} ${uid}`;
    const version = Number(resourceVersion);
    assert.ok(version >= (this.#sent.get(key) ?? 0), `${uid}: ${version} after ${this.#sent.get(key)}`);
    this.#sent.set(key, version);
  }

  #answer({ do: kind, which, delay }: { do: string; which: number; delay: number }): void {
    const [one] = this.#taken.splice(which % (this.#taken.length || 1), 1);
    if (one === undefined) return;
    const { message, row } = one;
    const { pending } = this.#store;
    const due = this.#now + delay;
    if (kind === "accept") {
      pending.acknowledged(message, 0);
      this.#model.remove(message.endpoint, row);
    } else if (kind === "release") {
      pending.release(message);
      row.isInFlight = false;
    } else if (kind === "defer") {
      pending.defer(message, due);
      Object.assign(row, { isInFlight: false, due });
    } else {
      const { tries, dead } = message.failures;
      const failures = {
        tries: tries + 1,
        strikes: 1,
        failedAt: 1,
        dead: kind === "kill" ? dead + 1 : 0,
        why: "422",
      };
      pending.failed(message, failures, due);
      this.#model.fail(message.endpoint, row, failures, due);
    }
  }

  #forget(to: string): void {
    assert.equal(this.#store.pending.forget(to), this.#model.rows[to]?.length);
    this.#model.rows[to] = [];
    this.#taken = this.#taken.filter(({ message }) => message.endpoint !== to);
  }

  #commit(): void {
    const wasSettled = this.#begun === undefined;
    this.#store.commit();
    const batch = this.#model.batch++;
    this.#committed = this.#model.restarted();
    if (this.#disk === undefined || (wasSettled && this.#disk.syncing === 0)) this.#model.durable(batch);
    else this.#begun ??= { model: this.#committed, batch };
  }

  async #endSync(): Promise<void> {
    if (this.#disk === undefined || this.#begun === undefined) return;
    const { model, batch } = this.#begun;
    await this.#disk.endSync();
    this.#synced = model;
    this.#model.durable(batch);
    // The next one has begun, and covers what was committed meanwhile.
    this.#begun = this.#disk.syncing === 0
      ? undefined
      : { model: this.#committed, batch: this.#model.batch - 1 };
  }

  #crash(powerCut: boolean): void {
    if (this.#disk === undefined) return;
    const path = `${this.path}-${++this.#copies}`;
    this.#disk.copyTo(path, powerCut);
    this.#store.close();
    this.#disk = new TestDisk(path);
    this.#store = openTestStore({ clock: new TestClock() }, this.#disk);
    this.#model = (powerCut ? this.#synced : this.#committed).restarted();
    this.#committed = this.#synced = this.#model.restarted();
    this.#begun = undefined;
    this.#taken = [];
  }

  check(): void {
    for (const to of ENDPOINTS) {
      const rows = this.#model.rows[to] ?? [];
      assert.deepEqual(this.#store.pending.counts(to), {
        pending: rows.length,
        deadLetters: rows.filter(({ failures }) => failures.dead > 0).length,
        inFlight: rows.filter(({ isInFlight }) => isInFlight).length,
      });
    }
  }
}

async function checkHistory(actions: Action[], disk: Disk, path: string | undefined): Promise<void> {
  const rig = new Rig(disk, path);
  try {
    for (const action of actions) {
      await rig.act(action);
      rig.check();
    }
  } finally {
    rig.close();
  }
}

const HISTORY = fc.array(ACTION, { maxLength: 120, size: "max" });

for (
  const [what, runs, open] of [["in a private file", 150, openPrivate], [
    "in memory",
    150,
    openMemory,
  ]] as const
) {
  Deno.test(`${what}, each history sends what a naive model says`, async () => {
    const property = fc.asyncProperty(HISTORY, (actions) => checkHistory(actions, open(), undefined));
    await fc.assert(property, { numRuns: runs });
  });
}

Deno.test("in a state file, with crashes and power cuts at any moment, each history sends what a naive model says", async () => {
  const folder = await Deno.makeTempDir();
  let file = 0;
  const property = fc.asyncProperty(HISTORY, async (actions) => {
    const path = `${folder}/state-${++file}.db`;
    await checkHistory(actions, new TestDisk(path), path);
  });
  try {
    await fc.assert(property, { numRuns: 60 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("so does one pod that changes far more often than its transitions are kept", async () => {
  const change = fc.record({
    do: fc.constant("change" as const),
    name: fc.constant("web-0"),
    reason: fc.constantFrom<Reason>("terminated", "restarted", "metadata"),
    occasion: fc.constant(""),
  });
  const busy = fc.array(fc.oneof({ weight: 10, arbitrary: change }, { weight: 3, arbitrary: ACTION }), {
    minLength: 60,
    maxLength: 150,
    size: "max",
  });
  await fc.assert(fc.asyncProperty(busy, (actions) => checkHistory(actions, openPrivate(), undefined)), {
    numRuns: 60,
  });
});
