import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { answerOf, clientFor, failureOf, GOING, LONG, post, sendOnce } from "../../tests/kit/http_client.ts";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import { systemClock } from "../runtime/clock.ts";
import { openClient } from "./client.ts";
import { Network } from "./network.ts";

const AUTHORITY = issueCertificate("Test authority");
const GOOD = issueCertificate("good", { issuer: AUTHORITY, hosts: ["localhost", "127.0.0.1"] });
const TRUSTING = { caCerts: [AUTHORITY.cert] };

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const accept = (socket: Socket): void => void socket.write(OK);

Deno.test("a certificate of a trusted authority is enough, for a name, an absolute name and an address", async () => {
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  for (const host of ["localhost", "localhost.", "127.0.0.1"]) {
    const resolve = (): Promise<string[]> => Promise.resolve(["127.0.0.1"]);
    assert.equal(
      answerOf(await sendOnce(`https://${host}:${server.port}`, TRUSTING, { resolve })).body,
      "ok",
      host,
    );
  }
});

Deno.test("one TLS connection serves one request after another, bodies of any size", async () => {
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  const client = clientFor(TRUSTING);
  for (const size of [1, 70_000, 1_500_000, 10]) {
    answerOf(await client.send(post(`https://localhost:${server.port}`, "x".repeat(size)), LONG, GOING));
    assert.equal(server.requests.at(-1)?.body.length, size);
  }
  client.close();
  assert.equal(server.connections, 1);
});

Deno.test("an unknown issuer, another name and old age are told apart, before the request", async () => {
  const cases: [{ hosts: string[]; expired?: boolean }, string[], RegExp][] = [
    [{ hosts: ["localhost"] }, [], /^the certificate of localhost:\d+ is not trusted/],
    [{ hosts: ["other.test"] }, [AUTHORITY.cert], /^the certificate of localhost:\d+ is for another name/],
    [
      { hosts: ["localhost"], expired: true },
      [AUTHORITY.cert],
      /^the certificate of localhost:\d+ has expired/,
    ],
  ];
  for (const [options, caCerts, sentence] of cases) {
    const tls = issueCertificate("a server", { issuer: AUTHORITY, ...options });
    await using server = await SocketServer.listen({ tls, onRequest: accept });
    const { when, fault, message } = failureOf(
      await sendOnce(`https://localhost:${server.port}`, { caCerts }),
    );
    assert.deepEqual([when, fault], ["before", "certificate"]);
    assert.match(message, sentence);
    assert.equal(server.requests.length, 0);
  }
});

Deno.test("a handshake that is answered with something else, ended or reset fails before the request", async () => {
  const endings: [(socket: Socket) => void, string, RegExp][] = [
    [
      (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
      "tls",
      /^TLS with localhost:\d+ failed\. Check that its port speaks https/,
    ],
    [(socket) => socket.end(), "unreachable", /^localhost:\d+ closed the connection/],
    [(socket) => void socket.resetAndDestroy(), "unreachable", /^localhost:\d+ closed the connection/],
  ];
  for (const [onData, expected, sentence] of endings) {
    await using server = await SocketServer.listen({ onData });
    const { when, fault, message } = failureOf(await sendOnce(`https://localhost:${server.port}`, TRUSTING));
    assert.deepEqual([when, fault], ["before", expected]);
    assert.match(message, sentence);
  }
});

Deno.test("a server that speaks HTTP/2 only is refused in the handshake", async () => {
  await using server = await SocketServer.listen({ tls: { ...GOOD, ALPNProtocols: ["h2"] } });
  const { when, fault } = failureOf(await sendOnce(`https://localhost:${server.port}`, TRUSTING));
  assert.deepEqual([when, fault], ["before", "tls"]);
});

Deno.test("an end without close_notify, a proper one and a reset are ends like any other", async () => {
  const endings: [(socket: Socket) => void, string][] = [
    [(socket) => socket.end(), "closed"],
    // Of a TLS socket that ends the TCP connection without a word.
    [(socket) => void socket.destroy(), "closed"],
    [(socket) => void socket.resetAndDestroy(), "closed"],
  ];
  for (const [ending, expected] of endings) {
    await using server = await SocketServer.listen({
      tls: GOOD,
      onRequest: (socket, { number }) => number === 1 ? accept(socket) : ending(socket),
    });
    const client = clientFor(TRUSTING);
    const request = post(`https://localhost:${server.port}`);
    answerOf(await client.send(request, LONG, GOING));
    const { when, fault, stale } = failureOf(await client.send(request, LONG, GOING));
    assert.deepEqual([when, fault, stale], ["after", expected, true]);
    client.close();
  }
});

Deno.test("an answer without a length that ends without close_notify is an answer", async () => {
  await using server = await SocketServer.listen({
    tls: GOOD,
    onRequest: (socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\nall of it", () => socket.destroy()),
  });
  const { status, body } = answerOf(await sendOnce(`https://localhost:${server.port}`, TRUSTING));
  assert.deepEqual([status, body], [200, "all of it"]);
});

Deno.test("an early answer over TLS counts", async () => {
  await using server = await SocketServer.listen({
    tls: GOOD,
    onData(socket): void {
      if (socket.isPaused()) return;
      socket.pause();
      socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n");
    },
  });
  const client = clientFor(TRUSTING);
  const request = post(`https://localhost:${server.port}`, "x".repeat(20_000_000));
  assert.equal(answerOf(await client.send(request, LONG, GOING)).status, 413);
  client.close();
});

Deno.test("a receiver that wants a client certificate gets the one that is given, and is told of where none is", async () => {
  const own = issueCertificate("k8svent", { issuer: AUTHORITY, hosts: ["k8svent.test"] });
  await using server = await SocketServer.listen({
    tls: { ...GOOD, requestCert: true, ca: AUTHORITY.cert },
    onRequest: accept,
  });
  const url = `https://localhost:${server.port}`;
  const client = clientFor({ ...TRUSTING, certificate: own });
  for (const size of [1, 200_000]) {
    assert.equal(answerOf(await client.send(post(url, "x".repeat(size)), LONG, GOING)).body, "ok");
  }
  client.close();
  assert.equal(server.connections, 1);
  const { fault, message } = failureOf(await sendOnce(url, TRUSTING));
  assert.deepEqual([fault, /wants a client certificate/.test(message)], ["tls", true], message);
});

Deno.test("over all clients there are 64 TLS connections, and each client may have one more", async () => {
  await using server = await SocketServer.listen({
    tls: GOOD,
    onRequest: (socket) => void setTimeout(() => accept(socket), 300),
  });
  const network = new Network({ clock: systemClock });
  const clients = [70, 3].map((count) => ({
    count,
    client: openClient({ network, env: () => undefined, ...TRUSTING }),
  }));
  const outcomes = await Promise.all(
    clients.flatMap(({ count, client }) =>
      Array.from({ length: count }, () => client.send(post(`https://localhost:${server.port}`), LONG, GOING))
    ),
  );
  for (const outcome of outcomes) answerOf(outcome);
  assert.equal(server.connections, 65);
  for (const { client } of clients) client.close();
});
