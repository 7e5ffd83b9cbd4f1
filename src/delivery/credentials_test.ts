import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryDisk, memoryFiles } from "../../tests/kit/memory_files.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { SETTINGS } from "../../tests/kit/endpoint.ts";
import { parseWebhookUrl } from "../config/webhook_url.ts";
import type { Failure } from "../http/outcome.ts";
import type { EndpointSettings } from "../route/endpoint_settings.ts";
import { type Credentials, EndpointCredentials, type Resolved } from "./credentials.ts";
import { firstLine } from "./refusal.ts";

const OURS = "the-secret-of-the-program";
const MARK = "c0nfidential";

class Bench {
  readonly disk = new MemoryDisk();
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly credentials: Credentials;

  constructor(settings: Partial<EndpointSettings>) {
    this.credentials = new EndpointCredentials({ ...SETTINGS, ...settings }, {
      endpoint: "ops",
      url: settings.urlFile === undefined ? new URL("https://hooks.example.com/a") : undefined,
      secrets: () => [OURS],
      files: memoryFiles(this.disk, this.clock),
      parseUrl(text, place): URL | { problem: string } {
        try {
          return parseWebhookUrl(text, place);
        } catch (error) {
          return { problem: (error as Error).message };
        }
      },
      openTokenClient: () => assert.fail("there is no token server"),
      clock: this.clock,
      random: () => 0,
      log: this.log,
      signal: new AbortController().signal,
    });
  }

  resolved(): Resolved {
    const given = this.credentials.resolve();
    assert.ok(!(given instanceof Promise), "there is nothing to wait for");
    assert.ok(!("kind" in given), JSON.stringify(given));
    return given;
  }

  problem(): string {
    const given = this.credentials.resolve() as Failure;
    assert.deepEqual([given.kind, given.when, given.fault, given.stale], [
      "failure",
      "before",
      "credentials",
      false,
    ]);
    assert.doesNotMatch(given.message, new RegExp(MARK));
    assert.doesNotMatch(given.message, /\.$/);
    return given.message;
  }
}

Deno.test("where nothing is said the URL and the program's secrets are given, and nothing is read", () => {
  const bench = new Bench({});
  const { url, headers, secrets } = bench.resolved();
  assert.deepEqual([url.href, headers, secrets], ["https://hooks.example.com/a", {}, [OURS]]);
  assert.equal(bench.disk.reads, 0);
});

Deno.test("headers are values and files, and a password, a token and credentials become one", () => {
  const headers = [{ name: "x-team", value: "ops" }, { name: "x-api-key", file: "/key" }];
  const basic = new Bench({ headers, auth: { kind: "basic", username: "me", passwordFile: "/pw" } });
  basic.disk.write("/key", "k-1\n");
  basic.disk.write("/pw", "pä ss:\n");
  assert.deepEqual(basic.resolved().headers, {
    "x-team": "ops",
    "x-api-key": "k-1",
    authorization: `Basic ${new TextEncoder().encode("me:pä ss:").toBase64()}`,
  });
  const token = new Bench({ auth: { kind: "authorization", type: "GenieKey", credentialsFile: "/pw" } });
  token.disk.write("/pw", "abc\n");
  assert.deepEqual(token.resolved().headers, { authorization: "GenieKey abc" });
});

Deno.test("what is rotated is used within a second", async () => {
  const bench = new Bench({
    urlFile: "/url",
    secretFiles: ["/s1", "/s2"],
    auth: { kind: "authorization", type: "Bearer", credentialsFile: "/token" },
  });
  const values = (): string[] => {
    const { url, headers, secrets } = bench.resolved();
    return [url.href, headers.authorization ?? "", ...secrets];
  };
  bench.disk.write("/url", "https://one.example.com/x\n");
  bench.disk.write("/token", "t1\n");
  bench.disk.write("/s1", "first-secret-of-24-bytes\n");
  bench.disk.write("/s2", "other-secret-of-24-bytes\nolder-secret-of-24-bytes\n");
  const before = values();
  assert.deepEqual(before, [
    "https://one.example.com/x",
    "Bearer t1",
    "first-secret-of-24-bytes",
    "other-secret-of-24-bytes",
    "older-secret-of-24-bytes",
  ]);
  bench.disk.write("/url", "https://two.example.com/y");
  bench.disk.write("/token", "t2");
  bench.disk.write("/s1", "newest-secret-of-24-byte");
  assert.deepEqual(values(), before);
  await bench.clock.advance(1_000);
  assert.deepEqual(values().slice(0, 3), [
    "https://two.example.com/y",
    "Bearer t2",
    "newest-secret-of-24-byte",
  ]);
  assert.deepEqual(bench.log.at("info"), ["The secret file of ops has changed and signs from now on."]);
});

Deno.test("a URL from a file stays the same object as long as its text is the same: connections are kept by it", async () => {
  const bench = new Bench({ urlFile: "/url" });
  bench.disk.write("/url", "https://one.example.com/x");
  const { url } = bench.resolved();
  await bench.clock.advance(5_000);
  assert.equal(bench.resolved().url, url);
});

Deno.test("a weak secret in a file is said to be one, once", async () => {
  const bench = new Bench({ secretFiles: ["/s"] });
  bench.disk.write("/s", "12345678");
  for (let n = 0; n < 3; n++) {
    bench.resolved();
    await bench.clock.advance(2_000);
  }
  assert.equal(bench.log.at("warn").length, 1);
  assert.match(bench.log.at("warn")[0] ?? "", /^A secret in \/s has 8 bytes only/);
});

const BASIC: EndpointSettings["auth"] = { kind: "basic", username: "me", passwordFile: "/f" };
const BEARER: EndpointSettings["auth"] = { kind: "authorization", type: "Bearer", credentialsFile: "/f" };

const FAULTS: [Partial<EndpointSettings>, content: string | undefined, message: RegExp][] = [
  [{ urlFile: "/f" }, undefined, /^the file \/f \(urlFile\) cannot be used: it does not exist/],
  [{ urlFile: "/f" }, "", /\(urlFile\) cannot be used: it is empty$/],
  [
    { urlFile: "/f" },
    `hooks.example.com/${MARK}`,
    /^what the file \/f \(urlFile\) holds is not a URL: write https/,
  ],
  [{ urlFile: "/f" }, `ftp://x/${MARK}`, /holds does not begin with https:\/\/ or http:\/\//],
  [{ urlFile: "/f" }, `https://a.test/${MARK}\nhttps://b.test/`, /holds \(a\.test\) holds two webhooks/],
  [{ secretFiles: ["/f"] }, undefined, /\(secretFiles\) cannot be used: it does not exist/],
  [
    { secretFiles: ["/f"] },
    `"${MARK}-0123"`,
    /\(secretFiles\) .*: the secret in its line 1 stands in quotes.*out$/,
  ],
  [{ headers: [{ name: "x-key", file: "/f" }] }, undefined, /\/f \(headers\.x-key\) .*: it does not exist/],
  [
    { headers: [{ name: "x-key", file: "/f" }] },
    `${MARK}\n2`,
    /: it has several lines, and should have one$/,
  ],
  [
    { headers: [{ name: "x-key", file: "/f" }] },
    `${MARK}é`,
    /: it holds what a header cannot: anything but print/,
  ],
  [{ headers: [{ name: "x-key", file: "/f" }] }, `${MARK}\0`, /: it holds what a header cannot/],
  [{ auth: BASIC }, undefined, /\/f \(basicAuth\.passwordFile\) cannot be used: it does not exist/],
  [{ auth: BASIC }, `me:${MARK}\nyou:x`, /: it has several lines/],
  [{ auth: BASIC }, `${MARK}\uFFFD`, /: it is no UTF-8$/],
  [{ auth: BEARER }, " \n", /\(authorization\.credentialsFile\) cannot be used: it is empty$/],
  [{ auth: BEARER }, `bearer ${MARK}`, /: it begins with Bearer, which authorization\.type says already$/],
];

for (const [settings, content, message] of FAULTS) {
  const what = content === undefined ? "no file" : JSON.stringify(content.replace(MARK, "…"));
  Deno.test(`${what} for ${Object.keys(settings)} is the endpoint's fault, and mended without a restart`, async () => {
    const bench = new Bench(settings);
    if (content !== undefined) bench.disk.write("/f", content);
    assert.match(bench.problem(), message);
    bench.disk.write(
      "/f",
      settings.urlFile === undefined ? "whatever-is-right" : "https://right.example.com",
    );
    await bench.clock.advance(1_000);
    bench.resolved();
  });
}

Deno.test("what only the two ends know is not shown where an answer repeats it", () => {
  const bench = new Bench({
    urlFile: "/url",
    secretFiles: ["/s"],
    headers: [{ name: "x-key", file: "/key" }],
    auth: { kind: "basic", username: "me", passwordFile: "/pw" },
  });
  const given = {
    "/url": "https://h.test/tok-en-123",
    "/s": "secret-0123456789",
    "/key": "k3y-0123",
    "/pw": "p4ss-0123",
  };
  for (const [path, text] of Object.entries(given)) bench.disk.write(path, text);
  const { headers } = bench.resolved();
  const answer = `no ${headers.authorization} k3y-0123 p4ss-0123 secret-0123456789 /tok-en-123`;
  const line = firstLine(answer, bench.credentials.confidential) ?? "";
  assert.match(line, /^no /);
  assert.doesNotMatch(line, /k3y|p4ss|secret-0|tok-en|bWU6/);
});
