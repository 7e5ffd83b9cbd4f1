import assert from "node:assert/strict";
import { complaint, LONG, parse, URL_FLAG } from "../../tests/kit/command_line.ts";
import { SETTINGS } from "../../tests/kit/endpoint.ts";
import type { Options } from "./options.ts";

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
    names: new Map(),
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
  assert.deepEqual(fromEnvironment, { ...fromFlags, warnings: [], names: fromEnvironment.names });
  assert.equal(Object.keys(fromFlags).length, 33);
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

Deno.test("a value that makes no sense is refused with the flag or variable that it came from", () => {
  const cases: [string[], RegExp][] = [
    [["--source", "push"], /^--source must be watch or poll, not "push"\.$/],
    [["--interval", "5"], /^--interval must be a duration .* It has no unit: 5s are seconds, 5m minutes\.$/],
    [["--interval", "-1s"], /^--interval must be a duration .*, not "-1s"\.$/],
    [["--interval", "1h30"], /^--interval must be a duration/],
    [["--buffer", "-1Mi"], /^--buffer must be a size of at least 1Mi, .*, not "-1Mi"\.$/],
    [["--state-max", "999999999999Gi"], /^--state-max can be at most 1048576Gi/],
    [["--namespace", "*"], /must be the name of one namespace, .* or leave it out for all\.$/],
    [["--timeout", "0"], /^--timeout must be above 0, for example 15s\.$/],
    [["--source", "poll", "--interval", "0"], /^--interval must be above 0 where the source is poll/],
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
    [["--pod-webhooks", "*.a..com"], /^--pod-webhooks has a dot too many in its host/],
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

for (
  const [listen, adminListen] of [
    ["127.0.0.1:9090", "127.0.0.1:9090"],
    [":9090", "127.0.0.1:9090"],
    ["[::1]:9090", ":9090"],
    ["LOCALHOST:9090", "localhost:9090"],
  ] as const
) {
  const flags = [...URL_FLAG, "--admin-token-file", "/t", "--listen", listen, "--admin-listen"];

  Deno.test(`--listen ${listen} and --admin-listen ${adminListen} are refused: they are one port`, () => {
    assert.match(
      complaint([...flags, adminListen]),
      /^--listen and --admin-listen both name the port 9090: give one of them another\.$/,
    );
    parse([...flags, adminListen.replace("9090", "9091")]);
    parse([...flags, adminListen, "--once"]);
  });
}

Deno.test("--listen and --admin-listen may have one port at two addresses, and any port each", () => {
  const flags = [...URL_FLAG, "--listen", "127.0.0.1:9090", "--admin-listen"];
  assert.equal(parse([...flags, "127.0.0.2:9090"]).adminListen?.port, 9090);
  assert.equal(parse([...URL_FLAG, "--listen", "[::1]:0", "--admin-listen", "[::1]:0"]).listen?.port, 0);
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
