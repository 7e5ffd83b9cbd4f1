import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { connectCluster } from "../../src/cluster/connect.ts";
import { ClusterError } from "../../src/cluster/error.ts";
import { ClusterSetupError } from "../../src/cluster/setup_error.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { issueCertificate } from "../kit/certificates.ts";
import { findControlPlane, programs } from "../kit/control_plane_source.ts";
import { authority, trusted } from "../kit/https_server.ts";
import { MemoryLog } from "../kit/memory_log.ts";
import { testNeeding } from "../kit/needing.ts";

/*
 * Which of the credentials of one kubeconfig user are shown, where there are several: k8svent and kubectl read the same
 * file and ask the same server, which writes down what it was shown.
 */

type Fields = Record<string, unknown>;

/** What a server was shown, `refused` where nothing was asked, and whether the plugin was run. */
interface Shown {
  authorization: string;
  name: string;
  wasRun: boolean;
}

const REFUSED: Shown = { authorization: "refused", name: "-", wasRun: false };
const PATH = "/api/v1/pods";

class Bench implements AsyncDisposable {
  readonly folder: string;
  readonly #server: ReturnType<typeof createServer>;
  readonly #shown: Omit<Shown, "wasRun">[] = [];

  static async open(): Promise<Bench> {
    const folder = await Deno.makeTempDir({ prefix: "k8svent-credentials-" });
    await Deno.writeTextFile(`${folder}/token`, "of-file\n");
    await Deno.writeTextFile(`${folder}/empty`, "");
    const credential = { apiVersion: V1, kind: "ExecCredential", status: { token: "of-plugin" } };
    const script = `#!/bin/sh\necho run >>"$(dirname "$0")/runs"\necho '${JSON.stringify(credential)}'\n`;
    await Deno.writeTextFile(`${folder}/plugin`, script, { mode: 0o755 });
    const bench = new Bench(folder);
    await new Promise<void>((resolve) => bench.#server.listen(0, "127.0.0.1", resolve));
    return bench;
  }

  private constructor(folder: string) {
    this.folder = folder;
    const options = { ca: authority.cert, requestCert: true, rejectUnauthorized: false, ...trusted };
    this.#server = createServer(options, ({ headers, socket }, response) => {
      const name = (socket as TLSSocket).getPeerCertificate()?.subject?.CN;
      this.#shown.push({
        authorization: headers.authorization ?? "-",
        name: Array.isArray(name) ? name.join() : name ?? "-",
      });
      response.setHeader("content-type", "application/json");
      response.end('{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}');
    });
  }

  /** What the server is shown while somebody asks it by a kubeconfig with this user. */
  async shownBy(user: Fields, asks: (kubeconfig: string) => Promise<void>): Promise<Shown> {
    const address = this.#server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const server = `https://127.0.0.1:${port}`;
    const config = {
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "c" } }],
      clusters: [{ name: "c", cluster: { server, "certificate-authority-data": btoa(authority.cert) } }],
      users: [{ name: "c", user }],
    };
    await Deno.writeTextFile(`${this.folder}/config`, JSON.stringify(config));
    this.#shown.length = 0;
    await asks(`${this.folder}/config`);
    const wasRun = await Deno.remove(`${this.folder}/runs`).then(() => true, () => false);
    const [first] = this.#shown;
    return first === undefined ? { ...REFUSED, wasRun } : { ...first, wasRun };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function k8svent(kubeconfig: string): Promise<void> {
  const deps = { env: () => undefined, clock: systemClock, log: new MemoryLog(), version: "0" };
  try {
    const api = await connectCluster({ kubeconfig }, deps);
    try {
      await api.get(PATH, new AbortController().signal);
    } finally {
      api.close();
    }
  } catch (error) {
    assert.ok(error instanceof ClusterError || error instanceof ClusterSetupError, String(error));
  }
}

async function kubectl(kubeconfig: string): Promise<void> {
  await new Deno.Command(`${await programs(findControlPlane())}/kubectl`, {
    args: [`--kubeconfig=${kubeconfig}`, "get", "--raw", PATH],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}

const V1 = "client.authentication.k8s.io/v1";
const jane = issueCertificate("jane", { issuer: authority });
const CERT = { "client-certificate-data": btoa(jane.cert) };
const KEY = { "client-key-data": btoa(jane.key) };
const part = (value: unknown): string => btoa(JSON.stringify(value)).replace(/=+$/, "");
const ID_TOKEN = `${part({ alg: "none" })}.${part({ exp: 4_102_444_800 })}.c2ln`;

const PARTS: Record<string, Fields> = {
  token: { token: "of-token" },
  tokenFile: { tokenFile: "token" },
  basic: { username: "me", password: "secret" },
  cert: { ...CERT, ...KEY },
  exec: { exec: { apiVersion: V1, command: "./plugin", interactiveMode: "Never" } },
  provider: {
    "auth-provider": {
      name: "oidc",
      config: { "id-token": ID_TOKEN, "client-id": "x", "idp-issuer-url": "https://127.0.0.1:1" },
    },
  },
};

const TOKEN = "Bearer of-token";
const FILE = "Bearer of-file";
const BASIC = "Basic bWU6c2VjcmV0";
const PROVIDER = `Bearer ${ID_TOKEN}`;

function shows(authorization: string, name = "-"): Shown {
  return { authorization, name, wasRun: false };
}

const BY_PLUGIN: Shown = { authorization: "Bearer of-plugin", name: "-", wasRun: true };

/** Each alone, in pairs and in threes. */
const TABLE: Record<string, Shown> = {
  "token": shows(TOKEN),
  "tokenFile": shows(FILE),
  "basic": shows(BASIC),
  "cert": shows("-", "jane"),
  "exec": BY_PLUGIN,
  "provider": shows(PROVIDER),
  "token tokenFile": shows(FILE),
  "token basic": REFUSED,
  "token cert": shows(TOKEN, "jane"),
  "token exec": shows(TOKEN),
  "token provider": shows(TOKEN),
  "tokenFile basic": REFUSED,
  "tokenFile cert": shows(FILE, "jane"),
  "tokenFile exec": shows(FILE),
  "tokenFile provider": shows(FILE),
  "basic cert": shows(BASIC, "jane"),
  "basic exec": shows(BASIC),
  "basic provider": shows(BASIC),
  "cert exec": shows("-", "jane"),
  "cert provider": shows(PROVIDER, "jane"),
  "exec provider": REFUSED,
  "token tokenFile basic": REFUSED,
  "token tokenFile cert": shows(FILE, "jane"),
  "token tokenFile exec": shows(FILE),
  "token tokenFile provider": shows(FILE),
  "token basic cert": REFUSED,
  "token basic exec": REFUSED,
  "token basic provider": REFUSED,
  "token cert exec": shows(TOKEN, "jane"),
  "token cert provider": shows(TOKEN, "jane"),
  "token exec provider": REFUSED,
  "tokenFile basic cert": REFUSED,
  "tokenFile basic exec": REFUSED,
  "tokenFile basic provider": REFUSED,
  "tokenFile cert exec": shows(FILE, "jane"),
  "tokenFile cert provider": shows(FILE, "jane"),
  "tokenFile exec provider": REFUSED,
  "basic cert exec": shows(BASIC, "jane"),
  "basic cert provider": shows(BASIC, "jane"),
  "basic exec provider": REFUSED,
  "cert exec provider": REFUSED,
};

const MISSING = { exec: { apiVersion: V1, command: "no-such-plugin", interactiveMode: "Never" } };

/** What is half there, empty or missing. */
const ODD: [name: string, user: Fields, shown: Shown][] = [
  ["a token beside a plugin that is not there", { ...PARTS.token, ...MISSING }, shows(TOKEN)],
  ["a certificate beside a plugin that is not there", { ...PARTS.cert, ...MISSING }, shows("-", "jane")],
  ["a plugin that is not there", MISSING, REFUSED],
  ["a token beside a token file that is not there", { token: "of-token", tokenFile: "none" }, shows(TOKEN)],
  ["a token beside a token file that is empty", { token: "of-token", tokenFile: "empty" }, shows(TOKEN)],
  ["a token file that is not there", { tokenFile: "none" }, REFUSED],
  ["an empty token beside a plugin", { token: "", ...PARTS.exec }, BY_PLUGIN],
  ["a name without a password", { username: "me" }, shows("Basic bWU6")],
  ["a name without a password beside a plugin", { username: "me", ...PARTS.exec }, shows("Basic bWU6")],
  ["a password without a name beside a plugin", { password: "secret", ...PARTS.exec }, BY_PLUGIN],
  ["a password without a name beside a token", { password: "secret", ...PARTS.token }, REFUSED],
  ["a certificate without its key", CERT, REFUSED],
  ["a certificate without its key beside a token", { ...CERT, ...PARTS.token }, REFUSED],
  ["a key without its certificate beside a token", { ...KEY, ...PARTS.token }, shows(TOKEN)],
  ["a key without its certificate beside a plugin", { ...KEY, ...PARTS.exec }, BY_PLUGIN],
];

function cases(): [name: string, user: Fields, shown: Shown][] {
  const combined = Object.entries(TABLE).map(([names, shown]): [string, Fields, Shown] => {
    return [
      names.replaceAll(" ", " and "),
      Object.assign({}, ...names.split(" ").map((name) => PARTS[name])),
      shown,
    ];
  });
  return [...combined, ...ODD];
}

async function holds(asks: (kubeconfig: string) => Promise<void>): Promise<void> {
  await using bench = await Bench.open();
  for (const [name, user, shown] of cases()) {
    assert.deepEqual(await bench.shownBy(user, asks), shown, name);
  }
}

Deno.test("of several credentials the same are shown as by kubectl", () => holds(k8svent));

const source = findControlPlane();
testNeeding(
  source.kind === "none" ? source.reason : undefined,
  "the table of credentials is kubectl's",
  () => holds(kubectl),
);
