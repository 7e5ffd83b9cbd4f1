import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { SETTINGS } from "../../tests/kit/endpoint.ts";
import { NO_RULES } from "../config/rules.ts";
import { configSchema, flagOf } from "../config/schema.ts";
import { UsageError } from "../config/usage_error.ts";
import { FLAGS } from "./flags.ts";
import { parseCommand } from "./command.ts";
import type { Options } from "./options.ts";

const FILE = "/etc/k8svent/k8svent.yaml";

const ENDPOINTS = "endpoints:\n  - {name: a, url: 'https://a.example.com/'}\n";

async function parse(text: string, argv: string[] = [], env: Record<string, string> = {}): Promise<Options> {
  const context = contextOf({ [FILE]: `version: 1\n${text}` }, env);
  const options = await parseCommand(["--config", FILE, "--secret-file", "/s", ...argv], context);
  assert.equal(options.command, "run");
  return options as Options;
}

async function complaint(...given: Parameters<typeof parse>): Promise<string> {
  try {
    await parse(...given);
  } catch (error) {
    assert(error instanceof UsageError, String(error));
    return error.message;
  }
  assert.fail("the file was accepted");
}

Deno.test("a flag wins over its variable, and that over the file", async () => {
  const text = `interval: 1m\nnamespaces: [file]\n${ENDPOINTS}`;
  const env = { K8SVENT_INTERVAL: "2m", K8SVENT_NAMESPACE: "variable" };
  const { interval, namespaces } = await parse(text);
  assert.deepEqual([interval, namespaces], [60_000, ["file"]]);
  assert.equal((await parse(text, [], env)).interval, 120_000);
  assert.deepEqual((await parse(text, [], env)).namespaces, ["variable"]);
  assert.equal((await parse(text, ["--interval", "3m"], env)).interval, 180_000);
});

Deno.test("what an endpoint says of itself wins over flags and variables, and those over defaults", async () => {
  const text = "defaults: {timeout: 1s, concurrency: 1, onError: drop}\n" +
    "endpoints:\n  - {name: a, url: 'https://a.example.com/', timeout: 2s}\n  - {name: b, urlFile: /u}\n";
  const [a, b] = (await parse(text, ["--timeout", "3s"], { K8SVENT_REASONS: "ready" })).endpoints;
  assert.deepEqual(a, {
    name: "a",
    url: new URL("https://a.example.com/"),
    trusted: true,
    settings: {
      ...SETTINGS,
      timeout: 2_000,
      concurrency: 1,
      filter: { reasons: ["ready"], onError: "drop" },
    },
  });
  assert.equal(b?.settings.timeout, 3_000);
  assert.equal(b?.settings.urlFile, "/u");
  assert.equal(b?.url, undefined);
});

Deno.test("endpoints in the file and elsewhere are an error that names where", async () => {
  for (const name of ["K8SVENT_WEBHOOKS", "K8VENT_WEBHOOKS"]) {
    assert.match(
      await complaint(ENDPOINTS, [], { [name]: "https://b.example.com/T0PSECRET" }),
      new RegExp(`names endpoints \\(1\\), and so does ${name}: unset the variable`),
    );
  }
  assert.match(
    await complaint(ENDPOINTS, ["--url", "https://b.example.com/"]),
    /and so does --url: leave the flag out/,
  );
  assert.match(
    await complaint("endpoints: []\n", [], { K8SVENT_WEBHOOKS: "https://b.example.com/" }),
    /K8SVENT_WEBHOOKS/,
  );
});

Deno.test("a file without endpoints leaves them to flags and variables", async () => {
  const { endpoints } = await parse("defaults: {timeout: 2s}\n", ["--url", "a=https://a.example.com/"]);
  assert.deepEqual(endpoints.map(({ name, settings }) => [name, settings.timeout]), [["a", 2_000]]);
  assert.match(await complaint("source: poll\n"), /under endpoints in the file of --config/);
});

Deno.test("secrets that a flag names take the place of those of defaults, not of an endpoint's own", async () => {
  const text = "defaults: {secretFiles: [/d]}\n" +
    "endpoints:\n  - {name: a, url: 'https://a.example.com/'}\n  - {name: b, url: 'https://b.example.com/', secretFiles: [/b]}\n";
  const { endpoints } = await parse(text);
  assert.deepEqual(endpoints.map(({ settings }) => settings.secretFiles), [undefined, ["/b"]]);
  const context = contextOf({ [FILE]: `version: 1\n${text}` });
  const without = await parseCommand(["--config", FILE], context) as Options;
  assert.deepEqual(without.endpoints.map(({ settings }) => settings.secretFiles), [["/d"], ["/b"]]);
  assert.deepEqual(without.warnings, []);
});

Deno.test("endpoints that nothing signs for are named in a warning, unless they say so themselves", async () => {
  const text = "version: 1\nendpoints:\n  - {name: a, url: 'https://a.example.com/'}\n" +
    "  - {name: b, url: 'https://b.example.com/', secretFiles: [/b]}\n" +
    "  - {name: c, url: 'https://c.example.com/', signatures: []}\n";
  const { warnings } = await parseCommand(["--config", FILE], contextOf({ [FILE]: text })) as Options;
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /unsigned to a:/);
});

Deno.test("--notices takes the place of notices in defaults", async () => {
  const text = "defaults: {notices: true}\nendpoints:\n  - {name: a, url: 'https://a.example.com/'}\n" +
    "  - {name: b, url: 'https://b.example.com/'}\n";
  const notices = (options: Options): boolean[] => options.endpoints.map(({ settings }) => settings.notices);
  assert.deepEqual(notices(await parse(text)), [true, true]);
  assert.deepEqual(notices(await parse(text, ["--notices", "b"])), [false, true]);
});

Deno.test("endpoints of annotations get neither credentials nor signatures nor notices of defaults, and its redaction", async () => {
  const { ofAnnotations } = await parse(
    "defaults: {secretFiles: [/d], authorization: {credentialsFile: /t}, headers: {x-a: {file: /h}}, " +
      "tls: {caFile: /c}, proxyUrl: 'http://p:1', notices: true, timeout: 2s, redact: {env: all}}\npodWebhooks: [a.example.com]\n",
  );
  assert.deepEqual(ofAnnotations, {
    ...SETTINGS,
    signatures: [],
    timeout: 2_000,
    redact: { env: "all", args: "none", annotations: "none", probeHeaders: "none", patterns: [] },
  });
});

Deno.test("every flag has a place in the file", () => {
  const schema = configSchema({ ...NO_RULES, file: (path) => path });
  const { defaults, ...settings } = schema.entries;
  const places = new Set([
    ...Object.keys(settings).map((key) => flagOf(key)),
    ...Object.keys(defaults.wrapped.entries).map((key) => flagOf(key)),
    // Under other names: url stands in endpoints, and a secret in a file.
    ...["url", "secret-file"],
  ]);
  const homeless = [...FLAGS.keys()].filter((name) => !places.has(name));
  assert.deepEqual(
    homeless,
    ["config", "secret"],
    "the file itself, and a secret that is on the command line",
  );
});

Deno.test("a value of the file that only goes wrong with another is reported with its place or its flag", async () => {
  assert.match(
    await complaint(`source: poll\ninterval: 0\n${ENDPOINTS}`),
    /interval must be above 0 where the source is poll/,
  );
  assert.match(
    await complaint(`payloadEnv: [K8SVENT_WEBHOOK_SECRET]\npayload: k8vent\n${ENDPOINTS}`),
    /k8svent\.yaml:2:13: payloadEnv must not name K8SVENT_WEBHOOK_SECRET/,
  );
  assert.match(await complaint(`heartbeat: 1m\n${ENDPOINTS}`), /notices: true/);
});

Deno.test("the file of --state decides which files may be named, wherever it is given", async () => {
  const text = "endpoints:\n  - {name: a, url: 'https://a.example.com/', secretFiles: [/data/secret]}\n";
  await parse(text);
  for (
    const [argv, env] of [[["--state", "/data/s.db"], {}], [[], { K8SVENT_STATE: "/data/s.db" }]] as const
  ) {
    assert.match(await complaint(text, [...argv], env), /in the folder of the state/);
  }
  assert.match(await complaint(`state: /data/s.db\n${text}`), /in the folder of the state/);
  assert.match(
    await complaint(text.replace("/data/", "/account/"), [], { K8SVENT_SERVICE_ACCOUNT: "/account" }),
    /of the service account/,
  );
});

Deno.test("flags may not name the service account's files for what is sent, either", async () => {
  const token = "/var/run/secrets/kubernetes.io/serviceaccount/token";
  for (const flag of ["--secret-file", "--registry-config"]) {
    assert.match(
      await complaint(ENDPOINTS, [flag, token]),
      new RegExp(`^${flag} names a file of the service account`),
    );
  }
});

Deno.test("in a pod the file may not name a kubeconfig, which could send the token elsewhere", async () => {
  const text = `kubeconfig: k\n${ENDPOINTS}`;
  assert.equal((await parse(text)).kubeconfig, "/etc/k8svent/k");
  const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1" };
  assert.match(await complaint(text, [], env), /k8svent\.yaml:2:13: kubeconfig is for a workstation/);
  assert.equal((await parse(text, ["--kubeconfig", "/k"], env)).kubeconfig, "/k");
});

Deno.test("a file that cannot be read is reported with the way out", async () => {
  await assert.rejects(parseCommand(["--config", "/nowhere"], contextOf({})), (error) => {
    assert(error instanceof UsageError);
    assert.match(
      error.message,
      /^Cannot read the configuration file \/nowhere: it does not exist; create it/,
    );
    return true;
  });
});
