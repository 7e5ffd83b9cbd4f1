import assert from "node:assert/strict";
import type { Socket } from "node:net";
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
import { SocketServer } from "../../tests/kit/socket_server.ts";
import type { Outcome } from "./outcome.ts";

const AUTHORITY = issueCertificate("Test authority");
const GOOD = issueCertificate("good", { issuer: AUTHORITY, hosts: ["hooks.test", "localhost", "127.0.0.1"] });

/** Lets the client reach a server of the test, and nothing else. */
const LOOPBACK = {
  ...trusting(AUTHORITY.cert),
  guard: { allowed: (address: string): boolean => address === "127.0.0.1" },
};
const AS_IT_IS = { ...trusting(AUTHORITY.cert), guard: {} };

const accept = (socket: Socket): void => void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");

function resolvingTo(...answers: string[][]): { resolve: () => Promise<string[]>; asked: () => number } {
  let asked = 0;
  return {
    resolve: () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)] ?? []),
    asked: () => asked,
  };
}

Deno.test("a request reaches an allowed address, by the name of the URL, and its connection is not kept", async () => {
  await using server = await SocketServer.listen({
    tls: GOOD,
    onRequest: (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
  });
  const client = clientFor(LOOPBACK, resolvingTo(["127.0.0.1"]));
  for (let n = 0; n < 2; n++) {
    answerOf(await client.send(post(`https://hooks.test:${server.port}`), LONG, GOING));
  }
  assert.equal(server.connections, 2);
  assert.match(server.requests[0]?.head ?? "", /\r\nhost: hooks\.test:\d+\r\nconnection: close\r\n/);
  client.close();
});

Deno.test("the guard as it is refuses every address that is not public, before anything is dialled", async () => {
  const hosts = [
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0177.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "169.254.169.254",
  ];
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  for (const host of [...hosts, "localhost"]) {
    const { when, fault, message } = failureOf(await sendOnce(`https://${host}:${server.port}`, AS_IT_IS));
    assert.deepEqual([when, fault], ["before", "blocked"], host);
    assert.match(message, /is not dialled: its address .* is not public/);
  }
  assert.equal(server.connections, 0);
});

Deno.test("an address in the URL is checked without asking the resolver", async () => {
  const lying = resolvingTo(["8.8.8.8"]);
  assert.equal(failureOf(await sendOnce("https://10.0.0.1", AS_IT_IS, lying)).fault, "blocked");
  assert.equal(lying.asked(), 0);
});

Deno.test("one private address among public ones refuses the name", async () => {
  const { fault, message } = failureOf(
    await sendOnce("https://hooks.test", AS_IT_IS, resolvingTo(["8.8.8.8", "10.0.0.1"])),
  );
  assert.equal(fault, "blocked");
  assert.match(message, /10\.0\.0\.1/);
});

Deno.test("what is checked is what is dialled: a name that turns private after the check gains nothing", async () => {
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  const hostile = resolvingTo(["127.0.0.1"], ["127.0.0.2"]);
  const client = clientFor(LOOPBACK, hostile);
  const request = post(`https://hooks.test:${server.port}`);
  answerOf(await client.send(request, LONG, GOING));
  assert.equal(hostile.asked(), 1, "once an attempt");
  assert.equal(failureOf(await client.send(request, LONG, GOING)).fault, "blocked");
  assert.equal(server.connections, 1);
  client.close();
});

Deno.test("the system's own idea of a name does not count: only the addresses that were checked are dialled", async () => {
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  // The system would say 127.0.0.1, where the receiver listens; nobody does at the address that was checked.
  const options = { ...LOOPBACK, guard: { allowed: () => true } };
  const outcome = await sendOnce(`https://localhost:${server.port}`, options, resolvingTo(["127.0.0.2"]));
  assert.equal(failureOf(outcome).fault, "refused");
  assert.equal(server.connections, 0);
});

Deno.test("https is the only scheme", async () => {
  const { when, fault, message } = failureOf(await sendOnce("http://hooks.test", LOOPBACK));
  assert.deepEqual([when, fault], ["before", "blocked"]);
  assert.match(message, /must be https/);
});

Deno.test("a redirect is an answer, not a way", async () => {
  await using server = await SocketServer.listen({
    tls: GOOD,
    onRequest: (socket) =>
      void socket.end(
        "HTTP/1.1 302 Found\r\nlocation: https://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
      ),
  });
  assert.equal(answerOf(await sendOnce(`https://127.0.0.1:${server.port}`, LOOPBACK)).status, 302);
  assert.equal(server.requests.length, 1);
});

Deno.test("no proxy is used", async () => {
  await using proxy = await SocketServer.listen({});
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: accept });
  const env = (): string => `http://127.0.0.1:${proxy.port}`;
  const outcome = await sendOnce(
    `https://hooks.test:${server.port}`,
    { ...LOOPBACK, env },
    resolvingTo(["127.0.0.1"]),
  );
  assert.equal(answerOf(outcome).status, 200);
  assert.equal(proxy.connections, 0);
});

Deno.test("two connections at a time, the others wait for their turn within their deadline", async () => {
  let most = 0;
  await using server = await SocketServer.listen({
    tls: GOOD,
    onRequest(socket): void {
      most = Math.max(most, server.sockets.size);
      setTimeout(() => accept(socket), 20);
    },
  });
  const client = clientFor(LOOPBACK);
  const request = post(`https://127.0.0.1:${server.port}`);
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => client.send(request, LONG, GOING)));
  for (const outcome of outcomes) answerOf(outcome);
  assert.deepEqual([most, server.requests.length], [2, 8]);
  client.close();
  await using hung = await SocketServer.listen({ tls: GOOD });
  const other = clientFor(LOOPBACK);
  const late = await Promise.all(
    [1_000, 1_000, 200].map((deadline) =>
      other.send(post(`https://127.0.0.1:${hung.port}`), deadline, GOING)
    ),
  );
  const { when, message } = failureOf(late[2] as Outcome);
  assert.deepEqual([when, hung.connections], ["before", 2]);
  assert.match(message, /had no connection free within 0\.2 s$/);
  other.close();
});
