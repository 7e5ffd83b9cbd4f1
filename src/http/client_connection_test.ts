import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { TestClock } from "../../tests/kit/clock.ts";
import { answerOf, clientFor, failureOf, GOING, LONG, post, sendOnce } from "../../tests/kit/http_client.ts";
import { accept, OK, SocketServer, until } from "../../tests/kit/socket_server.ts";

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
