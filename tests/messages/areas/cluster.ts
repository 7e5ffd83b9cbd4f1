import { setTimeout as delay } from "node:timers/promises";
import { issueCertificate } from "../../kit/certificates.ts";
import { MARK } from "../../kit/confidential.ts";
import {
  answering,
  ANY_HOOK,
  type Area,
  failing,
  fake,
  HOOK,
  http,
  kubeconfig,
  raw,
  saying,
  type Situation,
} from "../situation.ts";

/** One snapshot, which ends with the first answer that is none. */
function once(cluster: Situation["cluster"], ...args: string[]): Situation {
  return { args: ["--once", ...args], ...cluster !== undefined && { cluster } };
}

const authority = issueCertificate("an authority");

function tls(hosts: string[], expired = false, issuer = authority): Situation {
  const { cert, key } = issueCertificate("the server", { issuer, hosts, expired });
  return {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    servers: { other: raw({ tls: { cert, key } }) },
    files: {
      config: kubeconfig({
        server: "{other}",
        "certificate-authority-data": btoa(authority.cert),
      }),
    },
  };
}

/** All that is printed; the receiver takes its time, so that what it accepts is said last. */
function well(...args: string[]): Situation {
  const hook = answering(async () => {
    await delay(1_000);
    return { status: 200 };
  });
  return { args: [...HOOK, ...args], servers: { hook }, until: "Delivers to", routine: true };
}

/** In a pod: two variables and a folder. */
function inPod(files: Record<string, string>, env: Record<string, string> = {}): Situation {
  return {
    args: ["--once"],
    cluster: null,
    env: {
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: "{free}",
      K8SVENT_SERVICE_ACCOUNT: "{dir}/account",
      ...env,
    },
    files,
  };
}

export const CLUSTER: Area = {
  "Nothing listens at the server's address": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    files: { config: kubeconfig({ server: "https://127.0.0.1:{free}" }) },
  },
  "The same, in the long run": {
    args: [...ANY_HOOK, "--kubeconfig", "{dir}/config"],
    cluster: null,
    files: { config: kubeconfig({ server: "https://127.0.0.1:{free}" }) },
    until: "refused",
  },
  "The server's name does not exist": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    files: { config: kubeconfig({ server: "https://no-such-host.invalid" }) },
  },
  "The server's certificate is of another authority": tls(["127.0.0.1"], false, issueCertificate("another")),
  "The server's certificate is for another name": tls(["kubernetes.example.com"]),
  "The server's certificate has expired": tls(["127.0.0.1"], true),
  "https to a server that speaks http": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    servers: { other: answering({ status: 200 }) },
    files: { config: kubeconfig({ server: "https://127.0.0.1:{other.port}" }) },
  },
  "The server resets each connection": once(failing("reset")),
  "The server says 401": once(failing(401)),
  "The server forbids to list pods (403)": once(failing(403)),
  "The server forbids to list pods in one namespace": once(failing(403), "--namespace", "shop"),
  "The server knows no pods (404)": once(failing(404, "404 page not found\n")),
  "The server is too busy (429)": { args: HOOK, cluster: failing(429), until: "(429" },
  "The server fails (500)": once(failing(500)),
  "The server is away (503)": once(failing(503)),
  "The server is away (503) for two namespaces, in the long run": {
    args: [...HOOK, "--namespace", "shop", "--namespace", "team"],
    cluster: failing(503),
    until: "not followed",
  },
  "The server says 401, in the long run": { args: HOOK, cluster: failing(401), until: "(401" },
  "The server forbids to list pods, in the long run": { args: HOOK, cluster: failing(403), until: "(403" },
  "The list breaks off, again and again": once(
    fake(({ faults }) => {
      for (let time = 0; time < 9; time++) faults.cuts.push({ kind: "list", after: 100, how: "reset" });
    }),
  ),
  "The server answers with a page for people": once(
    saying(http("200 OK", "<html>Sign in</html>", "content-type: text/html")),
  ),
  "The server answers with JSON that is not a list": once(
    saying(http("200 OK", '{"hello":1}', "content-type: application/json")),
  ),
  "The list holds an object without a UID": once(
    saying(http(
      "200 OK",
      '{"kind":"PodList","metadata":{"resourceVersion":"9"},"items":[{"metadata":{"namespace":"shop","name":"web-0"}}]}',
      "content-type: application/json",
    )),
  ),
  "The list holds objects of another kind": once(
    saying(http(
      "200 OK",
      '{"kind":"PodList","metadata":{"resourceVersion":"9"},"items":[{"kind":"Node","metadata":{"name":"a"}},{"kind":"Node"}]}',
      "content-type: application/json",
    )),
  ),
  "The server does not know what it is asked (501)": once(saying(http("501 Not Implemented", "<html>"))),
  "The server answers with nothing": once(saying(http("200 OK"))),
  "A selector that cannot be read": once(undefined, "--selector", "app in (web"),
  "A field selector that cannot be read": once(undefined, "--field-selector", "web"),
  "A selector of a variable that cannot be read": {
    ...once(undefined),
    env: { K8SVENT_SELECTOR: "app in (web" },
  },
  "A server at a port that nobody should use": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    files: { config: kubeconfig({ server: "http://127.0.0.1:6000" }) },
  },
  "The server redirects to a page to sign in": once(
    saying(http("302 Found", "", `location: https://login.example.com/${MARK}`)),
  ),
  "The server forbids, as a page": once(
    saying(http("403 Forbidden", "<html>No</html>", "content-type: text/html")),
  ),
  "The server is too busy for one snapshot (429)": once(failing(429)),
  "The server says 401 in one snapshot, in JSON": {
    args: ["--once", "--log-format", "json"],
    cluster: failing(401),
  },
  "A namespace that does not exist": {
    args: [...HOOK, "--namespace", "shpo"],
    until: "There is no namespace",
  },
  "A selector that no pod has": { args: [...HOOK, "--selector", "app=nothing"], until: "No pods" },
  "A selector that cannot be read, in the long run": { args: [...HOOK, "--selector", "app==!x"] },
  "A field that no pod has": once(undefined, "--field-selector", "spec.nosuch=x"),
  "In a pod, beside a Service called kubernetes": inPod(
    { "account/token": "x", "account/ca.crt": authority.cert },
    { KUBERNETES_SERVICE_PORT: "tcp://10.0.0.1:443" },
  ),
  "In a pod without a port": inPod(
    { "account/token": "x", "account/ca.crt": authority.cert },
    { KUBERNETES_SERVICE_PORT: "" },
  ),
  "In a pod whose authority is missing": inPod({ "account/token": "x" }),
  "In a pod without a service account": inPod({}),
  "In a pod whose token is empty": inPod({ "account/token": "", "account/ca.crt": authority.cert }),
  "In a pod whose authority is no certificate": inPod({ "account/token": "x", "account/ca.crt": "x" }),
  "In a pod, and nothing listens": inPod({ "account/token": "x", "account/ca.crt": authority.cert }),
  "All is well": well(),
  "All is well, for two namespaces": well("--namespace", "shop", "--namespace", "team"),
  "All is well, by a list each minute": well("--source", "poll", "--interval", "1m"),
};
