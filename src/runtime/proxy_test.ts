import assert from "node:assert/strict";
import { basicAuthorization, type Proxy, proxyAuthorization, proxyFor } from "./proxy.ts";

function choose(url: string, env: Record<string, string>): string {
  const choice = proxyFor(new URL(url), (name) => env[name]);
  if (choice === undefined) return "none";
  return "problem" in choice ? choice.problem : `${choice.scheme === "https" ? "tls " : ""}${choice.label}`;
}

Deno.test("the variable of the URL's scheme counts, in lower case first; ALL_PROXY does not", () => {
  const env = {
    "http_proxy": "http://a:1",
    HTTP_PROXY: "http://b:2",
    HTTPS_PROXY: "http://c:3",
    "https_proxy": "",
    ALL_PROXY: "http://d:4",
  };
  assert.equal(choose("http://hooks.test", env), "a:1");
  assert.equal(choose("https://hooks.test", env), "c:3");
  assert.equal(choose("http://hooks.test", { HTTP_PROXY: "http://b:2" }), "b:2");
  assert.equal(choose("https://hooks.test", { HTTP_PROXY: "http://b:2", ALL_PROXY: "http://d:4" }), "none");
});

Deno.test("a proxy is named by URL, or by host and port; the port is the scheme's where there is none", () => {
  const cases = {
    "proxy.test:3128": "proxy.test:3128",
    "proxy.test": "proxy.test:80",
    "HTTP://proxy.test/": "proxy.test:80",
    "https://proxy.test": "tls proxy.test:443",
    " http://10.0.0.1:8080 ": "10.0.0.1:8080",
    "http://[::1]:3128": "[::1]:3128",
  };
  for (const [value, expected] of Object.entries(cases)) {
    assert.equal(choose("http://hooks.test", { "http_proxy": value }), expected);
  }
});

Deno.test("the user and the password of a proxy's URL are decoded, and are in no label", () => {
  const env = { "https_proxy": "http://me%40corp:p%C3%A4ss%@proxy.test:3128" };
  const proxy = proxyFor(
    new URL("https://hooks.test"),
    (name) => (env as Record<string, string>)[name],
  ) as Proxy;
  assert.equal(proxy.label, "proxy.test:3128");
  const text = new TextDecoder().decode(Uint8Array.fromBase64((proxyAuthorization(proxy) ?? "").slice(6)));
  assert.equal(text, "me@corp:p\u00e4ss%");
  assert.equal(basicAuthorization(new URL("http://hooks.test")), undefined);
});

Deno.test("a value that is no proxy is reported by the variable's name, without the value", () => {
  for (
    const value of [
      "http://",
      "ftp://secret",
      "http://a b",
      "://secret",
      "http://secret:99999",
      "${secret}",
      "{{secret}}",
    ]
  ) {
    assert.match(
      choose("http://hooks.test", { HTTP_PROXY: value }),
      /^HTTP_PROXY is not a proxy URL: /,
      value,
    );
  }
  for (const value of ["socks5://secret:1080", "socks5h://secret", "SOCKS4://secret"]) {
    assert.match(
      choose("https://hooks.test", { "https_proxy": value }),
      /^https_proxy names a SOCKS proxy, /,
    );
  }
  assert.doesNotMatch(choose("http://hooks.test", { HTTP_PROXY: "ftp://secret" }), /secret/);
});

Deno.test("of a proxy's name that can be none it is said why", () => {
  const said = choose("http://hooks.test", { HTTP_PROXY: "http://me:secret@proxy..test:3128" });
  assert.match(said, /^HTTP_PROXY has a dot too many in its host$/);
});

Deno.test("loopback is never proxied", () => {
  const env = { "http_proxy": "http://proxy.test", "https_proxy": "http://proxy.test" };
  const hosts = [
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "127.0.0.1",
    "127.8.9.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "0x7f.1",
  ];
  for (const host of hosts) {
    assert.equal(choose(`http://${host}:8080/`, env), "none", host);
    assert.equal(choose(`https://${host}/`, env), "none", host);
  }
  assert.equal(choose("http://localhost.example.com", env), "proxy.test:80");
});

/** NO_PROXY, and hosts that it excepts, and hosts that it does not. */
const EXCEPTIONS: [noProxy: string, excepted: string[], others: string[]][] = [
  ["*", ["hooks.test", "8.8.8.8", "[fd00::1]"], []],
  ["foo,*", ["hooks.test"], []],
  ["hooks.test", ["hooks.test", "HOOKS.test.", "a.hooks.test", "hooks.test:8080"], ["xhooks.test", "test"]],
  ["Hooks.Test.", ["hooks.test"], []],
  [".hooks.test", ["a.hooks.test", "b.a.hooks.test"], ["hooks.test", "xhooks.test"]],
  ["*.hooks.test", ["a.hooks.test"], ["hooks.test"]],
  ["hooks.test:8080", ["hooks.test:8080", "a.hooks.test:8080"], ["hooks.test", "hooks.test:81"]],
  ["hooks.test:80", ["hooks.test"], ["hooks.test:8080"]],
  ["10.1.2.3", ["10.1.2.3", "10.1.2.3:99"], ["10.1.2.4", "hooks.test"]],
  ["10.1.2.3:99", ["10.1.2.3:99"], ["10.1.2.3"]],
  ["10.0.0.0/8", ["10.1.2.3", "[::ffff:10.1.2.3]"], ["11.0.0.1", "hooks.test"]],
  ["fd00::/8,::/128", ["[fd12::1]"], ["[fe80::1]", "8.8.8.8"]],
  ["fd00::1", ["[fd00::1]", "[fd00:0::1]:99"], ["[fd00::2]"]],
  ["[fd00::1]", ["[fd00::1]", "[fd00::1]:99"], ["[fd00::2]"]],
  ["[fd00::1]:99", ["[fd00::1]:99"], ["[fd00::1]"]],
  ["a.test b.test\tc.test,,d.test", ["a.test", "b.test", "c.test", "d.test"], ["e.test"]],
  ["10.0.0.0/99,x/y,:80,[,*x,.", [], ["hooks.test", "10.0.0.1"]],
];

for (const [noProxy, excepted, others] of EXCEPTIONS) {
  Deno.test(`NO_PROXY=${JSON.stringify(noProxy)} excepts what it names and nothing else`, () => {
    const env = { HTTP_PROXY: "http://proxy.test", NO_PROXY: noProxy };
    for (const host of excepted) assert.equal(choose(`http://${host}`, env), "none", host);
    for (const host of others) assert.equal(choose(`http://${host}`, env), "proxy.test:80", host);
  });
}
