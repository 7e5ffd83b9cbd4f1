import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { answerOf, clientFor, failureOf, GOING, LONG, post, sendOnce } from "../../tests/kit/http_client.ts";
import { freePort } from "../../tests/kit/port.ts";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import { connectBySystem } from "./network.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const accept = (socket: Socket): void => void socket.write(OK);

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test("a request arrives as it was given, and the answer comes back", async () => {
  await using server = await SocketServer.listen({
    onRequest: (socket) =>
      void socket.write('HTTP/1.1 202 Accepted\r\nRetry-After: 3\r\ncontent-length: 7\r\n\r\n{"a":1}'),
  });
  const url = `http://me:a%3Apw@localhost:${server.port}/`;
  const { status, headers, body } = answerOf(await sendOnce(url));
  assert.deepEqual([status, headers.get("retry-after"), body], [202, "3", '{"a":1}']);
  assert.deepEqual(server.requests[0]?.head.split("\r\n"), [
    "POST /secret-path?key=secret-query HTTP/1.1",
    `host: localhost:${server.port}`,
    "authorization: Basic bWU6YTpwdw==",
    "webhook-id: pod_1",
    "content-length: 2",
  ]);
  assert.equal(server.requests[0]?.body, "{}");
});

Deno.test("every port is dialled, those that fetch forbids too", async () => {
  await using server = await SocketServer.listen({ onRequest: accept });
  const dialled: number[] = [];
  const client = clientFor({}, {
    connect(address, port, signal): Promise<Deno.TcpConn> {
      dialled.push(port);
      return connectBySystem(address, server.port, signal);
    },
  });
  const ports = [1, 22, 6000, 6667, 10080, 65_535];
  for (const port of ports) answerOf(await client.send(post(`http://127.0.0.1:${port}`), LONG, GOING));
  client.close();
  assert.deepEqual(dialled, ports);
  assert.deepEqual(
    server.requests.map(({ head }) => /^host: (.*)$/m.exec(head)?.[1]),
    ports.map((port) => `127.0.0.1:${port}`),
  );
});

Deno.test("one connection serves one request after another, and as many are opened as are needed at a time", async () => {
  await using server = await SocketServer.listen({ onRequest: accept });
  const client = clientFor();
  const url = `http://127.0.0.1:${server.port}`;
  for (let n = 0; n < 50; n++) answerOf(await client.send(post(url, "x".repeat(n * 100)), LONG, GOING));
  assert.equal(server.connections, 1);
  for (let n = 0; n < 20; n++) {
    await Promise.all(Array.from({ length: 4 }, () => client.send(post(url), LONG, GOING)));
  }
  assert.equal(server.connections, 4);
  client.close();
  assert.equal(server.requests.length, 130);
});

Deno.test("a body of any size arrives whole", async () => {
  await using server = await SocketServer.listen({ onRequest: accept });
  const client = clientFor();
  for (const size of [0, 1, 65_000, 65_536, 3_000_000]) {
    answerOf(await client.send(post(`http://127.0.0.1:${server.port}`, "x".repeat(size)), LONG, GOING));
    assert.equal(server.requests.at(-1)?.body.length, size);
  }
  client.close();
  assert.equal(server.connections, 1);
});

Deno.test("redirects are answers, not ways", async () => {
  await using server = await SocketServer.listen({
    onRequest: (socket) => void socket.write("HTTP/1.1 307 T\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n"),
  });
  assert.equal(answerOf(await sendOnce(`http://127.0.0.1:${server.port}`)).status, 307);
  assert.equal(server.requests.length, 1);
});

Deno.test("an answer before the body was sent counts, whether the connection is then closed, reset or neither", async () => {
  const endings: ((socket: Socket) => void)[] = [
    (socket) => socket.end(),
    (socket) => void setTimeout(() => socket.resetAndDestroy(), 20),
    () => {},
  ];
  for (const ending of endings) {
    await using server = await SocketServer.listen({
      onData(socket): void {
        if (!socket.writable || socket.isPaused()) return;
        socket.pause();
        socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n", () => ending(socket));
      },
    });
    const client = clientFor();
    const request = post(`http://127.0.0.1:${server.port}`, "x".repeat(20_000_000));
    assert.equal(answerOf(await client.send(request, LONG, GOING)).status, 413);
    await client.send({ ...request, body: new Uint8Array(1) }, LONG, GOING);
    assert.equal(server.connections, 2, "the connection is not used again");
    client.close();
  }
});

Deno.test("an answer whose head has come counts, whatever then becomes of its body", async () => {
  const half = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
  for (
    const ending of [(socket: Socket) => socket.end(half), (socket: Socket): void => void socket.write(half)]
  ) {
    await using server = await SocketServer.listen({ onRequest: ending });
    const { status, body } = answerOf(await sendOnce(`http://127.0.0.1:${server.port}`, {}, {}, 300));
    assert.deepEqual([status, body], [200, "half"]);
  }
});

Deno.test("an endless answer is cut after 64 KiB", async () => {
  const ended = Promise.withResolvers<void>();
  await using server = await SocketServer.listen({
    onRequest(socket): void {
      const more = (): void => void (socket.writable && socket.write("x".repeat(30_000), more));
      socket.once("close", () => ended.resolve());
      socket.write("HTTP/1.1 200 OK\r\n\r\n", more);
    },
  });
  const client = clientFor();
  const { body } = answerOf(await client.send(post(`http://127.0.0.1:${server.port}`), LONG, GOING));
  assert.equal(body.length, 65_536);
  await ended.promise;
  client.close();
});

Deno.test("a connection that ends before the answer says whether it had been kept", async () => {
  const endings: ((socket: Socket) => void)[] = [
    (socket) => socket.end(),
    (socket) => void socket.resetAndDestroy(),
  ];
  for (const ending of endings) {
    await using server = await SocketServer.listen({
      onRequest: (socket, { number }) => number === 1 ? accept(socket) : ending(socket),
    });
    const client = clientFor();
    const request = post(`http://127.0.0.1:${server.port}`);
    answerOf(await client.send(request, LONG, GOING));
    const kept = failureOf(await client.send(request, LONG, GOING));
    assert.deepEqual([kept.when, kept.fault, kept.stale], ["after", "closed", true]);
    assert.equal(server.requests.length, 2, "nothing is sent twice by itself");
    answerOf(await client.send(request, LONG, GOING));
    client.close();
    await using fresh = await SocketServer.listen({ onRequest: ending });
    const first = failureOf(await sendOnce(`http://127.0.0.1:${fresh.port}`));
    assert.deepEqual([first.when, first.fault, first.stale], ["after", "closed", false]);
    assert.match(first.message, /^127\.0\.0\.1:\d+ closed the connection before it answered$/);
  }
});

Deno.test("after one kept connection was dead no other as old is used", async () => {
  await using server = await SocketServer.listen({
    onRequest: (socket, { number, connection }) =>
      number === 1 || connection > 3 ? void setTimeout(() => accept(socket), 20) : socket.end(),
  });
  const client = clientFor();
  const request = post(`http://127.0.0.1:${server.port}`);
  await Promise.all([1, 2, 3].map(() => client.send(request, LONG, GOING)));
  assert.equal(failureOf(await client.send(request, LONG, GOING)).stale, true);
  answerOf(await client.send(request, LONG, GOING));
  assert.equal(server.requests.at(-1)?.connection, 4);
  client.close();
});

Deno.test("a connection that the receiver closed while it rested costs no attempt", async () => {
  await using server = await SocketServer.listen({
    onRequest: (socket, { number }) => number === 1 && void socket.end(OK),
  });
  const client = clientFor();
  for (let n = 1; n <= 3; n++) {
    answerOf(await client.send(post(`http://127.0.0.1:${server.port}`), LONG, GOING));
    await pause(20);
  }
  client.close();
  assert.equal(server.connections, 3);
});

Deno.test("bytes that nobody asked for end a resting connection and are never the next answer", async () => {
  const strays: ((socket: Socket) => void)[] = [
    (socket) => void socket.write(OK + OK),
    (socket) => void (socket.write(OK), setTimeout(() => socket.write(OK), 10)),
    (socket) => void (socket.write(OK), setTimeout(() => socket.write("\r\n"), 10)),
  ];
  for (const stray of strays) {
    await using server = await SocketServer.listen({
      onRequest: (socket, { connection }) =>
        connection === 1 ? stray(socket) : void socket.write("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"),
    });
    const client = clientFor();
    const request = post(`http://127.0.0.1:${server.port}`);
    answerOf(await client.send(request, LONG, GOING));
    await until(() => server.sockets.size === 0);
    assert.equal(answerOf(await client.send(request, LONG, GOING)).status, 500);
    client.close();
  }
});

Deno.test("what does not speak HTTP/1.1 is reported as such", async () => {
  const http2 = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0);
  for (
    const [answer, words] of [["SSH-2.0-OpenSSH\r\n", /does not speak HTTP/], [
      http2,
      /speaks HTTP\/2 only/,
    ]] as const
  ) {
    await using server = await SocketServer.listen({ onConnection: (socket) => void socket.write(answer) });
    const { when, fault, message } = failureOf(await sendOnce(`http://127.0.0.1:${server.port}`));
    assert.deepEqual([when, fault], ["after", "malformed"]);
    assert.match(message, words);
    assert.match(message, /^127\.0\.0\.1:\d+ /);
  }
});

Deno.test("no connection and no name are failures before the request, reported with the host", async () => {
  const port = freePort();
  const refused = failureOf(await sendOnce(`http://127.0.0.1:${port}`));
  assert.deepEqual([refused.when, refused.fault], ["before", "refused"]);
  assert.equal(
    refused.message,
    `127.0.0.1:${port} refused the connection. Check that it runs, and its port`,
  );
  const unknown = failureOf(await sendOnce("http://hooks.invalid"));
  assert.deepEqual([unknown.when, unknown.fault], ["before", "name"]);
  assert.match(unknown.message, /^the name of hooks\.invalid:80 does not resolve\./);
  const empty = failureOf(await sendOnce("http://hooks.test", {}, { resolve: () => Promise.resolve([]) }));
  assert.deepEqual([empty.fault, empty.message], [
    "name",
    "the name of hooks.test:80 has no address. Check its spelling",
  ]);
});

Deno.test("the deadline ends an attempt wherever it is, and the failure says where", async () => {
  const clock = new TestClock();
  await using server = await SocketServer.listen({});
  const never = new Promise<never>(() => {});
  const waits: [string, Parameters<typeof clientFor>[1], RegExp, string][] = [
    [
      "http://hooks.test",
      { clock, resolve: () => never },
      /^the name of hooks\.test:80 was not resolved within 15 s$/,
      "before",
    ],
    [
      "http://hooks.test",
      { clock, resolve: () => Promise.resolve(["192.0.2.1"]), connect: (_a, _p, signal) => aborted(signal) },
      /^hooks\.test:80 did not accept the connection within 15 s$/,
      "before",
    ],
    [
      `https://127.0.0.1:${server.port}`,
      { clock },
      /did not complete the TLS handshake within 15 s$/,
      "before",
    ],
    [`http://127.0.0.1:${server.port}`, { clock }, /^127\.0\.0\.1:\d+ did not answer within 15 s$/, "after"],
  ];
  for (const [url, deps, sentence, when] of waits) {
    const client = clientFor({}, deps);
    const outcome = client.send(post(url), 15_000, GOING);
    await until(() => !url.includes("127") || server.sockets.size > 0);
    await pause(50);
    await clock.advance(14_999);
    assert.equal(await Promise.race([outcome, settle()]), undefined, url);
    await clock.advance(1);
    const failure = failureOf(await outcome);
    assert.deepEqual([failure.when, failure.fault, failure.stale], [when, "timeout", false]);
    assert.match(failure.message, sentence);
    client.close();
    for (const socket of server.sockets) socket.destroy();
    await until(() => server.sockets.size === 0);
    assert.equal(clock.pending, 0);
  }
});

Deno.test("a receiver whose TLS hangs holds the connection of one attempt, not of each", async () => {
  await using server = await SocketServer.listen({});
  const client = clientFor();
  for (let n = 0; n < 4; n++) {
    const { when, fault } = failureOf(
      await client.send(post(`https://127.0.0.1:${server.port}`), 100, GOING),
    );
    assert.deepEqual([when, fault], ["before", "timeout"]);
  }
  await until(() => server.sockets.size <= 1);
  assert.equal(server.connections, 4);
  client.close();
});

Deno.test("an abort ends an attempt wherever it is, with the signal's reason", async () => {
  await using server = await SocketServer.listen({});
  const never = new Promise<never>(() => {});
  const reason = new Error("enough");
  const ways: [string, Parameters<typeof clientFor>[1]][] = [
    ["http://hooks.test", { resolve: () => never }],
    ["http://hooks.test", {
      resolve: () => Promise.resolve(["192.0.2.1"]),
      connect: (_a, _p, signal) => aborted(signal),
    }],
    [`https://127.0.0.1:${server.port}`, {}],
    [`http://127.0.0.1:${server.port}`, {}],
  ];
  for (const [url, deps] of ways) {
    const client = clientFor({}, deps);
    const stop = new AbortController();
    const outcome = client.send(post(url), LONG, stop.signal);
    setTimeout(() => stop.abort(reason), 50);
    await assert.rejects(outcome, reason, url);
    await assert.rejects(client.send(post(url), LONG, stop.signal), reason);
    client.close();
  }
});

Deno.test("an abort once the head has come loses nothing: the answer counts", async () => {
  await using server = await SocketServer.listen({
    onRequest: (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
  });
  const client = clientFor();
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  const { status, body } = answerOf(
    await client.send(post(`http://127.0.0.1:${server.port}`), LONG, stop.signal),
  );
  assert.deepEqual([status, body], [200, "half"]);
  client.close();
});

/** How many connections two requests need that are so far apart, by the client's clock. */
async function connectionsOf(fields: string, gaps: number[]): Promise<number> {
  const clock = new TestClock();
  await using server = await SocketServer.listen({
    onRequest: (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${fields}content-length: 0\r\n\r\n`),
  });
  const client = clientFor({}, { clock });
  const request = post(`http://127.0.0.1:${server.port}`);
  answerOf(await client.send(request, LONG, GOING));
  for (const gap of gaps) {
    await clock.advance(gap);
    answerOf(await client.send(request, LONG, GOING));
  }
  client.close();
  assert.equal(clock.pending, 0, "no timer is left behind");
  return server.connections;
}

Deno.test("a connection is kept for 4 s, or as the receiver says less a second, to 30", async () => {
  const cases: [string, number, number][] = [
    ["", 3_999, 1],
    ["", 4_000, 2],
    ["keep-alive: timeout=15, max=9\r\n", 13_999, 1],
    ["keep-alive: timeout=15, max=9\r\n", 14_000, 2],
    ["keep-alive: timeout=2\r\n", 999, 1],
    ["keep-alive: timeout=2\r\n", 1_000, 2],
    ["keep-alive: timeout=600\r\n", 29_999, 1],
    ["keep-alive: timeout=600\r\n", 30_000, 2],
    ["connection: close\r\n", 0, 2],
  ];
  for (const [fields, gap, expected] of cases) {
    assert.equal(await connectionsOf(fields, [gap]), expected, `${fields} ${gap}`);
  }
});

Deno.test("a connection is not used for longer than five minutes, however busy it is", async () => {
  assert.equal(await connectionsOf("", Array.from({ length: 99 }, () => 3_000)), 1);
  assert.equal(await connectionsOf("", Array.from({ length: 101 }, () => 3_000)), 2);
});

Deno.test("a resting connection is closed when its time is over, not at the next request", async () => {
  const clock = new TestClock();
  await using server = await SocketServer.listen({ onRequest: accept });
  const client = clientFor({}, { clock });
  const request = post(`http://127.0.0.1:${server.port}`);
  await Promise.all([client.send(request, LONG, GOING), client.send(request, LONG, GOING)]);
  await clock.advance(4_000);
  await until(() => server.sockets.size === 0);
  client.close();
});

Deno.test("requests for another origin take no connection of this one", async () => {
  await using one = await SocketServer.listen({ onRequest: accept });
  await using other = await SocketServer.listen({ onRequest: accept });
  const client = clientFor();
  for (const { port } of [one, other, one, other]) {
    answerOf(await client.send(post(`http://127.0.0.1:${port}`), LONG, GOING));
  }
  client.close();
  assert.deepEqual([one.requests.length, one.connections, other.requests.length, other.connections], [
    2,
    1,
    2,
    1,
  ]);
});

Deno.test("a field that HTTP cannot say is the program's fault, before anything is dialled", async () => {
  const client = clientFor({}, { resolve: () => Promise.reject(new Error("dialled")) });
  await assert.rejects(
    client.send(post("http://hooks.test", "", { x: "a\r\nb: c" }), LONG, GOING),
    TypeError,
  );
  client.close();
  await assert.rejects(client.send(post("http://hooks.test"), LONG, GOING), TypeError);
});

Deno.test("answers split and damaged in any way are answers or failures, and never those of another request", async () => {
  let seed = 1;
  const random = (below: number): number => (seed = seed * 48_271 % 2_147_483_647) % below;
  await using server = await SocketServer.listen({
    onRequest(socket, { body }): void {
      let text = `HTTP/1.1 200 OK\r\nx-for: ${body}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      const [act, at] = [random(10), random(text.length)];
      if (act === 0) text = text.slice(0, at) + String.fromCharCode(random(128)) + text.slice(at + 1);
      if (act === 1) text = text.slice(0, at) + text.slice(at + 1 + random(3));
      if (act === 2) text = text.slice(0, at) + "0".repeat(random(9)) + text.slice(at);
      if (act === 3) return void socket.end(text.slice(0, at));
      if (act === 4) text = text + text.slice(0, at);
      if (act === 5) return void socket.write(text, () => socket.destroy());
      socket.write(text.slice(0, at));
      setImmediate(() => socket.write(text.slice(at)));
    },
  });
  const client = clientFor();
  const sent = new Set<string>();
  let answers = 0;
  const sendMany = async (): Promise<void> => {
    for (let n = 0; n < 80; n++) {
      const body = `${random(2 ** 31)}-${random(2 ** 31)}`;
      sent.add(body);
      const outcome = await client.send(post(`http://127.0.0.1:${server.port}`, body), 50, GOING);
      if (outcome.kind === "failure") continue;
      answers++;
      const own = outcome.headers.get("x-for") ?? "";
      assert.ok(own === body || !sent.has(own), `${own} is another request's answer`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, sendMany));
  client.close();
  assert.ok(answers > 320, `${answers} answers`);
  const arrived = server.requests.map(({ body }) => body);
  assert.equal(new Set(arrived).size, arrived.length, "none is sent twice by itself");
});

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn++) await pause(5);
  assert.ok(holds());
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}
