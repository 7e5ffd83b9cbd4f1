import type { Client as HttpClient } from "../../src/http/client.ts";
import { exchangeFailure, type Place } from "../../src/http/failure.ts";
import type { Failure, Send } from "../../src/http/outcome.ts";
import { USUAL } from "../../src/http/tls.ts";
import type { Pod } from "../../src/pod/pod.ts";
import { type Clock, sleep } from "../../src/runtime/clock.ts";
import { parseEveryNumber } from "../kit/exact.ts";
import { verify } from "../kit/signature.ts";
import type { Client } from "./client.ts";
import type { EndpointAnswer, Filter, FilterAnswer } from "./history.ts";
import { PODS } from "./history.ts";
import { Receiver } from "./receiver.ts";
import type { Keys } from "./keys.ts";

/** A message about a pod that has come in whole. */
export interface Delivery {
  /** The run of the program that sent it. */
  run: number;
  id: string;
  event: string;
  reasons: string[];
  epoch: number;
  coalesced: number;
  /** How many messages it says were given up. */
  lost: number;
  /** The header `k8svent-phase`. */
  phase: string | undefined;
  /** False where the header says so. */
  observed: boolean;
  body: string;
  pod: Pod;
  /** Whether the program was answered that it was taken. */
  accepted: boolean;
  /** Whether the program lived long enough after that to have stored it. */
  stored: boolean;
  /** How many syncs of the disk had begun then. */
  storedIn: number;
}

/** Milliseconds in which an attempt ends that had begun: with its second request. */
const ENDS_WITHIN = 31_000;

/** Milliseconds within which the program stores that a message was taken. */
const STORES_WITHIN = 300;

/** A receiver without a network: it answers by its filters and its script, with 200 when that is over. */
export class ModelEndpoint {
  /** About pods, in the order of arrival. */
  readonly deliveries: Delivery[] = [];
  /** Those that it did not take in a way that may be the message's own fault, read or not. */
  readonly refused: Delivery[] = [];
  readonly script: EndpointAnswer[] = [];
  readonly filters: Filter[] = [];
  /** The names of pods, `namespace/name`, that a filter has met. */
  readonly poisoned = new Set<string>();
  /** How many messages it learned were given up, by whatever it took. */
  lost = 0;
  /** How many were surely discarded, and UIDs of pods of which something may have been. */
  discarded = 0;
  readonly discardedPods = new Set<string>();
  /** Since when nothing may begin; undefined: something may. */
  pausedAt: number | undefined;
  /** What an obedient receiver holds after all that. */
  readonly receiver = new Receiver();
  /** What is wrong with what was sent to it, whatever it is about. */
  readonly problems: string[] = [];
  /** The token that it wants; undefined: none. */
  token: string | undefined;
  /** Whether it answered 410 to the run with this number. */
  goneFor: number | undefined;
  readonly #clock: Clock;
  readonly #keys: Keys | undefined;
  #fresh: { delivery: Delivery; client: Client; at: number }[] = [];

  /**
   * @param url where it is
   * @param keys what signs the messages to it; undefined: nothing may
   */
  constructor(readonly name: string, readonly url: string, clock: Clock, keys: Keys | undefined) {
    this.#clock = clock;
    this.#keys = keys;
  }

  /** Everything that can go on without time passing has done so. */
  settled(syncs: number): void {
    const now = this.#clock.monotonic();
    this.#fresh = this.#fresh.filter(({ delivery, client, at }) => {
      if (client.dead.aborted) return false;
      if (now - at < STORES_WITHIN) return true;
      delivery.stored = true;
      delivery.storedIn = syncs;
      return false;
    });
  }

  /** A run ended, and what was stored since this sync began is not. */
  forget(sync: number): void {
    this.#fresh = [];
    for (const delivery of this.deliveries) {
      if (delivery.stored && delivery.storedIn >= sync) delivery.stored = false;
    }
  }

  /** One request and its answer. */
  async answer(request: ModelRequest, client: Client, signal: AbortSignal): Promise<ModelAnswer> {
    client.call();
    const delivery = read(request, client.number);
    if (this.#clock.monotonic() - (this.pausedAt ?? Infinity) > ENDS_WITHIN) {
      this.problems.push(`${this.name} got ${delivery.id} though it is paused`);
    }
    const verdict = this.#keys === undefined
      ? verify(request.signed, [])
      : verify(request.signed, this.#keys.active());
    if (verdict !== (this.#keys?.isUsed ? "ok" : "unsigned")) {
      this.problems.push(`${this.name} got a message whose signature is not right: ${verdict}`);
    }
    const isUnknown = this.token !== undefined && request.headers["authorization"] !== `Bearer ${this.token}`;
    const answer = client.dead.aborted
      ? NONE
      : isUnknown
      ? UNAUTHORIZED
      : this.#filtered(delivery) ?? this.script.shift() ?? OK;
    const took = answer.is === "status" || answer.is === "slow" || answer.took;
    const isPod = delivery.event.startsWith("pod.");
    if (took && isPod) this.deliveries.push(delivery);
    if (answer !== NONE && isPod && mayBeTheMessage(answer)) this.refused.push(delivery);
    if (answer.is !== "status" && answer.is !== "slow" && answer.is !== "hang") return { failure: answer.is };
    await sleep(this.#clock, "after" in answer ? answer.after : FOREVER, signal);
    signal.throwIfAborted();
    // Nobody is left to be answered. The kill of what runs on ends this.
    if (client.dead.aborted) await sleep(this.#clock, FOREVER, signal);
    signal.throwIfAborted();
    const status = answer.is === "status" ? answer.status : 200;
    if (status === 410) this.goneFor = client.number;
    if (status >= 200 && status < 300) {
      delivery.accepted = true;
      this.lost += delivery.lost;
      this.receiver.take(delivery);
      this.#fresh.push({ delivery, client, at: this.#clock.monotonic() });
    }
    return { status, headers: answer.is === "status" ? headersOf(answer) : {} };
  }

  #filtered({ event, pod }: Delivery): EndpointAnswer | undefined {
    if (!event.startsWith("pod.")) return undefined;
    const { namespace, name } = pod.metadata;
    const filter = this.filters.find(({ about }) => {
      if (about === "failed") return pod.status?.phase === "Failed";
      const [itsNamespace, itsName] = PODS[about] ?? [];
      return itsNamespace === namespace && itsName === name;
    });
    if (filter === undefined) return undefined;
    this.poisoned.add(`${namespace}/${name}`);
    return typeof filter.answer === "number"
      ? { is: "status", status: filter.answer, after: 0 }
      : { is: filter.answer, took: true };
  }
}

/** A request, as the model looks at it. */
export interface ModelRequest {
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  signed: { headers: Record<string, string>; raw: Uint8Array };
}

/** An answer, or how there came none. */
export type ModelAnswer =
  | { status: number; headers: Record<string, string> }
  | { failure: Exclude<FilterAnswer, number> };

/**
 * The way from the program to the model's endpoints, by URL: the one place that knows how the program sends.
 *
 * @param find undefined: there is no such endpoint
 */
export function wayTo(
  find: (url: string) => ModelEndpoint | undefined,
  client: Client,
  clock: Clock,
  onStray: (host: string) => void,
): HttpClient {
  // What ends TLS is judged by the program's own client.
  let hasAnswered = false;
  const send: Send = async (request, deadline, signal) => {
    const endpoint = find(request.url.href);
    if (endpoint === undefined) {
      onStray(request.url.host);
      return {
        kind: "failure",
        when: "before",
        stale: false,
        fault: "name",
        message: "there is no such endpoint",
      };
    }
    const { headers, body } = request;
    const late = new AbortController();
    const cancel = clock.after(deadline, () => late.abort());
    const either = AbortSignal.any([signal, late.signal]);
    try {
      const signed = { headers: { ...headers }, raw: body };
      const answer = await endpoint.answer({ headers, body, signed }, client, either);
      if ("failure" in answer) {
        if (answer.failure !== "tls") return FAILURES[answer.failure];
        return exchangeFailure(ALERT, "", placeAt(request.url.host), { stale: false, hasAnswered });
      }
      hasAnswered = true;
      return {
        kind: "answer",
        status: answer.status,
        headers: new Map(Object.entries(answer.headers)),
        body: "",
      };
    } catch (error) {
      if (signal.aborted || !late.signal.aborted) throw error;
      return { kind: "failure", when: "after", stale: false, fault: "timeout", message: "it did not answer" };
    } finally {
      cancel();
    }
  };
  return { send, close: () => {} };
}

/** How a firewall ends TLS when it does not like what it reads. */
const ALERT = new Error("received fatal alert: AccessDenied");

function placeAt(label: string): Place {
  return { label, proxyFrom: undefined, via: undefined, isTls: false, tls: USUAL };
}

const FAILURES: Record<Exclude<FilterAnswer, number | "tls">, Failure> = {
  reset: {
    kind: "failure",
    when: "after",
    stale: false,
    fault: "closed",
    message: "it reset the connection",
  },
  closed: {
    kind: "failure",
    when: "after",
    stale: true,
    fault: "closed",
    message: "it closed the connection",
  },
  garbage: {
    kind: "failure",
    when: "after",
    stale: false,
    fault: "malformed",
    message: "it does not speak HTTP",
  },
};

function headersOf({ retryAfter, asks }: EndpointAnswer & { is: "status" }): Record<string, string> {
  return {
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
    ...(asks === undefined ? {} : { "k8svent-request": "inventory" }),
  };
}

/** Milliseconds: longer than any history. */
const FOREVER = 2 ** 40;

/** Milliseconds that the program waits for an answer. */
const TIMEOUT = 15_000;

/** Evidence decides, so every failure may be. */
function mayBeTheMessage(answer: EndpointAnswer): boolean {
  if ("after" in answer && answer.after >= TIMEOUT) return true;
  if (answer.is === "slow") return false;
  return answer.is !== "status" || answer.status < 200 || answer.status >= 300;
}

const UNAUTHORIZED: EndpointAnswer = { is: "status", status: 401, after: 0 };
const OK: EndpointAnswer = { is: "status", status: 200, after: 0 };
const NONE: EndpointAnswer = { is: "hang", took: false };

/** Bodies that were read before: the same one comes to two endpoints, and at each attempt. */
const parsed = new Map<string, unknown>();

function parseBody(text: string): unknown {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  if (parsed.size > 10_000) parsed.clear();
  const value = parseEveryNumber(text);
  parsed.set(text, value);
  return value;
}

function read({ headers, body }: ModelRequest, run: number): Delivery {
  const text = new TextDecoder().decode(body);
  return {
    run,
    id: headers["webhook-id"] ?? "",
    event: headers["k8svent-event"] ?? "",
    reasons: (headers["k8svent-reason"] ?? "").split(","),
    epoch: Number(headers["k8svent-epoch"] ?? 0),
    coalesced: Number(headers["k8svent-coalesced"] ?? 0),
    lost: Number(headers["k8svent-lost"] ?? 0),
    phase: headers["k8svent-phase"],
    observed: headers["k8svent-observed"] !== "false",
    body: text,
    pod: (parseBody(text) as { pod: Pod }).pod,
    accepted: false,
    stored: false,
    storedIn: 0,
  };
}
