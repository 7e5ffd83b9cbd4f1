import assert from "node:assert/strict";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import { wordsOf } from "./error_words.ts";
import { parseProxy, type Proxy } from "./proxy.ts";
import { withProxyStatus } from "./proxy_status.ts";

const REFUSED = new TypeError("fetch failed", {
  cause: new Error("client error (Connect): unsuccessful tunnel"),
});
const URL_ASKED = new URL("https://registry.test/v2/a-path?key=a-secret");

function proxyAt(port: number): Proxy {
  const proxy = parseProxy(`http://me:a-password@127.0.0.1:${port}`, "HTTPS_PROXY", true);
  assert.ok(!("problem" in proxy));
  return proxy;
}

/** The first line of what is said of a refusal, and what the proxy was asked, with a proxy that answers so. */
async function reported(answer: string, error: unknown = REFUSED): Promise<[said: string, asked: string[]]> {
  const asked: string[] = [];
  await using server = await SocketServer.listen({
    onRequest(socket, { head }): void {
      asked.push(head);
      socket.end(answer);
    },
  });
  const found = await withProxyStatus(error, proxyAt(server.port), URL_ASKED, new AbortController().signal);
  return [wordsOf(found).split("\n")[0] ?? "", asked];
}

Deno.test("the status of a refused tunnel is asked for, with the host alone and the credentials for the proxy", async () => {
  const [said, [asked = "", ...others]] = await reported("HTTP/1.1 403 Forbidden\r\n\r\n");
  assert.equal(said, "unsuccessful tunnel: 403");
  assert.match(
    asked,
    /^CONNECT registry\.test:443 HTTP\/1\.1\r\nhost: registry\.test:443\r\nproxy-authorization: Basic /,
  );
  assert.doesNotMatch(asked, /a-path|a-secret/);
  assert.deepEqual(others, []);
});

for (
  const [what, answer, said] of [
    ["a password is wanted at the second time", "HTTP/1.1 407 P\r\n\r\n", "proxy authentication required"],
    ["the proxy has changed its mind", "HTTP/1.1 200 OK\r\n\r\n", "fetch failed"],
    ["the answer is none of HTTP", "SSH-2.0-x\r\n", "fetch failed"],
    ["there is no answer", "", "fetch failed"],
    ["the answer has no end", "x".repeat(100_000), "fetch failed"],
  ] as const
) {
  Deno.test(`where ${what}, that is what is known`, async () => {
    assert.equal((await reported(answer))[0], said);
  });
}

Deno.test("nobody is asked about any other error", async () => {
  const other = new Error("tcp connect error: connection refused");
  assert.deepEqual(await reported("HTTP/1.1 403 Forbidden\r\n\r\n", other), [other.message, []]);
  const known = new Error("unsuccessful tunnel: 502");
  assert.deepEqual(await reported("HTTP/1.1 403 Forbidden\r\n\r\n", known), [known.message, []]);
});

Deno.test("a proxy that does not answer any more is not waited for after the signal", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = await SocketServer.listen({ onRequest: () => asked.resolve() });
  const stop = new AbortController();
  const found = withProxyStatus(REFUSED, proxyAt(server.port), URL_ASKED, stop.signal);
  await asked.promise;
  stop.abort();
  assert.equal(await found, REFUSED);
});

Deno.test("where the proxy is gone by then, the error is as it was", async () => {
  assert.equal(await withProxyStatus(REFUSED, proxyAt(1), URL_ASKED, new AbortController().signal), REFUSED);
});
