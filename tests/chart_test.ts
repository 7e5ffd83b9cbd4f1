import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parse } from "yaml";
import { COPIES, PAGE, readValues, SCHEMA, VALUES, withConfig, withValues } from "../build/chart_page.ts";
import config from "../deno.json" with { type: "json" };
import { run } from "./kit/command.ts";
import { CHART, type KubernetesObject, render, renderObjects, type Values, withoutHelm } from "./kit/helm.ts";
import { testNeeding } from "./kit/needing.ts";
import { blocksOf, readPage } from "./kit/pages.ts";

/* The Helm chart by itself. What it makes is compared with kube/, and given to a real API server, in tests/cluster. */

const SECRET = { webhooks: "https://hooks.example.com/pods", secret: "a secret of at least 24 characters" };
const ENDPOINT = { name: "ops", url: "https://hooks.example.com/pods" };

Deno.test("the chart and the image that it names by default have the program's version", async () => {
  const { version, appVersion } = parse(await Deno.readTextFile(`${CHART}/Chart.yaml`));
  assert.deepEqual({ version, appVersion }, { version: config.version, appVersion: config.version });
});

Deno.test("the chart has the alert rules and the dashboard of kube/monitoring (deno task docs:chart copies them)", async () => {
  for (const [from, to] of COPIES) {
    assert.equal(await Deno.readTextFile(to), await Deno.readTextFile(from), from.pathname);
  }
});

Deno.test("the table of the chart's README is made from its values (deno task docs:chart writes it)", async () => {
  const values = readValues(await Deno.readTextFile(VALUES));
  const page = await Deno.readTextFile(PAGE);
  assert.equal(withValues(page, values), page);
});

Deno.test("the chart's schema knows the configuration file (deno task docs:chart writes it)", async () => {
  const schema = await Deno.readTextFile(SCHEMA);
  assert.deepEqual(JSON.parse(withConfig(schema)), JSON.parse(schema));
});

Deno.test("every value of the chart is described, and read by a template", async () => {
  const values = readValues(await Deno.readTextFile(VALUES));
  assert.ok(values.length > 30);
  assert.deepEqual(values.filter(({ meaning }) => meaning === undefined), []);
  let templates = "";
  for await (const { name } of Deno.readDir(`${CHART}/templates`)) {
    templates += await Deno.readTextFile(`${CHART}/templates/${name}`);
  }
  const unread = values.filter(({ path }) => !new RegExp(`\\.${path.split(".").at(-1)}\\b`).test(templates));
  assert.deepEqual(unread.map(({ path }) => path), []);
});

Deno.test("every part of the chart's schema is a value, and every value is in it", async () => {
  const { properties } = JSON.parse(await Deno.readTextFile(SCHEMA));
  const { global: _, enabled: __, ...own } = properties;
  assert.deepEqual(pathsOf(own), pathsOf(parse(await Deno.readTextFile(VALUES))));
});

/** Two levels deep, which is how far the chart's own names go. */
function pathsOf(map: Record<string, Record<string, unknown> | null>): string[] {
  const closed = ["image", "secret", "persistence", "admin", "monitoring", "rbac", "serviceAccount"];
  return Object.entries(map).flatMap(([key, part]) =>
    closed.includes(key)
      ? Object.keys(part?.["properties"] ?? part ?? {}).map((name) => `${key}.${name}`)
      : key
  ).sort();
}

testNeeding(withoutHelm, "helm lint finds nothing, whether or not endpoints are named", async () => {
  for (
    const values of [{}, { secret: { data: SECRET } }, { config: { version: 1, endpoints: [ENDPOINT] } }]
  ) {
    await run("helm", ["lint", "--strict", "--values", "-", CHART], { stdin: JSON.stringify(values) });
  }
});

const REFUSED: [values: Values, said: RegExp][] = [
  [{ imagee: {} }, /additional properties 'imagee' not allowed/],
  [{ image: { tga: "1" } }, /at '\/image': additional properties 'tga' not allowed/],
  [{ image: null }, /missing property 'image'/],
  [{ image: { tag: 1.1 } }, /at '\/image\/tag': got number, want string/],
  [{ image: { digest: "sha256:ab" } }, /at '\/image\/digest': 'sha256:ab' does not match pattern/],
  [{ namespaces: "team-a" }, /at '\/namespaces': got string, want array/],
  [{ update: "of" }, /at '\/update': value must be one of 'exit', 'notify', 'off'/],
  [{ persistence: { size: 4 } }, /at '\/persistence\/size': got number, want string/],
  [{ podAnnotations: { scrape: true } }, /at '\/podAnnotations\/scrape': got boolean, want string/],
  [{ config: { version: 1, endpoint: [] } }, /at '\/config': additional properties 'endpoint' not allowed/],
  [
    { config: { version: 1, endpoints: [{ ...ENDPOINT, urll: "x" }] } },
    /at '\/config\/endpoints\/0': additional properties 'urll' not allowed/,
  ],
  [{ config: { version: 1, endpoints: [ENDPOINT], update: "exit" } }, /config\.update would have no effect/],
  [
    { config: { version: 1, endpoints: [ENDPOINT], namespaces: ["shop"] }, namespaces: ["payments"] },
    /config\.namespaces would have no effect/,
  ],
  [{ secret: { data: { webhooks: SECRET.webhooks } } }, /set secret\.data\.secret to what/],
  [{ secret: { data: { secret: SECRET.secret } } }, /nowhere to send to: set secret\.data\.webhooks/],
  [{ secret: { data: SECRET }, admin: { enabled: true } }, /set secret\.data\.admin-token/],
  [
    { extraEnv: [{ name: "K8SVENT_STATE", value: "x" }] },
    /extraEnv names K8SVENT_STATE, which the chart sets/,
  ],
];

testNeeding(withoutHelm, "the chart refuses values that are wrong, and names the one", async () => {
  for (const [values, said] of REFUSED) await assert.rejects(render(values), said, JSON.stringify(values));
});

testNeeding(
  withoutHelm,
  "a chart that this one is part of can switch it off, and has values for all",
  async () => {
    await render({ enabled: true, global: { imageRegistry: "registry.example.com" } });
  },
);

/** The pod as it stands in the Deployment: where it differs, Kubernetes starts another one. */
async function pod(values: Values): Promise<unknown> {
  const objects = await renderObjects(values);
  const { spec } = objects.find(({ kind }) => kind === "Deployment") as unknown as {
    spec: { template: unknown };
  };
  return spec.template;
}

testNeeding(
  withoutHelm,
  "a change starts a new pod only where the program does not read it again",
  async () => {
    const configured = (change: Values = {}): Values => ({
      config: { version: 1, cluster: "east-1", endpoints: [ENDPOINT], ...change },
      secret: { data: SECRET },
    });
    const before = await pod(configured());
    const another = { ...ENDPOINT, name: "audit" };
    assert.deepEqual(await pod(configured({ endpoints: [ENDPOINT, another] })), before);
    assert.deepEqual(await pod(configured({ defaults: { redact: { env: "secrets" } } })), before);
    assert.notDeepEqual(await pod(configured({ cluster: "east-2" })), before);

    const listed = (data: Values): Values => ({ secret: { data: { ...SECRET, ...data } } });
    assert.deepEqual(await pod(listed({ secret: "another secret, as long as that" })), await pod(listed({})));
    assert.notDeepEqual(await pod(listed({ webhooks: "https://audit.example.com" })), await pod(listed({})));
  },
);

testNeeding(withoutHelm, "the values that the chart's README shows are right", async () => {
  const shown = blocksOf(await readPage("charts/k8svent/README.md")).filter(({ language }) =>
    language === "yaml"
  );
  assert.ok(shown.length > 0);
  for (const { text } of shown) await render(parse(text));
});

testNeeding(withoutHelm, "the image is named by its digest, or its tag, or the chart's version", async () => {
  const image = async (image: Values, update = "off"): Promise<unknown[]> => {
    const template = await pod({ image, update }) as { spec: { containers: Record<string, unknown>[] } };
    const [container] = template.spec.containers;
    return [container?.["image"], container?.["imagePullPolicy"]];
  };
  const digest = `sha256:${"0".repeat(64)}`;
  assert.deepEqual(await image({}), [`k8svent:${config.version}`, "IfNotPresent"]);
  assert.deepEqual(await image({ tag: "1.10" }), ["k8svent:1.10", "IfNotPresent"]);
  assert.deepEqual(await image({ tag: "1.10", digest }), [`k8svent@${digest}`, "IfNotPresent"]);
  // Where the image is not pulled anew, the updater stays as it is.
  assert.deepEqual(await image({ tag: "latest" }, "exit"), ["k8svent:latest", "Always"]);
});

testNeeding(withoutHelm, "what is given for the Secret is in it to the byte", async () => {
  const given = { ...SECRET, on: "off", 1: " ü: {{ x }}\n" };
  const objects = await renderObjects({ secret: { data: given } });
  const { data } = objects.find(({ kind }) => kind === "Secret") as KubernetesObject & {
    data: Record<string, string>;
  };
  const read = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]);
  assert.deepEqual(Object.fromEntries(read), given);
});

testNeeding(withoutHelm, "where pods may name webhooks, none of the Secret is needed", async () => {
  const webhooks = async (values: Values): Promise<unknown> => {
    const { spec } = await pod(values) as { spec: { containers: { env: Record<string, unknown>[] }[] } };
    return spec.containers[0]?.env.find(({ name }) => name === "K8SVENT_WEBHOOKS")?.["valueFrom"];
  };
  const key = { name: "k8svent", key: "webhooks" };
  assert.deepEqual(await webhooks({}), { secretKeyRef: key });
  assert.deepEqual(await webhooks({ podWebhooks: ["hooks.example.com"] }), {
    secretKeyRef: { ...key, optional: true },
  });
});

testNeeding(withoutHelm, "two releases in one namespace have no object and no pod in common", async () => {
  const [one, other] = [await renderObjects({}, "k8svent"), await renderObjects({}, "second")];
  const names = (objects: KubernetesObject[]): string[] =>
    objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  assert.deepEqual(names(one).filter((name) => names(other).includes(name)), []);
  const selector = (objects: KubernetesObject[]): unknown =>
    (objects.find(({ kind }) => kind === "Deployment") as KubernetesObject & { spec: { selector: unknown } })
      .spec
      .selector;
  assert.notDeepEqual(selector(one), selector(other));
});
