import { type Attempt, decide } from "../../src/delivery/decision.ts";
import {
  begin,
  invited,
  isSearching,
  newEndpoint,
  room,
  whyGivenUp,
} from "../../src/delivery/endpoint_state.ts";
import type { Answer, Failure, Outcome } from "../../src/http/outcome.ts";
import type { Message } from "../../src/store/store.ts";
import { TestClock } from "./clock.ts";
import { Random } from "./random.ts";
import { openTestStore, record } from "./store.ts";

/**
 * What a worker does, without a worker, in event time: the rule of `decision.ts` and the order of the real store, against
 * an endpoint that is a function. Sixteen requests at a time, some 10 ms each.
 */

/** An answer of this status. */
export function answer(status: number, headers: Record<string, string> = {}): Answer {
  return { kind: "answer", status, headers: new Map(Object.entries(headers)), body: "" };
}

/** No answer: by default the connection ended with the request written. */
export function failure(parts: Partial<Failure> = {}): Failure {
  return { kind: "failure", when: "after", stale: false, fault: "closed", message: "scripted", ...parts };
}

/** It is taken. */
export const OK: Outcome = answer(200);
/** The receiver stumbles. */
export const ERROR: Outcome = answer(500);
/** Nothing of the request was sent. */
export const REFUSED: Outcome = failure({ when: "before", fault: "refused" });

/** What an endpoint does with a request, at that instant in milliseconds. */
export type Receiver = (at: number, random: () => number) => Outcome;

/** An endpoint and what is pending for it; by default 2,000 pods of 20 namespaces, all of which it takes. */
export interface Scenario {
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
export interface Result {
  goodLeft: number;
  lastGood: number;
  /** Messages that were dead letters once. */
  goodDead: number;
  requests: number;
  openings: number;
}

function podOf({ uid }: Pick<Message, "uid">): number {
  return Number(uid.slice("uid-pod-".length));
}

/** One run, with a number of its own for all that is random. */
export class Simulation {
  readonly #clock = new TestClock();
  readonly #store = openTestStore({ clock: this.#clock });
  readonly #pending = this.#store.pending;
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
    const random = new Random(seed);
    this.#random = () => random.next();
    this.#scenario = {
      pods: 2_000,
      namespaces: 20,
      isPoison: () => false,
      receiver: () => OK,
      refusal: ERROR,
      until: 600_000,
      hasSameName: () => false,
      retries: Infinity,
      ...scenario,
    };
    this.endpoint = newEndpoint(16, this.#scenario.retries);
    for (let pod = 0; pod < this.#scenario.pods; pod++) this.#add(pod);
    this.#store.commit();
  }

  #add(pod: number): void {
    const { pods, namespaces, hasSameName } = this.#scenario;
    const namespace = `ns-${Math.floor(pod / (pods / namespaces))}`;
    const name = hasSameName(pod) ? "same" : `pod-${pod}`;
    const { uid } = record(this.#store, ["a"], { uid: `uid-pod-${pod}`, name, namespace });
    if (!this.isPoison({ uid, namespace })) this.goodLeft++;
  }

  isPoison(message: Pick<Message, "uid" | "namespace">): boolean {
    return this.#scenario.isPoison(podOf(message), Number(message.namespace.slice(3)));
  }

  run(): Result {
    try {
      return this.#run();
    } finally {
      this.#store.close();
    }
  }

  #run(): Result {
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
        ? this.#pending.take("a", this.now)
        : this.#pending.probe("a", this.now, {
          random: this.#random(),
          last: suspects,
          first: invited(this.endpoint),
          isAnywhere: isSearching(this.endpoint),
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
    const attempt = { ...flight, othersUntried: this.#pending.hasUntried("a", at, message.namespace) };
    const now = { monotonic: at, wall: at, random: this.#random() };
    const { decision, endpoint } = decide(attempt, this.endpoint, outcome, now);
    this.endpoint = endpoint;
    if (decision.kind === "again") return void this.#flights.push({ ...flight, at: at + 10, requests: 2 });
    if (decision.kind !== "delivered") {
      if (decision.failures.dead > 0 && !this.isPoison(message)) this.#dead.add(podOf(message));
      return this.#pending.failed(message, decision.failures, decision.due);
    }
    this.#pending.acknowledged(message, 0);
    if (decision.release > 0) this.#pending.retryDeadLetters("a", decision.release);
    if (this.isPoison(message)) return;
    this.goodLeft--;
    this.lastGood = at;
  }

  /** Until something is due and may be sent. Returns false where that is never, which is a fault of the rule. */
  #sleep(): boolean {
    const { circuit } = this.endpoint;
    this.#store.commit();
    const due = this.#pending.hasReady("a", this.now) ? this.now : this.#pending.nextDue("a");
    const until = Math.max(due ?? Infinity, circuit.kind === "open" ? circuit.until : 0);
    if (until <= this.now || until === Infinity) return false;
    this.now = until;
    return true;
  }
}
