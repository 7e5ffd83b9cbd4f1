import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { answerOf, clientFor, failureOf, GOING, LONG, post, sendOnce } from "../../tests/kit/http_client.ts";
import { accept, SocketServer } from "../../tests/kit/socket_server.ts";
import { connectBySystem } from "./network.ts";

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
