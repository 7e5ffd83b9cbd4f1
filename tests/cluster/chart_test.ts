import assert from "node:assert/strict";
import { run } from "../kit/command.ts";
import { clusterCases, type ControlPlane } from "../kit/control_plane.ts";
import { may } from "../kit/may.ts";
import { findControlPlane, programs } from "../kit/control_plane_source.ts";
import { CHART, type KubernetesObject, renderObjects, type Values, withoutHelm } from "../kit/helm.ts";
import { commandsOf, readPage } from "../kit/pages.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

const SECRET = { webhooks: "https://hooks.example.com/pods", secret: "a secret of at least 24 characters" };
const CONFIG = { version: 1, endpoints: [{ name: "ops", url: "https://hooks.example.com/pods" }] };

/** What each of them asks of an API server is something else. */
const SETS: Record<string, Values> = {
  "the defaults": {},
  "a Secret of the chart": { secret: { data: { ...SECRET, "chat-url": "ü: {{ x }}\n\"'" } } },
  "a configuration file, with page and API": { config: CONFIG, admin: { enabled: true } },
  "no volume, and the updater": { persistence: { enabled: false }, update: "exit", image: { tag: "latest" } },
  "names that could be numbers": {
    fullnameOverride: "12",
    nameOverride: "7",
    secret: { name: "123" },
    namespaces: ["0123"],
    persistence: { storageClass: "1", size: "5000000000" },
    podLabels: { team: "1" },
    podAnnotations: { on: "true" },
    nodeSelector: { gpu: "true" },
    extraEnv: [{ name: "K8SVENT_CONCURRENCY", value: "8" }],
    extraArgs: ["--timeout", "5s"],
  },
  "a name of 63 characters, which ends with a hyphen": { fullnameOverride: `${"a".repeat(62)}-b` },
  "no securityContext of the pod's user, as on OpenShift": {
    podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null },
  },
  "everything for the scheduler": {
    imagePullSecrets: [{ name: "pull" }],
    tolerations: [{ operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] }],
        },
      },
    },
  },
  "a token that is mounted beside the Secret": {
    extraVolumes: [{
      name: "audit",
      projected: { sources: [{ serviceAccountToken: { audience: "audit", path: "token" } }] },
    }],
    extraVolumeMounts: [{ name: "audit", mountPath: "/var/run/secrets/k8svent/audit", readOnly: true }],
  },
};

/** Each removes the releases that it made. */
const chartTest = clusterCases("the chart does on a real API server what its README says", {
  async prepare(cluster): Promise<void> {
    await cluster.kubectl(["apply", "-f", `${ROOT}kube/namespace.yaml`]);
    for (const name of ["team-a", "0123", "staging"]) await cluster.kubectl(["create", "namespace", name]);
  },
  lacks: withoutHelm,
});

chartTest(
  "the server takes what each set of values makes, and nothing is against the standard",
  async (cluster) => {
    const objects = await Promise.all(
      Object.values(SETS).map(async (values, place) => {
        // As long as Helm lets a name be.
        const made = await renderObjects(values, `set-${place}-${"x".repeat(53 - 6)}`);
        return [...made, podOf(made, `pod-${place}`)];
      }),
    );
    const list = { apiVersion: "v1", kind: "List", items: objects.flat() };
    const flags = ["--server-side", "--dry-run=server", "--warnings-as-errors"];
    await cluster.kubectl(["apply", ...flags, "-f", "-"], JSON.stringify(list));
  },
);

/** The pod that the Deployment would make. */
function podOf(objects: KubernetesObject[], name: string): unknown {
  const deployment = objects.find(({ kind }) => kind === "Deployment") as KubernetesObject & {
    spec: { template: { metadata: object; spec: object } };
  };
  const { metadata, spec } = deployment.spec.template;
  return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name, namespace: "k8svent" }, spec };
}

async function helm(cluster: ControlPlane, args: string[], values: Values = {}): Promise<string> {
  const env = { HOME: cluster.dir, KUBECONFIG: cluster.kubeconfig };
  return await run("helm", args, { env, stdin: JSON.stringify(values) });
}

async function install(cluster: ControlPlane, values: Values = {}, release = "k8svent"): Promise<void> {
  await helm(cluster, ["install", release, CHART, "-n", "k8svent", "--values", "-"], values);
}

async function uninstall(cluster: ControlPlane, release = "k8svent"): Promise<void> {
  await helm(cluster, ["uninstall", release, "-n", "k8svent"]);
}

chartTest("its account reads pods everywhere, and may do nothing else", async (cluster) => {
  await install(cluster);
  for (const verb of ["get", "list", "watch"]) assert(await may(cluster, verb, "pods", "-A"), verb);
  for (const verb of ["create", "update", "patch", "delete"]) {
    assert.equal(await may(cluster, verb, "pods", "-A"), false, verb);
  }
  for (const resource of ["secrets", "configmaps", "nodes"]) {
    assert.equal(await may(cluster, "get", resource, "-A"), false, resource);
  }
  assert.equal(await may(cluster, "create", "events.events.k8s.io", "-n", "k8svent"), false);
  await uninstall(cluster);
});

chartTest("with namespaces, its account reads these and its own pod, and no other", async (cluster) => {
  await install(cluster, { namespaces: ["team-a", "0123"], rbac: { events: true } });
  for (const namespace of ["team-a", "0123"]) assert(await may(cluster, "watch", "pods", "-n", namespace));
  assert(await may(cluster, "get", "pod/k8svent-0", "-n", "k8svent"));
  assert.equal(await may(cluster, "list", "pods", "-n", "k8svent"), false);
  assert.equal(await may(cluster, "watch", "pods", "-n", "staging"), false);
  assert.equal(await may(cluster, "list", "pods", "-A"), false);
  assert(await may(cluster, "create", "events.events.k8s.io", "-n", "k8svent"));
  assert.equal(await may(cluster, "create", "events.events.k8s.io", "-n", "team-a"), false);
  await uninstall(cluster);
  assert.equal(await may(cluster, "watch", "pods", "-n", "team-a"), false);
});

/** What the cluster has of the chart and is not about to lose: `KIND/NAME`. */
async function left(cluster: ControlPlane): Promise<string[]> {
  // A claim that is deleted stays here, since whoever would end it is no part of this control plane.
  const kept =
    "{{range .items}}{{if not .metadata.deletionTimestamp}}{{.kind}}/{{.metadata.name}} {{end}}{{end}}";
  const kinds = "deployments,replicasets,secrets,configmaps,serviceaccounts,pvc,roles,rolebindings";
  const label = ["-l", "app.kubernetes.io/managed-by=Helm", "-o", `go-template=${kept}`];
  const names = await Promise.all([
    cluster.kubectl(["get", kinds, "-A", ...label]),
    cluster.kubectl(["get", "clusterroles,clusterrolebindings", ...label]),
  ]);
  return names.join("").split(" ").filter((name) => name !== "");
}

chartTest("an upgrade goes from one set of values to another, and back", async (cluster) => {
  const one = { secret: { data: { ...SECRET, "chat-url": "https://chat.example.com" } } };
  const other = {
    secret: { data: SECRET },
    config: CONFIG,
    namespaces: ["team-a"],
    persistence: { enabled: false },
  };
  const upgrade = (values: Values): Promise<string> =>
    helm(cluster, ["upgrade", "k8svent", CHART, "-n", "k8svent", "--values", "-"], values);
  const seen = async (): Promise<unknown> => {
    const get = async (kind: string): Promise<Record<string, unknown>> =>
      JSON.parse(await cluster.kubectl(["get", kind, "k8svent", "-n", "k8svent", "-o", "json"]));
    const { spec } = await get("deployment");
    const { data } = await get("secret");
    return { spec, keys: Object.keys(data as object), left: (await left(cluster)).sort() };
  };

  await install(cluster, one);
  const before = await seen() as { keys: string[] };
  await upgrade(other);
  const between = await seen() as { keys: string[]; left: string[] };
  assert.deepEqual(between.keys, ["secret", "webhooks"], "a key that is taken out goes");
  assert(between.left.includes("Role/k8svent"));
  assert(!between.left.includes("ClusterRole/k8svent"));
  assert.equal(await may(cluster, "list", "pods", "-A"), false);
  await upgrade(one);
  assert.deepEqual(await seen(), before);
  await uninstall(cluster);
});

chartTest(
  "what it leaves is the claim, which the next release of that name goes on with",
  async (cluster) => {
    await install(cluster, { secret: { data: SECRET } });
    await uninstall(cluster);
    assert.deepEqual(await left(cluster), ["PersistentVolumeClaim/k8svent-state"]);
    await install(cluster);
    await uninstall(cluster);
  },
);

chartTest(
  "a second release takes no rights from the first, and one of the same name is refused",
  async (cluster) => {
    await install(cluster);
    await install(cluster, {}, "second");
    const account = "--as=system:serviceaccount:k8svent:second-k8svent";
    assert.equal((await cluster.kubectl(["auth", "can-i", "watch", "pods", "-A", account])).trim(), "yes");
    await assert.rejects(
      helm(cluster, ["install", "k8svent", CHART, "-n", "staging"]),
      /ClusterRole "k8svent"/,
    );
    assert(await may(cluster, "watch", "pods", "-A"));
    await uninstall(cluster, "second");
    assert(await may(cluster, "watch", "pods", "-A"));
    await uninstall(cluster);
  },
);

chartTest("whoever installs it without a Secret or an endpoint is told how to name one", async (cluster) => {
  const notes = async (values: Values): Promise<string> => {
    const args = ["install", "noted", CHART, "-n", "k8svent", "--dry-run=client", "--values", "-"];
    const said = await helm(cluster, args, values);
    return said.slice(said.indexOf("\nNOTES:"));
  };
  assert.match(await notes({}), /WARNING: the pod waits[^]*kubectl create secret generic noted-k8svent /);
  assert.doesNotMatch(await notes({ secret: { data: SECRET } }), /WARNING/);
  const unnamed = { config: { version: 1 }, secret: { data: SECRET } };
  assert.match(await notes(unnamed), /WARNING: config has no endpoints/);
  const brief = { persistence: { enabled: false }, secret: { data: SECRET } };
  assert.match(await notes(brief), /WARNING: the state goes with the pod/);
});

chartTest("the commands of the chart's README and of docs/install.md work as they stand", async (cluster) => {
  const folder = `${cluster.dir}/reader`;
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  for (const name of ["kube", "charts"]) await Deno.symlink(`${ROOT}${name}`, `${folder}/${name}`);
  await Deno.symlink(`${await programs(findControlPlane())}/kubectl`, `${folder}/bin/kubectl`);
  const env = {
    HOME: folder,
    PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
    KUBECONFIG: cluster.kubeconfig,
    IMAGE: "registry.example.com/k8svent",
    VERSION: "0.1.0",
  };
  const page = await readPage("charts/k8svent/README.md");
  const commands = commandsOf(page);
  assert(commands.filter((command) => command.startsWith("helm ")).length >= 3);
  // Whoever protects a claim from those who still use it is no part of this control plane.
  const script = commands.map((command) => command.replace(/^kubectl delete pvc .*/, "$& --wait=false"));
  await run("sh", ["-ec", `cd '${folder}'\n${script.join("\n")}`], { env });
  const install = commandsOf(await readPage("docs/install.md")).filter((command) =>
    command.startsWith("helm ")
  );
  assert.deepEqual(install.filter((command) => !commands.includes(command)), []);
});
