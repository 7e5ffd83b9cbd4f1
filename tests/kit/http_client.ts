import assert from "node:assert/strict";
import { type Client, type ClientOptions, openClient } from "../../src/http/client.ts";
import { Network, type NetworkDeps } from "../../src/http/network.ts";
import type { Answer, Failure, Outcome, Request } from "../../src/http/outcome.ts";
import { type ShownCertificate, USUAL } from "../../src/http/tls.ts";
import { systemClock } from "../../src/runtime/clock.ts";

/** Milliseconds: longer than any test that works. */
export const LONG = 10_000;

export const GOING = new AbortController().signal;

export function post(url: string, body = "{}", headers: Record<string, string> = {}): Request {
  return {
    url: new URL("/secret-path?key=secret-query", url),
    headers: { "webhook-id": "pod_1", ...headers },
    body: new TextEncoder().encode(body),
  };
}

/** A client for one test; without proxies unless the test says so. */
export function clientFor(options: Partial<ClientOptions> = {}, deps: Partial<NetworkDeps> = {}): Client {
  return openClient({
    network: new Network({ clock: systemClock, ...deps }),
    env: () => undefined,
    ...options,
  });
}

/** Trusts these authorities besides the usual ones, and shows a certificate where one is given. */
export function trusting(...given: (string | ShownCertificate)[]): Pick<ClientOptions, "tls"> {
  const caCerts = given.filter((one) => typeof one === "string");
  const certificate = given.find((one) => typeof one !== "string");
  return { tls: () => ({ ...USUAL, caCerts, ...certificate && { certificate } }) };
}

/** One request by a client of its own. */
export async function sendOnce(
  url: string,
  options: Partial<ClientOptions> = {},
  deps: Partial<NetworkDeps> = {},
  deadline = LONG,
): Promise<Outcome> {
  const client = clientFor(options, deps);
  try {
    return await client.send(post(url), deadline, GOING);
  } finally {
    client.close();
  }
}

export function answerOf(outcome: Outcome): Answer {
  assert.equal(outcome.kind, "answer", JSON.stringify(outcome));
  return outcome as Answer;
}

/** Checked for what no failure may carry. */
export function failureOf(outcome: Outcome): Failure {
  assert.equal(outcome.kind, "failure", JSON.stringify(outcome));
  assert.doesNotMatch(JSON.stringify(outcome), /secret-/);
  return outcome as Failure;
}
