import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { MemoryDisk, memoryFiles } from "../../tests/kit/memory_files.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { REFUSED } from "../../tests/kit/scripted_receiver.ts";
import type { Failure, Outcome, Request } from "../http/outcome.ts";
import type { OAuth2 } from "../route/endpoint_settings.ts";
import { TokenSource } from "./token_source.ts";

const SECRET = "cl1ent:s3cret/+";
const AUTH: OAuth2 = {
  kind: "oauth2",
  clientId: "k8s/vent",
  clientSecretFile: "/secret",
  tokenUrl: new URL("https://auth.example.com/realms/token?tenant=t3nant"),
  scopes: ["a", "b"],
  authStyle: "header",
};

/** What the token server answers. */
type Reply = Outcome | { status: number; body: unknown; headers?: Record<string, string> };

class Bench {
  readonly disk = new MemoryDisk();
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly requests: Request[] = [];
  readonly abort = new AbortController();
  reply: () => Reply | Promise<Reply> = () => granted(`token-${this.requests.length}`, 3_600);
  closed = 0;
  readonly source: TokenSource;

  constructor(auth: Partial<OAuth2> = {}) {
    this.disk.write("/secret", `${SECRET}\n`);
    this.source = new TokenSource({ ...AUTH, ...auth }, {
      endpoint: "ops",
      files: memoryFiles(this.disk, this.clock),
      client: {
        send: async (request, _deadline, signal) => {
          this.requests.push(request);
          const given = await Promise.race([
            this.reply(),
            new Promise<never>((_resolve, reject) =>
              signal.addEventListener("abort", () => reject(signal.reason))
            ),
          ]);
          if ("kind" in given) return given;
          const { status, body, headers = {} } = given;
          const fields = new Map(Object.entries({ "content-type": "application/json", ...headers }));
          const text = typeof body === "string" ? body : JSON.stringify(body);
          return { kind: "answer", status, headers: fields, body: text };
        },
        close: () => this.closed++,
      },
      timeout: 15_000,
      clock: this.clock,
      random: () => 0,
      log: this.log,
      signal: this.abort.signal,
    });
  }

  /** Whether it had to be asked for, and the token. */
  async token(): Promise<string> {
    const token = await this.source.token();
    assert.equal(typeof token, "string", JSON.stringify(token));
    return token as string;
  }

  async failure(): Promise<Failure> {
    const failure = await this.source.token() as Failure;
    assert.deepEqual([failure.kind, failure.when, failure.fault], ["failure", "before", "credentials"]);
    for (const mark of [SECRET, encodeURIComponent(SECRET), "t3nant", "realms"]) {
      assert.ok(!failure.message.includes(mark), failure.message);
    }
    return failure;
  }

  get body(): URLSearchParams {
    return new URLSearchParams(new TextDecoder().decode(this.requests.at(-1)?.body));
  }
}

function granted(token: string, seconds?: number): Reply {
  return { status: 200, body: { access_token: token, token_type: "Bearer", expires_in: seconds } };
}

Deno.test("a token is asked for with the secret in the header, or in the body", async () => {
  const inHeader = new Bench({ audience: "the-audience", resource: "https://hooks.example.com" });
  assert.equal(await inHeader.token(), "token-1");
  const [request] = inHeader.requests;
  assert.equal(request?.url, AUTH.tokenUrl);
  // RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
  assert.equal(request?.headers.authorization, `Basic ${btoa(`k8s%2Fvent:${encodeURIComponent(SECRET)}`)}`);
  assert.deepEqual(Object.fromEntries(inHeader.body), {
    grant_type: "client_credentials",
    scope: "a b",
    audience: "the-audience",
    resource: "https://hooks.example.com",
  });
  const inBody = new Bench({ authStyle: "params", scopes: [] });
  await inBody.token();
  assert.equal(inBody.requests[0]?.headers.authorization, undefined);
  assert.deepEqual(Object.fromEntries(inBody.body), {
    grant_type: "client_credentials",
    client_id: "k8s/vent",
    client_secret: SECRET,
  });
});

Deno.test("a token is kept, and whoever waits waits for one request", async () => {
  const bench = new Bench();
  const tokens = await Promise.all(Array.from({ length: 16 }, () => bench.source.token()));
  assert.deepEqual(new Set(tokens), new Set(["token-1"]));
  await bench.clock.advance(3_500_000);
  assert.equal(bench.source.token(), "token-1", "without a promise");
  assert.equal(bench.requests.length, 1);
});

Deno.test("a token is renewed before its end, beside the one that is still good", async () => {
  for (const [life, renewedAt] of [[3_600, 3_570_000], [5, 4_500]] as const) {
    const bench = new Bench();
    bench.reply = () => granted(`token-${bench.requests.length}`, life);
    await bench.token();
    await bench.clock.advance(renewedAt - 1);
    assert.equal(bench.source.token(), "token-1");
    assert.equal(bench.requests.length, 1);
    await bench.clock.advance(1);
    assert.equal(bench.source.token(), "token-1");
    await settle();
    assert.equal(bench.source.token(), "token-2");
  }
});

Deno.test("a token without an end is kept until it is refused", async () => {
  const bench = new Bench();
  bench.reply = () => granted(`token-${bench.requests.length}`);
  await bench.token();
  await bench.clock.advance(1e9);
  assert.equal(bench.source.token(), "token-1");
  assert.equal(bench.source.refused("token-1"), true);
  assert.equal(await bench.token(), "token-2");
});

Deno.test("after a 401 a new token is asked for, once: a second refusal at once is not the token's fault", async () => {
  const bench = new Bench();
  await bench.token();
  assert.equal(bench.source.refused("token-1"), true);
  // The other attempts that were under way with it.
  assert.equal(bench.source.refused("token-1"), true);
  assert.equal(await bench.token(), "token-2");
  assert.equal(bench.source.refused("token-1"), true);
  assert.equal(bench.source.refused("token-2"), false);
  assert.equal(bench.source.token(), "token-2");
  await bench.clock.advance(10_000);
  assert.equal(bench.source.refused("token-2"), true);
  assert.equal(await bench.token(), "token-3");
});

Deno.test("while a renewal fails the old token goes on, with a backoff between the requests; then it is reported", async () => {
  const bench = new Bench();
  await bench.token();
  bench.reply = () => REFUSED;
  await bench.clock.advance(3_570_000);
  for (let second = 0; second < 29; second++) {
    assert.equal(bench.source.token(), "token-1");
    await bench.clock.advance(1_000);
  }
  assert.ok(bench.requests.length >= 4 && bench.requests.length <= 7, String(bench.requests.length));
  await bench.clock.advance(1_000);
  assert.match((await bench.failure()).message, /^no token: a\.example\.com refuses connections: start it$/);
  bench.reply = () => granted("new", 60);
  assert.equal(await bench.token(), "new", "each attempt asks, once there is none");
});

const ERRORS: [reply: Reply, message: RegExp][] = [
  [
    { status: 401, body: { error: "invalid_client" }, headers: { "www-authenticate": 'Basic realm="x"' } },
    /^no token: the token server auth\.example\.com says invalid_client: check oauth2\.clientId, what is in oauth2\./,
  ],
  [{ status: 400, body: { error: "invalid_scope" } }, /says invalid_scope: check oauth2\.scopes/],
  [{ status: 400, body: { error: "invalid_target" } }, /says invalid_target: check oauth2\.resource and/],
  [
    { status: 400, body: { error: "unauthorized_client" } },
    /says unauthorized_client: let it grant this client/,
  ],
  [{ status: 400, body: { error: "realm_disabled" } }, /says realm_disabled: see its log$/],
  [{ status: 400, body: { error: `\x1b[31m ${SECRET}` } }, /says no, by an error of its own: see its log$/],
  [
    { status: 302, body: "", headers: { location: "https://login/" } },
    /answers with status 302 \(it redirects, which/,
  ],
  [{ status: 403, body: "<html>" }, /answers with status 403 \(check oauth2\.clientId/],
  [{ status: 404, body: "" }, /answers with status 404 \(check oauth2\.tokenUrl\)$/],
  [{ status: 503, body: "" }, /answers with status 503 \(check that it runs/],
  [
    { status: 200, body: "<html>" },
    /^no token: what the token server auth\.example\.com answers holds no token/,
  ],
  [{ status: 200, body: { token: "x" } }, /answers holds no token/],
  [{ status: 200, body: [] }, /answers holds no token/],
  [{ status: 204, body: "" }, /answers with status 204/],
  [{ status: 200, body: { access_token: "a b\r\nx: y", token_type: "bearer" } }, /answers holds no token/],
  [
    { status: 200, body: { access_token: "x", token_type: "mac" } },
    /gives a token of another kind than bearer$/,
  ],
  [
    { ...REFUSED, message: "the name of auth.example.com:443 does not resolve" },
    /^no token: the name of auth/,
  ],
];

for (const [reply, message] of ERRORS) {
  const what = "kind" in reply ? "a failure on the way" : `${reply.status} ${JSON.stringify(reply.body)}`;
  Deno.test(`a token server that answers with ${what.replace(SECRET, "…")} is reported as such, and asked again`, async () => {
    const bench = new Bench();
    bench.reply = () => reply;
    assert.match((await bench.failure()).message, message);
    bench.reply = () => granted("good", 60);
    assert.equal(await bench.token(), "good");
  });
}

Deno.test("what the token server explains is in the log once, printable and without the secret", async () => {
  const bench = new Bench();
  const words = `Wrong secret ${SECRET} \x1b[31m for \u202eapp`;
  bench.reply = () => ({ status: 401, body: { error: "invalid_client", error_description: words } });
  for (let n = 0; n < 3; n++) await bench.failure();
  const said = bench.log.lines.filter(({ level }) => level === "warn");
  assert.deepEqual(said.map(({ fields }) => fields?.answer), ["Wrong secret [redacted]  [31m for app"]);
});

Deno.test("a token server that says when to come back is left alone until then", async () => {
  const bench = new Bench();
  bench.reply = () => ({ status: 429, body: "", headers: { "retry-after": "20" } });
  await bench.failure();
  await bench.clock.advance(19_999);
  await bench.failure();
  assert.equal(bench.requests.length, 1);
  await bench.clock.advance(1);
  await bench.failure();
  assert.equal(bench.requests.length, 2);
});

Deno.test("what a token server adds or leaves open is nobody's business", async () => {
  for (
    const more of [
      { id_token: "x.y.z" },
      { scope: null, refresh_token: null, expires_in: null },
      { expires_in: -1 },
      { expires_in: "" },
      { token_type: null },
      { token_type: "BEARER" },
    ]
  ) {
    const bench = new Bench();
    bench.reply = () => ({ status: 201, body: { access_token: "good", token_type: "bearer", ...more } });
    assert.equal(await bench.token(), "good", JSON.stringify(more));
    await bench.clock.advance(24 * 3_600_000);
    assert.equal(await bench.token(), "good");
    assert.equal(bench.requests.length, 1, JSON.stringify(more));
  }
});

Deno.test("a token of another kind is not sent as a bearer's", async () => {
  for (const type of ["mac", "DPoP", "N_A"]) {
    const bench = new Bench();
    bench.reply = () => ({ status: 200, body: { access_token: "good", token_type: type } });
    assert.match((await bench.failure()).message, /gives a token of another kind than bearer/);
  }
});

Deno.test("an error of any form is the endpoint's failure, and no more", async () => {
  const bodies = [
    ...[5, null, true, ["no"], { text: "no" }].map((why) => ({
      error: "invalid_scope",
      error_description: why,
    })),
    ...[5, null, { code: "invalid_scope" }].map((error) => ({ error })),
    ...[null, 5, "text", [], "{"],
  ];
  for (const body of bodies) {
    const bench = new Bench();
    bench.reply = () => ({ status: 400, body });
    const { message } = await bench.failure();
    assert.match(message, /^no token: the token server auth\.example\.com (says|answers)/);
  }
});

Deno.test("the client's secret is not sent in the clear, but to this machine and where it is said to be meant", async () => {
  const plain = new Bench({ tokenUrl: new URL("http://auth.example.com/realms/token") });
  assert.match(
    (await plain.failure()).message,
    /would be sent the client's secret in the clear: write https/,
  );
  assert.equal(plain.requests.length, 0);
  for (
    const auth of [{ tokenUrl: new URL("http://localhost:1/x") }, {
      tokenUrl: plain.requests[0]?.url ?? new URL("http://auth.mesh/x"),
      allowHttp: true,
    }]
  ) {
    assert.equal(await new Bench(auth).token(), "token-1");
  }
});

const USELESS: [content: string | Uint8Array<ArrayBuffer> | Error, why: RegExp][] = [
  [new Deno.errors.NotFound(), /it does not exist/],
  ["one\ntwo", /it has several lines, and should have one$/],
  [Uint8Array.of(0x70, 0xe4, 0x73, 0x73), /it is no UTF-8$/],
];

Deno.test("a client secret that is missing or of no use is reported by its file, and asked for anew", async () => {
  for (const [content, why] of USELESS) {
    const bench = new Bench();
    bench.disk.write("/secret", content);
    const { message } = await bench.failure();
    assert.match(message, /^no token: the file \/secret \(oauth2\.clientSecretFile\) cannot be used: /);
    assert.match(message, why);
    bench.disk.write("/secret", "x");
    await bench.clock.advance(1_000);
    assert.equal(await bench.token(), "token-1");
  }
});

Deno.test("closing it, or the end of the program, ends a request that is under way", async () => {
  for (const end of [(bench: Bench) => bench.source.close(), (bench: Bench) => bench.abort.abort()]) {
    const bench = new Bench();
    bench.reply = () => new Promise<Reply>(() => {});
    const failure = bench.failure();
    await settle();
    end(bench);
    assert.match((await failure).message, /could not be asked$/);
  }
});
