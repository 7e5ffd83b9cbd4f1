import assert from "node:assert/strict";
import { relative } from "node:path";
import { parse } from "yaml";
import { readConfig } from "../../src/config/config.ts";
import { run } from "../kit/command.ts";
import { findControlPlane, programs } from "../kit/control_plane_source.ts";
import { type KubernetesObject, readObjects, renderObjects, type Values, withoutHelm } from "../kit/helm.ts";
import { testNeeding } from "../kit/needing.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** What kube/ does by default and the chart only where it is asked to. */
const AS_KUBE = { image: { tag: "latest" }, update: "exit", persistence: { enabled: false } };

const CONFIG = parse(await Deno.readTextFile(`${ROOT}kube/config/k8svent.yaml`));

/** A way to install by kube/, and the values that make the same. */
interface Variant {
  /** Components of an overlay, or files by themselves, each in the namespace behind the colon. */
  kube: { components: string[] } | { files: string[] };
  values: Values;
}

const VARIANTS: Record<string, Variant> = {
  "kube by itself": { kube: { components: [] }, values: AS_KUBE },
  "kube/next": { kube: { components: ["next"] }, values: { ...AS_KUBE, image: { tag: "next" } } },
  "kube/fixed": {
    kube: { components: ["fixed"] },
    values: { ...AS_KUBE, image: { pullPolicy: "IfNotPresent" } },
  },
  "kube/pvc": { kube: { components: ["pvc"] }, values: { ...AS_KUBE, persistence: { enabled: true } } },
  "kube/config": { kube: { components: ["config"] }, values: { ...AS_KUBE, config: CONFIG } },
  "kube/admin": { kube: { components: ["admin"] }, values: { ...AS_KUBE, admin: { enabled: true } } },
  "kube/events": { kube: { components: ["events"] }, values: { ...AS_KUBE, rbac: { events: true } } },
  "kube/monitoring": {
    kube: { components: ["monitoring"] },
    values: { ...AS_KUBE, monitoring: { podMonitor: true, rules: true, dashboard: true } },
  },
  "all components": {
    kube: { components: ["pvc", "config", "admin", "events", "monitoring"] },
    values: {
      ...AS_KUBE,
      persistence: { enabled: true },
      config: CONFIG,
      admin: { enabled: true },
      rbac: { events: true },
      monitoring: { podMonitor: true, rules: true, dashboard: true },
    },
  },
  "some namespaces": {
    kube: { files: ["namespace", "rbac-namespaced:default", "deployment-namespaced"] },
    values: { ...AS_KUBE, namespaces: ["default"] },
  },
  "without RBAC": {
    kube: { files: ["namespace", "deployment-no-rbac"] },
    values: { ...AS_KUBE, rbac: { create: false }, serviceAccount: { create: false } },
  },
  "the chart's defaults": { kube: { components: ["fixed", "pvc"] }, values: {} },
};

/** Where the chart's objects are others, and why. Each has to be met. */
const ON_PURPOSE: [where: RegExp, why: string][] = [
  [/^Namespace k8svent: /, "Helm's record of the release has to be in it beforehand"],
  [
    /: metadata\.labels\.(helm\.sh\/chart|app\.kubernetes\.io\/(instance|managed-by|version))$/,
    "Helm's own labels, by which its objects are found",
  ],
  [
    /: spec\.(template\.metadata\.labels|selector\.matchLabels)\.app\.kubernetes\.io\/instance$/,
    "two releases in one namespace would take each other's pods",
  ],
  [
    /^PersistentVolumeClaim k8svent-state: metadata\.annotations\.helm\.sh\/resource-policy$/,
    "helm uninstall would take what is pending with it",
  ],
  [
    /^Deployment k8svent: spec\.template\.metadata\.annotations\.checksum\/config$/,
    "what the program reads at its start alone needs a new pod, and Helm starts none by itself",
  ],
  [
    /^Deployment k8svent: .*\.env\.K8SVENT_UPDATE\.(name|value)$/,
    "the chart's default: GitOps sees a pod that updates itself as drift",
  ],
  [
    /^Deployment k8svent: .*\.volumes\.secret\.projected\.sources\.1\./,
    "the registry is asked by the updater alone, which is off",
  ],
];

const source = findControlPlane();
const lacks = withoutHelm ?? (source.kind === "none" ? source.reason : undefined);

testNeeding(lacks, "the chart makes the objects of kube/, but for what is named here", async (context) => {
  const met = new Set<RegExp>();
  for (const [name, { kube, values }] of Object.entries(VARIANTS)) {
    await context.step(name, async () => {
      const unexplained = differences(await build(kube), await renderObjects(values)).filter((difference) => {
        const [where] = ON_PURPOSE.find(([where]) => where.test(difference)) ?? [];
        if (where !== undefined) met.add(where);
        return where === undefined;
      });
      assert.deepEqual(unexplained, []);
    });
  }
  assert.deepEqual(ON_PURPOSE.filter(([where]) => !met.has(where)), [], "no longer a difference");
});

testNeeding(lacks, "the configuration file in the chart's ConfigMap is what the program reads", async () => {
  const objects = await renderObjects({ config: { ...CONFIG, stateMax: 4_294_967_296 } });
  const { data } = objects.find(({ kind }) => kind === "ConfigMap") as unknown as {
    data: Record<string, string>;
  };
  const { warnings } = await readConfig(data["k8svent.yaml"] ?? "", { file: "x", realPath: (path) => path });
  assert.deepEqual(warnings, []);
});

async function build(kube: Variant["kube"]): Promise<KubernetesObject[]> {
  if ("files" in kube) {
    const objects = await Promise.all(kube.files.map(async (file) => {
      const [name, namespace] = file.split(":");
      return readObjects(await Deno.readTextFile(`${ROOT}kube/${name}.yaml`)).map((object) =>
        namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace } }
      );
    }));
    return objects.flat();
  }
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "k8svent-chart-" }));
  try {
    // Kustomize takes relative folders only.
    const there = relative(folder, `${ROOT}kube`);
    const overlay = { resources: [there], components: kube.components.map((name) => `${there}/${name}`) };
    await Deno.writeTextFile(`${folder}/kustomization.yaml`, JSON.stringify(overlay));
    return readObjects(await run(`${await programs(source)}/kubectl`, ["kustomize", folder]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Where two sets of objects differ: `KIND NAME: path.of.the.field`. */
function differences(one: KubernetesObject[], other: KubernetesObject[]): string[] {
  const named = (objects: KubernetesObject[]): Record<string, unknown> =>
    Object.fromEntries(objects.map((object) => [nameOf(object), object]));
  const [left, right] = [named(one), named(other)];
  return keysOf(left, right).flatMap((name) =>
    differ(left[name], right[name]).map((path) => `${name}: ${path.slice(1)}`)
  );
}

function nameOf({ kind, metadata: { name, namespace = "k8svent" } }: KubernetesObject): string {
  return `${kind} ${namespace === "k8svent" ? "" : `${namespace}/`}${name}`;
}

function differ(one: unknown, other: unknown, path = ""): string[] {
  if (!isBranch(one) && !isBranch(other)) return one === other ? [] : [path];
  const [left, right] = [branchesOf(one), branchesOf(other)];
  return keysOf(left, right).flatMap((key) => differ(left[key], right[key], `${path}.${key}`));
}

function isBranch(value: unknown): boolean {
  return typeof value === "object" && value !== null || fileOf(value) !== undefined;
}

/** Parts by name, so that no order counts: Kubernetes merges containers, variables and volumes by theirs. */
function branchesOf(value: unknown): Record<string, unknown> {
  const part = fileOf(value) ?? value;
  if (!Array.isArray(part)) return (typeof part === "object" ? part ?? {} : { value: part }) as Values;
  return Object.fromEntries(part.map((one, place) => [one?.name ?? String(place), one]));
}

/** A configuration file is compared by what it says. */
function fileOf(value: unknown): unknown {
  return typeof value === "string" && /^version: 1$/m.test(value) ? parse(value) : undefined;
}

function keysOf(...maps: Record<string, unknown>[]): string[] {
  return [...new Set(maps.flatMap((map) => Object.keys(map)))];
}
