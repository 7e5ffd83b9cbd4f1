import { issueCertificate } from "../../kit/certificates.ts";
import {
  ANY_HOOK,
  type Area,
  failing,
  fake,
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
    servers: { other: saying(http("200 OK", "{}")) },
    files: { config: kubeconfig({ server: "https://127.0.0.1:{other.port}" }) },
  },
  "The server resets each connection": once(failing("reset")),
  "The server says 401": once(failing(401)),
  "The server forbids to list pods (403)": once(failing(403)),
  "The server forbids to list pods in one namespace": once(failing(403), "--namespace", "shop"),
  "The server knows no pods (404)": once(failing(404, "404 page not found\n")),
  "The server is too busy (429)": { args: ANY_HOOK, cluster: failing(429), until: "429" },
  "The server fails (500)": once(failing(500)),
  "The server is away (503)": once(failing(503)),
  "The server says 401, in the long run": { args: ANY_HOOK, cluster: failing(401), until: "401" },
  "The server forbids to list pods, in the long run": { args: ANY_HOOK, cluster: failing(403), until: "403" },
  "The list breaks off, again and again": once(
    fake(({ faults }) => {
      for (let time = 0; time < 9; time++) faults.cuts.push({ kind: "list", after: 100, how: "reset" });
    }),
  ),
  "The server answers with a page for people": once(
    saying(http("200 OK", "<html>Sign in</html>", "content-type: text/html")),
  ),
  "The server answers with JSON that is no list": once(
    saying(http("200 OK", '{"hello":1}', "content-type: application/json")),
  ),
  "The server answers with nothing": once(saying(http("200 OK"))),
  "A selector that cannot be read": once(undefined, "--selector", "app in (web"),
  "A field selector that cannot be read": once(undefined, "--field-selector", "web"),
  "In a pod without a service account": inPod({}),
  "In a pod whose token is empty": inPod({ "account/token": "", "account/ca.crt": authority.cert }),
  "In a pod whose authority is no certificate": inPod({ "account/token": "x", "account/ca.crt": "x" }),
  "In a pod, and nothing listens": inPod({ "account/token": "x", "account/ca.crt": authority.cert }),
  "All is well": { args: ANY_HOOK, until: "delivers to" },
  "All is well, for two namespaces": {
    args: [...ANY_HOOK, "--namespace", "shop", "--namespace", "team"],
    until: "delivers to",
  },
  "All is well, by a list each minute": {
    args: [...ANY_HOOK, "--source", "poll", "--interval", "1m"],
    until: "delivers to",
  },
};
