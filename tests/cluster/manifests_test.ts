import assert from "node:assert/strict";
import { relative } from "node:path";
import { clusterCases, type ControlPlane } from "../kit/control_plane.ts";
import { may } from "../kit/may.ts";
import { commandsOf, readPages } from "../kit/pages.ts";

const KUBE = new URL("../../kube", import.meta.url).pathname;
/** What the tests read of a Deployment. */
interface Deployment {
  spec: { replicas: number; strategy: { type: string }; template: { spec: PodSpec } };
}

interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  containers: {
    env: { name: string; value?: string }[];
    volumeMounts: { name: string; mountPath: string }[];
    [field: string]: unknown;
  }[];
  volumes: { name: string; emptyDir?: unknown; persistentVolumeClaim?: { claimName: string } }[];
}

/** Applies files of `kube/` as a user does, to a cluster that has nothing of them yet. */
async function apply(cluster: ControlPlane, ...files: string[]): Promise<void> {
  await cluster.kubectl(["apply", ...files.flatMap((file) => ["-f", `${KUBE}/${file}`])]);
}

async function deployment(cluster: ControlPlane): Promise<Deployment> {
  return JSON.parse(await cluster.kubectl(["get", "deployment", "k8svent", "-n", "k8svent", "-o", "json"]));
}

/** Asks the API server to admit a pod of this spec to the namespace k8svent, without keeping it. */
async function admit(cluster: ControlPlane, spec: PodSpec): Promise<void> {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "x", namespace: "k8svent" }, spec };
  await cluster.kubectl(["create", "--dry-run=server", "-f", "-"], JSON.stringify(pod));
}

/** Takes away what an earlier case applied; only the namespace stays, which no controller would end. */
async function clean(cluster: ControlPlane): Promise<void> {
  const gone = ["delete", "--ignore-not-found", "--wait=false"];
  await cluster.kubectl([
    ...gone,
    "deployments,serviceaccounts,pvc,roles,rolebindings",
    "--all",
    "-n",
    "k8svent",
  ]);
  await cluster.kubectl([...gone, "clusterroles,clusterrolebindings", "k8svent"]);
  await cluster.kubectl([...gone, "roles,rolebindings", "k8svent", "-n", "team-a"]);
}

const manifestTest = clusterCases("the manifests under kube/ do what they say", {
  prepare: async (cluster) => void await cluster.kubectl(["create", "namespace", "team-a"]),
  beforeEach: clean,
});

manifestTest("kubectl apply -k kube lets k8svent read pods everywhere and nothing else", async (cluster) => {
  await cluster.kubectl(["apply", "-k", KUBE]);
  for (const verb of ["get", "list", "watch"]) assert(await may(cluster, verb, "pods", "-A"), verb);
  for (const verb of ["create", "update", "patch", "delete", "deletecollection"]) {
    assert.equal(await may(cluster, verb, "pods", "-A"), false, verb);
  }
  for (const resource of ["secrets", "configmaps", "nodes"]) {
    assert.equal(await may(cluster, "get", resource, "-A"), false, resource);
  }
  for (const subresource of ["log", "exec", "ephemeralcontainers"]) {
    assert.equal(await may(cluster, "get", "pods", "-A", `--subresource=${subresource}`), false, subresource);
  }
});

manifestTest("the files say the same as the kustomization, and can be applied again", async (cluster) => {
  const files = ["namespace.yaml", "rbac.yaml", "deployment-rbac.yaml"];
  await apply(cluster, ...files);
  const again = await cluster.kubectl(["apply", "-k", KUBE]);
  assert.match(again, /deployment\.apps\/k8svent unchanged/);
  assert.doesNotMatch(again, /created|configured/);
});

manifestTest(
  "the namespaced variant reads the namespaces where its Role was applied, and no other",
  async (cluster) => {
    await apply(cluster, "namespace.yaml", "deployment-namespaced.yaml");
    await cluster.kubectl(["apply", "-n", "team-a", "-f", `${KUBE}/rbac-namespaced.yaml`]);
    assert(await may(cluster, "watch", "pods", "-n", "team-a"));
    assert(
      await may(cluster, "get", "pod/k8svent-0", "-n", "k8svent"),
      "its own pod tells which image it is",
    );
    assert.equal(await may(cluster, "list", "pods", "-n", "k8svent"), false);
    assert.equal(await may(cluster, "watch", "pods", "-n", "default"), false);
    assert.equal(await may(cluster, "list", "pods", "-A"), false);
    assert.equal(await may(cluster, "get", "secrets", "-n", "team-a"), false);
  },
);

manifestTest("the three deployments differ in their account and namespaces only", async (cluster) => {
  await apply(cluster, "namespace.yaml", "deployment-rbac.yaml");
  const { spec } = await deployment(cluster);
  await cluster.kubectl(["delete", "-f", `${KUBE}/deployment-rbac.yaml`]);

  await apply(cluster, "deployment-no-rbac.yaml");
  const noRbac = (await deployment(cluster)).spec;
  await cluster.kubectl(["delete", "-f", `${KUBE}/deployment-no-rbac.yaml`]);
  assert.equal(noRbac.template.spec.serviceAccountName, undefined);
  assert.deepEqual(withoutAccount(noRbac), withoutAccount(spec));

  await apply(cluster, "deployment-namespaced.yaml");
  const namespaced = (await deployment(cluster)).spec;
  const container = namespaced.template.spec.containers[0];
  assert(container !== undefined);
  assert(container.env.some(({ name }) => name === "K8SVENT_NAMESPACE"));
  container.env = container.env.filter(({ name }) => name !== "K8SVENT_NAMESPACE");
  assert.deepEqual(namespaced, spec);
});

function withoutAccount(spec: Deployment["spec"]): unknown {
  const { serviceAccountName: _name, serviceAccount: _old, ...pod } = spec.template.spec as PodSpec & {
    serviceAccount?: string;
  };
  return { ...spec, template: { ...spec.template, spec: pod } };
}

manifestTest("the pod meets the restricted standard that the namespace enforces", async (cluster) => {
  await apply(cluster, "namespace.yaml", "rbac.yaml", "deployment-rbac.yaml");
  const { spec } = await deployment(cluster);
  assert.equal(spec.replicas, 1);
  assert.equal(spec.strategy.type, "Recreate");
  const pod = spec.template.spec;
  await admit(cluster, pod);
  const [container] = pod.containers;
  assert(container !== undefined);
  assert.equal((container.securityContext as Record<string, unknown>).readOnlyRootFilesystem, true);
  assert.deepEqual(Object.keys(container.resources as Record<string, unknown>).sort(), [
    "limits",
    "requests",
  ]);
  const loose = { ...pod, containers: [{ ...container, securityContext: {} }] };
  await assert.rejects(admit(cluster, loose), /violates PodSecurity "restricted/);
});

manifestTest(
  "what the pod mounts and sets is what the permission set of the image allows",
  async (cluster) => {
    await apply(cluster, "namespace.yaml", "deployment-rbac.yaml");
    const [container] = (await deployment(cluster)).spec.template.spec.containers;
    const config = JSON.parse(await Deno.readTextFile(`${KUBE}/../deno.json`));
    const { read, write, env } = config.permissions.cluster;
    for (const { mountPath } of container?.volumeMounts ?? []) assert(read.includes(mountPath), mountPath);
    const value = (name: string): string => container?.env.find((one) => one.name === name)?.value ?? "";
    for (const { name } of container?.env ?? []) {
      assert(env.allow.some((allowed: string) => name === allowed || matches(allowed, name)), name);
    }
    assert(value("K8SVENT_STATE").startsWith(`${write[0]}/`));
    assert(value("K8SVENT_WEBHOOK_SECRET_FILE").startsWith(`${read[1]}/`));
  },
);

/** Of the variables, only `*` at the end is a wildcard. */
function matches(allowed: string, name: string): boolean {
  return allowed.endsWith("*") && name.startsWith(allowed.slice(0, -1));
}

/** The ways that kube/ shows to stay current, and the tag and pull policy of each. */
const WAYS: [components: string[], image: RegExp, pullPolicy: string][] = [
  [[], /^k8svent:latest$/, "Always"],
  [["next"], /^k8svent:next$/, "Always"],
  [["fixed"], /^k8svent:\d+\.\d+\.\d+$/, "IfNotPresent"],
  [["next", "pvc"], /^k8svent:next$/, "Always"],
  [["config", "admin"], /^k8svent:latest$/, "Always"],
];

manifestTest(
  "the server takes each way to stay current, with nothing against the standard",
  async (cluster) => {
    // A dry run makes no namespace that the rest could be checked in.
    await apply(cluster, "namespace.yaml");
    const kube = relative(await Deno.realPath(cluster.dir), KUBE);
    for (const [components, image, pullPolicy] of WAYS) {
      const overlay = { resources: [kube], components: components.map((name) => `${kube}/${name}`) };
      await Deno.writeTextFile(`${cluster.dir}/kustomization.yaml`, JSON.stringify(overlay));
      // Warnings of the Pod Security admission would stand on stderr: as errors, they fail.
      const flags = ["--server-side", "--dry-run=server", "--warnings-as-errors", "-o", "json"];
      const { items } = JSON.parse(await cluster.kubectl(["apply", "-k", cluster.dir, ...flags]));
      const { spec } = items.find(({ kind }: { kind: string }) => kind === "Deployment");
      const [container] = spec.template.spec.containers;
      assert.match(container.image, image);
      assert.equal(container.imagePullPolicy, pullPolicy);
      assert.equal(spec.template.spec.restartPolicy, "Always");
      await admit(cluster, spec.template.spec);
    }
  },
);

manifestTest(
  "the server takes each manifest by itself, with nothing against the standard",
  async (cluster) => {
    await apply(cluster, "namespace.yaml");
    const flags = ["--server-side", "--dry-run=server", "--warnings-as-errors"];
    for (const name of ["rbac", "deployment-rbac", "deployment-no-rbac", "deployment-namespaced"]) {
      await cluster.kubectl(["apply", ...flags, "-f", `${KUBE}/${name}.yaml`]);
    }
    await cluster.kubectl(["apply", ...flags, "-n", "team-a", "-f", `${KUBE}/rbac-namespaced.yaml`]);
    await cluster.kubectl(["apply", ...flags, "-f", `${KUBE}/pvc/claim.yaml`]);
  },
);

manifestTest(
  "kube/events adds the right to create events in the own namespace, and nothing else",
  async (cluster) => {
    const kube = relative(await Deno.realPath(cluster.dir), KUBE);
    const overlay = { resources: [kube], components: [`${kube}/events`] };
    const events = "events.events.k8s.io";
    await cluster.kubectl(["apply", "-k", KUBE]);
    assert.equal(await may(cluster, "create", events, "-n", "k8svent"), false);
    await Deno.writeTextFile(`${cluster.dir}/kustomization.yaml`, JSON.stringify(overlay));
    await cluster.kubectl(["apply", "-k", cluster.dir]);
    assert(await may(cluster, "create", events, "-n", "k8svent"));
    for (const verb of ["get", "list", "watch", "update", "patch", "delete"]) {
      assert.equal(await may(cluster, verb, events, "-n", "k8svent"), false, verb);
    }
    assert.equal(await may(cluster, "create", events, "-n", "team-a"), false);
    assert.equal(await may(cluster, "create", "pods", "-n", "k8svent"), false);
  },
);

manifestTest(
  "a second one takes no rights from the first, in a namespace and with a suffix of its own",
  async (cluster) => {
    const kube = relative(await Deno.realPath(cluster.dir), KUBE);
    const overlay = { namespace: "staging", nameSuffix: "-staging", resources: [kube] };
    await cluster.kubectl(["apply", "-k", KUBE]);
    await Deno.writeTextFile(`${cluster.dir}/kustomization.yaml`, JSON.stringify(overlay));
    await cluster.kubectl(["apply", "-k", cluster.dir]);
    assert(await may(cluster, "watch", "pods", "-A"));
    const second = "--as=system:serviceaccount:staging:k8svent-staging";
    assert.equal((await cluster.kubectl(["auth", "can-i", "watch", "pods", "-A", second])).trim(), "yes");
    const built = await cluster.kubectl(["kustomize", cluster.dir]);
    assert.match(built, /secretKeyRef:\n +key: webhooks\n +name: k8svent\n/);
  },
);

manifestTest("kubectl set image and patch change the tag that it follows", async (cluster) => {
  await cluster.kubectl(["apply", "-k", KUBE]);
  const image = async (): Promise<unknown> =>
    (await deployment(cluster)).spec.template.spec.containers[0]?.image;
  await cluster.kubectl(["set", "image", "-n", "k8svent", "deployment/k8svent", "k8svent=k8svent:next"]);
  assert.equal(await image(), "k8svent:next");
  const path = "/spec/template/spec/containers/0/image";
  const patch = JSON.stringify([{ op: "replace", path, value: "k8svent:latest" }]);
  await cluster.kubectl(["patch", "deployment", "k8svent", "-n", "k8svent", "--type=json", `-p=${patch}`]);
  assert.equal(await image(), "k8svent:latest");
});

manifestTest("the version that kube/fixed names is the program's", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(`${KUBE}/../deno.json`));
  const named = await Deno.readTextFile(`${KUBE}/fixed/kustomization.yaml`);
  assert(named.includes(`newTag: ${version}\n`) && named.includes(`k8svent=k8svent:${version}\n`));
});

manifestTest("the claim replaces the emptyDir, by kustomize and by kubectl patch", async (cluster) => {
  const state = async (): Promise<unknown> => {
    const { volumes } = (await deployment(cluster)).spec.template.spec;
    return volumes.find(({ name }) => name === "state");
  };
  const claimed = { name: "state", persistentVolumeClaim: { claimName: "k8svent-state" } };

  await cluster.kubectl(["apply", "-k", KUBE]);
  await cluster.kubectl(["apply", "-f", `${KUBE}/pvc/claim.yaml`]);
  const patch = ["--patch-file", `${KUBE}/pvc/deployment-patch.yaml`];
  await cluster.kubectl(["patch", "-n", "k8svent", "deployment/k8svent", ...patch]);
  assert.deepEqual(await state(), claimed);

  await cluster.kubectl(["delete", "deployment", "k8svent", "-n", "k8svent"]);
  // Kustomize takes relative folders only.
  const kube = relative(await Deno.realPath(cluster.dir), KUBE);
  const overlay = { resources: [kube], components: [`${kube}/pvc`] };
  await Deno.writeTextFile(`${cluster.dir}/kustomization.yaml`, JSON.stringify(overlay));
  await cluster.kubectl(["apply", "-k", cluster.dir]);
  assert.deepEqual(await state(), claimed);
});

manifestTest("what the pages add to the overlay, one after the other, is all in it", async (cluster) => {
  const commands = (await readPages()).flatMap((page) => commandsOf(page));
  const made = commands.find((command) => command.endsWith("> overlay/kustomization.yaml"));
  const added = new Set(commands.filter((command) => command.endsWith(">> overlay/kustomization.yaml")));
  const overlay = `${cluster.dir}/pages/overlay`;
  await Deno.mkdir(overlay, { recursive: true });
  await Deno.symlink(KUBE, `${cluster.dir}/pages/kube`);
  const script = ["IMAGE=registry.example.com/k8svent", made, ...added].join("\n");
  const shell = new Deno.Command("sh", { args: ["-ec", script], cwd: `${cluster.dir}/pages` });
  assert((await shell.output()).success);
  const built = await cluster.kubectl(["kustomize", overlay]);
  for (
    const part of [
      "image: registry.example.com/k8svent:latest",
      "claimName: k8svent-state",
      "name: K8SVENT_CONFIG",
    ]
  ) {
    assert(built.includes(part), part);
  }
});

manifestTest(
  "the configuration file takes the place of the variable, by kustomize and by kubectl patch",
  async (cluster) => {
    const seen = async (): Promise<unknown> => {
      const { containers: [container], volumes } = (await deployment(cluster)).spec.template.spec;
      const env = container?.env.map(({ name }) => name) ?? [];
      const mounts = container?.volumeMounts.map(({ mountPath }) => mountPath).sort();
      const { name } = (volumes.find((one) => one.name === "config") as { configMap?: { name: string } })
        .configMap ?? {};
      return {
        hasFile: env.includes("K8SVENT_CONFIG"),
        hasWebhooks: env.includes("K8SVENT_WEBHOOKS"),
        mounts,
        name,
      };
    };
    const mounts = ["/etc/k8svent", "/var/lib/k8svent", "/var/run/secrets/k8svent"];
    const configured = { hasFile: true, hasWebhooks: false, mounts, name: "k8svent" };

    await cluster.kubectl(["apply", "-k", KUBE]);
    const from = `--from-file=${KUBE}/config/k8svent.yaml`;
    await cluster.kubectl(["create", "configmap", "k8svent", "-n", "k8svent", from]);
    const patch = ["--patch-file", `${KUBE}/config/deployment-patch.yaml`];
    await cluster.kubectl(["patch", "-n", "k8svent", "deployment/k8svent", ...patch]);
    assert.deepEqual(await seen(), configured);

    await cluster.kubectl(["delete", "deployment/k8svent", "configmap/k8svent", "-n", "k8svent"]);
    const kube = relative(await Deno.realPath(cluster.dir), KUBE);
    const overlay = { resources: [kube], components: [`${kube}/config`] };
    await Deno.writeTextFile(`${cluster.dir}/kustomization.yaml`, JSON.stringify(overlay));
    await cluster.kubectl(["apply", "-k", cluster.dir]);
    assert.deepEqual(await seen(), configured);
    await admit(cluster, (await deployment(cluster)).spec.template.spec);
    await cluster.kubectl(["delete", "configmap/k8svent", "-n", "k8svent"]);
  },
);

manifestTest(
  "the kubectl debug of docs/state.md is admitted beside the pod, in its process namespace and as its user",
  async (cluster) => {
    await apply(cluster, "namespace.yaml", "rbac.yaml", "deployment-rbac.yaml");
    const { spec: { template } } = await deployment(cluster);
    const metadata = { name: "k8svent-0", namespace: "k8svent" };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec };
    await cluster.kubectl(["create", "-f", "-"], JSON.stringify(pod));
    const page = await Deno.readTextFile(new URL("../../docs/state.md", import.meta.url));
    const [, flags = ""] = /^kubectl debug -n k8svent "\$pod" (.*) -- kill -USR1 1$/m.exec(page) ?? [];
    const debug = ["debug", "-n", "k8svent", "k8svent-0", "--attach=false", ...flags.split(" ")];
    await cluster.kubectl([...debug, "--", "kill", "-USR1", "1"]);
    const got = JSON.parse(
      await cluster.kubectl(["get", "pod", "k8svent-0", "-n", "k8svent", "-o", "json"]),
    );
    const [{ targetContainerName, securityContext }] = got.spec.ephemeralContainers;
    assert.equal(targetContainerName, "k8svent");
    // Another user would lack the right to send it, and no capability is left that would grant it.
    assert.equal(securityContext.runAsUser ?? got.spec.securityContext.runAsUser, 65532);
    await cluster.kubectl(["delete", "pod", "k8svent-0", "-n", "k8svent", "--force", "--grace-period=0"]);
  },
);
