import assert from "node:assert/strict";
import { FLAGS } from "./flags.ts";
import { suspiciousVariables } from "./variables.ts";

for (
  const [name, meant] of [
    ["K8SVENT_WEBHOOK", "K8SVENT_WEBHOOKS"],
    ["K8SVENT_WEBHOOKS_URL", "K8SVENT_WEBHOOKS"],
    ["K8SVENT_URLS", "K8SVENT_WEBHOOKS"],
    ["K8SVENT_NAMESPACES", "K8SVENT_NAMESPACE"],
    ["K8SVENT_WEBHOOKSECRET", "K8SVENT_WEBHOOK_SECRET"],
    ["K8SVENT_SECRET_FILES", "K8SVENT_WEBHOOK_SECRET_FILE"],
    ["K8SVENT_LOGLEVEL", "K8SVENT_LOG_LEVEL"],
    ["K8SVENT_LABEL_SELECTOR", "K8SVENT_SELECTOR"],
    ["K8SVENT_STATE_FILE", "K8SVENT_STATE"],
    ["K8SVENT_POLL_INTERVAL", "K8SVENT_INTERVAL"],
    ["K8SVENT_KUBE_CONFIG", "K8SVENT_KUBECONFIG"],
    ["K8S_VENT_WEBHOOKS", "K8SVENT_WEBHOOKS"],
    ["k8svent_webhooks", "K8SVENT_WEBHOOKS"],
    ["K8VENT_WEBHOOK", "K8SVENT_WEBHOOKS"],
    ["K8VENT_NAMESPACE", "K8SVENT_NAMESPACE"],
    ["K8SVENT_TOKEN", "K8SVENT_WEBHOOK_SECRET"],
  ] as const
) {
  Deno.test(`${name} sets nothing, and ${meant} was meant`, () => {
    assert.deepEqual(suspiciousVariables(["PATH", name]), [
      `The variable ${name} is set, but nothing reads it. Did you mean ${meant}? "k8svent --help" names all variables.`,
    ]);
  });
}

Deno.test("a variable that is near to none is said, too", () => {
  for (const name of ["K8SVENT_FLUX_CAPACITOR", "K8SVENT_FOO", "K8SVENT_X", "K8SVENT_VERSION"]) {
    assert.deepEqual(suspiciousVariables([name]), [
      `The variable ${name} is set, but nothing reads it. "k8svent --help" names all variables.`,
    ]);
  }
});

Deno.test("a second name of a flag is said to be one, or to have no effect", () => {
  assert.deepEqual(suspiciousVariables(["K8SVENT_SECRET"]), [
    "The variable K8SVENT_SECRET is another name of K8SVENT_WEBHOOK_SECRET, which is the documented one.",
  ]);
  assert.deepEqual(suspiciousVariables(["K8SVENT_URL", "K8SVENT_WEBHOOKS"]), [
    "The variable K8SVENT_URL has no effect, since K8SVENT_WEBHOOKS is set.",
  ]);
});

Deno.test("what Kubernetes injects for Services called k8svent, k8svent-state and k8vent is none of ours", () => {
  const injected = ["K8SVENT", "K8SVENT_STATE", "K8SVENT_LISTEN", "K8VENT"].flatMap((service) => [
    `${service}_SERVICE_HOST`,
    `${service}_SERVICE_PORT`,
    `${service}_SERVICE_PORT_HTTPS`,
    `${service}_SERVICE_PORT_WEB_UI`,
    `${service}_PORT`,
    `${service}_PORT_443_TCP`,
    `${service}_PORT_443_TCP_PROTO`,
    `${service}_PORT_443_TCP_PORT`,
    `${service}_PORT_443_TCP_ADDR`,
    `${service}_PORT_53_UDP_ADDR`,
    `${service}_PORT_9_SCTP`,
  ]);
  assert.deepEqual(suspiciousVariables(injected), []);
  const read = [...FLAGS.values()].flatMap(({ variables }) => variables);
  assert.deepEqual(read.filter((name) => injected.includes(name)), []);
});

Deno.test("no documented variable is suspicious, nor one of another program", () => {
  const documented = [...FLAGS.values()].map(({ variables }) => variables[0] ?? "");
  const others = [
    "K8VENT_WEBHOOKS",
    "ATOMIST_ENVIRONMENT",
    "KUBECONFIG",
    "K8S_NODE",
    "K8SVENTILATOR",
    "HOME",
  ];
  assert.deepEqual(suspiciousVariables([...documented, ...others, "K8SVENT_SERVICE_ACCOUNT"]), []);
});
