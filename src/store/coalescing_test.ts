import assert from "node:assert/strict";
import fc from "fast-check";
import type { Reason } from "../change/reasons.ts";
import { isTransition } from "../change/reasons.ts";
import { owe } from "../../tests/kit/owed.ts";
import { openTestStore } from "../../tests/kit/store.ts";
import { openInMemory } from "./database.ts";
import { STUCK } from "./outbox_sql.ts";
import { LATEST_TRANSITIONS } from "./sqlite_outbox.ts";
import type { Message, Store } from "./store.ts";

const ENDPOINTS = ["a.example.com", "b.example.com"];
const NAMES = ["web-0", "web-1", "web-2"];

const PLAIN: Reason[] = ["ready", "metadata", "image"];
const TRANSITION: Reason[] = ["terminated", "restarted", "phase"];

const ACTION = fc.oneof(
  { weight: 8, arbitrary: change(PLAIN) },
  { weight: 6, arbitrary: change(TRANSITION) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("recreate" as const), name: fc.constantFrom(...NAMES) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("take" as const),
      endpoint: fc.constantFrom(...ENDPOINTS),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom("accept" as const, "fail" as const, "fail" as const, "release" as const),
      which: fc.nat(10),
      delay: fc.nat(5),
      aside: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("crash" as const) }) },
);

type Action = typeof ACTION extends fc.Arbitrary<infer T> ? T : never;

/** What was owed and what was accepted, beside the store that must agree with it. */
class History {
  readonly #database = openInMemory();
  #store: Store = openTestStore(this.#database);
  #taken: Message[] = [];
  #version = 0;
  #now = 0;
  readonly #lives = new Map(NAMES.map((name) => [name, 0]));
  readonly #owed = new Map<string, { version: number; reason: Reason }[]>();
  readonly #accepted = new Map<string, Message[]>();
  /** Versions that were set aside so often that a newer one may have taken their place, or passed them. */
  readonly #stuck = new Set<string>();

  act(action: Action): void {
    this.#now++;
    if (action.type === "change") this.#owe(action.name, action.reason);
    else if (action.type === "recreate") this.#recreate(action.name);
    else if (action.type === "take") this.#take(action.endpoint, action.limit);
    else if (action.type === "crash") this.#crash();
    else this.#answer(action);
  }

  #owe(name: string, reason: Reason): void {
    const uid = `${name}-${this.#lives.get(name)}`;
    const version = ++this.#version;
    for (const endpoint of ENDPOINTS) {
      owe(this.#store.outbox, endpoint, {
        name,
        uid,
        resourceVersion: String(version),
        reasons: [reason],
        event: reason === "deleted" ? "pod.deleted" : "pod.changed",
      });
    }
    this.#owed.set(uid, [...this.#owed.get(uid) ?? [], { version, reason }]);
  }

  #recreate(name: string): void {
    this.#owe(name, "deleted");
    this.#lives.set(name, (this.#lives.get(name) ?? 0) + 1);
    this.#owe(name, "created");
  }

  #take(endpoint: string, limit: number): void {
    const messages = this.#store.outbox.take(endpoint, this.#now, limit);
    assert.ok(messages.length <= limit);
    this.#taken.push(...messages);
    const names = this.#taken.map((message) => `${message.endpoint} ${message.name}`);
    assert.equal(new Set(names).size, names.length, `two of one name at once: ${names}`);
  }

  #answer({ type, which, delay, aside }: Extract<Action, { which: number }>): void {
    const [message] = this.#taken.splice(which % (this.#taken.length || 1), 1);
    if (message === undefined) return;
    const { outbox } = this.#store;
    if (type === "accept") this.#accept(message);
    if (type === "release") outbox.release(message);
    if (type !== "fail") return;
    if (aside && message.timesAside + 1 >= STUCK) {
      this.#stuck.add(`${message.endpoint} ${message.resourceVersion}`);
    }
    outbox.failed(message, {
      attempts: message.attempts + 1,
      strikes: 0,
      due: this.#now + delay,
      ...aside && { aside: "status 422" },
    });
  }

  #accept(message: Message): void {
    this.#store.outbox.accepted(message);
    const key = `${message.endpoint} ${message.name}`;
    this.#accepted.set(key, [...this.#accepted.get(key) ?? [], message]);
  }

  /** The process ends and starts again: it forgets what it had under way. */
  #crash(): void {
    this.#taken = [];
    this.#store = openTestStore(this.#database);
  }

  /** Lets everything arrive, then compares. */
  check(): void {
    this.#crash();
    for (const endpoint of ENDPOINTS) {
      for (let more = true; more;) {
        const messages = this.#store.outbox.take(endpoint, Infinity, 10);
        for (const message of messages) this.#accept(message);
        more = messages.length > 0;
      }
      for (const name of NAMES) this.#checkName(endpoint, name);
    }
    const { bodies } = this.#database.prepare("SELECT count(*) AS bodies FROM body").get() ?? {};
    assert.equal(bodies, 0, "bodies that nothing points at");
  }

  #checkName(endpoint: string, name: string): void {
    const accepted = this.#accepted.get(`${endpoint} ${name}`) ?? [];
    const versions = accepted.map((message) => Number(message.resourceVersion));
    const free = versions.filter((version) => !this.#stuck.has(`${endpoint} ${version}`));
    assert.deepEqual(free, [...free].sort((a, b) => a - b), `order of ${name}`);
    assert.equal(new Set(versions).size, versions.length, `each version of ${name} once`);
    for (const message of accepted) {
      assert.equal(message.body, `{"name":"${name}","version":"${message.resourceVersion}"}`);
    }
    for (let life = 0; life <= (this.#lives.get(name) ?? 0); life++) {
      const uid = `${name}-${life}`;
      const own = accepted.filter((message) => message.uid === uid);
      this.#checkPod(endpoint, this.#owed.get(uid) ?? [], own);
    }
  }

  #checkPod(endpoint: string, owed: { version: number; reason: Reason }[], accepted: Message[]): void {
    const versions = new Set(accepted.map((message) => Number(message.resourceVersion)));
    const order = accepted.map((message) => Number(message.resourceVersion));
    assert.deepEqual(order, [...order].sort((a, b) => a - b), "order of one pod");
    const last = owed.at(-1);
    if (last !== undefined) assert.ok(versions.has(last.version), `the last version ${last.version}`);
    const transitions = owed.filter(({ reason }) => isTransition([reason]));
    const kept = [...transitions.slice(0, 1), ...transitions.slice(-LATEST_TRANSITIONS)];
    for (const { version } of kept) {
      const mayBeGone = this.#stuck.has(`${endpoint} ${version}`);
      assert.ok(versions.has(version) || mayBeGone, `the transition ${version}`);
    }
    const stoodFor = accepted.reduce((sum, message) => sum + 1 + message.coalesced, 0);
    assert.equal(stoodFor, owed.length, "each version is told or counted");
    const told = new Set(accepted.flatMap((message) => message.reasons));
    for (const { reason } of owed) assert.ok(told.has(reason), `the reason ${reason}`);
  }

  close(): void {
    this.#database.close();
  }
}

Deno.test("no history loses a last version or a transition, turns the order round, or leaves a body", () => {
  fc.assert(
    fc.property(fc.array(ACTION, { maxLength: 150, size: "max" }), (actions) => {
      const history = new History();
      try {
        for (const action of actions) history.act(action);
        history.check();
      } finally {
        history.close();
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("the same holds for one pod that changes far more often than its transitions are kept", () => {
  const busy = fc.oneof(
    { weight: 10, arbitrary: change(TRANSITION).map((action) => ({ ...action, name: "web-0" })) },
    { weight: 2, arbitrary: ACTION },
  );
  fc.assert(
    fc.property(fc.array(busy, { minLength: 60, maxLength: 120, size: "max" }), (actions) => {
      const history = new History();
      try {
        for (const action of actions) history.act(action);
        history.check();
      } finally {
        history.close();
      }
    }),
    { numRuns: 60 },
  );
});

function change(reasons: Reason[]): fc.Arbitrary<{ type: "change"; name: string; reason: Reason }> {
  return fc.record({
    type: fc.constant("change" as const),
    name: fc.constantFrom(...NAMES),
    reason: fc.constantFrom(...reasons),
  });
}
