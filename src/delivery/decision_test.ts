import assert from "node:assert/strict";
import type { Answer, Failure, Outcome } from "../http/outcome.ts";
import type { Failures } from "../store/store.ts";
import { type Attempt, decide } from "./decision.ts";
import {
  begin,
  type EndpointState,
  newEndpoint,
  RETRIES_ONCE,
  tryNow,
  whyGivenUp,
} from "./endpoint_state.ts";

/** Never tried. */
const NEW: Failures = { tries: 0, strikes: 0, failedAt: 0, dead: 0, why: undefined };

const NOW = { monotonic: 1_000_000, wall: 0, random: 0.5 };

function answer(status: number): Answer {
  return { kind: "answer", status, headers: new Map(), body: "" };
}

/** An attempt at a pod, which began as the endpoint is, unless a test says otherwise. */
function attemptAt(name: string, endpoint: EndpointState, parts: Partial<Attempt> = {}): Attempt {
  return {
    message: { uid: name, namespace: "shop", name, failures: NEW },
    start: endpoint.starts,
    generation: endpoint.generation,
    requests: 1,
    othersUntried: false,
    ...parts,
  };
}

Deno.test("an older attempt that is accepted late takes nothing from what was accepted since", () => {
  let endpoint = begin(begin(begin(newEndpoint(16))));
  endpoint = decide(attemptAt("third", endpoint, { start: 3 }), endpoint, answer(200), NOW).endpoint;
  endpoint = decide(attemptAt("first", endpoint, { start: 1 }), endpoint, answer(200), NOW).endpoint;
  assert.equal(endpoint.lastAccepted, 3);
});

const TIMED_OUT: Failure = {
  kind: "failure",
  when: "after",
  stale: false,
  fault: "timeout",
  message: "it did not answer",
};
const RESET: Failure = { ...TIMED_OUT, fault: "closed" };

const LIMITS: [outcome: Outcome, limit: number, what: string][] = [
  [answer(429), 4, "429"],
  [answer(503), 4, "503"],
  [TIMED_OUT, 4, "a timeout"],
  [answer(500), 8, "500"],
  [RESET, 8, "a reset"],
];
for (const [outcome, limit, what] of LIMITS) {
  Deno.test(`of eight requests at a time, ${limit} remain after ${what}`, () => {
    const fresh = newEndpoint(16);
    const endpoint = begin({ ...fresh, concurrency: { ...fresh.concurrency, limit: 8 } });
    const after = decide(attemptAt("web", endpoint), endpoint, outcome, NOW).endpoint;
    assert.equal(after.concurrency.limit, limit);
  });
}

Deno.test("dead letters of an endpoint that is sent nothing else are tried ever later, an hour at the most", () => {
  let endpoint = decide(attemptAt("good", newEndpoint(16)), newEndpoint(16), answer(200), NOW).endpoint;
  let failures: Failures = { ...NEW, tries: 3, strikes: 3, dead: 1, failedAt: endpoint.starts };
  const waits: number[] = [];
  let now = NOW.monotonic + 40_000;
  for (let retry = 0; retry < 20; retry++) {
    endpoint = begin(endpoint);
    const message = { uid: "bad", namespace: "shop", name: "bad", failures };
    const attempt = attemptAt("bad", endpoint, { message });
    const { decision, endpoint: after } = decide(attempt, endpoint, answer(422), { ...NOW, monotonic: now });
    if (!("due" in decision)) assert.fail(decision.kind);
    ({ failures } = decision);
    endpoint = after;
    waits.push(decision.due - now);
    now = decision.due;
  }
  assert.deepEqual(waits.slice(0, 3), [30_000, 52_500, 91_875]);
  assert.deepEqual([waits.at(-1), failures.dead], [2_700_000, 1]);
});

Deno.test("an endpoint that an operator brought back after 410 is not disabled by one more pod", () => {
  let endpoint = newEndpoint(16);
  for (const name of ["web-0", "web-1"]) {
    endpoint = begin(endpoint);
    endpoint = decide(attemptAt(name, endpoint), endpoint, answer(410), NOW).endpoint;
  }
  assert.equal(endpoint.circuit.kind, "disabled");
  endpoint = begin(tryNow(endpoint, true));
  endpoint = decide(attemptAt("web-2", endpoint), endpoint, answer(410), NOW).endpoint;
  assert.notEqual(endpoint.circuit.kind, "disabled");
});

Deno.test("--once waits five minutes for an endpoint that asks to wait, and no longer", () => {
  const asks = { ...newEndpoint(16, RETRIES_ONCE), asking: { since: 1_000, times: 1 } };
  const until = (instant: number): EndpointState => ({
    ...asks,
    circuit: { kind: "open", openings: 1, until: instant },
  });
  assert.equal(whyGivenUp(until(301_000)), undefined);
  assert.deepEqual(whyGivenUp(until(301_001)), { kind: "asks to wait", until: 301_001 });
});
