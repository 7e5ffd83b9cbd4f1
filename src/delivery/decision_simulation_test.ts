import assert from "node:assert/strict";
import fc from "fast-check";
import { makeMessage, MemoryPending } from "../../tests/kit/memory_pending.ts";
import type { Answer, Failure, Outcome } from "../http/outcome.ts";
import type { Message } from "../store/store.ts";
import { type Attempt, decide, type Decided } from "./decision.ts";
import { begin, invited, newEndpoint, RETRIES_ONCE, room, whyGivenUp } from "./endpoint_state.ts";

/**
 * The rule of `decision.ts`, against receivers of every kind, in event time: what a worker does without a worker.
 * Sixteen requests at a time, some 10 ms each. The figures are the least that a change of a constant must keep.
 */

const SECOND = 1_000;

/** Numbers in [0, 1) that are the same in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function answer(status: number, headers: Record<string, string> = {}): Answer {
  return { kind: "answer", status, headers: new Map(Object.entries(headers)), body: "" };
}

function failure(parts: Partial<Failure> = {}): Failure {
  return { kind: "failure", when: "after", stale: false, fault: "closed", message: "scripted", ...parts };
}

const OK = answer(200);
const ERROR = answer(500);
const REFUSED = failure({ when: "before", fault: "refused" });

/** What an endpoint does with a request, at that instant in milliseconds. */
type Receiver = (at: number, random: () => number) => Outcome;

interface Scenario {
  pods?: number;
  namespaces?: number;
  /** Pods that the receiver never takes. */
  isPoison?: (pod: number, namespace: number) => boolean;
  /** What the receiver does with the others. */
  receiver?: Receiver;
  /** What it does with poison. */
  refusal?: Outcome;
  /** Ends then at the latest, in milliseconds. */
  until?: number;
  /** Pods that have one name. */
  hasSameName?: (pod: number) => boolean;
  /** As `newEndpoint` takes it. */
  retries?: number;
}

interface Flight extends Omit<Attempt, "othersUntried"> {
  message: Message;
  /** When its outcome is known. */
  at: number;
}

/** What came of it. `lastGood`: milliseconds until the last message that is no poison was delivered. */
interface Result {
  goodLeft: number;
  lastGood: number;
  /** Messages that were dead letters once. */
  goodDead: number;
  requests: number;
  openings: number;
}

function podOf({ uid }: Message): number {
  return Number(uid.slice("uid-pod-".length));
}

class Simulation {
  readonly pending = new MemoryPending();
  readonly #scenario: Required<Scenario>;
  readonly #random: () => number;
  readonly #flights: Flight[] = [];
  readonly #dead = new Set<number>();
  endpoint = newEndpoint(16);
  now = 0;
  requests = 0;
  lastGood = 0;
  goodLeft = 0;

  constructor(scenario: Scenario, seed: number) {
    this.#random = seeded(seed);
    this.#scenario = {
      pods: 2_000,
      namespaces: 20,
      isPoison: () => false,
      receiver: () => OK,
      refusal: ERROR,
      until: 600 * SECOND,
      hasSameName: () => false,
      retries: Infinity,
      ...scenario,
    };
    this.endpoint = newEndpoint(16, this.#scenario.retries);
    for (let pod = 0; pod < this.#scenario.pods; pod++) this.#add(pod);
  }

  #add(pod: number): void {
    const { pods, namespaces, hasSameName } = this.#scenario;
    const namespace = `ns-${Math.floor(pod / (pods / namespaces))}`;
    const name = hasSameName(pod) ? "same" : `pod-${pod}`;
    const message = this.pending.add({ uid: `uid-pod-${pod}`, name, namespace });
    if (!this.isPoison(message)) this.goodLeft++;
  }

  isPoison(message: Message): boolean {
    return this.#scenario.isPoison(podOf(message), Number(message.namespace.slice(3)));
  }

  run(): Result {
    while (this.now < this.#scenario.until && this.goodLeft > 0 && whyGivenUp(this.endpoint) === undefined) {
      this.#begin();
      const next = this.#nextLanding();
      if (next !== undefined) this.#land(next);
      else if (!this.#sleep()) break;
    }
    const { goodLeft, lastGood, requests } = this;
    return { goodLeft, lastGood, requests, goodDead: this.#dead.size, openings: this.endpoint.generation };
  }

  #begin(): void {
    while (room(this.endpoint, this.now, this.#flights.length) > 0) {
      const { circuit, suspects } = this.endpoint;
      const message = circuit.kind === "closed"
        ? this.pending.take("a", this.now)
        : this.pending.probe("a", this.now, {
          random: this.#random(),
          last: suspects,
          first: invited(this.endpoint),
        });
      if (message === undefined) return;
      this.endpoint = begin(this.endpoint);
      this.requests++;
      const { starts: start, generation } = this.endpoint;
      this.#flights.push({ message, at: this.now + 8 + 4 * this.#random(), start, generation, requests: 1 });
    }
  }

  #nextLanding(): Flight | undefined {
    const [first] = this.#flights.sort((one, other) => one.at - other.at);
    if (first !== undefined) this.#flights.shift();
    return first;
  }

  #land(flight: Flight): void {
    const { message, at } = flight;
    this.now = at;
    const { receiver, refusal } = this.#scenario;
    const outcome = this.isPoison(message) ? refusal : receiver(at, this.#random);
    const attempt = { ...flight, othersUntried: this.pending.hasUntried("a", at, message.namespace) };
    const now = { monotonic: at, wall: at, random: this.#random() };
    const { decision, endpoint } = decide(attempt, this.endpoint, outcome, now);
    this.endpoint = endpoint;
    if (decision.kind === "again") return void this.#flights.push({ ...flight, at: at + 10, requests: 2 });
    if (decision.kind !== "delivered") {
      if (decision.failures.dead > 0 && !this.isPoison(message)) this.#dead.add(podOf(message));
      return this.pending.failed(message, decision.failures, decision.due);
    }
    this.pending.acknowledged(message, 0);
    if (decision.release > 0) this.pending.retryDeadLetters("a", decision.release);
    if (this.isPoison(message)) return;
    this.goodLeft--;
    this.lastGood = at;
  }

  /** Until something is due and may be sent. Returns false where that is never, which is a fault of the rule. */
  #sleep(): boolean {
    const { circuit } = this.endpoint;
    const due = this.pending.hasReady("a", this.now) ? this.now : this.pending.nextDue("a");
    const until = Math.max(due ?? Infinity, circuit.kind === "open" ? circuit.until : 0);
    if (until <= this.now || until === Infinity) return false;
    this.now = until;
    return true;
  }
}

const SEEDS = [1, 2, 3];

function simulate(scenario: Scenario): Result[] {
  return SEEDS.map((seed) => new Simulation(scenario, seed).run());
}

/** Of the three runs the middle one, in seconds: the last straggler of one run is a matter of luck. */
function median(results: Result[]): number {
  const sorted = results.map(({ lastGood }) => lastGood).sort((one, other) => one - other);
  return (sorted[Math.floor(sorted.length / 2)] ?? Infinity) / SECOND;
}

function worst(results: Result[], of: (result: Result) => number): number {
  return Math.max(...results.map(of));
}

/** @param share of the requests that fail */
function flaky(share: number, outcome: Outcome = ERROR): Receiver {
  return (_at, random) => random() < share ? outcome : OK;
}

/** Down while `isDown`, in seconds. */
function down(isDown: (at: number) => boolean, outcome: Outcome = ERROR): Receiver {
  return (at) => isDown(at / SECOND) ? outcome : OK;
}

/** At the most: seconds until the last good message (the median), good ones left and good ones ever dead (the worst). */
interface Most {
  seconds: number;
  left?: number;
  goodDead?: number;
}

const TABLE: [sentence: string, most: Most, scenario: Scenario][] = [
  ["all is well", { seconds: 1.3 }, {}],
  ["it fails half of everything", { seconds: 320, goodDead: 3 }, { receiver: flaky(0.5) }],
  ["it fails a fifth of everything", { seconds: 30, goodDead: 2 }, { receiver: flaky(0.2) }],
  ["it fails four fifths of everything", { seconds: 600, left: 110, goodDead: 180 }, {
    receiver: flaky(0.8),
  }],
  ["one pod is poison", { seconds: 1.3 }, { isPoison: (pod) => pod === 77 }],
  ["300 neighbours are, the first of all", { seconds: 2.3 }, {
    isPoison: (_pod, namespace) => namespace < 3,
  }],
  ["2 in 100 are, and 10 in 100 fail by chance", { seconds: 9, goodDead: 2 }, {
    isPoison: (pod) => pod % 50 === 7,
    receiver: flaky(0.1),
  }],
  ["half of the pods are", { seconds: 18 }, { isPoison: (pod) => pod % 2 === 0 }],
  ["nine of ten namespaces are", { seconds: 10 }, {
    isPoison: (_pod, namespace) => namespace !== 12 && namespace !== 19,
  }],
  ["it is down for a minute", { seconds: 122 }, { receiver: down((at) => at < 60) }],
  ["nothing connects for a minute", { seconds: 122 }, { receiver: down((at) => at < 60, REFUSED) }],
  ["it hangs for a minute", { seconds: 122 }, {
    receiver: down((at) => at < 60, failure({ fault: "timeout" })),
  }],
  ["it answers 401 for two minutes", { seconds: 184 }, {
    pods: 8_000,
    receiver: down((at) => at > 1 && at < 121, answer(401)),
  }],
  ["it restarts, 5 seconds of each 30", { seconds: 18 }, {
    pods: 8_000,
    receiver: down((at) => at % 30 > 1 && at % 30 < 6),
  }],
  ["there is one message only, and it is down for 10 seconds", { seconds: 16 }, {
    pods: 1,
    namespaces: 1,
    receiver: down((at) => at < 10),
  }],
  ["20 poisonous pods of one name are before 100 others", { seconds: 0.2 }, {
    pods: 120,
    namespaces: 1,
    isPoison: (pod) => pod < 20,
    hasSameName: (pod) => pod < 20,
  }],
  ["one pod is answered 429 with an hour to wait", { seconds: 2.5 }, {
    isPoison: (pod) => pod === 0,
    refusal: answer(429, { "retry-after": "3600" }),
  }],
  ["a namespace is answered 429 with an hour to wait", { seconds: 5 }, {
    isPoison: (_pod, namespace) => namespace === 0,
    refusal: answer(429, { "retry-after": "3600" }),
  }],
  ["one pod is answered 410", { seconds: 1.3 }, { isPoison: (pod) => pod === 0, refusal: answer(410) }],
  ["one pod ends every connection", { seconds: 1.3 }, { isPoison: (pod) => pod === 0, refusal: failure() }],
  ["it is overloaded now and then", { seconds: 8 }, { receiver: flaky(0.05, answer(503)) }],
];

for (const [sentence, most, scenario] of TABLE) {
  Deno.test(`simulated: ${sentence}`, () => {
    const results = simulate(scenario);
    assert.ok(median(results) <= most.seconds, `the last good one after ${median(results)} s`);
    const left = worst(results, ({ goodLeft }) => goodLeft);
    assert.ok(left <= (most.left ?? 0), `${left} good ones are left`);
    const dead = worst(results, ({ goodDead }) => goodDead);
    assert.ok(dead <= (most.goodDead ?? 0), `${dead} good ones became dead letters`);
  });
}

Deno.test("simulated: an endpoint that is down is asked a few times a minute, whatever is pending", () => {
  const requests = worst(simulate({ receiver: () => ERROR }), ({ requests }) => requests);
  assert.ok(requests < 80, `${requests} requests in ten minutes`);
});

/** Decides about message after message, as they come, one at a time. */
class Endpoint {
  state = newEndpoint(16);

  begin(message: Message, othersUntried = false): Attempt {
    this.state = begin(this.state);
    const { starts: start, generation } = this.state;
    return { message, start, generation, requests: 1, othersUntried };
  }

  end(attempt: Attempt, outcome: Outcome): Decided["decision"] {
    const decided = decide(attempt, this.state, outcome, { monotonic: 0, wall: 0, random: 0.5 });
    this.state = decided.endpoint;
    return decided.decision;
  }

  /** One attempt; the message as it is after it. */
  try(message: Message, outcome: Outcome): Message {
    const decision = this.end(this.begin(message), outcome);
    return "failures" in decision ? { ...message, failures: decision.failures } : message;
  }
}

Deno.test("one 503 does not make a dead letter anything else", () => {
  const endpoint = new Endpoint();
  let bad = makeMessage({ name: "bad" });
  for (let time = 0; time < 3; time++) {
    bad = endpoint.try(bad, ERROR);
    endpoint.try(makeMessage({ name: `good-${time}` }), OK);
  }
  assert.equal(bad.failures.dead, 1);
  bad = endpoint.try(bad, answer(503));
  assert.equal(bad.failures.dead, 2);
  // Without evidence, nothing is held against it, and it is none the less what it was.
  bad = endpoint.try(bad, answer(503));
  assert.equal(bad.failures.dead, 2);
  bad = endpoint.try(bad, REFUSED);
  assert.equal(bad.failures.dead, 2);
});

Deno.test("a success of an attempt that began before a failure is no evidence", () => {
  const endpoint = new Endpoint();
  let bad = makeMessage({ name: "bad" });
  for (let time = 0; time < 20; time++) {
    const good = endpoint.begin(makeMessage({ name: `good-${time}` }));
    bad = endpoint.try(bad, ERROR);
    endpoint.end(good, OK);
  }
  assert.deepEqual([bad.failures.strikes, bad.failures.dead], [1, 0]);
});

Deno.test("strikes that were too few do not become enough by waiting: it takes another one", () => {
  const endpoint = new Endpoint();
  endpoint.state = { ...endpoint.state, failing: 0.5 };
  let bad = makeMessage({ name: "bad" });
  for (let time = 0; time < 5; time++) {
    bad = endpoint.try(bad, ERROR);
    endpoint.try(makeMessage({ name: `good-${time}` }), OK);
  }
  bad = endpoint.try(bad, ERROR);
  endpoint.state = { ...endpoint.state, failing: 0 };
  bad = endpoint.try(bad, ERROR);
  assert.deepEqual([bad.failures.strikes, bad.failures.dead], [6, 0]);
  endpoint.try(makeMessage({ name: "good" }), OK);
  bad = endpoint.try(bad, ERROR);
  assert.deepEqual([bad.failures.strikes, bad.failures.dead], [7, 1]);
});

Deno.test("a pod is one witness, whether it stands for its namespace or for itself", () => {
  const endpoint = new Endpoint();
  const message = makeMessage({ name: "bad" });
  for (const othersUntried of [true, false]) {
    endpoint.end(endpoint.begin(message, othersUntried), answer(410));
  }
  assert.equal(endpoint.state.circuit.kind, "closed");
  endpoint.end(endpoint.begin(makeMessage({ name: "other" })), answer(410));
  assert.equal(endpoint.state.circuit.kind, "disabled");
});

Deno.test("while others of other namespaces are untried, the pods of one namespace are one witness", () => {
  const endpoint = new Endpoint();
  for (const name of ["one", "two", "three"]) {
    endpoint.end(endpoint.begin(makeMessage({ name }), true), answer(410));
  }
  assert.equal(endpoint.state.circuit.kind, "closed");
});

/** Every kind of outcome there is. */
const OUTCOME = fc.oneof(
  fc.constantFrom(200, 204, 301, 400, 401, 404, 407, 413, 429, 500, 503).map((status) => answer(status)),
  fc.constantFrom("0", "7", "3600", "soon").map((value) => answer(503, { "retry-after": value })),
  fc.constantFrom("closed", "timeout", "malformed", "tls").map((fault) =>
    failure({ fault: fault as "closed" })
  ),
  fc.constant(failure({ stale: true })),
  fc.constantFrom("name", "refused", "proxy", "blocked")
    .map((fault) => failure({ when: "before", fault: fault as "name" })),
);

Deno.test("no sequence of outcomes loses a message or blocks for ever", () => {
  fc.assert(fc.property(
    fc.array(OUTCOME, { maxLength: 60 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 4 }),
    (outcomes, pods, namespaces) => {
      let next = 0;
      const receiver = (): Outcome => outcomes[next++] ?? OK;
      // The longest waits there are: each of them may ask for an hour, or be a dead letter for one.
      const until = (outcomes.length + 2) * 3_700 * SECOND;
      const { goodLeft } = new Simulation({ pods, namespaces, receiver, until }, 1).run();
      assert.equal(goodLeft, 0);
    },
  ));
});

Deno.test("an endpoint that accepts nothing makes no dead letters", () => {
  const refusals = OUTCOME.filter((outcome) => outcome.kind === "failure" || outcome.status >= 300);
  fc.assert(fc.property(
    fc.array(refusals, { minLength: 1, maxLength: 60 }),
    fc.integer({ min: 1, max: 12 }),
    (outcomes, pods) => {
      let next = 0;
      const receiver = (): Outcome => outcomes[next++ % outcomes.length] ?? ERROR;
      const { goodLeft, goodDead } = new Simulation(
        { pods, namespaces: 2, receiver, until: 3_600 * SECOND },
        1,
      ).run();
      assert.deepEqual([goodLeft, goodDead], [pods, 0]);
    },
  ));
});

/** A snapshot: what goes on failing is given up after 1, 2 and 4 s. */
function once(scenario: Scenario): Result[] {
  return simulate({ retries: RETRIES_ONCE, ...scenario });
}

Deno.test("simulated: --once loses no good pod, whatever share of the pods is poison", () => {
  for (const share of [100, 10, 4, 2]) {
    const results = once({ isPoison: (pod) => pod % share === 1 });
    assert.deepEqual(results.map(({ goodLeft, goodDead }) => [goodLeft, goodDead]), SEEDS.map(() => [0, 0]));
  }
});

Deno.test("simulated: --once delivers in a flaky endpoint's time, and hardly refuses what fails by chance", () => {
  const results = once({ receiver: flaky(0.5) });
  assert.ok(worst(results, ({ goodDead }) => goodDead) <= 2);
  assert.ok(median(results) <= 60, `${median(results)} s`);
});

Deno.test("simulated: --once outlasts an endpoint that is down for six seconds", () => {
  for (const outcome of [ERROR, REFUSED, answer(503), failure()]) {
    const results = once({ receiver: down((at) => at < 6, outcome) });
    assert.equal(worst(results, ({ goodLeft }) => goodLeft), 0);
  }
});

Deno.test("simulated: --once gives an endpoint up that is down, with hardly more than a request a second", () => {
  for (const outcome of [ERROR, REFUSED, answer(503), failure()]) {
    const results = once({ receiver: () => outcome });
    assert.ok(worst(results, ({ requests }) => requests) <= 14);
    assert.equal(worst(results, ({ goodDead }) => goodDead), 0);
  }
});

Deno.test("--once ends, whatever the outcomes: each pod is accepted or refused, or the endpoint is given up", () => {
  fc.assert(fc.property(
    fc.array(OUTCOME, { minLength: 1, maxLength: 60 }),
    fc.integer({ min: 1, max: 12 }),
    (outcomes, pods) => {
      let next = 0;
      const receiver = (): Outcome => outcomes[next++ % outcomes.length] ?? OK;
      // An hour is what an outcome may ask to wait; the worker does not wait for that.
      const until = 100 * 3_600 * SECOND;
      const run = new Simulation({ pods, namespaces: 2, receiver, until, retries: RETRIES_ONCE }, 1);
      const { goodLeft, goodDead } = run.run();
      const isOver = whyGivenUp(run.endpoint) !== undefined || run.endpoint.circuit.kind === "disabled";
      assert.ok(isOver || goodLeft === goodDead, `${goodLeft} left, ${goodDead} refused`);
    },
  ));
});
