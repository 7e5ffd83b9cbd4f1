import assert from "node:assert/strict";
import { SETTINGS } from "../../tests/kit/endpoint.ts";
import { type Options, parseOptions } from "./options.ts";
import { UsageError } from "../config/usage_error.ts";
import { describeVersion } from "./version.ts";

type Env = Record<string, string>;

const URL_FLAG = ["--url", "https://a.example/"];

const LONG = "0123456789abcdef";

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

function signaturesOf({ endpoints }: Options): readonly string[] | undefined {
  return endpoints[0]?.settings.signatures;
}

function hosts(options: Options): string[] {
  return options.endpoints.map((endpoint) => endpoint.url?.host ?? "");
}

Deno.test("with a webhook alone, everything else has its default", () => {
  const { endpoints, ...rest } = parse([...URL_FLAG, "--secret", LONG]);
  assert.deepEqual(endpoints.map(({ settings }) => settings), [SETTINGS]);
  assert.deepEqual(rest, {
    command: "run",
    secrets: [LONG],
    warnings: [],
    ofAnnotations: { ...SETTINGS, signatures: [] },
    once: false,
    source: "watch",
    interval: 120_000,
    namespaces: [],
    excludeNamespaces: [],
    podWebhooks: [],
    buffer: 64 * 2 ** 20,
    stateMax: 2 ** 30,
    heartbeat: 0,
    shutdownTimeout: 20_000,
    showPayloads: false,
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
    ...["--admin-listen", ":9090", "--admin-token-file", "/t", "--show-payloads"],
    ...["--listen", "127.0.0.1:8080", "--update", "notify", "--update-interval", "1h"],
    ...["--image", "r.example.com/k8svent:next", "--registry-config", "/c"],
    ...["--insecure-registry", "localhost:5000", "--insecure-registry", "r", "--signatures", "github"],
    ...["--exclude-namespace", "n3", "--cluster", "east-1", "--reasons", "ready", "--reasons", "deleted"],
    ...["--redact", "env", "--redact", "probe-headers"],
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
    K8SVENT_ADMIN_LISTEN: ":9090",
    K8SVENT_ADMIN_TOKEN_FILE: "/t",
    K8SVENT_SHOW_PAYLOADS: "true",
    K8SVENT_LISTEN: "127.0.0.1:8080",
    K8SVENT_UPDATE: "notify",
    K8SVENT_UPDATE_INTERVAL: "1h",
    K8SVENT_IMAGE: "r.example.com/k8svent:next",
    K8SVENT_REGISTRY_CONFIG: "/c",
    K8SVENT_INSECURE_REGISTRY: "localhost:5000,r",
    K8SVENT_SIGNATURES: "github",
    K8SVENT_EXCLUDE_NAMESPACE: "n3",
    K8SVENT_CLUSTER: "east-1",
    K8SVENT_REASONS: "ready,deleted",
    K8SVENT_REDACT: "env probe-headers",
  };
  const fromFlags = parse(flags);
  const fromEnvironment = parse([], env);
  assert.deepEqual(fromEnvironment, { ...fromFlags, warnings: [] });
  assert.equal(Object.keys(fromFlags).length, 32);
  assert.deepEqual(fromFlags.endpoints.map(({ settings }) => settings), [{
    ...SETTINGS,
    timeout: 1_000,
    concurrency: 2,
    signatures: ["github"],
    notices: true,
    filter: { reasons: ["ready", "deleted"], onError: "send" },
    redact: { env: "secrets", args: "none", annotations: "none", probeHeaders: "secrets", patterns: [] },
  }]);
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

for (const separator of [",", " , ", "\n", "\r\n", " ", "\t", ",\n", "\n\n,"]) {
  Deno.test(`${JSON.stringify(separator)} stands between two webhooks of a variable`, () => {
    for (const name of ["K8SVENT_WEBHOOKS", "K8VENT_WEBHOOKS"]) {
      const value = ["", "a=https://a.example/x", "https://b.example/", ""].join(separator);
      const { endpoints } = parse([], { [name]: value });
      assert.deepEqual(endpoints.map(({ url }) => url?.href), ["https://a.example/x", "https://b.example/"]);
      assert.equal(endpoints[0]?.name, "a");
    }
  });
}

Deno.test("a comma in the list of a variable separates, and one in a --url does not", () => {
  assert.match(complaint([], { K8SVENT_WEBHOOKS: "https://a.example/x?ids=1,2" }), /WEBHOOKS, entry 2 .*%2C/);
  assert.equal(parse(["--url", "https://a.example/x,y"]).endpoints[0]?.url?.pathname, "/x,y");
  assert.equal(parse([], { K8SVENT_WEBHOOKS: " https://a.example/ ,\n" }).endpoints.length, 1);
});

Deno.test("every list of a variable is separated alike, and no value has the new line of its file", () => {
  const { namespaces, interval, state, podWebhooks } = parse(URL_FLAG, {
    K8SVENT_NAMESPACE: "a\nb, c\n",
    K8SVENT_INTERVAL: " 5m\n",
    K8SVENT_STATE: "/x/state.db\r\n",
    K8SVENT_POD_WEBHOOKS: "a.example b.example",
  });
  assert.deepEqual(namespaces, ["a", "b", "c"]);
  assert.deepEqual([interval, state], [300_000, "/x/state.db"]);
  assert.deepEqual(podWebhooks, ["a.example", "b.example"]);
});

Deno.test("without a webhook the error says how to give one, except with --once or --pod-webhooks", () => {
  assert.match(complaint([]), /--url https:.*, in K8SVENT_WEBHOOKS, or under endpoints/);
  assert.deepEqual(parse(["--once"]).endpoints, []);
  assert.deepEqual(parse(["--pod-webhooks", "hooks.example.com:8443"]).podWebhooks, [
    "hooks.example.com:8443",
  ]);
});

Deno.test("an empty secret on the command line is refused", () => {
  for (const empty of ["", " \n"]) {
    assert.match(complaint([...URL_FLAG, "--secret", empty]), /^--secret is set but empty/);
    assert.match(complaint([...URL_FLAG, "--secret-file", empty]), /^--secret-file is set but empty/);
  }
});

for (
  const name of [
    "K8SVENT_WEBHOOK_SECRET",
    "K8SVENT_SECRET",
    "K8SVENT_WEBHOOK_SECRET_FILE",
    "K8SVENT_SECRET_FILE",
  ]
) {
  Deno.test(`an empty ${name} is wrong usage, where nothing else signs what is sent`, () => {
    for (const value of ["", " \n"]) {
      assert.throws(() => parse(URL_FLAG, { [name]: value }), {
        name: "UsageError",
        message: `${name} is set but empty: give it a secret, or unset it to send unsigned.`,
      });
    }
    assert.deepEqual(parse([...URL_FLAG, "-s", LONG], { [name]: "" }).warnings, []);
    assert.deepEqual(parse(["--once"], { [name]: "" }).secrets, []);
  });
}

Deno.test("that nothing signs is said once, where anything is sent to a webhook of the operator's", () => {
  assert.deepEqual(parse(URL_FLAG).warnings, [
    "No secret is given, so messages are sent unsigned: name one with --secret-file FILE.",
  ]);
  assert.deepEqual(parse([...URL_FLAG, "--secret-file", "/f"]).warnings, []);
  assert.deepEqual(parse(["--once"]).warnings, []);
  assert.deepEqual(parse(["--pod-webhooks", "a.example"]).warnings, []);
});

Deno.test("a secret from the flag and from the variable is read by one rule", () => {
  for (const text of [`${LONG}\n`, ` ${LONG}\r\n`, `\uFEFF${LONG}`]) {
    assert.deepEqual(parse([...URL_FLAG, "--secret", text]).secrets, [LONG]);
    assert.deepEqual(parse(URL_FLAG, { K8SVENT_WEBHOOK_SECRET: text }).secrets, [LONG]);
  }
  const two = parse(URL_FLAG, { K8SVENT_WEBHOOK_SECRET: `new-${LONG}\nold-${LONG}\n` });
  assert.deepEqual(two.secrets, [`new-${LONG}`, `old-${LONG}`]);
  for (const text of [`"${LONG}"`, `v1,whsec_${LONG}`, "x", "whsec_T0PSECRE!"]) {
    const flag = complaint([...URL_FLAG, "--secret", text]);
    const variable = complaint(URL_FLAG, { K8SVENT_WEBHOOK_SECRET: text });
    assert.match(flag, /^--secret: the secret /);
    assert.equal(variable.replace("K8SVENT_WEBHOOK_SECRET", "--secret"), flag);
  }
});

Deno.test("a secret that could not sign is refused without being shown", () => {
  const message = complaint([...URL_FLAG, "--secret", "whsec_T0PSECRE!"]);
  assert.match(message, /^--secret: the secret begins with whsec_/);
  assert.doesNotMatch(message, /T0PSECRE/);
});

Deno.test("a short secret is taken with a warning that does not show it", () => {
  const { secrets, warnings } = parse([...URL_FLAG, "--secret", "T0PSECRET"]);
  assert.deepEqual(secrets, ["T0PSECRET"]);
  assert.deepEqual(warnings, [
    "--secret: the secret has 9 bytes only: use 16 or more (openssl rand -hex 32).",
  ]);
});

Deno.test("a secret and a secret file exclude each other, but a flag wins over a variable", () => {
  const both = { K8SVENT_WEBHOOK_SECRET: LONG, K8SVENT_WEBHOOK_SECRET_FILE: "/f" };
  assert.match(complaint(URL_FLAG, both), /exclude each other/);
  assert.match(complaint([...URL_FLAG, "-s", LONG, "--secret-file", "/f"]), /exclude each other/);
  const file = parse([...URL_FLAG, "--secret-file", "/f"], { K8SVENT_WEBHOOK_SECRET: "" });
  assert.deepEqual([file.secrets, file.secretFile], [[], "/f"]);
  const secret = parse([...URL_FLAG, "-s", LONG], { K8SVENT_WEBHOOK_SECRET_FILE: "/f" });
  assert.deepEqual([secret.secrets, secret.secretFile], [[LONG], undefined]);
});

Deno.test("a value that makes no sense is refused with the flag or variable that it came from", () => {
  const cases: [string[], RegExp][] = [
    [["--source", "push"], /^--source must be watch or poll, not "push"\.$/],
    [["--interval", "5"], /^--interval must be a duration .* It has no unit: 5s are seconds, 5m minutes\.$/],
    [["--interval", "-1s"], /^--interval must be a duration .*, not "-1s"\.$/],
    [["--interval", "1h30"], /^--interval must be a duration/],
    [["--buffer", "-1Mi"], /^--buffer must be a size of at least 1Mi, .*, not "-1Mi"\.$/],
    [["--state-max", "999999999999Gi"], /^--state-max can be at most 1048576Gi/],
    [["--namespace", "*"], /must be the name of one namespace, .* or leave it out for all\.$/],
    [["--timeout", "0"], /^--timeout must be above 0/],
    [["--source", "poll", "--interval", "0"], /^--source poll needs an --interval above 0/],
    [["--concurrency", "0"], /^--concurrency must be a whole number from 1 to 1000, not "0"\.$/],
    [["--concurrency", "1001"], /from 1 to 1000/],
    [["--concurrency", "1e2"], /from 1 to 1000/],
    [["--log-level", "trace"], /^--log-level must be debug, info, warn or error/],
    [["--log-format", "xml"], /^--log-format must be json or text/],
    [["--namespace", "a,b"], /give another one by itself/],
    [["--namespace", "../x"], /must be the name of one namespace/],
    [["--environment", "a\nb"], /printable ASCII/],
    [["--pod-webhooks", "https://x.example/"], /^--pod-webhooks must be one host .* without scheme/],
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

Deno.test("the older payload carries ATOMIST_ENVIRONMENT unless asked otherwise, and never a secret", () => {
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

for (
  const [typed, meant] of [
    ["-A", /^There is no flag -A\. The pods of all namespaces are followed unless --namespace/],
    ["--all-namespaces", /The pods of all namespaces are followed unless --namespace names some\./],
    ["-l", /Did you mean --selector S\?/],
    ["--label-selector", /Did you mean --selector S\?/],
    ["--webhook", /Did you mean --url URL\?/],
    ["--webhooks", /Did you mean --url URL, once for each\?/],
    ["-f", /Files are named by --config, --kubeconfig, --secret-file and --state\./],
    ["--watch", /It watches of itself/],
    ["-o", /\. Use --once to print the pods as JSON\./],
    ["--dry-run", /\. Use --once without a webhook to print what would be sent\./],
    ["-v", /\. Use --log-level debug to see more, or --version for the version\./],
    ["--config-file", /Did you mean --config FILE\?/],
    ["--metrics", /\. --listen HOST:PORT answers probes and metrics/],
    ["--insecure-skip-tls-verify", /\. Name the authority's PEM file in DENO_CERT, or/],
    ["--no-update", /Did you mean --update off\?/],
    ["--namespaces", /Did you mean --namespace\?/],
    ["--kube-config", /Did you mean --kubeconfig\?/],
    ["--kubecofnig", /Did you mean --kubeconfig\?/],
    ["--intervall", /Did you mean --interval\?/],
    ["--log_level", /Did you mean --log-level\?/],
    ["--URL", /Did you mean --url\?/],
    ["--versoin", /Did you mean --version\?/],
    ["--hlep", /Did you mean --help\?/],
    ["--nothing-like-it", /^There is no flag --nothing-like-it\. "k8svent --help"/],
  ] as const
) {
  Deno.test(`${typed} is no flag, and the error says what to write`, () => {
    assert.match(complaint([typed, "x"]), /^There is no flag --?[A-Za-z_-]+\./);
    assert.match(complaint([typed, "x"]), meant);
    assert.doesNotMatch(complaint([`${typed}=T0PSECRET`]), /T0PSECRET/);
  });
}

for (
  const typed of ["\u2013url", "\u2014url=x", "\u2010\u2010url", "-\u2011url", "\u2212u", "\uff0d\uff0durl"]
) {
  Deno.test(`${typed} begins with no hyphen, which is said`, () => {
    assert.match(
      complaint([typed, "x"]),
      /^A flag begins with a dash that is not a hyphen .*: write --?u(rl)?\.$/,
    );
    assert.doesNotMatch(complaint([`${typed}T0PSECRET`]), /T0PSECRET/);
  });
}

Deno.test("a dash that is not a hyphen is fine in a value", () => {
  assert.equal(parse([...URL_FLAG, "--context", "\u2013dev"]).context, "\u2013dev");
});

Deno.test("a word behind a switch, and one of white space, is said to be that", () => {
  assert.match(complaint([...URL_FLAG, "--once", "true"]), /^--once is a switch/);
  for (const word of ["", " ", "\\", "\r"]) assert.match(complaint([...URL_FLAG, word]), /white space/);
  assert.match(complaint([...URL_FLAG, "T0PSECRET"]), /takes flags only/);
  for (const word of ["once", "url", "url=https://T0PSECRET.example", "state=T0PSECRET"]) {
    assert.match(complaint([word]), /^k8svent takes flags only: did you mean --(once|url|state)\?/);
  }
  for (const flag of ["--help=x", "--version=x"]) assert.match(complaint([flag]), /is a switch/);
});

Deno.test("what was left in the place of a value is refused, whichever flag or variable it is for", () => {
  const left: [string, string, RegExp][] = [
    ["--interval", '"2m"', /in quotes/],
    ["--namespace", "\u201cshop\u201d", /in quotes/],
    ["--kubeconfig", "'/home/me/config'", /in quotes/],
    ["--state", "$HOME/state.db", /only a shell fills in/],
    ["--secret-file", "${HOME}/secret", /only a shell fills in/],
    ["--context", "<nil>", /a template writes/],
    ["--selector", "{{ .Values.selector }}", /a placeholder that was not filled in/],
    ["--environment", "$(CLUSTER)", /a placeholder that was not filled in/],
    ["--listen", "<address>", /a placeholder/],
    ["--timeout", "15s # short", /holds a comment/],
  ];
  for (const [flag, value, said] of left) {
    assert.match(complaint([...URL_FLAG, flag, value]), said, `${flag} ${value}`);
    const variable = `K8SVENT_${flag.slice(2).toUpperCase().replaceAll("-", "_")}`;
    assert.match(complaint(URL_FLAG, { [variable]: value }), said, `${variable}=${value}`);
  }
  assert.match(
    complaint([], { K8SVENT_WEBHOOKS: '"https://a.example/T0P,https://b.example/T0P"' }),
    /in quotes/,
  );
  assert.match(complaint([], { K8SVENT_WEBHOOKS: "- https://a.example/T0P" }), /a list of JSON, YAML/);
  assert.match(complaint(URL_FLAG, { K8SVENT_INTERVAL: "K8SVENT_INTERVAL=2m" }), /begins with its own name/);
  assert.match(
    complaint([...URL_FLAG, "--pod-webhooks", "a.example.com,b.example.com"]),
    /give another one by itself/,
  );
});

Deno.test("a word, a duration and a size that are nearly right are met with the right one", () => {
  for (
    const [flag, value, meant] of [
      ["--log-level", "INFO", "info"],
      ["--source", "wacth", "watch"],
      ["--interval", "2min", "2m"],
      ["--interval", "2 m", "2m"],
      ["--interval", "2M", "2m"],
      ["--interval", "1d", "24h"],
      ["--interval", "30sec", "30s"],
      ["--buffer", "64MB", "64Mi"],
      ["--buffer", "64m", "64Mi"],
      ["--buffer", "1 Gi", "1Gi"],
    ] as const
  ) assert.match(complaint([...URL_FLAG, flag, value]), new RegExp(` Did you mean ${meant}\\?$`), value);
  assert.match(complaint([...URL_FLAG, "--interval", "1.5h"]), /Numbers are whole ones: 90m, or 1h30m\.$/);
  for (const value of ["soon", "64", "10Ki", "1.5Gi"]) {
    assert.doesNotMatch(complaint([...URL_FLAG, "--buffer", value]), /Did you mean/, value);
  }
});

for (const typed of ["-url", "-once", "-kubeconfig", "-namespace=x", "-help", "-version"]) {
  Deno.test(`${typed} is written with two dashes, which is said`, () => {
    assert.match(complaint([typed, "x"]), /^-[a-z]+ is written with two dashes: --[a-z]+\.$/);
  });
}

for (
  const argv of [["--state", "--once"], ["-n", "--selector", "a"], ["--url", "-s", "x"], [
    "--secret",
    "-n",
    "x",
  ]]
) {
  Deno.test(`${argv.join(" ")}: the value that was forgotten is named`, () => {
    assert.match(
      complaint([...URL_FLAG, ...argv]),
      new RegExp(`^${argv[0]} needs a value, and the flag ${argv[1]} follows it`),
    );
  });
}

Deno.test("a value may begin with a dash, where it is no flag", () => {
  assert.deepEqual(parse([...URL_FLAG, "--secret", "-0123456789abcdef"]).secrets, ["-0123456789abcdef"]);
  assert.equal(parse([...URL_FLAG, "--state=--once"]).state, "--once");
});

Deno.test("a short flag takes its value behind a space, at once, and behind =", () => {
  for (const argv of [["-n", "team-a"], ["-nteam-a"], ["-n=team-a"]]) {
    assert.deepEqual(parse([...URL_FLAG, ...argv]).namespaces, ["team-a"]);
  }
});

Deno.test("a flag of one value that is given several counts the last one, and says so without a value", () => {
  const said = (...argv: string[]): string[] => parse([...URL_FLAG, "--secret-file", "/f", ...argv]).warnings;
  assert.deepEqual(said("--interval", "1m", "--interval=5m"), [
    "--interval is given 2 times, and takes one value: the last one counts.",
  ]);
  assert.deepEqual(said("--state", "/T0P", "--state", "/SECRET", "--state", "/T0P").length, 1);
  assert.deepEqual(said("--interval", "1m", "--interval", "1m", "-n", "a", "-n", "b"), []);
});

for (
  const [argv, warning] of [
    [["--once", "--source", "poll"], "--once sends each pod once and ends: --source has no effect."],
    [
      ["--once", ...URL_FLAG, "-s", LONG, "--state", "/x", "--listen", ":1"],
      "--once sends each pod once and ends: --state and --listen have no effect.",
    ],
    [
      ["--once", ...URL_FLAG, "-s", LONG, "--admin-listen", "127.0.0.1:1"],
      "--once sends each pod once and ends: --admin-listen has no effect.",
    ],
    [
      [...URL_FLAG, "-s", LONG, "--show-payloads", "--admin-token-file", "/t"],
      "Without --admin-listen there is no page and no API: --admin-token-file and --show-payloads have no effect.",
    ],
    [["--once", "--secret", LONG], "--once without a webhook prints the pods: --secret has no effect."],
    [
      ["--pod-webhooks", "a.example", "-s", LONG],
      "What goes to the webhooks of annotations is never signed: --secret has no effect.",
    ],
    [
      [...URL_FLAG, "-s", LONG, "--update", "off", "--image", "k8svent:next"],
      "--update off looks for no newer version: --image has no effect.",
    ],
  ] as const
) {
  Deno.test(`${argv.join(" ")}: what has no effect is said`, () => {
    assert.deepEqual(parse([...argv]).warnings, [warning]);
  });
}

Deno.test("what a variable sets may have no effect in silence: it serves several ways of running", () => {
  assert.deepEqual(parse(["--once"], { K8SVENT_STATE: "/x", K8SVENT_WEBHOOK_SECRET: LONG }).warnings, []);
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
  assert(text.split("\n").every((line) => line.length <= 80));
});

for (const host of ["127.0.0.1", "127.8.9.1", "localhost", "[::1]"]) {
  Deno.test(`--admin-listen ${host}:9090 needs no token, since only this machine can reach it`, () => {
    const { adminListen, adminTokenFile } = parse([...URL_FLAG, "--admin-listen", `${host}:9090`]);
    assert.equal(adminListen?.port, 9090);
    assert.equal(adminTokenFile, undefined);
  });
}

for (const address of [":9090", "0.0.0.0:9090", "[::]:9090", "10.1.2.3:9090", "127.0.0.1.example.com:9090"]) {
  Deno.test(`--admin-listen ${address} without a token is refused with what to do`, () => {
    const sentence = (from: string): RegExp =>
      new RegExp(`^${from} can be reached .*--admin-token-file FILE .*openssl.* or .*127.0.0.1:9090\\.$`);
    assert.match(complaint([...URL_FLAG, "--admin-listen", address]), sentence("--admin-listen"));
    assert.match(complaint(URL_FLAG, { K8SVENT_ADMIN_LISTEN: address }), sentence("K8SVENT_ADMIN_LISTEN"));
    parse([...URL_FLAG, "--admin-listen", address, "--admin-token-file", "/t"]);
    parse([...URL_FLAG, "--once", "--admin-listen", address]);
  });
}

Deno.test("help has what is used most before what is used least", () => {
  const { text } = parseOptions(["--help"], () => undefined) as { text: string };
  const places = ["--url", "--secret-file", "--namespace", "--state", "--state-max", "--payload-env"]
    .map((flag) => text.indexOf(`${flag} `, text.indexOf("Where to send:")));
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});

Deno.test("help and version are words, too", () => {
  assert.equal(parseOptions(["help"], () => undefined).command, "help");
  assert.equal(parseOptions(["version"], () => undefined).command, "version");
  assert.equal(parseOptions(["help", "--url", "x"], () => undefined).command, "help");
  assert.match(complaint([...URL_FLAG, "version"]), /takes flags only/);
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
    [["--update", "now"], /--update must be exit, notify or off/],
    [["--update-interval", "10ms"], /--update-interval must be at least 1s; .* use --update off/],
    [["--image", "https://r/k8svent"], /--image must be an image such as/],
    [["--registry-config", " "], /--registry-config is set but empty/],
    [["--insecure-registry", "http://r"], /--insecure-registry must be HOST or HOST:PORT, without scheme/],
    [["--insecure-registry", "r/path"], /--insecure-registry must be HOST or HOST:PORT/],
    [["--listen", "8080"], /--listen must be HOST:PORT or :PORT/],
    [["--admin-listen", "9090"], /--admin-listen must be HOST:PORT or :PORT/],
    [["--admin-token-file", " "], /--admin-token-file is set but empty/],
  ] as const
) {
  Deno.test(`${flags.join(" ")} is refused with what to write`, () => {
    assert.match(complaint([...URL_FLAG, ...flags]), message);
  });
}

Deno.test("--signatures leaves out what a receiver does not read, and refuses what does not exist", () => {
  assert.deepEqual(signaturesOf(parse([...URL_FLAG, "--signatures", "standard"])), ["standard"]);
  const both = parse(URL_FLAG, { K8SVENT_SIGNATURES: "github,standard" });
  assert.deepEqual(signaturesOf(both), ["github", "standard"]);
  assert.match(
    complaint([...URL_FLAG, "--signatures", "sha1"]),
    /--signatures must be standard, github or atomist/,
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
      assert.match(
        said,
        new RegExp(`^${name} (is not a proxy URL|names a SOCKS proxy).* The webhook a\\.example`),
      );
      assert.doesNotMatch(said, /s3cret|s3\/|ftp/);
    }
  }
  const bad = { HTTPS_PROXY: "ftp://x" };
  parse(URL_FLAG, { ...bad, NO_PROXY: "*.b, .example" });
  parse(["--url", "https://127.0.0.1:8443/"], bad);
  parse(["--url", "http://a.example/"], bad);
  parse(["--once"], bad);
});

Deno.test("what follows a flag that takes a value is its value, whatever it looks like", () => {
  assert.equal(parse([...URL_FLAG, "--selector", "-a=b"]).selector, "-a=b");
});
