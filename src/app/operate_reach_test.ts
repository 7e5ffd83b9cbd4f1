import assert from "node:assert/strict";
import { systemClock } from "../runtime/clock.ts";
import { painter } from "../runtime/paint.ts";
import { operate, wayOut } from "./operate.ts";

/** What is said where a program is asked how it does. */
async function saidOf(server: string, variables: Record<string, string> = {}): Promise<string> {
  let said = "";
  const code = await operate({
    command: "operate",
    operation: { kind: "status" },
    server: new URL(server),
    names: new Map(),
    output: "table",
  }, {
    clock: systemClock,
    env: (name) => variables[name],
    paint: painter(false),
    print: () => assert.fail("nothing is data"),
    remark: (line) => void (said += line),
    stop: new AbortController().signal,
  });
  assert.equal(code, 1);
  return said;
}

/** The same of one that answers so. */
async function saidTo(
  status: number,
  headers: Record<string, string> = {},
  body = "<html>",
): Promise<string> {
  const respond = (): Response =>
    new Response(body, { status, headers: { "content-type": "text/html", ...headers } });
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
  return await saidOf(`http://127.0.0.1:${server.addr.port}`);
}

for (
  const [status, sentence] of [
    [401, / If a proxy before it wants a login, these commands cannot give one/],
    [403, / If a proxy before it wants a login/],
    [429, / If a proxy before it was asked too often, try again later\.$/],
    [502, / If a proxy stands before it, that may not reach it\.$/],
  ] as const
) {
  Deno.test(`a page with the status ${status} may be of what stands before the program`, async () => {
    const said = await saidTo(status);
    assert.match(said, new RegExp(`\\(status ${status}\\) is not k8svent's API: `));
    assert.match(said, sentence);
  });
}

Deno.test("where a redirect leads is said, without what may be a secret", async () => {
  const said = await saidTo(302, { location: "https://login.example.com:8443/in?token=c0nfidential" }, "");
  assert.match(said, / It leads to https:\/\/login\.example\.com:8443: name that with --server, unless /);
  assert.doesNotMatch(said, /c0nfidential|\/in/);
});

Deno.test("a problem without a reason is said by its status", async () => {
  const problem = JSON.stringify({ type: "about:blank", title: "x", status: 503, detail: "" });
  const said = await saidTo(503, { "content-type": "application/problem+json" }, problem);
  assert.match(said, /^The program at http:\S+ answers with status 503, and does not say why\.$/);
});

/** A port whose connections are answered with bytes, or ended. */
async function saidToBytes(bytes: string): Promise<string> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(4_096));
      await connection.write(new TextEncoder().encode(bytes));
      connection.close();
    }
  })();
  const said = await saidOf(`http://127.0.0.1:${listener.addr.port}`);
  listener.close();
  await answering;
  return said;
}

Deno.test("a port of another protocol, and one that hangs up, are said as what they are", async () => {
  assert.match(
    await saidToBytes("SSH-2.0-x\r\n"),
    /it speaks no HTTP there, or HTTP in TLS alone: then write https:/,
  );
  assert.match(await saidToBytes("\x15\x03\x01\x00\x02\x02\x16"), /it speaks no HTTP there/);
  assert.match(await saidToBytes(""), /it ends the connection without an answer\.$/);
  const half = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
  assert.match(await saidToBytes(half), /it ends the connection in the middle of its answer\.$/);
  assert.match(await saidOf("http://127.0.0.1:10080"), /no fetch opens this port/);
});

Deno.test("a proxy that opens no way, or is none, is said as what is at fault", async () => {
  const respond = (): Response => new Response("no", { status: 404 });
  await using proxy = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
  const HTTPS_PROXY = `http://127.0.0.1:${proxy.addr.port}`;
  assert.match(
    await saidOf("https://k8svent.example", { HTTPS_PROXY }),
    /cannot be reached: the proxy 127\.0\.0\.1:\d+ refused to open a way there, .* HTTPS_PROXY\.$/,
  );
  assert.match(
    await saidOf("https://k8svent.example", { HTTPS_PROXY: "http://127.0.0.1:1" }),
    /: the proxy 127\.0\.0\.1:1 refused the connection\. Check that it runs, and HTTPS_PROXY\.$/,
  );
});

Deno.test("what it needs to listen has its port, and is nothing that speaks TLS", () => {
  const refused = { kind: "unreachable", why: "nothing listens there", isRefused: true } as const;
  assert.match(
    wayOut(refused, { server: new URL("http://[::1]"), names: new Map() }),
    /--admin-listen \[::1\]:80; [^]* 80:9090$/,
  );
  const byTls = { server: new URL("https://127.0.0.1:1999"), names: new Map() };
  assert.doesNotMatch(wayOut(refused, byTls), /--admin-listen/);
});

Deno.test("a token, or an address, that a variable names is named by it", () => {
  const names = new Map([["token-file", "K8SVENT_ADMIN_TOKEN_FILE"], ["server", "K8SVENT_SERVER"]]);
  const reach = { server: new URL("http://127.0.0.1:9090"), token: "x", names };
  assert.equal(
    wayOut({ kind: "problem", status: 401, detail: "no" }, reach),
    "The program at http://127.0.0.1:9090 does not take the token of K8SVENT_ADMIN_TOKEN_FILE: it is the one of its --admin-token-file.",
  );
  assert.match(
    wayOut({ kind: "foreign", status: 200 }, reach),
    /is not k8svent's API: K8SVENT_SERVER is the address of its --admin-listen, not of --listen/,
  );
});
