import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import type { ApiServer } from "../../src/cluster/api.ts";
import { connectCluster } from "../../src/cluster/connect.ts";
import { ClusterError } from "../../src/cluster/error.ts";
import { pemText } from "../../src/runtime/pem.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { PieceReader } from "../../src/runtime/piece_reader.ts";
import { issueCertificate } from "../kit/certificates.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { findControlPlane, programs } from "../kit/control_plane_source.ts";
import { realCluster, writeKubeconfig } from "../kit/kubeconfig.ts";
import { MemoryLog } from "../kit/memory_log.ts";

const PODS = "/api/v1/pods?limit=1";
const signal = new AbortController().signal;

clusterTest("a real API server is reached by each kind of credential", async (test) => {
  // The watch cache would go on serving a version for a minute after etcd compacted it.
  const plane = await startControlPlane({ env: { ENVTEST_APISERVER_ARGS: "--watch-cache=false" } });
  try {
    for (const [name, step] of Object.entries(STEPS)) await test.step(name, () => step(plane));
  } finally {
    await plane.stop();
  }
});

/** They share the control plane and run in this order: rights are granted on the way. */
const STEPS: Record<string, (plane: ControlPlane) => Promise<void>> = {
  "an administrator's kubeconfig lists pods": async (plane) => {
    await withApi(kubeconfig(plane.kubeconfig), async (api) => {
      assert.equal(JSON.parse(await readPods(api)).kind, "PodList");
      assert.equal(api.origin, plane.server);
    });
  },

  "kubectl proxy is an http:// server that needs no credentials": async (plane) => {
    const kubectl = `${await programs(findControlPlane())}/kubectl`;
    const child = new Deno.Command(kubectl, {
      args: [`--kubeconfig=${plane.kubeconfig}`, "proxy", "--port=0"],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await reader.read();
    const file = await writeKubeconfig(
      plane,
      { server: `http://${/127\.0\.0\.1:\d+/.exec(value)?.[0]}` },
      {},
    );
    await withApi(kubeconfig(file), async (api) => {
      assert.equal(JSON.parse(await readPods(api)).kind, "PodList");
    });
    child.kill();
    await reader.cancel();
    await child.status;
  },

  "an account without rights: the sentence names user, verb, resource, scope and file": async (plane) => {
    await withApi(serviceAccount(plane), async (api) => {
      const everywhere = await failure(api.get(PODS, signal));
      assert.equal(everywhere.fault, "forbidden");
      assert.match(
        everywhere.message,
        /forbids system:serviceaccount:default:k8svent to list pods in all namespaces.*kube\/rbac\.yaml/,
      );
      const here = await failure(api.stream("/api/v1/namespaces/default/pods?watch=1", signal));
      assert.match(here.message, /to watch pods in the namespace default.*kube\/rbac-namespaced\.yaml/);
    });
  },

  "the same account works as soon as it has the rights": async (plane) => {
    await plane.kubectl(["create", "clusterrole", "reader", "--verb=get,list,watch", "--resource=pods"]);
    await plane.kubectl([
      "create",
      "clusterrolebinding",
      "reader",
      "--clusterrole=reader",
      "--serviceaccount=default:k8svent",
    ]);
    await withApi(serviceAccount(plane), async (api) => {
      // The authorizer learns of the binding by a watch of its own.
      const granted = await eventually(() => readPods(api));
      assert.equal(JSON.parse(granted).kind, "PodList");
    });
  },

  "a token that is rotated on disk counts at the next request": async (plane) => {
    const file = await writeKubeconfig(plane, await realCluster(plane), { tokenFile: "rotating-token" });
    const write = (token: string): Promise<void> => Deno.writeTextFile(`${plane.dir}/rotating-token`, token);
    await write("not-a-token");
    await withApi(kubeconfig(file), async (api) => {
      assert.equal((await failure(api.get(PODS, signal))).fault, "unauthorized");
      await write(`${await token(plane)}\n`);
      assert.equal(JSON.parse(await readPods(api)).kind, "PodList");
    });
  },

  "an exec plugin is run once, and again when the server refuses its token": async (plane) => {
    const issued = `${plane.dir}/issued-token`;
    await Deno.writeTextFile(`${plane.dir}/plugin`, PLUGIN, { mode: 0o755 });
    const user = {
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "./plugin",
        args: [issued],
        interactiveMode: "Never",
      },
    };
    const file = await writeKubeconfig(plane, await realCluster(plane), user);
    const runs = async (): Promise<number> =>
      (await Deno.readTextFile(`${issued}.runs`)).split("\n").length - 1;
    await Deno.writeTextFile(issued, await token(plane));
    await withApi(kubeconfig(file), async (api) => {
      await api.get(PODS, signal);
      await api.get(PODS, signal);
      assert.equal(await runs(), 1);
    });
    await Deno.writeTextFile(issued, "a-revoked-token");
    await withApi(kubeconfig(file), async (api) => {
      assert.equal((await failure(api.get(PODS, signal))).fault, "unauthorized");
      assert.equal(await runs(), 3);
      await Deno.writeTextFile(issued, await token(plane));
      assert.equal(JSON.parse(await readPods(api)).kind, "PodList");
      assert.equal(await runs(), 4);
    });
  },

  "a client certificate of X.509 v1, as openssl x509 -req makes it, is shown": async (plane) => {
    const folder = `${plane.dir}/pki`;
    const key = await Deno.readTextFile(`${folder}/ca.key`).catch(() => undefined);
    // A control plane without a certificate authority of its own takes no client certificates.
    if (key === undefined) return;
    const issuer = { cert: await Deno.readTextFile(`${folder}/ca.crt`), key };
    const jane = issueCertificate("jane", { issuer, version1: true });
    await plane.kubectl(["create", "clusterrolebinding", "jane", "--clusterrole=reader", "--user=jane"]);
    const user = { "client-certificate-data": btoa(jane.cert), "client-key-data": btoa(jane.key) };
    await withApi(kubeconfig(await writeKubeconfig(plane, await realCluster(plane), user)), async (api) => {
      assert.equal(JSON.parse(await eventually(() => readPods(api))).kind, "PodList");
    });
  },

  "the server's own certificate in place of its authority, another name for it, and none": async (plane) => {
    const { cert: own } = await peerCertificate(plane);
    const { server } = await realCluster(plane);
    const user = { token: await token(plane) };
    for (
      const cluster of [
        { server, "certificate-authority-data": btoa(own) },
        { ...await realCluster(plane), "tls-server-name": "localhost" },
        { server, "insecure-skip-tls-verify": true },
      ]
    ) {
      await withApi(kubeconfig(await writeKubeconfig(plane, cluster, user)), async (api) => {
        assert.equal(JSON.parse(await readPods(api)).kind, "PodList");
      });
    }
  },

  "an authority that is replaced on disk counts at the next request": async (plane) => {
    const folder = `${plane.dir}/another-sa`;
    await Deno.mkdir(folder);
    await Deno.copyFile(`${plane.serviceAccount}/token`, `${folder}/token`);
    await Deno.writeTextFile(`${folder}/ca.crt`, issueCertificate("another authority").cert);
    await withApi({ env: { ...serviceAccount(plane).env, K8SVENT_SERVICE_ACCOUNT: folder } }, async (api) => {
      const error = await failure(api.get(PODS, signal));
      assert.equal(error.fault, "certificate");
      await Deno.copyFile(`${plane.serviceAccount}/ca.crt`, `${folder}/ca.crt`);
      assert.equal(JSON.parse(await readPods(api)).kind, "PodList");
    });
  },

  "a watch streams as things happen and ends with its signal": async (plane) => {
    await withApi(kubeconfig(plane.kubeconfig), async (api) => {
      const { metadata } = JSON.parse(await readPods(api));
      const stop = new AbortController();
      const watch = `/api/v1/pods?watch=1&resourceVersion=${metadata.resourceVersion}`;
      using reader = new PieceReader(await api.stream(watch, stop.signal), stop.signal);
      await plane.kubectl(["run", "web", "--image=web"]);
      const { bytes } = await reader.read(new ArrayBuffer(64 * 1024));
      assert.match(new TextDecoder().decode(bytes), /^\{"type":"ADDED".*"name":"web"/);
      const more = reader.read(bytes.buffer);
      stop.abort(new Error("enough"));
      await assert.rejects(more, /enough/);
    });
  },

  "what the server refuses is distinguished": async (plane) => {
    await withApi(kubeconfig(plane.kubeconfig), async (api) => {
      const fault = async (path: string): Promise<string> => (await failure(api.get(path, signal))).fault;
      assert.equal(await fault("/api/v1/namespaces/default/pods/no-such-pod"), "missing");
      assert.equal(await fault("/api/v1/pods?labelSelector=a%3Db%3Dc"), "server");
      const { metadata: { resourceVersion } } = JSON.parse(await readPods(api));
      const ahead = `resourceVersion=${
        Number(resourceVersion) + 1_000_000
      }&resourceVersionMatch=NotOlderThan`;
      assert.equal(await fault(`/api/v1/pods?${ahead}`), "too-large");
      await compact(plane, resourceVersion);
      assert.equal(await fault("/api/v1/pods?resourceVersion=2&resourceVersionMatch=Exact"), "expired");
    });
  },

  "a server that is down: the sentence names host and port": async (plane) => {
    await plane.stopApiServer();
    await withApi(kubeconfig(plane.kubeconfig), async (api) => {
      const error = await failure(api.get(PODS, signal));
      assert.equal(error.fault, "unreachable");
      assert.ok(error.message.includes(`${new URL(plane.server).host} was refused`), error.message);
    });
  },
};

/** Prints the token that a file holds, and counts its runs beside it. */
const PLUGIN = `#!/bin/sh
echo run >>"$1.runs"
case $KUBERNETES_EXEC_INFO in *'"interactive":false'*) ;; *) exit 1 ;; esac
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$(cat "$1")"
`;

/** What the API server shows. */
async function peerCertificate(plane: ControlPlane): Promise<{ cert: string }> {
  const { hostname, port } = new URL(plane.server);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const der: Uint8Array = socket.getPeerCertificate().raw;
  socket.destroy();
  return { cert: pemText("CERTIFICATE", der) };
}

interface Connection {
  kubeconfig?: string;
  env: Record<string, string>;
}

function kubeconfig(file: string): Connection {
  return { kubeconfig: file, env: {} };
}

function serviceAccount(plane: ControlPlane): Connection {
  const { hostname, port } = new URL(plane.server);
  return {
    env: {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      K8SVENT_SERVICE_ACCOUNT: plane.serviceAccount,
    },
  };
}

async function withApi(
  { env, ...options }: Connection,
  work: (api: ApiServer) => Promise<void>,
): Promise<void> {
  const deps = {
    env: (name: string) => env[name],
    clock: systemClock,
    log: new MemoryLog(),
    version: "0.0.0",
  };
  const api = await connectCluster(options, deps);
  try {
    await work(api);
  } finally {
    api.close();
  }
}

async function failure(answer: Promise<unknown>): Promise<ClusterError> {
  const error = await answer.then(() => undefined, (error) => error);
  assert.ok(error instanceof ClusterError, String(error));
  return error;
}

async function token(plane: ControlPlane): Promise<string> {
  return (await plane.kubectl(["create", "token", "k8svent"])).trim();
}

async function compact(plane: ControlPlane, revision: string): Promise<void> {
  const body = JSON.stringify({ revision, physical: true });
  await (await fetch(`${plane.etcd}/v3/kv/compaction`, { method: "POST", body })).body?.cancel();
}

async function readPods(api: ApiServer): Promise<string> {
  return new TextDecoder().decode(await api.get(PODS, signal));
}

async function eventually(work: () => Promise<string>): Promise<string> {
  for (let attempt = 1;; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
