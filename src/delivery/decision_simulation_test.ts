import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryPending } from "../../tests/kit/memory_pending.ts";
import type { Answer, Failure, Outcome } from "../http/outcome.ts";
import type { Message } from "../store/store.ts";
import { type Attempt, begin, decide, type EndpointState, newEndpoint, room, tryNow } from "./decision.ts";

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

interface Scenario {
  pods?: number;
  namespaces?: number;
  /** Pods that the receiver never takes. */
  isPoison?: (pod: number, namespace: number) => boolean;
  /** What the receiver does with the others. */
  receiver?: (at: number, random: () => number, pod: number, attempt: number) => Outcome;
  /** What it does with poison. */
  refusal?: Outcome;
  /** Ends then at the latest, in milliseconds. */
  until?: number;
  /** Several pods of one name: 0 is a name of its own for each. */
  sameName?: (pod: number) => boolean;
}

interface Flight {
  message: Message;
  at: number;
  start: number;
  generation: number;
}

/** What came of it. `lastGood`: milliseconds until the last message that is no poison was delivered. */
interface Result {
  goodLeft: number;
  lastGood: number;
  requests: number;
  goodDead: number;
  badDead: number;
  openings: number;
  endpoint: EndpointState;
  pending: MemoryPending;
}

function podOf({ uid }: Message): number {
  return Number(uid.slice("uid-pod-".length));
}

class Simulation {
  readonly pending = new MemoryPending();
  readonly #scenario: Required<Scenario>;
  readonly #random = seeded(7);
  readonly #flights: Flight[] = [];
  readonly #dead = new Set<number>();
  endpoint = newEndpoint(16);
  now = 0;
  requests = 0;
  lastGood = 0;
  goodLeft = 0;

  constructor(scenario: Scenario) {
    this.#scenario = {
      pods: 2_000,
      namespaces: 20,
      isPoison: () => false,
      receiver: () => OK,
      refusal: ERROR,
      until: 600 * SECOND,
      sameName: () => false,
      ...scenario,
    };
    for (let pod = 0; pod < this.#scenario.pods; pod++) this.#add(pod);
  }

  #add(pod: number): void {
    const { pods, namespaces, sameName } = this.#scenario;
    const namespace = `ns-${Math.floor(pod / (pods / namespaces))}`;
    const name = sameName(pod) ? "same" : `pod-${pod}`;
    const message = this.pending.add({ uid: `uid-pod-${pod}`, name, namespace });
    if (!this.isPoison(message)) this.goodLeft++;
  }

  isPoison(message: Message): boolean {
    return this.#scenario.isPoison(podOf(message), Number(message.namespace.slice(3)));
  }

  run(): Result {
    while (this.now < this.#scenario.until && this.goodLeft > 0) {
      this.#begin();
      const next = this.#nextLanding();
      if (next !== undefined) this.#land(next);
      else if (!this.#sleep()) break;
    }
    const dead = [...this.#dead];
    const isBad = (pod: number): boolean =>
      this.#scenario.isPoison(pod, Math.floor(pod / (this.#scenario.pods / this.#scenario.namespaces)));
    return {
      goodLeft: this.goodLeft,
      lastGood: this.lastGood,
      requests: this.requests,
      goodDead: dead.filter((pod) => !isBad(pod)).length,
      badDead: dead.filter(isBad).length,
      openings: this.endpoint.generation,
      endpoint: this.endpoint,
      pending: this.pending,
    };
  }

  #begin(): void {
    while (room(this.endpoint, this.now, this.#flights.length) > 0) {
      const { circuit, suspects } = this.endpoint;
      const message = circuit.kind === "closed"
        ? this.pending.take("a", this.now)
        : this.pending.probe("a", this.now, this.#random(), suspects);
      if (message === undefined) return;
      this.endpoint = begin(this.endpoint);
      this.requests++;
      const { starts: start, generation } = this.endpoint;
      this.#flights.push({ message, at: this.now + 8 + 4 * this.#random(), start, generation });
    }
  }

  #nextLanding(): Flight | undefined {
    const [first] = this.#flights.sort((one, other) => one.at - other.at);
    if (first !== undefined) this.#flights.shift();
    return first;
  }

  #land({ message, at, start, generation }: Flight): void {
    this.now = at;
    const { receiver, refusal } = this.#scenario;
    const outcome = this.isPoison(message)
      ? refusal
      : receiver(at, this.#random, podOf(message), message.failures.tries + 1);
    const othersUntried = this.pending.hasUntried("a", at, message.namespace);
    const attempt: Attempt = { message, start, generation, requests: 1, othersUntried };
    const instant = { monotonic: at, wall: at };
    const { decision, endpoint } = decide(attempt, this.endpoint, outcome, instant, this.#random());
    this.endpoint = endpoint;
    if (decision.kind === "again") return this.pending.release(message);
    if (decision.kind !== "delivered") {
      if (decision.failures.dead > 0) this.#dead.add(podOf(message));
      return this.pending.failed(message, decision.failures, decision.due);
    }
    this.pending.acknowledged(message, 0);
    if (decision.release > 0) this.pending.retryDeadLetters("a", decision.release);
    if (this.isPoison(message)) return;
    this.goodLeft--;
    this.lastGood = at;
  }

  /** Until something is due and may be sent. Returns false where that is never. */
  #sleep(): boolean {
    const { circuit } = this.endpoint;
    if (circuit.kind === "disabled") return false;
    const due = this.pending.hasReady("a", this.now) ? this.now : this.pending.nextDue("a");
    if (due === undefined) return false;
    this.now = Math.max(due, circuit.kind === "open" ? circuit.until : 0, this.now + 0.001);
    return true;
  }
}

function simulate(scenario: Scenario): Result {
  return new Simulation(scenario).run();
}

/** The table of figures: seconds until the last good message, and how many messages of either kind become dead letters. */
const TABLE: [
  sentence: string,
  scenario: Scenario,
  least: { within: number; goodDead?: number; badDead?: number },
][] = [
  ["an endpoint that works gets all at once", {}, { within: 1.5 }],
  ["one that fails half of everything loses nothing", {
    receiver: (_at, random) => random() < 0.5 ? ERROR : OK,
  }, {
    within: 215,
  }],
  ["one that fails a fifth of everything", { receiver: (_at, random) => random() < 0.2 ? ERROR : OK }, {
    within: 30,
  }],
  ["one that fails four fifths of everything still gets most", {
    receiver: (_at, random) => random() < 0.8 ? ERROR : OK,
    until: 7_200 * SECOND,
  }, { within: 7_200, goodDead: 400 }],
  ["one poisonous pod", { isPoison: (pod) => pod === 77 }, { within: 1.6 }],
  ["300 poisonous neighbours, the first of all", { isPoison: (_pod, namespace) => namespace < 3 }, {
    within: 1.6,
  }],
  ["2 in 100 are poison and 10 in 100 fail by chance", {
    isPoison: (pod) => pod % 50 === 7,
    receiver: (_at, random) => random() < 0.1 ? ERROR : OK,
  }, { within: 10, badDead: 40 }],
  ["half of the pods are poison", { isPoison: (pod) => pod % 2 === 0 }, { within: 20, badDead: 1_000 }],
  ["nine of ten namespaces are poison", {
    isPoison: (_pod, namespace) => namespace !== 12 && namespace !== 19,
  }, {
    within: 15,
    badDead: 1_800,
  }],
  ["a minute down for all", { receiver: (at) => at < 60 * SECOND ? ERROR : OK }, { within: 125 }],
  ["a minute without a connection", { receiver: (at) => at < 60 * SECOND ? REFUSED : OK }, { within: 125 }],
  ["two minutes of 401 for all", {
    pods: 8_000,
    receiver: (at) => at > 1 * SECOND && at < 122 * SECOND ? answer(401) : OK,
  }, { within: 200 }],
  ["down for 5 of each 30 seconds", {
    pods: 8_000,
    receiver: (at) => at % 30_000 > 1_000 && at % 30_000 < 6_000 ? ERROR : OK,
  }, { within: 25 }],
  ["one message only", { pods: 1, namespaces: 1, receiver: (at) => at < 10 * SECOND ? ERROR : OK }, {
    within: 16,
  }],
  ["20 poisonous pods of one name beside 100 others of it all", {
    pods: 120,
    namespaces: 1,
    isPoison: (pod) => pod < 20,
    sameName: (pod) => pod < 20,
  }, { within: 0.5 }],
  ["a poisonous pod that is answered 429 and asks for an hour", {
    isPoison: (pod) => pod === 0,
    refusal: answer(429, { "retry-after": "3600" }),
  }, { within: 3 }],
  ["a namespace that is answered 429", {
    isPoison: (_pod, namespace) => namespace < 1,
    refusal: answer(429, { "retry-after": "600" }),
  }, { within: 5 }],
  ["a poisonous pod that is answered 410", { isPoison: (pod) => pod === 0, refusal: answer(410) }, {
    within: 1.6,
  }],
  ["a receiver that is slower than it is asked for", {
    receiver: (_at, random) => random() < 0.05 ? answer(503) : OK,
  }, { within: 20 }],
];

for (const [sentence, scenario, { within, goodDead = 0, badDead = Infinity }] of TABLE) {
  Deno.test(`simulated: ${sentence}`, () => {
    const result = simulate(scenario);
    if (Deno.env.get("FIGURES")) {
      console.log(sentence, result.lastGood / 1000, { ...result, endpoint: 0, pending: 0 });
    }
    assert.equal(result.goodLeft, 0, `${result.goodLeft} good messages are left`);
    assert.ok(result.lastGood <= within * SECOND, `the last one came after ${result.lastGood / SECOND} s`);
    assert.ok(result.goodDead <= goodDead, `${result.goodDead} good messages became dead letters`);
    assert.ok(result.badDead <= badDead, `${result.badDead} bad ones did`);
  });
}
void tryNow;
void fc;
