import assert from "node:assert/strict";
import fc from "fast-check";
import { type Config, ConfigError, readConfig } from "./config.ts";

const PARTS = { file: "/etc/k8svent/k8svent.yaml", realPath: (path: string): string => path };

function read(text: string, parts: Partial<typeof PARTS> = {}): Promise<Config> {
  return readConfig(text, { ...PARTS, ...parts });
}

async function sentences(text: string): Promise<readonly string[]> {
  try {
    await read(text);
  } catch (error) {
    assert(error instanceof ConfigError, String(error));
    return error.messages;
  }
  assert.fail("the file was accepted");
}

function endpoint(...lines: string[]): string {
  return ["version: 1", "endpoints:", "  - name: ops", ...lines.map((line) => `    ${line}`)].join("\n");
}

const URL_LINE = "url: https://hooks.example.com/in";

Deno.test("a file with its version alone says nothing", async () => {
  const { flags, defaults, endpoints, warnings } = await read("version: 1\n");
  assert.deepEqual([...flags], []);
  assert.deepEqual([defaults, endpoints, warnings], [{}, undefined, []]);
});

Deno.test("a byte order mark, line ends of Windows and anchors change nothing", async () => {
  const text = "\uFEFFversion: 1\r\ndefaults:\r\n  headers: &h {x-a: {value: b}}\r\nendpoints:\r\n" +
    "  - {name: a, url: 'https://a.example.com/', headers: *h}\r\n";
  const { endpoints } = await read(text);
  assert.deepEqual(endpoints?.[0]?.layer.headers, [{ name: "x-a", value: "b" }]);
});

Deno.test("what an endpoint can have becomes its settings", async () => {
  const { endpoints } = await read(endpoint(
    "urlFile: /s/url",
    "secretFiles: [/s/one, two]",
    "signatures: [standard]",
    "headers: {X-Team: {value: ops}, x-key: {file: key}}",
    "oauth2:",
    "  clientId: me",
    "  clientSecretFile: /s/client",
    "  tokenUrl: https://login.example.com/token",
    "  scopes: [read, write]",
    "  audience: pods",
    "  authStyle: params",
    "  allowHttp: true",
    "tls: {caFile: /s/ca, certFile: /s/cert, keyFile: /s/key, serverName: Hooks.Example.COM}",
    "proxyUrl: proxy.example.com:3128",
    "timeout: 1m30s",
    "concurrency: 3",
    "rate: 0.5",
    "namespaces: [shop]",
    "excludeNamespaces: [team]",
    "selector: app=web",
    "reasons: [ready, deleted]",
    'filter: pod.metadata.name == "web-0"',
    "onError: drop",
    "redact: {env: all, patterns: ['cust-[0-9]+']}",
    "notices: true",
  ));
  assert.deepEqual(endpoints, [{
    name: "ops",
    layer: {
      urlFile: "/s/url",
      secretFiles: ["/s/one", "/etc/k8svent/two"],
      signatures: ["standard"],
      headers: [{ name: "x-team", value: "ops" }, { name: "x-key", file: "/etc/k8svent/key" }],
      auth: {
        kind: "oauth2",
        clientId: "me",
        clientSecretFile: "/s/client",
        tokenUrl: new URL("https://login.example.com/token"),
        scopes: ["read", "write"],
        audience: "pods",
        authStyle: "params",
        allowHttp: true,
      },
      tls: { caFile: "/s/ca", certFile: "/s/cert", keyFile: "/s/key", serverName: "hooks.example.com" },
      proxyUrl: new URL("http://proxy.example.com:3128"),
      timeout: 90_000,
      concurrency: 3,
      rate: 0.5,
      namespaces: ["shop"],
      excludeNamespaces: ["team"],
      selector: "app=web",
      reasons: ["ready", "deleted"],
      expression: 'pod.metadata.name == "web-0"',
      onError: "drop",
      redact: {
        env: "all",
        args: "none",
        annotations: "none",
        probeHeaders: "none",
        patterns: ["cust-[0-9]+"],
      },
      notices: true,
    },
  }]);
});

for (
  const [line, auth] of [
    ["basicAuth: {username: me, passwordFile: /p}", { kind: "basic", username: "me", passwordFile: "/p" }],
    ["authorization: {credentialsFile: /t}", {
      kind: "authorization",
      type: "Bearer",
      credentialsFile: "/t",
    }],
    [
      "authorization: {type: Token, credentialsFile: /t}",
      { kind: "authorization", type: "Token", credentialsFile: "/t" },
    ],
  ] as const
) {
  Deno.test(`${line} is a way to authenticate`, async () => {
    const { endpoints } = await read(endpoint(URL_LINE, line));
    assert.deepEqual(endpoints?.[0]?.layer.auth, auth);
  });
}

Deno.test("settings of the program are kept as a flag would have them, with their place", async () => {
  const { flags } = await read(
    "version: 1\ninterval: 0\nnamespaces: [a, b]\nonce: true\nstateMax: 2097152\nupdate: off\n",
  );
  assert.deepEqual([...flags].map(([name, { values }]) => [name, ...values]), [
    ["interval", "0"],
    ["namespace", "a", "b"],
    ["once", "true"],
    ["state-max", "2097152"],
    ["update", "off"],
  ]);
  assert.equal(flags.get("interval")?.from, "/etc/k8svent/k8svent.yaml:2:11: interval");
});

Deno.test("all faults are reported at once, in the order of their places", async () => {
  const reported = await sentences("version: 2\nsource: list\nendpoints:\n  - name: a b\n    rate: -1\n");
  assert.deepEqual(reported.map((sentence) => sentence.split(": ")[0]), [
    "/etc/k8svent/k8svent.yaml:1:10",
    "/etc/k8svent/k8svent.yaml:2:9",
    "/etc/k8svent/k8svent.yaml:4:5",
    "/etc/k8svent/k8svent.yaml:4:11",
    "/etc/k8svent/k8svent.yaml:5:11",
  ]);
});

Deno.test("a fault in what an alias stands for is reported where that is written", async () => {
  const [reported] = await sentences(
    "version: 1\ndefaults: {tls: &t {serverName: a b}}\nendpoints:\n  - {name: a, url: 'https://a.example.com/', tls: *t}\n",
  );
  assert.match(reported ?? "", /:2:33: defaults\.tls\.serverName must be/);
});

Deno.test("a name of a property of all objects is a key like others", async () => {
  for (const key of ["constructor", "toString", "hasOwnProperty", "prototype"]) {
    assert.match(
      (await sentences(`version: 1\n${key}: 1\n`)).join(),
      new RegExp(`no key ${key} in the file`),
    );
    assert.match(
      (await sentences(endpoint(URL_LINE, `headers: {${key}: {}}`))).join(),
      new RegExp(`headers\\.${key} needs one of value and file`),
    );
  }
  assert.match((await sentences("version: 1\n__proto__: {source: poll}\n")).join(), /A key must be a text/);
});

Deno.test("a slip in an expression is a warning, and the file is right", async () => {
  const { warnings } = await read(endpoint(URL_LINE, "filter: pod.metdata.name == 'web'"));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /k8svent\.yaml:5:13: endpoints\[0\]\.filter: .*metdata/);
});

Deno.test("whatever stands in a file, no sentence shows what a URL, a header or a credential holds", async () => {
  const mark = "T0PSECRET";
  const value = fc.oneof(
    fc.constantFrom(
      mark,
      `https://hooks.example.com/${mark}`,
      `https://${mark}@hooks.example.com/`,
      `ftp://${mark}`,
      `\${${mark}}`,
      `"${mark}\\r\\n"`,
      `Bearer ${mark}`,
      ` [${mark}]`,
      `{${mark}: ${mark}}`,
      `!${mark} x`,
      `&${mark} *${mark}`,
      `"${mark}`,
      `|\n      ${mark}\n`,
    ),
    fc.string({ maxLength: 5 }).map((text) => JSON.stringify(`${mark}${text}`)),
  );
  const line = fc.constantFrom(
    "url: §",
    "urlFile: §",
    "headers: {x-a: {value: §}}",
    "headers: {x-a: §}",
    "headers: {x-a: {file: §}}",
    "basicAuth: {username: §, passwordFile: §}",
    "basicAuth: §",
    "password: §",
    "authorization: {type: §, credentialsFile: §}",
    "oauth2: {clientId: §, clientSecretFile: §, tokenUrl: §}",
    "proxyUrl: §",
    "secretFiles: §",
    "tls: {serverName: §}",
    "§: §",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 3 }), value, async (lines, text) => {
      const file = endpoint(...lines.map((one) => one.replaceAll("§", text)));
      try {
        await read(file);
      } catch (error) {
        assert(error instanceof ConfigError, `${error}`);
        for (const message of error.messages) assert.doesNotMatch(message, new RegExp(mark, "i"));
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("whatever the text is, it is read, or an error says what is wrong with it", async () => {
  const piece = fc.constantFrom(
    "version: 1\n",
    "a",
    ":",
    " ",
    "\n",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "*a",
    "&a ",
    "!t ",
    "'",
    '"',
    "|",
    "---",
    "\t",
    "#",
    "%",
    "?",
    "endpoints:",
    "<<: ",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      try {
        await read(pieces.join(""));
      } catch (error) {
        assert(error instanceof ConfigError, `${error}`);
        for (const message of error.messages) assert.match(message, /^\S+:\d+:\d+: \S/);
      }
    }),
    { numRuns: 3_000 },
  );
});
