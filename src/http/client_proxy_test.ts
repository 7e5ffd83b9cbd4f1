import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import {
  answerOf,
  clientFor,
  failureOf,
  GOING,
  LONG,
  post,
  sendOnce,
  trusting,
} from "../../tests/kit/http_client.ts";
import { freePort } from "../../tests/kit/port.ts";
import { accept, type Behaviour, SocketServer } from "../../tests/kit/socket_server.ts";

const AUTHORITY = issueCertificate("Test authority");
const GOOD = issueCertificate("good", { issuer: AUTHORITY, hosts: ["hooks.test", "proxy.test"] });
const TRUSTING = trusting(AUTHORITY.cert);
const RESOLVING = { resolve: (): Promise<string[]> => Promise.resolve(["127.0.0.1"]) };

/** A proxy that opens a tunnel to wherever it is asked to, or answers something else. */
function tunnelling(
  answer = "HTTP/1.1 200 Connection established\r\n\r\n",
): NonNullable<Behaviour["onRequest"]> {
  return (socket, { head, number }) => {
    if (number > 1) return;
    socket.write(answer);
    const port = Number(/^CONNECT [^:]+:(\d+) /.exec(head)?.[1]);
    if (!/ 200 /.test(answer)) return;
    const far = connect(port, "127.0.0.1");
    far.on("error", () => socket.destroy());
    socket.on("close", () => far.destroy());
    socket.pipe(far).pipe(socket);
  };
}

function through(proxy: string): { env: (name: string) => string | undefined } {
  return { env: (name) => name === "HTTPS_PROXY" || name === "HTTP_PROXY" ? proxy : undefined };
}

Deno.test("https goes through a tunnel, which serves one request after another; the proxy sees the host alone", async () => {
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  await using proxy = await SocketServer.listen({ onRequest: tunnelling() });
  const client = clientFor({ ...TRUSTING, ...through(`http://me:a-pw@proxy.test:${proxy.port}`) }, RESOLVING);
  for (let n = 0; n < 3; n++) {
    assert.equal(
      answerOf(await client.send(post(`https://hooks.test:${server.port}`), LONG, GOING)).body,
      "ok",
    );
  }
  client.close();
  assert.deepEqual(proxy.requests[0]?.head.split("\r\n"), [
    `CONNECT hooks.test:${server.port} HTTP/1.1`,
    `host: hooks.test:${server.port}`,
    "proxy-authorization: Basic bWU6YS1wdw==",
  ]);
  assert.equal(proxy.connections, 1);
  assert.doesNotMatch(server.requests[0]?.head ?? "", /proxy-authorization/);
});

Deno.test("http is sent to the proxy itself, in absolute form", async () => {
  await using proxy = await SocketServer.listen({ onRequest: accept });
  const client = clientFor(through(`http://me:a-pw@proxy.test:${proxy.port}`), RESOLVING);
  for (let n = 0; n < 2; n++) answerOf(await client.send(post("http://hooks.test:8080"), LONG, GOING));
  client.close();
  assert.equal(proxy.connections, 1);
  assert.deepEqual(proxy.requests[0]?.head.split("\r\n").slice(0, 3), [
    "POST http://hooks.test:8080/secret-path?key=secret-query HTTP/1.1",
    "host: hooks.test:8080",
    "proxy-authorization: Basic bWU6YS1wdw==",
  ]);
});

Deno.test("the way to a proxy may be TLS itself: for http, and for https within it", async () => {
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  await using proxy = await SocketServer.listen({ tls: GOOD, onRequest: tunnelling() });
  const options = { ...TRUSTING, ...through(`https://proxy.test:${proxy.port}`) };
  const client = clientFor(options, RESOLVING);
  for (const size of [1, 200_000, 3]) {
    const request = post(`https://hooks.test:${server.port}`, "x".repeat(size));
    assert.equal(answerOf(await client.send(request, LONG, GOING)).body, "ok");
    assert.equal(server.requests.at(-1)?.body.length, size);
  }
  client.close();
  assert.equal(server.connections, 1);
  await using plain = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  const other = { ...TRUSTING, ...through(`https://proxy.test:${plain.port}`) };
  answerOf(await sendOnce("http://hooks.test", other, RESOLVING));
});

Deno.test("behind the tunnel it is the receiver whose certificate counts", async () => {
  const wrong = issueCertificate("wrong", { issuer: AUTHORITY, hosts: ["proxy.test"] });
  await using server = await SocketServer.listen({ tls: wrong, onRequest: accept });
  for (const [scheme, tls] of [["http", undefined], ["https", GOOD]] as const) {
    await using proxy = await SocketServer.listen({ onRequest: tunnelling(), ...tls && { tls } });
    const options = { ...TRUSTING, ...through(`${scheme}://proxy.test:${proxy.port}`) };
    const { fault, message } = failureOf(
      await sendOnce(`https://hooks.test:${server.port}`, options, RESOLVING),
    );
    assert.equal(fault, "certificate");
    assert.match(
      message,
      /^the certificate of hooks\.test:\d+ \(through the proxy proxy\.test:\d+\) is for another name/,
    );
  }
});

Deno.test("a proxy that refuses, ends, babbles or speaks too soon is at fault, by its name, before the request", async () => {
  const cases: [string, RegExp][] = [
    [
      "HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nsecret-no",
      /refused to connect to hooks\.test:443 \(status 403\)\. Let it allow that, or except the host in NO_PROXY$/,
    ],
    ["HTTP/1.1 407 P\r\n\r\n", /wants a user and a password \(status 407\): put them into HTTPS_PROXY$/],
    ["HTTP/1.1 502 Bad Gateway\r\n\r\n", /\(status 502\)\. Check that it can reach that host$/],
    ["HTTP/1.1 405 No\r\n\r\n", /\(status 405\)\. Check that it is an HTTP proxy, and HTTPS_PROXY$/],
    ["HTTP/1.1 301 No\r\n\r\n", /\(status 301\)\. Check that it is an HTTP proxy, and HTTPS_PROXY$/],
    ["HTTP/1.1 429 No\r\n\r\n", /\(status 429\)\. It is overloaded: raise its limits$/],
    ["SSH-2.0-OpenSSH\r\n", /does not speak HTTP\/1\.1\. Check that it is an HTTP proxy, and HTTPS_PROXY$/],
    ["HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", /sent bytes behind its answer to CONNECT$/],
  ];
  for (const [answer, sentence] of cases) {
    await using proxy = await SocketServer.listen({ onRequest: (socket) => void socket.write(answer) });
    const options = through(`http://secret-me:secret-pw@proxy.test:${proxy.port}/secret-x`);
    const { when, fault, message } = failureOf(await sendOnce("https://hooks.test", options, RESOLVING));
    assert.deepEqual([when, fault], ["before", "proxy"], answer);
    assert.match(message, new RegExp(`^the proxy proxy\\.test:${proxy.port} `));
    assert.match(message, sentence);
  }
  for (const onRequest of [(s: Socket) => s.end(), (s: Socket): void => void s.resetAndDestroy()]) {
    await using proxy = await SocketServer.listen({ onRequest });
    const options = through(`http://proxy.test:${proxy.port}`);
    const { when, fault, message } = failureOf(await sendOnce("https://hooks.test", options, RESOLVING));
    assert.deepEqual([when, fault], ["before", "proxy"]);
    assert.match(message, /^the proxy proxy\.test:\d+ closed the connection/);
  }
});

Deno.test("a proxy that hangs, refuses the connection, has no name or no certificate is at fault, by its name", async () => {
  await using hung = await SocketServer.listen({});
  const gone = freePort();
  await using untrusted = await SocketServer.listen({ tls: GOOD });
  const cases: [string, RegExp][] = [
    [
      `http://127.0.0.1:${hung.port}`,
      /^the proxy 127\.0\.0\.1:\d+ did not answer to CONNECT within 0\.4 s\. Check that it runs, and HTTPS_PROXY$/,
    ],
    [
      `http://127.0.0.1:${gone}`,
      /^the proxy 127\.0\.0\.1:\d+ refused the connection\. Check that it runs, and HTTPS_PROXY$/,
    ],
    ["http://proxy.invalid", /^the name of the proxy proxy\.invalid:80 does not resolve/],
    [`https://localhost:${untrusted.port}`, /^the certificate of the proxy localhost:\d+ is not trusted/],
    ["socks5://secret-proxy", /^HTTPS_PROXY names a SOCKS proxy, which is not supported/],
    ["ftp://secret-proxy", /^HTTPS_PROXY is not a proxy URL/],
  ];
  for (const [proxy, sentence] of cases) {
    const { when, fault, message } = failureOf(await sendOnce("https://hooks.test", through(proxy), {}, 400));
    assert.deepEqual([when, fault], ["before", "proxy"], proxy);
    assert.match(message, sentence);
  }
});

Deno.test("a proxy that refuses, ends, hangs or babbles for an http URL is named", async () => {
  const gone = freePort();
  const after = ["after", "closed"];
  const cases: [does: string, onRequest: Behaviour["onRequest"], expected: string[], sentence: RegExp][] = [
    ["ends", (socket) => void socket.end(), after, / closed the connection before it answered$/],
    [
      "resets",
      (socket) => void socket.resetAndDestroy(),
      after,
      / closed the connection before it answered$/,
    ],
    ["hangs", () => {}, ["after", "timeout"], / did not answer within 0\.4 s$/],
    [
      "babbles",
      (socket) => void socket.end("SSH-2.0-OpenSSH\r\n"),
      ["after", "malformed"],
      / does not speak HTTP\/1\.1\. Check the port, and whether it is http or https$/,
    ],
  ];
  for (const [does, onRequest, expected, sentence] of cases) {
    await using proxy = await SocketServer.listen({ ...onRequest && { onRequest } });
    const options = through(`http://secret-me:secret-pw@proxy.test:${proxy.port}/secret-x`);
    const { when, fault, message } = failureOf(
      await sendOnce("http://hooks.test:8080", options, RESOLVING, 400),
    );
    assert.deepEqual([when, fault], expected, does);
    // Who of the two it was cannot be seen: the request had gone to the proxy.
    assert.match(
      message,
      new RegExp(`^hooks\\.test:8080 \\(through the proxy proxy\\.test:${proxy.port}\\) `),
    );
    assert.match(message, sentence);
  }
  const options = through(`http://proxy.test:${gone}`);
  const { when, fault, message } = failureOf(await sendOnce("http://hooks.test:8080", options, RESOLVING));
  assert.deepEqual([when, fault], ["before", "proxy"]);
  assert.match(
    message,
    /^the proxy proxy\.test:\d+ refused the connection\. Check that it runs, and HTTP_PROXY$/,
  );
});

Deno.test("what takes every request for its own and opens no way is reported as no proxy", async () => {
  await using server = await SocketServer.listen({ onData: (s) => void s.write("HTTP/1.1 200 OK\r\n\r\n") });
  const options = through(`http://proxy.test:${server.port}`);
  const { when, message } = failureOf(await sendOnce("https://hooks.test", options, RESOLVING));
  assert.equal(when, "before");
  assert.match(
    message,
    /^what answers at hooks\.test:443 \(through the proxy proxy\.test:\d+\) does not speak TLS\. /,
  );
  assert.match(message, /and that proxy\.test:\d+ in HTTPS_PROXY is an HTTP proxy/);
});

Deno.test("a proxy that wants a password for a plain request is not taken for the receiver", async () => {
  await using proxy = await SocketServer.listen({
    onRequest: (socket) => void socket.write("HTTP/1.1 407 P\r\ncontent-length: 0\r\n\r\n"),
  });
  const { when, fault, message } = failureOf(
    await sendOnce("http://hooks.test", through(`http://proxy.test:${proxy.port}`), RESOLVING),
  );
  assert.deepEqual([when, fault], ["before", "proxy"]);
  assert.match(message, /^the proxy proxy\.test:\d+ wants a user and a password/);
});

Deno.test("a proxy of the endpoint's own takes the place of the variables', for loopback and NO_PROXY too", async () => {
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  await using proxy = await SocketServer.listen({ onRequest: tunnelling() });
  const variables: Record<string, string> = { HTTPS_PROXY: "http://127.0.0.1:1", NO_PROXY: "*" };
  const proxyUrl = new URL(`http://me:a%2Fpw@127.0.0.1:${proxy.port}`);
  const client = clientFor({ ...TRUSTING, proxyUrl, env: (name) => variables[name] }, RESOLVING);
  answerOf(await client.send(post(`https://hooks.test:${server.port}`), LONG, GOING));
  client.close();
  assert.match(proxy.requests[0]?.head ?? "", /^CONNECT hooks\.test:\d+ .*Basic bWU6YS9wdw==/s);
});

Deno.test("what a proxy of the endpoint's own does wrong is reported with the option, and without its password", async () => {
  const answers: [answer: string, sentence: RegExp][] = [
    [
      "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
      /wants a user and a password .*put them into proxyUrl$/,
    ],
    [
      "HTTP/1.1 403 Forbidden\r\n\r\n",
      /refused to connect to hooks\.test:443 \(status 403\). Let it allow that, or name another one in proxyUrl$/,
    ],
  ];
  for (const [answer, sentence] of answers) {
    await using proxy = await SocketServer.listen({ onRequest: tunnelling(answer) });
    const proxyUrl = new URL(`http://me:a-pw@127.0.0.1:${proxy.port}`);
    const { fault, message } = failureOf(await sendOnce("https://hooks.test", { proxyUrl }, RESOLVING));
    assert.equal(fault, "proxy");
    assert.match(message, sentence);
    assert.doesNotMatch(message, /a-pw/);
  }
});
