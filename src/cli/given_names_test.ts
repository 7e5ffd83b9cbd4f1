import assert from "node:assert/strict";
import type { Given } from "./given.ts";
import type { FlagName } from "./flags.ts";
import { givenNames, inGivenNames } from "./given_names.ts";

const given = (from: string): Given => ({ values: ["x"], from });

const NAMES = givenNames(
  new Map<FlagName, Given>([
    ["selector", given("K8SVENT_SELECTOR")],
    ["state", given("/etc/k8svent.yaml:3:1: state")],
    ["listen", given("K8SVENT_LISTEN")],
    ["context", given("--context")],
  ]),
);

for (
  const [sentence, expected] of [
    [
      'It does not accept --selector "a" (400): no. Try kubectl get pods --selector "a".',
      'It does not accept K8SVENT_SELECTOR "a" (400): no. Try kubectl get pods --selector "a".',
    ],
    ["Give --state another file.", "Give state (/etc/k8svent.yaml:3:1) another file."],
    [
      "Choose another address with --listen HOST:PORT.",
      "Choose another address with K8SVENT_LISTEN.",
    ],
    ["Give another with --context: a, b.", "Give another with --context: a, b."],
    ["Name one with --kubeconfig FILE.", "Name one with --kubeconfig FILE."],
    ["The bounds are --state-max and --buffer.", "The bounds are --state-max and --buffer."],
  ] as const
) {
  Deno.test(`by what was given, "${sentence}" is "${expected}"`, () => {
    assert.equal(inGivenNames(sentence, NAMES), expected);
  });
}
