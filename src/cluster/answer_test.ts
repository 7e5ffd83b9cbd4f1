import assert from "node:assert/strict";
import { answerError, notKubernetes } from "./answer.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

Deno.test("a wait that is asked for is five minutes at the most, however it is asked for", async () => {
  const answers = [
    new Response(null, { status: 429, headers: { "retry-after": "86400" } }),
    new Response(null, { status: 503, headers: { "retry-after": "Fri, 02 Jan 2026 00:00:00 GMT" } }),
    Response.json({ kind: "Status", code: 429, details: { retryAfterSeconds: 86_400 } }, { status: 429 }),
  ];
  for (const answer of answers) assert.equal((await answerError(answer, "a:443", NOW)).retryAfter, 300_000);
});

Deno.test("an answer's Status says what it means", async () => {
  const body = JSON.stringify({ kind: "Status", code: 410, reason: "Expired" });
  assert.equal((await answerError(new Response(body, { status: 410 }), "a:443", NOW)).fault, "expired");
});

Deno.test("an answer without a Status is judged by its code and headers", async () => {
  const response = new Response("<html>busy</html>", { status: 429, headers: { "retry-after": "3" } });
  const error = await answerError(response, "a:443", NOW);
  assert.equal(error.fault, "busy");
  assert.equal(error.retryAfter, 3000);
  assert.equal((await answerError(new Response(null, { status: 503 }), "a:443", NOW)).fault, "server");
});

Deno.test("an answer whose body breaks off, or is not what it says, is judged by its status and headers", async () => {
  const faults = { 401: "unauthorized", 403: "forbidden", 410: "expired", 429: "busy", 503: "server" };
  for (const [status, fault] of Object.entries(faults)) {
    const body = new ReadableStream({
      pull(controller): void {
        controller.error(new TypeError("error reading a body from connection"));
      },
    });
    const response = new Response(body, { status: Number(status), headers: { "retry-after": "3" } });
    const error = await answerError(response, "a:443", NOW);
    assert.deepEqual([error.fault, error.retryAfter], [fault, 3000]);
  }
});

Deno.test("an endless error page is cut and its connection let go", async () => {
  let pulled = 0;
  let cancelled = false;
  const body = new ReadableStream({
    pull(controller): void {
      pulled++;
      controller.enqueue(new Uint8Array(16 * 1024).fill(0x78));
    },
    cancel(): void {
      cancelled = true;
    },
  });
  const error = await answerError(new Response(body, { status: 502 }), "a:443", NOW);
  assert.equal(error.fault, "server");
  assert.ok(cancelled);
  assert.ok(pulled < 8, `pulled ${pulled} times`);
});

const PAGE = { "content-type": "text/html; charset=utf-8" };
const OTHERS: [name: string, response: Response, sentence: RegExp][] = [
  [
    "a redirect to a login page",
    new Response(null, { status: 302, headers: { location: "https://sso.example/login?x=1" } }),
    /redirects to sso\.example \(302\)/,
  ],
  [
    "a redirect to itself",
    new Response(null, { status: 301, headers: { location: "/login" } }),
    /redirects elsewhere \(301\)/,
  ],
  ["a redirect to nowhere", new Response(null, { status: 307 }), /redirects elsewhere \(307\)/],
  [
    "404 in JSON",
    Response.json({ error: "not found" }, { status: 404 }),
    /does not know the path of the Kubernetes API \(404\)/,
  ],
  ["404 as a page", new Response("<html>", { status: 404, headers: PAGE }), /does not know the path/],
  ["403 as a page", new Response("<html>", { status: 403, headers: PAGE }), /it sent a web page \(403\)/],
  ["401 as a page", new Response("<html>", { status: 401, headers: PAGE }), /it sent a web page \(401\)/],
  ["405", new Response("no", { status: 405 }), /does not take the request \(405\)/],
  ...[400, 406, 411, 415, 418, 421, 426, 431, 451, 501, 505].map((status): [string, Response, RegExp] => [
    String(status),
    new Response("no", { status }),
    new RegExp(`does not take the request \\(${status}\\)`),
  ]),
];

for (const [name, response, sentence] of OTHERS) {
  Deno.test(`${name} is no answer of a Kubernetes API server, and that is said`, async () => {
    const { fault, message } = await answerError(response, "a:443", NOW);
    assert.equal(fault, "protocol");
    assert.match(message, /^What answers at a:443 is not a Kubernetes API server: /);
    assert.match(message, sentence);
    assert.doesNotMatch(message, /login\?/);
  });
}

Deno.test("what only an API server says stays what it is", async () => {
  const status = (code: number): Response =>
    Response.json({ kind: "Status", code, reason: "X" }, { status: code });
  const faults = await Promise.all(
    [404, 403, 401, 400, 405].map((code) => answerError(status(code), "a:443", NOW)),
  );
  assert.deepEqual(faults.map(({ fault }) => fault), [
    "missing",
    "forbidden",
    "unauthorized",
    "server",
    "server",
  ]);
});

Deno.test("401 and 403 without a Status may be an API server's, or its authenticating proxy's", async () => {
  for (const [code, fault] of [[401, "unauthorized"], [403, "forbidden"]] as const) {
    assert.equal((await answerError(new Response("no", { status: code }), "a:443", NOW)).fault, fault);
  }
});

const IN_THE_CLEAR = [
  "Client sent an HTTP request to an HTTPS server.\n",
  "<html><body>400 The plain HTTP request was sent to HTTPS port</body></html>",
  "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
  "Bad Request\nThis combination of host and port requires TLS.\r\n",
];

for (const text of IN_THE_CLEAR) {
  Deno.test(`"${text.slice(0, 40).trim()}…" means that the address needs https`, async () => {
    const { fault, message } = await answerError(new Response(text, { status: 400 }), "a:6443", NOW);
    assert.equal(fault, "unreachable");
    assert.equal(message, "What answers at a:6443 wants TLS: write https:// before its address.");
  });
}

Deno.test("a page with 200 is no answer of an API server, whatever is in it", () => {
  for (const type of ["text/html", "text/html; charset=UTF-8", "application/xhtml+xml"]) {
    const error = notKubernetes(new Response("{}", { headers: { "content-type": type } }), "a:443");
    assert.match(error?.message ?? "", /it sent a web page \(200\)/);
  }
  for (const type of ["application/json", "application/json;stream=watch", "text/plain", ""]) {
    assert.equal(
      notKubernetes(new Response("{}", { headers: { "content-type": type } }), "a:443"),
      undefined,
    );
  }
});

for (const status of [408, 429, 500, 502, 503, 504, 520]) {
  Deno.test(`${status} may come from whatever is on the way, so the API server is not doubted`, async () => {
    const { message } = await answerError(new Response("<html>", { status, headers: PAGE }), "a:443", NOW);
    assert.match(message, /^The API server /);
  });
}
