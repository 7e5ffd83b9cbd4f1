import assert from "node:assert/strict";
import { type Options, parseOptions } from "./options.ts";
import { UsageError } from "./usage_error.ts";
import { describeVersion } from "./version.ts";

type Env = Record<string, string>;

const URL_FLAG = ["--url", "https://a.example/"];

function parse(argv: string[], env: Env = {}): Options {
  const options = parseOptions(argv, (name) => env[name]);
  assert.equal(options.command, "run");
  return options as Options;
}

function complaint(argv: string[], env: Env = {}): string {
  try {
    parse(argv, env);
  } catch (error) {
    assert(error instanceof UsageError, String(error));
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  assert.fail("the command line was accepted");
}

function hosts(options: Options): string[] {
  return options.endpoints.map((endpoint) => endpoint.url.host);
}

Deno.test("with a webhook alone, everything else has its default", () => {
  const { endpoints, ...rest } = parse(URL_FLAG);
  assert.equal(endpoints.length, 1);
  assert.deepEqual(rest, {
    command: "run",
    signatures: new Set(["standard", "github", "atomist"]),
    once: false,
    source: "watch",
    interval: 120_000,
    namespaces: [],
    podWebhooks: [],
    buffer: 64 * 2 ** 20,
    stateMax: 2 ** 30,
    notices: [],
    heartbeat: 0,
    timeout: 15_000,
    concurrency: 16,
    shutdownTimeout: 20_000,
    update: { mode: "exit", insecureRegistries: [] },
    logLevel: "info",
    payload: "k8svent",
    payloadEnv: [],
  });
});

Deno.test("every flag has a variable that means the same", () => {
  const flags = [
    ...[
      "--url",
      "x=https://a.example/",
      "--secret-file",
      "/s",
      "--source",
      "poll",
      "--interval",
      "1m",
      "-n",
      "n1",
    ],
    ...["-n", "n2", "--selector", "a in (b,c)", "--field-selector", "spec.nodeName=n", "--kubeconfig", "/k"],
    ...[
      "--context",
      "c",
      "--state",
      "/d",
      "--environment",
      "prod",
      "--pod-webhooks",
      "*.example.com",
      "--once",
    ],
    ...["--buffer", "2Mi", "--state-max", "3Gi", "--notices", "x", "--heartbeat", "5m"],
    ...["--timeout", "1s", "--concurrency", "2", "--shutdown-timeout", "0", "--log-level", "debug"],
    ...["--log-format", "json", "--payload", "k8vent", "--payload-env", "A", "--payload-env", "B"],
    ...["--listen", "127.0.0.1:8080", "--update", "notify", "--update-interval", "1h"],
    ...["--image", "r.example.com/k8svent:next", "--registry-config", "/c"],
    ...["--insecure-registry", "localhost:5000", "--insecure-registry", "r", "--signatures", "github"],
  ];
  const env = {
    K8SVENT_WEBHOOKS: "x=https://a.example/",
    K8SVENT_WEBHOOK_SECRET_FILE: "/s",
    K8SVENT_SOURCE: "poll",
    K8SVENT_INTERVAL: "1m",
    K8SVENT_NAMESPACE: "n1, n2",
    K8SVENT_SELECTOR: "a in (b,c)",
    K8SVENT_FIELD_SELECTOR: "spec.nodeName=n",
    K8SVENT_KUBECONFIG: "/k",
    K8SVENT_CONTEXT: "c",
    K8SVENT_STATE: "/d",
    K8SVENT_ENVIRONMENT: "prod",
    K8SVENT_POD_WEBHOOKS: "*.example.com",
    K8SVENT_ONCE: "true",
    K8SVENT_BUFFER: "2Mi",
    K8SVENT_STATE_MAX: "3Gi",
    K8SVENT_NOTICES: "x",
    K8SVENT_HEARTBEAT: "5m",
    K8SVENT_TIMEOUT: "1s",
    K8SVENT_CONCURRENCY: "2",
    K8SVENT_SHUTDOWN_TIMEOUT: "0",
    K8SVENT_LOG_LEVEL: "debug",
    K8SVENT_LOG_FORMAT: "json",
    K8SVENT_PAYLOAD: "k8vent",
    K8SVENT_PAYLOAD_ENV: "A,B",
    K8SVENT_LISTEN: "127.0.0.1:8080",
    K8SVENT_UPDATE: "notify",
    K8SVENT_UPDATE_INTERVAL: "1h",
    K8SVENT_IMAGE: "r.example.com/k8svent:next",
    K8SVENT_REGISTRY_CONFIG: "/c",
    K8SVENT_INSECURE_REGISTRY: "localhost:5000,r",
    K8SVENT_SIGNATURES: "github",
  };
  const fromFlags = parse(flags);
  const fromEnvironment = parse([], env);
  assert.deepEqual(fromEnvironment, fromFlags);
  assert.equal(Object.keys(fromFlags).length, 28);
  assert.equal(Object.keys(fromFlags.update).length, 5);
});

Deno.test("webhooks come from --url, else K8SVENT_WEBHOOKS, else K8VENT_WEBHOOKS, and never add up", () => {
  const env = {
    K8SVENT_WEBHOOKS: "https://b.example/,https://c.example/",
    K8VENT_WEBHOOKS: "https://d.example/",
  };
  assert.deepEqual(hosts(parse(URL_FLAG, env)), ["a.example"]);
  assert.deepEqual(hosts(parse([], env)), ["b.example", "c.example"]);
  assert.deepEqual(hosts(parse([], { ...env, K8SVENT_WEBHOOKS: "" })), ["d.example"]);
});

Deno.test("K8SVENT_ENVIRONMENT comes before ATOMIST_ENVIRONMENT", () => {
  const env = { ATOMIST_ENVIRONMENT: "old" };
  assert.equal(parse(URL_FLAG, env).environment, "old");
  assert.equal(parse(URL_FLAG, { ...env, K8SVENT_ENVIRONMENT: "new" }).environment, "new");
});

Deno.test("a comma in the list of a variable separates, and one in a --url does not", () => {
  assert.match(complaint([], { K8SVENT_WEBHOOKS: "https://a.example/x,y" }), /WEBHOOKS, entry 2 .*%2C/);
  assert.equal(parse(["--url", "https://a.example/x,y"]).endpoints[0]?.url.pathname, "/x,y");
  assert.equal(parse([], { K8SVENT_WEBHOOKS: " https://a.example/ ,\n" }).endpoints.length, 1);
});

Deno.test("without a webhook the error says how to give one, except with --once or --pod-webhooks", () => {
  assert.match(complaint([]), /--url https:.* or in K8SVENT_WEBHOOKS/);
  assert.deepEqual(parse(["--once"]).endpoints, []);
  assert.deepEqual(parse(["--pod-webhooks", "hooks.example.com:8443"]).podWebhooks, [
    "hooks.example.com:8443",
  ]);
});

Deno.test("an empty secret is refused, wherever it comes from", () => {
  assert.match(complaint([...URL_FLAG, "--secret", ""]), /^--secret is set but empty/);
  assert.match(complaint([...URL_FLAG, "--secret", " \n"]), /^--secret is set but empty/);
  assert.match(
    complaint(URL_FLAG, { K8SVENT_WEBHOOK_SECRET: "" }),
    /^K8SVENT_WEBHOOK_SECRET is set but empty/,
  );
  assert.match(complaint(URL_FLAG, { K8SVENT_WEBHOOK_SECRET_FILE: "" }), /_SECRET_FILE is set but empty/);
});

Deno.test("a secret that could not sign is refused without being shown", () => {
  const message = complaint([...URL_FLAG, "--secret", "whsec_T0PSECRE!"]);
  assert.match(message, /^--secret: the secret begins with whsec_/);
  assert.doesNotMatch(message, /T0PSECRE/);
});

Deno.test("a secret and a secret file exclude each other, but a flag wins over a variable", () => {
  const both = { K8SVENT_WEBHOOK_SECRET: "s3cret", K8SVENT_WEBHOOK_SECRET_FILE: "/f" };
  assert.match(complaint(URL_FLAG, both), /exclude each other/);
  assert.match(complaint([...URL_FLAG, "-s", "x", "--secret-file", "/f"]), /exclude each other/);
  const file = parse([...URL_FLAG, "--secret-file", "/f"], { K8SVENT_WEBHOOK_SECRET: "" });
  assert.deepEqual([file.secret, file.secretFile], [undefined, "/f"]);
  const secret = parse([...URL_FLAG, "-s", "mine"], { K8SVENT_WEBHOOK_SECRET_FILE: "/f" });
  assert.deepEqual([secret.secret, secret.secretFile], ["mine", undefined]);
});

Deno.test("a value that makes no sense is refused with the flag or variable that it came from", () => {
  const cases: [string[], RegExp][] = [
    [["--source", "push"], /^--source must be watch or poll, not "push"\.$/],
    [["--interval", "5"], /^--interval must be a duration/],
    [["--timeout", "0"], /^--timeout must be above 0/],
    [["--source", "poll", "--interval", "0"], /^--source poll needs an --interval above 0/],
    [["--concurrency", "0"], /^--concurrency must be a whole number from 1 to 1000, not "0"\.$/],
    [["--concurrency", "1001"], /from 1 to 1000/],
    [["--concurrency", "1e2"], /from 1 to 1000/],
    [["--log-level", "trace"], /^--log-level must be debug or info or warn or error/],
    [["--log-format", "xml"], /^--log-format must be json or text/],
    [["--namespace", "a,b"], /repeat the flag/],
    [["--namespace", "../x"], /must be the name of one namespace/],
    [["--environment", "a\nb"], /printable ASCII/],
    [["--pod-webhooks", "https://x.example/"], /^--pod-webhooks must be a host .* without scheme/],
    [["--pod-webhooks", "*"], /^--pod-webhooks: "\*" is not a host/],
    [["--pod-webhooks", "*.com"], /^--pod-webhooks: "\*\.com" covers too much/],
    [["--state", ""], /^--state is set but empty/],
    [["--payload-env", "HOME"], /add --payload k8vent/],
  ];
  for (const [argv, expected] of cases) assert.match(complaint([...URL_FLAG, ...argv]), expected);
  assert.match(complaint(URL_FLAG, { K8SVENT_ONCE: "maybe" }), /^K8SVENT_ONCE must be true or false/);
});

Deno.test("interval 0 is fine in watch mode, and K8SVENT_ONCE=false is off", () => {
  const options = parse([...URL_FLAG, "--interval", "0"], { K8SVENT_ONCE: "false" });
  assert.equal(options.interval, 0);
  assert.equal(options.once, false);
});

Deno.test("the older payload carries ATOMIST_ENVIRONMENT unless told otherwise, and never a secret", () => {
  assert.deepEqual(parse([...URL_FLAG, "--payload", "k8vent"]).payloadEnv, ["ATOMIST_ENVIRONMENT"]);
  for (const name of ["K8SVENT_WEBHOOK_SECRET", "K8SVENT_SECRET", "K8VENT_WEBHOOKS", "K8SVENT_WEBHOOKS"]) {
    const argv = [...URL_FLAG, "--payload", "k8vent", "--payload-env", name];
    assert.match(complaint(argv), /secrets are never sent/);
  }
});

Deno.test("an unknown flag is met with a suggestion and without the value that it carried", () => {
  const message = complaint(["--secrt=T0PSECRET"]);
  assert.match(message, /There is no flag --secrt\. Did you mean --secret\?/);
  assert.doesNotMatch(message, /T0PSECRET/);
  assert.match(complaint(["-xT0PSECRET"]), /^There is no flag -x\./);
  assert.match(complaint(["--once=T0PSECRET"]), /^--once is a switch/);
  assert.match(complaint(["--url"]), /^--url needs a value/);
});

Deno.test("a stray argument is refused without being repeated", () => {
  const message = complaint(["https://a.example/T0PSECRET"]);
  assert.match(message, /give a webhook with --url URL/);
  assert.doesNotMatch(message, /T0PSECRET/);
});

Deno.test("a URL behind the wrong flag is not shown in full", () => {
  assert.doesNotMatch(complaint([...URL_FLAG, "--interval", "https://a.example/T0PSECRET"]), /T0PSECRET/);
});

Deno.test("help names every flag with its variable, in groups, and asks for nothing else", () => {
  const help = parseOptions(["--help", "--interval", "nonsense"], () => undefined);
  assert.equal(help.command, "help");
  const text = (help as { text: string }).text;
  for (
    const name of [
      "K8SVENT_WEBHOOKS",
      "-u, --url [NAME=]URL",
      "--shutdown-timeout",
      "Which pods:",
      "Examples:",
    ]
  ) {
    assert(text.includes(name), name);
  }
  assert(text.split("\n").every((line) => line.length <= 100));
});

Deno.test("the version can be asked for", () => {
  assert.deepEqual(parseOptions(["-V"], () => undefined), { command: "version" });
});

Deno.test("the version is the one of deno.json, and says that it runs from source", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert.equal(describeVersion("2.9.6"), `k8svent ${config.version} (from source, deno 2.9.6)\n`);
});

for (
  const [flags, message] of [
    [["--update", "now"], /--update must be exit or notify or off/],
    [["--update-interval", "10ms"], /--update-interval must be at least 1s; .* use --update off/],
    [["--image", "https://r/k8svent"], /--image must be an image such as/],
    [["--registry-config", " "], /--registry-config is set but empty/],
    [["--insecure-registry", "http://r"], /--insecure-registry must be HOST or HOST:PORT, without scheme/],
    [["--insecure-registry", "r/path"], /--insecure-registry must be HOST or HOST:PORT/],
    [["--listen", "8080"], /--listen must be HOST:PORT or :PORT/],
  ] as const
) {
  Deno.test(`${flags.join(" ")} is refused with what to write`, () => {
    assert.match(complaint([...URL_FLAG, ...flags]), message);
  });
}

Deno.test("--signatures leaves out what a receiver does not read, and refuses what does not exist", () => {
  assert.deepEqual(parse([...URL_FLAG, "--signatures", "standard"]).signatures, new Set(["standard"]));
  const both = parse(URL_FLAG, { K8SVENT_SIGNATURES: "github,standard" }).signatures;
  assert.deepEqual(both, new Set(["github", "standard"]));
  assert.match(
    complaint([...URL_FLAG, "--signatures", "sha1"]),
    /--signatures must be standard or github or atomist/,
  );
});

Deno.test("a variable that holds no proxy is wrong usage where a webhook would go through it, and names itself alone", () => {
  const values = [
    "ftp://s3cret",
    "http://",
    "socks5://s3cret:1080",
    "http://me:s3/cret@proxy:1",
    "http://proxy:99999",
  ];
  for (const name of ["HTTPS_PROXY", "https_proxy"]) {
    for (const value of values) {
      const said = complaint(URL_FLAG, { [name]: value });
      assert.match(said, new RegExp(`^${name} (is no proxy|names a SOCKS proxy).* The webhook a\\.example`));
      assert.doesNotMatch(said, /s3cret|s3\/|ftp/);
    }
  }
  const bad = { HTTPS_PROXY: "ftp://x" };
  parse(URL_FLAG, { ...bad, NO_PROXY: "*.b, .example" });
  parse(["--url", "https://127.0.0.1:8443/"], bad);
  parse(["--url", "http://a.example/"], bad);
  parse(["--once"], bad);
});
