import assert from "node:assert/strict";
import { connectCluster } from "../../src/cluster/connect.ts";
import { ClusterError } from "../../src/cluster/error.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { findControlPlane, programs } from "../kit/control_plane_source.ts";
import { authority, trusted } from "../kit/https_server.ts";
import { MemoryLog } from "../kit/memory_log.ts";
import { testNeeding } from "../kit/needing.ts";

/*
 * Credential plugins beside kubectl: what a plugin is given about the cluster, and what it may print.
 */

type Fields = Record<string, unknown>;

interface Run {
  /** The token that the server was shown; undefined: it was not asked. */
  token: string | undefined;
  /** KUBERNETES_EXEC_INFO, as the plugin found it. */
  info: Fields | undefined;
  /** What k8svent said, where it was refused. */
  message: string;
}

type Ask = (kubeconfig: string) => Promise<string>;

const V1 = "client.authentication.k8s.io/v1";

/** Asks a server with a plugin that prints this, and a kubeconfig whose cluster has these fields besides. */
async function run(printed: string, cluster: Fields, exec: Fields, ask: Ask): Promise<Run> {
  const folder = await Deno.makeTempDir({ prefix: "k8svent-plugin-" });
  let token: string | undefined;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...trusted },
    ({ headers }) => {
      token = headers.get("authorization")?.replace("Bearer ", "");
      return Response.json({ kind: "PodList", apiVersion: "v1", metadata: {}, items: [] });
    },
  );
  try {
    await Deno.writeTextFile(`${folder}/ca.crt`, authority.cert);
    await Deno.writeTextFile(`${folder}/printed`, printed);
    const script =
      '#!/bin/sh\nhere=$(dirname "$0")\nprintf %s "$KUBERNETES_EXEC_INFO" >"$here/info"\ncat "$here/printed"\n';
    await Deno.writeTextFile(`${folder}/plugin`, script, { mode: 0o755 });
    const address = `https://127.0.0.1:${server.addr.port}`;
    const config = {
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "c" } }],
      clusters: [{ name: "c", cluster: { server: address, "certificate-authority": "ca.crt", ...cluster } }],
      users: [{
        name: "c",
        user: { exec: { apiVersion: V1, command: "./plugin", interactiveMode: "Never", ...exec } },
      }],
    };
    await Deno.writeTextFile(`${folder}/config`, JSON.stringify(config));
    const message = await ask(`${folder}/config`);
    const info = await Deno.readTextFile(`${folder}/info`).catch(() => "");
    // The port is another one each time.
    return {
      token,
      message,
      info: info === "" ? undefined : JSON.parse(info.replaceAll(address, "https://here")),
    };
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

async function k8svent(kubeconfig: string): Promise<string> {
  const deps = { env: () => undefined, clock: systemClock, log: new MemoryLog(), version: "0" };
  const api = await connectCluster({ kubeconfig }, deps);
  try {
    await api.get("/api/v1/pods", new AbortController().signal);
    return "";
  } catch (error) {
    assert.ok(error instanceof ClusterError, String(error));
    return error.message;
  } finally {
    api.close();
  }
}

async function kubectl(kubeconfig: string): Promise<string> {
  const { success } = await new Deno.Command(`${await programs(findControlPlane())}/kubectl`, {
    args: [`--kubeconfig=${kubeconfig}`, "get", "--raw", "/api/v1/pods"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return success ? "" : "refused";
}

function credential(fields: Fields, apiVersion = V1): string {
  return JSON.stringify({ apiVersion, kind: "ExecCredential", ...fields });
}

const GOOD = credential({ status: { token: "a-token" } });
const YAML = `apiVersion: ${V1}\nkind: ExecCredential\nstatus:\n  token: a-token\n`;

const PRINTED: [name: string, printed: string, token: string | undefined, message: RegExp][] = [
  ["JSON", GOOD, "a-token", /^$/],
  ["JSON in many lines", JSON.stringify(JSON.parse(GOOD), null, 4), "a-token", /^$/],
  ["YAML", YAML, "a-token", /^$/],
  ["YAML with a comment and a marker", `# from the vault\n---\n${YAML}`, "a-token", /^$/],
  [
    "a date of expiry",
    credential({ status: { token: "a-token", expirationTimestamp: "2099-01-01T00:00:00Z" } }),
    "a-token",
    /^$/,
  ],
  [
    "a date that is past",
    credential({ status: { token: "a-token", expirationTimestamp: "2001-01-01T00:00:00Z" } }),
    "a-token",
    /^$/,
  ],
  [
    "a word before it",
    `Signing in…\n${GOOD}`,
    undefined,
    /printed something else where an ExecCredential should be/,
  ],
  ["a word behind it", `${GOOD}\nDone.`, undefined, /printed something else/],
  ["nothing", "", undefined, /printed nothing where an ExecCredential should be/],
  ["a page", "<html>Sign in</html>", undefined, /printed something else/],
  ["a bare token", "a-token", undefined, /printed something else/],
  ["another kind", GOOD.replace("ExecCredential", "Secret"), undefined, /printed something else/],
  [
    "another apiVersion",
    credential({ status: { token: "a-token" } }, "client.authentication.k8s.io/v1beta1"),
    undefined,
    /another apiVersion than .*\/v1,/,
  ],
  [
    "no apiVersion",
    '{"kind":"ExecCredential","status":{"token":"a-token"}}',
    undefined,
    /another apiVersion/,
  ],
  ["no status", credential({}), undefined, /without a status/],
  ["an empty status", credential({ status: {} }), undefined, /neither a token nor a client certificate/],
  [
    "an empty token",
    credential({ status: { token: "" } }),
    undefined,
    /neither a token nor a client certificate/,
  ],
  [
    "a certificate without its key",
    credential({ status: { clientCertificateData: authority.cert } }),
    undefined,
    /only one of a client certificate and its key/,
  ],
  [
    "a key without its certificate",
    credential({ status: { clientKeyData: authority.key } }),
    undefined,
    /only one of a client certificate and its key/,
  ],
];

const spec = (cluster: Fields): Fields => ({
  apiVersion: V1,
  kind: "ExecCredential",
  spec: { interactive: false, cluster },
});
const CA = btoa(`${authority.cert.trim()}\n`);

const GIVEN: [name: string, cluster: Fields, info: Fields][] = [
  ["an authority in a file", {}, spec({ server: "https://here", "certificate-authority-data": CA })],
  [
    "an authority inline",
    { "certificate-authority": undefined, "certificate-authority-data": btoa(authority.cert) },
    spec({ server: "https://here", "certificate-authority-data": btoa(authority.cert) }),
  ],
  [
    "another server name",
    { "tls-server-name": "127.0.0.1" },
    spec({ server: "https://here", "certificate-authority-data": CA, "tls-server-name": "127.0.0.1" }),
  ],
  [
    "no verification",
    { "certificate-authority": undefined, "insecure-skip-tls-verify": true },
    spec({ server: "https://here", "insecure-skip-tls-verify": true }),
  ],
  [
    "a configuration of its own",
    { extensions: [{ name: "client.authentication.k8s.io/exec", extension: { audience: "x" } }] },
    spec({ server: "https://here", "certificate-authority-data": CA, config: { audience: "x" } }),
  ],
];

async function holds(ask: Ask, isOurs: boolean): Promise<void> {
  for (const [name, printed, token, message] of PRINTED) {
    const found = await run(printed, {}, {}, ask);
    assert.equal(found.token, token, name);
    if (isOurs) {
      assert.match(found.message, message, name);
      assert.doesNotMatch(found.message, /a-token|Sign in/, name);
    }
  }
  for (const [name, cluster, info] of GIVEN) {
    const found = await run(GOOD, cluster, { provideClusterInfo: true }, ask);
    assert.equal(found.token, "a-token", name);
    assert.deepEqual(withoutNulls(found.info), info, name);
  }
}

/** Go prints what is not there as null. */
function withoutNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, item) => item === null ? undefined : item);
}

Deno.test("a credential plugin is given and believed what kubectl gives and believes it", () =>
  holds(k8svent, true));

const source = findControlPlane();
testNeeding(
  source.kind === "none" ? source.reason : undefined,
  "the table of credential plugins is kubectl's",
  () => holds(kubectl, false),
);
