import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { owe } from "../../tests/kit/owed.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { printPod } from "../pod/json.ts";
import { openInMemory } from "./database.ts";
import { openStore } from "./sqlite_store.ts";
import type { Message, Store } from "./store.ts";

/** Bytes: less than a crowd takes, so that some of its messages are given up. */
const LIMIT = 8 * 1024;

const ENDPOINTS = ["a", "b"];

/** What adds, removes, replaces or restores messages. */
type Step =
  | { do: "owe"; endpoint: string; pod: number; transition: boolean; times: number }
  | { do: "crowd"; endpoint: string }
  | { do: "accept" | "fail" | "set aside" | "forget" | "roll back"; endpoint: string }
  | { do: "fill the disk" | "make room" };

class Rig {
  readonly store: Store;
  readonly #database = openInMemory();
  #now = 0;
  #versions = 0;

  constructor() {
    this.store = openStore(this.#database, { limit: LIMIT, refugeLimit: LIMIT, now: () => this.#now });
  }

  act(step: Step): void {
    const { store } = this;
    const failure = { attempts: 1, strikes: 0, due: 0 };
    switch (step.do) {
      case "owe":
        for (let time = 0; time < step.times; time++) {
          store.transaction(() => this.#owe(step.endpoint, `web-${step.pod}`, step.transition));
        }
        return;
      case "crowd":
        for (let pod = 0; pod < 90; pod++) {
          store.transaction(() => this.#owe(step.endpoint, `crowd-${pod}`, true));
        }
        return;
      case "accept":
        return this.#take(step.endpoint, (message) => store.outbox.accepted(message));
      case "fail":
        return this.#take(step.endpoint, (message) => store.outbox.failed(message, failure));
      case "set aside":
        return this.#take(
          step.endpoint,
          (message) => store.outbox.failed(message, { ...failure, aside: "422" }),
        );
      case "forget":
        return void store.transaction(() => store.endpoints.forget(step.endpoint));
      case "roll back":
        return this.#rollBack(() => {
          for (let pod = 0; pod < 3; pod++) this.#owe(step.endpoint, `never-${pod}`, true);
          for (const message of store.outbox.take(step.endpoint, 0, 2)) store.outbox.accepted(message);
        });
      case "fill the disk":
        return this.#setRoom(1);
      case "make room":
        return this.#setRoom(100_000);
    }
  }

  /** Compares what is done without a look at the table with what the table says. */
  check(): void {
    for (const endpoint of ENDPOINTS) {
      const { outbox } = this.store;
      const { waiting, aside } = outbox.owed(endpoint);
      const count = waiting + aside;
      assert.equal(outbox.isAnyOwed(endpoint), count > 0, `${count} for ${endpoint}`);
      // What is being sent to others must not be taken for its own.
      const others = ENDPOINTS.filter((other) => other !== endpoint);
      const held = others.flatMap((other) => outbox.take(other, 0, 1_000));
      this.#rollBack(() => {
        assert.equal(this.#drain(endpoint), count, `delivered to ${endpoint}`);
        assert.equal(outbox.isAnyOwed(endpoint), false, `all was delivered to ${endpoint}`);
      });
      for (const message of held) outbox.release(message);
      assert.equal(outbox.isAnyOwed(endpoint), count > 0, `all came back for ${endpoint}`);
    }
  }

  #owe(endpoint: string, name: string, transition: boolean): void {
    const version = String(++this.#versions);
    const noise = createHash("sha512").update(version).digest("base64").repeat(4);
    owe(this.store.outbox, endpoint, {
      name,
      resourceVersion: version,
      reasons: [transition ? "restarted" : "metadata"],
      body: printPod(makePod({ name, version, annotations: { noise } })),
    });
  }

  #take(endpoint: string, end: (message: Message) => void): void {
    const messages = this.store.outbox.take(endpoint, 0, 2);
    this.store.transaction(() => messages.forEach(end));
  }

  /** Has everything delivered, as many at a time as there are pods; returns how many messages that were. */
  #drain(endpoint: string): number {
    const { outbox } = this.store;
    for (let count = 0;;) {
      const messages: Message[] = [];
      for (let more: Message[]; (more = outbox.take(endpoint, 0, 3)).length > 0;) messages.push(...more);
      if (messages.length === 0) return count;
      count += messages.length;
      for (const message of messages) outbox.accepted(message);
    }
  }

  #rollBack(work: () => void): void {
    const fault = new Error("on the way");
    assert.throws(() =>
      this.store.transaction(() => {
        work();
        throw fault;
      }), fault);
  }

  /** A database that may have no more pages than it has is a full disk. It is tried again after ten seconds. */
  #setRoom(pages: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${pages}`);
    this.#now += 10_000;
  }
}

const endpoint = fc.constantFrom(...ENDPOINTS);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("owe" as const),
      endpoint,
      pod: fc.nat({ max: 2 }),
      transition: fc.boolean(),
      times: fc.constantFrom(1, 2, 30),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crowd" as const), endpoint }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("accept", "accept", "fail", "set aside", "forget", "roll back"),
      endpoint,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("fill the disk", "make room") }) },
);

/** Each of these goes wrong for sure where one of the ways is not counted. */
const EXAMPLES: [Step[]][] = [
  [[{ do: "owe", endpoint: "a", pod: 0, transition: true, times: 2 }, { do: "roll back", endpoint: "a" }]],
  [[{ do: "crowd", endpoint: "a" }]],
  [[{ do: "fill the disk" }, { do: "crowd", endpoint: "a" }, { do: "make room" }, {
    do: "accept",
    endpoint: "a",
  }]],
];

Deno.test("whether an endpoint is owed anything is what the table says, whatever adds, removes or restores messages", () => {
  const property = fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
    const rig = new Rig();
    try {
      for (const step of steps) {
        rig.act(step);
        rig.check();
      }
    } finally {
      rig.store.close();
    }
  });
  fc.assert(property, { examples: EXAMPLES, numRuns: 30 });
});
