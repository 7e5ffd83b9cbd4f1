import assert from "node:assert/strict";
import { TOKEN, withAdminPort } from "../../tests/kit/admin_port.ts";

const V1 = "/api/v1";

/** What each read answers: the value of `Admin` as it stands. */
const READS: Record<string, (admin: Parameters<Parameters<typeof withAdminPort>[0]>[0]["admin"]) => unknown> =
  {
    "/status": (admin) => admin.status(),
    "/endpoints": (admin) => admin.endpoints(),
    "/endpoints/slow": (admin) => admin.endpoint("slow"),
    "/endpoints/slow/deliveries": (admin) => admin.deliveries({ endpoint: "slow" }),
    "/endpoints/slow/deliveries?state=delivered": (admin) =>
      admin.deliveries({ endpoint: "slow", state: "delivered" }),
    "/endpoints/slow/deliveries?limit=1&namespace=shop&pod=web-1&reason=ready&outcome=http_4xx": (admin) =>
      admin.deliveries({ endpoint: "slow" }),
    "/endpoints/slow/deliveries?pod=other": (admin) => admin.deliveries({ endpoint: "slow", pod: "other" }),
    "/endpoints/slow/deliveries/pod_2": (admin) => admin.delivery("slow", "pod_2"),
    "/pods/shop/web-1": (admin) => admin.pod("shop", "web-1"),
  };

for (const [path, value] of Object.entries(READS)) {
  Deno.test(`GET ${path} answers what there is, and HEAD the same without it`, () =>
    withAdminPort(async (port) => {
      const { status, text, headers } = await port.bear(`GET ${V1}${path}`);
      assert.equal(status, 200, text);
      assert.equal(headers.get("content-type"), "application/json");
      assert.equal(headers.get("cache-control"), "no-store");
      assert.deepEqual(JSON.parse(text), value(port.admin));
      const head = await port.bear(`HEAD ${V1}${path}`);
      assert.equal(head.status, 200);
      assert.equal(head.text, "");
      assert.equal(head.headers.get("content-length"), headers.get("content-length"));
    }));
}

/** What each action does, and what it answers. */
const ACTIONS: [path: string, body: string, call: string, count: number][] = [
  ["/endpoints/hook/pause", "", "pause hook", 1],
  ["/endpoints/hook/pause", "{}", "pause hook", 1],
  ["/endpoints/hook/resume", "", "resume hook", 1],
  ["/endpoints/slow/redeliver", "", "redeliver slow", 1],
  ["/endpoints/slow/discard", "", "discard slow", 1],
  ["/endpoints/hook/discard", "", "discard hook", 0],
  ["/endpoints/slow/deliveries/pod_2/redeliver", "", "redeliver slow pod_2", 1],
  ["/endpoints/slow/deliveries/pod_2/discard", "", "discard slow pod_2", 1],
  ["/endpoints/hook/resync", "", "resync hook", 1],
  [
    "/endpoints/hook/resync",
    '{"since":"2026-11-27T13:00:00+01:00"}',
    "resync hook 2026-11-27T12:00:00.000Z",
    1,
  ],
  ["/resync", "", "resync", 1],
  ["/resync", '{"since":"2026-11-27T12:00:00Z"}', "resync 2026-11-27T12:00:00.000Z", 1],
  ["/retry", "", "retry", 2],
];

for (const [path, body, call, count] of ACTIONS) {
  Deno.test(`POST ${path} ${body} does it, and answers how many`, () =>
    withAdminPort(async (port) => {
      const { status, text } = await port.bear(`POST ${V1}${path}`, body);
      assert.equal(status, 200, text);
      assert.deepEqual(JSON.parse(text), { count });
      assert.deepEqual(port.admin.calls, [call]);
    }));
}

/** What cannot be answered. */
const PROBLEMS: [request: string, body: string, status: number, detail: RegExp][] = [
  ["GET /endpoints/none", "", 404, /^There is no endpoint with this name/],
  ["GET /endpoints/none/deliveries", "", 404, /^There is no endpoint with this name/],
  ["GET /endpoints/none/deliveries/x", "", 404, /^There is no endpoint with this name/],
  ["GET /endpoints/hook/deliveries/x", "", 404, /^There is no delivery with this id/],
  ["GET /endpoints/%ff", "", 404, /^There is nothing at this path/],
  ["GET /pods/shop/none", "", 404, /^No pod with this name/],
  ["GET /nothing", "", 404, /^There is nothing at this path/],
  ["GET /endpoints/", "", 404, /^There is nothing at this path/],
  ["POST /endpoints/none/pause", "", 404, /^There is no endpoint with this name/],
  ["POST /endpoints/hook/deliveries/x/discard", "", 404, /^There is no dead letter with this id/],
  ["POST /status", "", 405, /^This path takes GET, HEAD, OPTIONS\.$/],
  ["GET /retry", "", 405, /^This path takes POST, OPTIONS\.$/],
  ["DELETE /endpoints/hook", "", 405, /^This path takes GET, HEAD, OPTIONS\.$/],
  ["GET /status?verbose", "", 400, /^There is no parameter verbose: none is taken here\.$/],
  ["GET /endpoints/hook/deliveries?stat=failed", "", 400, /^There is no parameter stat: there are state, /],
  ["GET /endpoints/hook/deliveries?%3Cb%3E=1", "", 400, /^There is no parameter with that name: /],
  ["GET /endpoints/hook/deliveries?state=dead", "", 400, /^The parameter state must be one of delivered, /],
  ["GET /endpoints/hook/deliveries?reason=x", "", 400, /^The parameter reason must be one of sync, created/],
  [
    "GET /endpoints/hook/deliveries?outcome=nonsense",
    "",
    400,
    /^The parameter outcome must be one of accepted, /,
  ],
  [
    "GET /endpoints/hook/deliveries?limit=0",
    "",
    400,
    /^The parameter limit must be a whole number from 1 to 1000/,
  ],
  ["GET /endpoints/hook/deliveries?limit=1001", "", 400, /^The parameter limit must be a whole number/],
  ["GET /endpoints/hook/deliveries?limit=1e2", "", 400, /^The parameter limit must be a whole number/],
  ["GET /endpoints/hook/deliveries?limit=1&limit=2", "", 400, /^The parameter limit is given twice\.$/],
  ["POST /resync", '{"since":"yesterday"}', 400, /^The property since must be an instant such as 2026/],
  ["POST /resync", '{"since":"2026-02-31T00:00:00Z"}', 400, /^The property since must be an instant/],
  ["POST /resync", '{"since":1}', 400, /^The property since must be an instant/],
  ["POST /resync", '{"until":"x"}', 400, /^There is no property until: there is since\.$/],
  ["POST /resync?since=2026-11-27T12:00:00Z", "", 400, /^There is no parameter since: none is taken here\.$/],
  ["POST /retry", '{"a":1}', 400, /^There is no property a: none is taken here\.$/],
  ["POST /resync", "{", 400, /^The body must be one object of JSON/],
  ["POST /resync", "a=b", 415, /^The body must be JSON: say so with Content-Type/],
  ["POST /resync", `{"since":"${"x".repeat(9_000)}"}`, 413, /^The body is too large\.$/],
];

for (const [request, body, status, detail] of PROBLEMS) {
  Deno.test(`${request} ${body.slice(0, 40)} is a problem`, () =>
    withAdminPort(async (port) => {
      const [method, path] = request.split(" ");
      const answered = await port.bear(`${method} ${V1}${path}`, body);
      assert.equal(answered.status, status, answered.text);
      assert.equal(answered.headers.get("content-type"), "application/problem+json");
      const problem = JSON.parse(answered.text);
      assert.match(problem.detail, detail);
      assert.deepEqual(Object.keys(problem), ["type", "title", "status", "detail"]);
      assert.equal(problem.status, status);
      assert.deepEqual(port.admin.calls, []);
    }));
}

Deno.test("a body that is compressed is a problem, and not read for what it is not", () =>
  withAdminPort(async (port) => {
    const fields = { authorization: `Bearer ${TOKEN}`, "content-encoding": "gzip" };
    const { status, text } = await port.ask(`POST ${V1}/resync`, fields, "{}");
    assert.equal(status, 415);
    assert.match(JSON.parse(text).detail, /^The body must be sent as it is, not compressed\.$/);
    assert.deepEqual(port.admin.calls, []);
  }));

Deno.test("OPTIONS says what a path takes", () =>
  withAdminPort(async (port) => {
    const { status, headers, text } = await port.bear(`OPTIONS ${V1}/endpoints/hook`);
    assert.deepEqual([status, headers.get("allow"), text], [204, "GET, HEAD, OPTIONS", ""]);
    assert.equal(headers.get("access-control-allow-origin"), null);
  }));

Deno.test("OPTIONS * says what the port takes, and no other method is of the port as a whole", () =>
  withAdminPort(async (port) => {
    const { status, headers } = await port.bear("OPTIONS *");
    assert.deepEqual([status, headers.get("allow")], [204, "GET, HEAD, POST, OPTIONS"]);
    assert.equal((await port.bear("GET *")).status, 400);
  }));

Deno.test("a request that cannot be read is a problem, too", () =>
  withAdminPort(async (port) => {
    const { status, text } = await port.ask("GET /x", { x: "y".repeat(20_000) });
    assert.equal(status, 431);
    assert.match(JSON.parse(text).detail, /larger than 16 KiB/);
  }));

Deno.test("every answer forbids to be shown elsewhere and to load from elsewhere", () =>
  withAdminPort(async (port) => {
    for (const request of [`GET ${V1}/status`, "GET /", "GET /login", "GET /nothing", "POST /logout"]) {
      const { headers } = await port.bear(request);
      assert.match(
        headers.get("content-security-policy") ?? "",
        /default-src 'none'.*frame-ancestors 'none'/,
      );
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
      assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
      assert.equal(headers.get("x-frame-options"), "DENY");
      assert.equal(headers.get("referrer-policy"), "same-origin");
      assert.equal(headers.get("cache-control"), "no-store");
    }
  }));

Deno.test("a fault of the program is answered without its words, and is a line of the log", () =>
  withAdminPort(async (port) => {
    port.admin.status = (): never => {
      throw new TypeError("the state is torn");
    };
    const { status, text } = await port.bear(`GET ${V1}/status`);
    assert.equal(status, 500);
    assert.doesNotMatch(text, /torn/);
    assert.deepEqual(port.log.at("error"), ["A request for page or API could not be answered."]);
    assert.match(String(port.log.lines.at(-1)?.fields?.["error"]), /torn/);
  }));
