import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { answerOf, clientFor, failureOf, GOING, LONG, post, sendOnce } from "../../tests/kit/http_client.ts";
import { freePort } from "../../tests/kit/port.ts";
import { SocketServer, until } from "../../tests/kit/socket_server.ts";

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
  const impossible = failureOf(await sendOnce("http://-a.invalid"));
  assert.deepEqual([impossible.when, impossible.fault], ["before", "name"]);
  assert.match(impossible.message, /^-a\.invalid:80 can be no name: it has a hyphen at an end of a part/);
  const empty = failureOf(await sendOnce("http://hooks.test", {}, { resolve: () => Promise.resolve([]) }));
  assert.deepEqual([empty.fault, empty.message], [
    "name",
    "the name of hooks.test:80 has no address. Check its spelling",
  ]);
});

Deno.test("that the program may open no more files is said of no receiver", async () => {
  const connect = (): Promise<never> => Promise.reject(new Error("Too many open files (os error 24)"));
  const { when, message } = failureOf(await sendOnce("http://127.0.0.1:9", {}, { connect }));
  assert.equal(when, "before");
  assert.equal(
    message,
    "127.0.0.1:9 cannot be reached: this program may open no more files and connections. Raise its limit (ulimit -n; " +
      "LimitNOFILE= of systemd)",
  );
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

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}

Deno.test("a connection that is reset as soon as it is there is reported without a word of https", async () => {
  await using server = await SocketServer.listen({ onConnection: (socket) => void socket.resetAndDestroy() });
  for (let turn = 0; turn < 10; turn++) {
    // Which of the two depends on when the reset comes.
    assert.match(
      failureOf(await sendOnce(`http://127.0.0.1:${server.port}`)).message,
      /speaks http$|closed the connection before it answered$/,
    );
  }
});
