import type { Pod } from "../../src/pod/pod.ts";
import type { FakeApiServer } from "../kit/apiserver/server.ts";
import type { PodInput } from "../kit/apiserver/pod_store.ts";
import type { ControlPlane } from "../kit/control_plane.ts";

/**
 * Who is asked. kube-apiserver comes twice, because its watch cache changes what can be seen: only with it
 * are there bookmarks, only without it does a compaction show.
 */
export type Kind = "fake" | "watch cache" | "no watch cache";

/** An API server under test: how it is read (over HTTP), and how its pods are changed. */
export interface Subject {
  readonly kind: Kind;
  get(path: string, signal?: AbortSignal): Promise<Response>;
  /** A namespace of its own for one fact, empty. */
  namespace(): Promise<string>;
  create(pod: PodInput): Promise<Pod>;
  /** Sets labels. */
  label(namespace: string, name: string, labels: Record<string, string>): Promise<void>;
  /** Without a grace period. */
  remove(namespace: string, name: string): Promise<void>;
  /** Forgets all history up to now. */
  compact(): Promise<void>;
  close(): void;
}

export function fakeSubject(server: FakeApiServer): Subject {
  let namespaces = 0;
  return {
    kind: "fake",
    get: (path, signal) => fetch(server.url + path, signal === undefined ? {} : { signal }),
    namespace: () => Promise.resolve(`ns-${++namespaces}`),
    create: (pod) => Promise.resolve(server.create(pod)),
    label: (namespace, name, labels) => {
      server.update(
        { namespace, name },
        (pod) => pod.metadata.labels = { ...pod.metadata.labels, ...labels },
      );
      return Promise.resolve();
    },
    remove: (namespace, name) => Promise.resolve(server.remove({ namespace, name })),
    compact: () => Promise.resolve(server.compact()),
    close: () => {},
  };
}

export async function realSubject(plane: ControlPlane, kind: Kind): Promise<Subject> {
  const { client, token } = await access(plane);
  let namespaces = 0;
  async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const headers = {
      "content-type": type,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    return await fetch(plane.server + path, {
      client,
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  }
  async function change(method: string, path: string, body?: unknown): Promise<Pod> {
    const response = await send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text);
  }
  const podPath = (namespace: string, name: string): string => `/api/v1/namespaces/${namespace}/pods/${name}`;
  return {
    kind,
    get: (path, signal) => send("GET", path, undefined, signal),
    namespace: async () => {
      const name = `ns-${++namespaces}`;
      await change("POST", "/api/v1/namespaces", { metadata: { name } });
      return name;
    },
    create: (pod) =>
      change("POST", `/api/v1/namespaces/${pod.metadata.namespace ?? "default"}/pods`, {
        spec: SPEC,
        ...pod,
      }),
    label: async (namespace, name, labels) => {
      await change("PATCH", podPath(namespace, name), { metadata: { labels } });
    },
    remove: async (namespace, name) => {
      await change("DELETE", `${podPath(namespace, name)}?gracePeriodSeconds=0`);
    },
    compact: async () => {
      const { metadata } = await (await send("GET", "/api/v1/pods?limit=1", undefined)).json();
      const body = JSON.stringify({ revision: metadata.resourceVersion, physical: true });
      const response = await fetch(`${plane.etcd}/v3/kv/compaction`, { method: "POST", body });
      const text = await response.text();
      if (!response.ok) throw new Error(`etcd's compaction: ${text}`);
    },
    close: () => client.close(),
  };
}

const SPEC = { containers: [{ name: "main", image: "example.com/app:1" }] };

async function access(plane: ControlPlane): Promise<{ client: Deno.HttpClient; token: string | undefined }> {
  const view = await plane.kubectl(["config", "view", "--raw", "--flatten", "-o", "json"]);
  const { clusters: [{ cluster }], users: [{ user }] } = JSON.parse(view);
  const trust = { http2: false, caCerts: [atob(cluster["certificate-authority-data"])] };
  const certificate = user["client-certificate-data"];
  if (certificate === undefined) return { client: Deno.createHttpClient(trust), token: user.token };
  const identity = { cert: atob(certificate), key: atob(user["client-key-data"]) };
  return { client: Deno.createHttpClient({ ...trust, ...identity }), token: undefined };
}
