import type { Client as HttpClient } from "../../src/http/client.ts";
import type { Outcome, Request, Send } from "../../src/http/outcome.ts";
import type { Pod } from "../../src/pod/pod.ts";
import { type Clock, sleep } from "../../src/runtime/clock.ts";
import { parseEveryNumber } from "../kit/exact.ts";
import { answer as httpAnswer, failure } from "../kit/scripted_dial.ts";
import type { Client } from "./client.ts";
import type { EndpointAnswer } from "./history.ts";

/** A message that has come in whole. */
export interface Delivery {
  /** The run of the program that sent it. */
  run: number;
  id: string;
  event: string;
  reasons: string[];
  epoch: number;
  coalesced: number;
  body: string;
  pod: Pod;
  /** Whether the program was answered that it was taken. */
  accepted: boolean;
  /** Whether the program lived long enough after that to have stored it. */
  stored: boolean;
}

/** A receiver without a network: it answers by its script, with 200 when that is over. */
export class ModelEndpoint {
  /** In the order of arrival. */
  readonly deliveries: Delivery[] = [];
  /** Those that it did not take in a way that may be the message's own fault, read or not: see `verdict.ts`. */
  readonly refused: Delivery[] = [];
  readonly script: EndpointAnswer[] = [];
  /** Whether it answered 410 to the run with this number. */
  goneFor: number | undefined;
  readonly #clock: Clock;
  #fresh: [Delivery, Client][] = [];

  constructor(readonly name: string, clock: Clock) {
    this.#clock = clock;
  }

  reachedBy(client: Client): HttpClient {
    const send: Send = async (request, deadline, signal) => {
      client.call();
      const answer = client.dead.aborted ? NONE : this.script.shift() ?? OK;
      return await this.#answer(answer, request, client, deadline, signal);
    };
    return { send, close: () => {} };
  }

  /** Everything that can go on without time passing has done so. */
  settled(): void {
    for (const [delivery, client] of this.#fresh) delivery.stored = !client.dead.aborted;
    this.#fresh = [];
  }

  async #answer(
    answer: EndpointAnswer,
    request: Request,
    client: Client,
    deadline: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const took = answer.is === "status" || answer.is === "slow" || answer.took;
    const delivery = read(request, client.number);
    if (took) this.deliveries.push(delivery);
    if (answer !== NONE && mayBeTheMessage(answer)) this.refused.push(delivery);
    if (answer.is === "reset") return failure("unreachable");
    if (answer.is === "closed") return failure("closed", true);
    const after = "after" in answer ? answer.after : FOREVER;
    await sleep(this.#clock, Math.min(after, deadline), signal);
    signal.throwIfAborted();
    if (after >= deadline && !client.dead.aborted) return failure("timeout");
    // Nobody is left to be answered. The kill of what runs on ends this.
    if (client.dead.aborted) await sleep(this.#clock, FOREVER, signal);
    signal.throwIfAborted();
    const status = answer.is === "status" ? answer.status : 200;
    if (status === 410) this.goneFor = client.number;
    if (status >= 200 && status < 300) {
      delivery.accepted = true;
      this.#fresh.push([delivery, client]);
    }
    const retryAfter = answer.is === "status" ? answer.retryAfter : undefined;
    return httpAnswer(status, retryAfter === undefined ? {} : { "retry-after": retryAfter });
  }
}

/** Milliseconds: longer than any history. */
const FOREVER = 2 ** 40;

/** Answers that are the endpoint's fault whatever was sent to it. */
const ENDPOINTS_OWN = [401, 403, 404, 405, 407, 408, 410, 425, 429, 501, 503];

/** Milliseconds that the program waits for an answer. */
const TIMEOUT = 15_000;

function mayBeTheMessage(answer: EndpointAnswer): boolean {
  if ("after" in answer && answer.after >= TIMEOUT) return true;
  if (answer.is === "status") return answer.status >= 400 && !ENDPOINTS_OWN.includes(answer.status);
  return answer.is === "hang";
}

const OK: EndpointAnswer = { is: "status", status: 200, after: 0 };
const NONE: EndpointAnswer = { is: "hang", took: false };

function read({ headers, body }: Request, run: number): Delivery {
  const text = new TextDecoder().decode(body);
  return {
    run,
    id: headers["webhook-id"] ?? "",
    event: headers["k8svent-event"] ?? "",
    reasons: (headers["k8svent-reason"] ?? "").split(","),
    epoch: Number(headers["k8svent-epoch"] ?? 0),
    coalesced: Number(headers["k8svent-coalesced"] ?? 0),
    body: text,
    pod: (parseEveryNumber(text) as { pod: Pod }).pod,
    accepted: false,
    stored: false,
  };
}
