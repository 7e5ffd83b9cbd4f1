import assert from "node:assert/strict";
import { type AdminPort, TOKEN, withAdminPort } from "../../tests/kit/admin_port.ts";
import { settle } from "../../tests/kit/clock.ts";
import { SESSION_FOR } from "./sessions.ts";

const STATUS = "GET /api/v1/status";
const RETRY = "POST /api/v1/retry";

/** Asks, and lets the time pass that a wrong token takes. */
async function askLate(port: AdminPort, ...request: Parameters<AdminPort["ask"]>): Promise<number> {
  let isAnswered = false;
  const asking = port.ask(...request).finally(() => isAnswered = true);
  for (let turn = 0; turn < 20; turn++) await settle();
  await port.clock.advance(999);
  assert(!isAnswered, "not sooner");
  await port.clock.advance(1);
  return (await asking).status;
}

/** Who sends it, and what comes of a read and of an action, on a port that asks for a token. */
const SENDERS: Record<string, [fields: Record<string, string | undefined>, read: number, act: number]> = {
  "somebody without a token": [{}, 401, 401],
  "somebody with the token": [{ authorization: `Bearer ${TOKEN}` }, 200, 200],
  "somebody who writes the scheme in lower case": [{ authorization: `bearer  ${TOKEN}` }, 200, 200],
  "somebody by another name of the host": [
    { authorization: `Bearer ${TOKEN}`, host: "ops.example.com" },
    200,
    200,
  ],
  "somebody without a token by another name": [{ host: "ops.example.com" }, 401, 401],
  "a page of another site": [
    { authorization: `Bearer ${TOKEN}`, "sec-fetch-site": "cross-site", origin: "https://evil.example" },
    403,
    403,
  ],
  "a page of another site in an older browser": [
    { authorization: `Bearer ${TOKEN}`, origin: "https://evil.example" },
    200,
    403,
  ],
  "a page of nobody": [{ authorization: `Bearer ${TOKEN}`, origin: "null" }, 200, 403],
  "a page of the same host by another port": [
    { authorization: `Bearer ${TOKEN}`, origin: "http://127.0.0.1:1" },
    200,
    403,
  ],
  "a page of the same site": [
    { authorization: `Bearer ${TOKEN}`, "sec-fetch-site": "same-site" },
    403,
    403,
  ],
  "a page behind what ends TLS": [
    { authorization: `Bearer ${TOKEN}`, origin: "https://ops.example.com", host: "ops.example.com:443" },
    200,
    200,
  ],
  "a script of the page": [{ authorization: `Bearer ${TOKEN}`, "sec-fetch-site": "same-origin" }, 200, 200],
};

for (const [who, [fields, read, act]] of Object.entries(SENDERS)) {
  Deno.test(`${who} gets ${read} for a read and ${act} for an action`, () =>
    withAdminPort(async (port) => {
      assert.equal((await port.ask(STATUS, fields)).status, read);
      assert.equal((await port.ask(RETRY, fields)).status, act);
      assert.deepEqual(port.admin.calls, act === 200 ? ["retry"] : []);
    }));
}

for (
  const [kind, authorization] of Object.entries({
    "a wrong token": "Bearer wrong",
    "the token and more": `Bearer ${TOKEN}x`,
    "the token as a password": `Basic ${btoa(`admin:${TOKEN}`)}`,
    "nothing behind the scheme": "Bearer",
  })
) {
  Deno.test(`${kind} is refused a second later`, () =>
    withAdminPort(async (port) => {
      assert.equal(await askLate(port, STATUS, { authorization }), 401);
      assert.equal((await port.bear(STATUS)).status, 200, "and holds up nobody else");
    }));
}

Deno.test("wrong tokens are logged once a minute, with how many there were", () =>
  withAdminPort(async (port) => {
    const wrong = { authorization: "Bearer wr0ng" };
    for (let times = 0; times < 4; times++) await askLate(port, STATUS, wrong);
    assert.equal(port.log.at("warn").length, 1);
    await port.clock.advance(60_000);
    await askLate(port, STATUS, wrong);
    assert.deepEqual(port.log.lines.map(({ fields }) => fields), [{ times: 1 }, { times: 4 }]);
    assert.doesNotMatch(JSON.stringify(port.log.lines), /wr0ng/);
  }));

for (const query of [`token=${TOKEN}`, "access_token=x", "Api-Key=x&api_key=x", `limit=${TOKEN}`]) {
  Deno.test(`a token in the URL is refused: ${query.replace(TOKEN, "…")}`, () =>
    withAdminPort(async (port) => {
      for (const path of ["/api/v1/status", "/", "/login"]) {
        const { status, text } = await port.bear(`GET ${path}?${query}`);
        assert.equal(status, 400);
        assert.match(text, /does not belong into a URL.*Authorization: Bearer/s);
        assert(!text.includes(TOKEN));
      }
    }));
}

Deno.test("a token in the path of the URL is refused, too", () =>
  withAdminPort(async (port) => {
    for (const path of [`/${TOKEN}`, `/api/v1/status/${TOKEN}`, `/endpoints/${TOKEN}/pause`]) {
      const { status, text } = await port.ask(`GET ${path}`);
      assert.equal(status, 400);
      assert.match(text, /does not belong into a URL/);
      assert(!text.includes(TOKEN));
    }
  }));

Deno.test("another token counts at once, and while its file cannot be used nobody gets in, which is logged once", () =>
  withAdminPort(async (port) => {
    port.token = { text: "another-token-0123456789" };
    assert.equal(await askLate(port, STATUS, { authorization: `Bearer ${TOKEN}` }), 401);
    assert.equal((await port.ask(STATUS, { authorization: `Bearer ${port.token.text}` })).status, 200);
    port.token = { problem: "the file /t (--admin-token-file) cannot be used: it is empty" };
    for (let times = 0; times < 2; times++) {
      const { status, text } = await port.bear(STATUS);
      assert.equal(status, 503);
      assert.doesNotMatch(text, /\/t /);
    }
    assert.deepEqual(port.log.at("warn").slice(1), [
      `Nobody gets in to page and API: ${port.token.problem}.`,
    ]);
    port.token = { text: TOKEN };
    assert.equal((await port.bear(STATUS)).status, 200);
  }));

/** The Host, and whether that is let in where no token is asked for. */
const HOSTS: Record<string, number> = {
  "127.0.0.1:9090": 200,
  "localhost:9090": 200,
  "LOCALHOST": 200,
  "localhost.": 200,
  "k8svent.localhost:9090": 200,
  "[::1]:9090": 200,
  "10.1.2.3:9090": 200,
  "evil.example:9090": 421,
  "127.0.0.1.evil.example": 421,
  "localhost.evil.example": 421,
  "127.0.0.1@evil.example": 400,
  "[evil]": 400,
  "": 421,
};

for (const [host, status] of Object.entries(HOSTS)) {
  Deno.test(`on loopback without a token, the host ${JSON.stringify(host)} gets ${status}`, () =>
    withAdminPort(async (port) => {
      assert.equal((await port.ask(STATUS, { host })).status, status);
      assert.equal((await port.ask(RETRY, { host })).status, status);
    }, { asksForToken: false }));
}

Deno.test("on loopback without a token, the host of a whole URL counts, and not the field beside it", () =>
  withAdminPort(async (port) => {
    const [own, other] = [`http://localhost:${port.port}`, "http://evil.example"];
    assert.equal((await port.ask(`GET ${own}/api/v1/status`, { host: "evil.example" })).status, 200);
    assert.equal((await port.ask(`GET ${other}/api/v1/status`)).status, 421);
    assert.equal((await port.ask(`POST ${other}/api/v1/retry`)).status, 421);
    assert.deepEqual(port.admin.calls, []);
  }, { asksForToken: false }));

Deno.test("on loopback without a token, programs act, pages of other sites do not", () =>
  withAdminPort(async (port) => {
    assert.equal((await port.ask(RETRY)).status, 200);
    assert.equal((await port.ask(RETRY, { origin: `http://127.0.0.1:${port.port}` })).status, 200);
    assert.equal((await port.ask(RETRY, { origin: "http://evil.example" })).status, 403);
    const form = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    assert.equal((await port.ask("POST /api/v1/resync", form, "a=b")).status, 403);
    assert.equal((await port.ask(STATUS, { ...form, "sec-fetch-mode": "no-cors" })).status, 403);
    assert.equal((await port.ask("GET /", form)).status, 200, "a link leads here all the same");
    assert.deepEqual(port.admin.calls, ["retry", "retry"]);
  }, { asksForToken: false }));

/** Logs in, and gives the field Set-Cookie. */
async function login(port: AdminPort, fields: Record<string, string> = {}): Promise<string> {
  const { status, headers } = await port.ask("POST /login", fields, `token=${TOKEN}&next=/endpoints`);
  assert.equal(status, 303);
  assert.equal(headers.get("location"), "/endpoints");
  return headers.get("set-cookie") ?? "";
}

Deno.test("a browser logs in by a form, reads and acts, and logs out", () =>
  withAdminPort(async (port) => {
    const set = await login(port);
    assert.match(
      set,
      new RegExp(
        `^k8svent-session${port.port}=[\\w-]{43}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict$`,
      ),
    );
    assert(!set.includes(TOKEN));
    const [cookie = ""] = set.split(";");
    const fields = { cookie: `other=1; ${cookie}`, "sec-fetch-site": "same-origin" };
    assert.equal((await port.ask(STATUS, fields)).status, 200);
    assert.equal((await port.ask(RETRY, fields)).status, 200);
    assert.equal((await port.ask(RETRY, { ...fields, "sec-fetch-site": "cross-site" })).status, 403);
    const out = await port.ask("POST /logout", fields);
    assert.equal(out.status, 303);
    assert.match(out.headers.get("set-cookie") ?? "", /=; Path=\/; Max-Age=0;/);
    assert.equal((await port.ask(STATUS, fields)).status, 401);
  }));

Deno.test("a browser that came by TLS gets a cookie that goes nowhere else", () =>
  withAdminPort(async (port) => {
    const by = { origin: "https://ops.example.com", host: "ops.example.com" };
    const set = await login(port, by);
    assert.match(set, /^__Host-k8svent-session=.*; Secure$/);
    assert.equal((await port.ask(STATUS, { host: by.host, cookie: set.split(";")[0] })).status, 200);
  }));

Deno.test("a session ends after a working day, with the token, and when a hundred others have begun", () =>
  withAdminPort(async (port) => {
    const isIn = async (cookie: string): Promise<boolean> =>
      (await port.ask(STATUS, { cookie })).status === 200;
    const open = async (): Promise<string> => (await login(port)).split(";")[0] ?? "";
    const one = await open();
    await port.clock.advance(SESSION_FOR - 1);
    assert(await isIn(one));
    await port.clock.advance(1);
    assert(!await isIn(one));
    const two = await open();
    for (let count = 0; count < 99; count++) await open();
    assert(await isIn(two));
    const last = await open();
    assert(!await isIn(two));
    port.token = { text: "another-token-0123456789" };
    assert(!await isIn(last));
  }));

Deno.test("who writes a wrong token sees the form again, a second later, and what was written is not in it", () =>
  withAdminPort(async (port) => {
    const asking = port.ask("POST /login", {}, "token=wr0ng&next=/x");
    for (let turn = 0; turn < 20; turn++) await settle();
    await port.clock.advance(1_000);
    const { status, text, headers } = await asking;
    assert.equal(status, 401);
    assert.match(text, /This is not the token\..*name="token".*value="\/x"/s);
    assert.doesNotMatch(text, /wr0ng/);
    assert.equal(headers.get("set-cookie"), null);
  }));

for (
  const next of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "/a\r\nset-cookie: x=y",
    "x",
    "",
    "/login",
    "/login?next=%2Fendpoints",
    "/logout",
  ]
) {
  Deno.test(`a form to log in leads to no other place: ${JSON.stringify(next)}`, () =>
    withAdminPort(async (port) => {
      const body = new URLSearchParams({ token: TOKEN, next });
      assert.equal((await port.ask("POST /login", {}, String(body))).headers.get("location"), "/");
    }));
}

Deno.test("who has logged in is not asked again, and goes on to where the form would lead", () =>
  withAdminPort(async (port) => {
    const cookie = (await login(port)).split(";")[0] ?? "";
    const { status, headers } = await port.ask("GET /login?next=%2Fdead-letters", { cookie });
    assert.deepEqual([status, headers.get("location")], [303, "/dead-letters"]);
  }));

Deno.test("a browser without a session is sent to the form and comes back; a program gets what to do", () =>
  withAdminPort(async (port) => {
    const browser = await port.ask("GET /endpoints/a?state=failed", { accept: "text/html,*/*" });
    assert.equal(browser.status, 303);
    assert.equal(browser.headers.get("location"), "/login?next=%2Fendpoints%2Fa%3Fstate%3Dfailed");
    const form = await port.ask("GET /login?next=%2Fendpoints%2Fa%3Fstate%3Dfailed");
    assert.match(form.text, /value="\/endpoints\/a\?state=failed"/);
    const program = await port.ask("GET /endpoints/a");
    assert.equal(program.status, 401);
    assert.match(program.headers.get("www-authenticate") ?? "", /^Bearer/);
    assert.match(program.text, /Authorization: Bearer TOKEN/);
  }));
