import { SETTINGS } from "../../tests/kit/endpoint.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { annotationEndpoint, parseAnnotation, WEBHOOKS_PER_POD } from "./annotation.ts";
import { parseHostPattern } from "./host_pattern.ts";

const ALLOWED = [parseHostPattern("hooks.example.com"), parseHostPattern("*.example.org")];

function read(value: unknown): { urls: string[]; problems: string[] } {
  const { urls, problems } = parseAnnotation(JSON.stringify(value), ALLOWED);
  return { urls: urls.map((url) => url.href), problems };
}

Deno.test("an annotation gives its webhooks in order and its environment", () => {
  const wish = parseAnnotation(
    '{"webhooks":["https://hooks.example.com/b?c=d","https://a.example.org/"],"environment":"blue","other":1}',
    ALLOWED,
  );
  assert.deepEqual(wish, {
    urls: [new URL("https://hooks.example.com/b?c=d"), new URL("https://a.example.org/")],
    environment: "blue",
    problems: [],
  });
});

Deno.test("absent and null fields ask for nothing", () => {
  for (const text of ["{}", '{"webhooks":null,"environment":null}', '{"webhooks":[]}']) {
    assert.deepEqual(parseAnnotation(text, ALLOWED), { urls: [], problems: [] });
  }
});

Deno.test("a webhook is refused for its scheme, its credentials and its host, by name of the host alone", () => {
  const refused: [string, RegExp][] = [
    ["http://hooks.example.com/secret?key=secret", /^webhook 1 \(hooks\.example\.com\) .*not https$/],
    ["ftp://hooks.example.com/secret", /not https$/],
    ["https://me@hooks.example.com/secret", /^webhook 1 \(hooks\.example\.com\) .*user name/],
    ["https://:secret@hooks.example.com/secret", /user name/],
    ["https://evil.test/secret?key=secret#secret", /^webhook 1 \(evil\.test\) .*--pod-webhooks/],
    ["https://hooks.example.com:6443/secret", /\(hooks\.example\.com:6443\).*--pod-webhooks/],
    ["https://hooks.example.com./secret", /--pod-webhooks/],
    ["/secret", /^webhook 1 is refused: it is not an absolute URL$/],
    ["https://a b/secret", /not an absolute URL$/],
  ];
  for (const [url, problem] of refused) {
    const wish = read({ webhooks: [url] });
    assert.deepEqual(wish.urls, [], url);
    assert.equal(wish.problems.length, 1);
    assert.match(wish.problems[0] ?? "", problem);
    assert.doesNotMatch(wish.problems[0] ?? "", /secret/);
  }
});

Deno.test("an address is no allowed host, however it is written", () => {
  const hosts = ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "8.8.8.8", "[::1]", "[::ffff:127.0.0.1]"];
  for (const host of hosts) assert.deepEqual(read({ webhooks: [`https://${host}/`] }).urls, [], host);
});

Deno.test("one refused webhook leaves the others", () => {
  const { urls, problems } = read({ webhooks: ["https://evil.test/", "https://hooks.example.com/"] });
  assert.deepEqual(urls, ["https://hooks.example.com/"]);
  assert.equal(problems.length, 1);
});

Deno.test("a fourth webhook does not count, and the pod's author is reported", () => {
  const webhooks = [1, 2, 3, 4].map((n) => `https://hooks.example.com/${n}`);
  const { urls, problems } = read({ webhooks });
  assert.deepEqual(urls, webhooks.slice(0, 3));
  assert.deepEqual(problems, ["it names 4 webhooks, of which only the first 3 count"]);
});

Deno.test("webhooks that differ in the fragment alone are one", () => {
  const { urls } = read({ webhooks: ["https://hooks.example.com/a#1", "https://hooks.example.com/a#2"] });
  assert.deepEqual(urls, ["https://hooks.example.com/a"]);
});

Deno.test("what is not a small JSON object is reported without quoting it", () => {
  const strings = [
    "secret",
    '{"secret"',
    '["https://hooks.example.com/secret"]',
    "null",
    "7",
    '"secret"',
    "",
  ];
  for (const text of [...strings, JSON.stringify({ secret: "x".repeat(5000) })]) {
    const { urls, problems } = parseAnnotation(text, ALLOWED);
    assert.deepEqual(urls, []);
    assert.equal(problems.length, 1, text);
    assert.doesNotMatch(problems[0] ?? "", /secret/);
  }
});

Deno.test("webhooks that are not a list are reported, and the environment still counts", () => {
  const wish = parseAnnotation('{"webhooks":"https://hooks.example.com/","environment":"blue"}', ALLOWED);
  assert.deepEqual(wish, { urls: [], environment: "blue", problems: ['"webhooks" is not a list of URLs'] });
});

Deno.test("an environment must be able to stand in a header", () => {
  for (const environment of ["", " ", "a\nb", "a\r\nx: y", "blå", "x".repeat(254), 7, {}]) {
    const wish = parseAnnotation(JSON.stringify({ environment }), ALLOWED);
    assert.equal(wish.environment, undefined);
    assert.equal(wish.problems.length, 1);
  }
  for (const environment of ["a", "production eu-1", "x".repeat(253)]) {
    assert.equal(parseAnnotation(JSON.stringify({ environment }), ALLOWED).environment, environment);
  }
});

Deno.test("no annotation breaks the reading, or gets a URL through that is not https to an allowed host", () => {
  const host = fc.constantFrom(
    "hooks.example.com",
    "a.example.org",
    "evil.test",
    "example.org",
    "10.0.0.1",
    "a@b",
  );
  const url = fc.tuple(fc.constantFrom("https", "http", "HTTPS", "file"), host, fc.webPath())
    .map(([scheme, name, path]) => `${scheme}://${name}${path}`);
  const item = fc.oneof(url, fc.string(), fc.jsonValue());
  const text = fc.oneof(
    fc.string(),
    fc.record({ webhooks: fc.oneof(fc.array(item), fc.jsonValue()), environment: fc.jsonValue() })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(fc.property(text, (annotation) => {
    const { urls, environment, problems } = parseAnnotation(annotation, ALLOWED);
    assert.ok(urls.length <= WEBHOOKS_PER_POD);
    for (const { protocol, hostname, port, username } of urls) {
      assert.deepEqual([protocol, port, username], ["https:", "", ""]);
      assert.match(hostname, /^hooks\.example\.com$|\.example\.org$/);
    }
    if (environment !== undefined) new Headers({ "k8svent-environment": environment });
    assert.ok(problems.length <= WEBHOOKS_PER_POD + 2);
  }));
});

Deno.test("the endpoint of an annotation is not trusted, and its name gives neither path nor query away", () => {
  const url = new URL("https://hooks.example.com/secret?key=secret");
  const endpoint = annotationEndpoint(url, SETTINGS);
  assert.equal(endpoint.trusted, false);
  assert.equal(endpoint.url, url);
  assert.match(endpoint.name, /^pod:hooks\.example\.com-[0-9a-f]{32}$/);
  assert.equal(annotationEndpoint(new URL(url), SETTINGS).name, endpoint.name);
  assert.notEqual(annotationEndpoint(new URL("?key=other", url), SETTINGS).name, endpoint.name);
});
