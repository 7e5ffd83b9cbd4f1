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
import { accept, SocketServer } from "../../tests/kit/socket_server.ts";
import { systemClock } from "../runtime/clock.ts";
import { openClient } from "./client.ts";
import { exchangeFailure } from "./failure.ts";
import { connectBySystem, Network } from "./network.ts";
import { USUAL } from "./tls.ts";

const AUTHORITY = issueCertificate("Test authority");
const GOOD = issueCertificate("good", { issuer: AUTHORITY, hosts: ["localhost", "127.0.0.1"] });
const TRUSTING = trusting(AUTHORITY.cert);

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

const HOSTS = ["localhost"];
const OTHER_AUTHORITY = issueCertificate("Other authority");
const INTERMEDIATE = issueCertificate("An intermediate", { issuer: AUTHORITY, isAuthority: true });
const SELF_SIGNED = issueCertificate("self", { hosts: HOSTS, isAuthority: false });

/** What a server shows, what is trusted, and the sentence. */
const CERTIFICATES: [
  what: string,
  shown: { cert: string; key: string },
  trusted: string[],
  sentence: RegExp,
][] = [
  [
    "of an unknown authority, which the server sends along",
    chained(issueCertificate("a", { issuer: OTHER_AUTHORITY, hosts: HOSTS }), OTHER_AUTHORITY),
    [AUTHORITY.cert],
    /is not trusted: the authority "Other authority" is not known here\. If it is the right one, let DENO_CERT name/,
  ],
  [
    "of an unknown authority, which it does not send along",
    issueCertificate("a", { issuer: OTHER_AUTHORITY, hosts: HOSTS }),
    [],
    /is not trusted: it was issued by "Other authority", whose certificate was not sent along and is not known here/,
  ],
  [
    "without its intermediate",
    issueCertificate("a", { issuer: INTERMEDIATE, hosts: HOSTS }),
    [AUTHORITY.cert],
    /issued by "An intermediate", .*Let the server send its whole chain, intermediate certificates too, or let DENO_CERT/,
  ],
  [
    "that is its own authority's in DENO_CERT",
    GOOD,
    [GOOD.cert],
    /issued by "Test authority", whose certificate was not sent along/,
  ],
  [
    "that is self-signed",
    SELF_SIGNED,
    [AUTHORITY.cert],
    /is not trusted: it is self-signed\. If it is the right one, let DENO_CERT name a PEM file of it$/,
  ],
  [
    "of an authority itself",
    issueCertificate("self", { hosts: HOSTS }),
    [],
    /is that of an authority \(CA:TRUE\), which a server may not show as its own\. Issue one for the server/,
  ],
  [
    "of another name",
    issueCertificate("a", { issuer: AUTHORITY, hosts: ["a.test", "b.test", "c.test", "d.test"] }),
    [AUTHORITY.cert],
    /is for another name: a\.test, b\.test, c\.test and 1 more\. Use a name that it is issued for$/,
  ],
  [
    "of no name",
    issueCertificate("localhost", { issuer: AUTHORITY }),
    [AUTHORITY.cert],
    /names no host: a common name \(CN\) alone does not count\. Issue it anew with a subjectAltName$/,
  ],
  [
    "that has expired",
    issueCertificate("a", { issuer: AUTHORITY, hosts: HOSTS, expired: true }),
    [AUTHORITY.cert],
    /has expired \(on \d{4}-\d\d-\d\d\)\. Renew it, or check the clock of this machine$/,
  ],
  [
    "that is not valid yet",
    issueCertificate("a", { issuer: AUTHORITY, hosts: HOSTS, early: true }),
    [AUTHORITY.cert],
    /is not valid before \d{4}-\d\d-\d\d\. Check the clock of this machine/,
  ],
  [
    "of X.509 version 1",
    issueCertificate("a", { issuer: AUTHORITY, version1: true }),
    [AUTHORITY.cert],
    /is of X\.509 version 1, which is not accepted\. Issue it anew with a subjectAltName/,
  ],
  [
    "with a name that steers terminals",
    issueCertificate("a", { issuer: issueCertificate("\x1b[31m\u202eevil"), hosts: HOSTS }),
    [],
    /it was issued by "\[31mevil", whose/,
  ],
];

/** The certificate with that of its issuer behind it, as a server is to send them. */
function chained(
  own: { cert: string; key: string },
  issuer: { cert: string },
): { cert: string; key: string } {
  return { cert: own.cert + issuer.cert, key: own.key };
}

Deno.test("an unknown issuer, another name and old age are distinguished, before the request", async (context) => {
  for (const [what, shown, caCerts, sentence] of CERTIFICATES) {
    await context.step(`a certificate ${what}`, async () => {
      await using server = await SocketServer.listen({ tls: shown, onRequest: accept });
      const { when, fault, message } = failureOf(
        await sendOnce(`https://localhost:${server.port}`, trusting(...caCerts)),
      );
      assert.deepEqual([when, fault], ["before", "certificate"]);
      assert.match(message, /^the certificate of localhost:\d+ /);
      assert.match(message, sentence);
      assert.equal(server.requests.length, 0);
      assert.ok(server.connections <= 2);
    });
  }
});

Deno.test("a chain with its intermediate, and a self-signed certificate that is trusted, are enough", async () => {
  const complete = chained(issueCertificate("a", { issuer: INTERMEDIATE, hosts: HOSTS }), INTERMEDIATE);
  for (const [tls, trusted] of [[complete, AUTHORITY], [SELF_SIGNED, SELF_SIGNED]] as const) {
    await using server = await SocketServer.listen({ tls, onRequest: accept });
    answerOf(await sendOnce(`https://localhost:${server.port}`, trusting(trusted.cert)));
  }
});

Deno.test("a server that says nothing more when it is looked at again is reported by what is known", async () => {
  let connections = 0;
  await using server = await SocketServer.listen({
    tls: GOOD,
    onConnection: (socket) => void (++connections > 1 && socket.destroy()),
  });
  const { fault, message } = failureOf(await sendOnce(`https://localhost:${server.port}`, trusting()));
  assert.equal(fault, "certificate");
  assert.match(message, /^the certificate of localhost:\d+ is not trusted: .*let DENO_CERT name a PEM file/);
});

/** Alerts (RFC 8446 §6) with which servers answer the first word of TLS, and what is made of them. */
const ALERTS: [name: string, code: number, sentence: RegExp][] = [
  ["protocol_version", 70, /^\S+ speaks no version of TLS that k8svent does\. Let it speak TLS 1\.2 or 1\.3/],
  [
    "handshake_failure",
    40,
    /^\S+ has no cipher in common with k8svent\. Let it offer one with forward secrecy/,
  ],
  ["insufficient_security", 71, /^\S+ has no cipher in common with k8svent/],
  [
    "certificate_required",
    116,
    /^\S+ wants a client certificate: name one in tls\.certFile and tls\.keyFile of the endpoint/,
  ],
  ["bad_certificate", 42, /^\S+ wants a client certificate/],
  ["certificate_unknown", 46, /^\S+ wants a client certificate/],
  ["unknown_ca", 48, /^\S+ wants a client certificate/],
  ["access_denied", 49, /^\S+ wants a client certificate/],
  ["unrecognized_name", 112, /^\S+ does not serve that name\. Check the host in its URL$/],
  ["no_application_protocol", 120, /^\S+ does not speak HTTP\/1\.1 over TLS/],
  ["internal_error", 80, /^\S+ broke off TLS with an error of its own\. See its log$/],
  ["unexpected_message", 10, /^TLS with \S+ failed\. Check that its port speaks https$/],
];

for (const [name, code, sentence] of ALERTS) {
  Deno.test(`the alert ${name} is reported in words, before the request`, async () => {
    const alert = new Uint8Array([0x15, 3, 3, 0, 2, 2, code]);
    await using server = await SocketServer.listen({ onData: (socket) => void socket.end(alert) });
    const { when, fault, message } = failureOf(await sendOnce(`https://localhost:${server.port}`, TRUSTING));
    assert.deepEqual([when, fault], ["before", "tls"]);
    assert.match(message, sentence);
  });
}

Deno.test("a server that answers with TLS 1.0 is reported as one of old versions", async () => {
  const hello = [2, 0, 0, 38, 3, 1, ...new Array(32).fill(7), 0, 0, 0x2f, 0];
  const record = new Uint8Array([0x16, 3, 1, 0, hello.length, ...hello]);
  await using server = await SocketServer.listen({ onData: (socket) => void socket.write(record) });
  const { fault, message } = failureOf(await sendOnce(`https://localhost:${server.port}`, TRUSTING));
  assert.equal(fault, "tls");
  assert.match(message, /speaks no version of TLS that k8svent does/);
});

Deno.test("plain http on an https port, and the reverse, are reported with the way out", async () => {
  for (
    const words of ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.9\r\n", "220 mail.test ESMTP\r\n"]
  ) {
    await using plain = await SocketServer.listen({ onData: (socket) => void socket.end(words) });
    const { when, fault, message } = failureOf(await sendOnce(`https://localhost:${plain.port}`, TRUSTING));
    assert.deepEqual([when, fault], ["before", "tls"]);
    assert.match(message, /^what answers at localhost:\d+ does not speak TLS\. .*write http:\/\/$/);
  }
  const alert = new Uint8Array([0x15, 3, 1, 0, 2, 2, 80]);
  await using encrypted = await SocketServer.listen({ onData: (socket) => void socket.end(alert) });
  const { fault, message } = failureOf(await sendOnce(`http://localhost:${encrypted.port}`));
  assert.equal(fault, "malformed");
  assert.match(
    message,
    /^localhost:\d+ speaks TLS, not plain HTTP\. Check the port, and whether it is http or https$/,
  );
});

Deno.test("a handshake that is ended or reset fails before the request", async () => {
  const endings: ((socket: Socket) => void)[] = [
    (socket) => socket.end(),
    (socket) => void socket.resetAndDestroy(),
  ];
  for (const onData of endings) {
    await using server = await SocketServer.listen({ onData });
    const { when, fault, message } = failureOf(await sendOnce(`https://localhost:${server.port}`, TRUSTING));
    assert.deepEqual([when, fault], ["before", "unreachable"]);
    assert.match(message, /^localhost:\d+ closed the connection/);
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

Deno.test("a receiver that wants a client certificate gets the one that is given, and is reported where none is", async () => {
  const own = issueCertificate("k8svent", { issuer: AUTHORITY, hosts: ["k8svent.test"] });
  await using server = await SocketServer.listen({
    tls: { ...GOOD, requestCert: true, ca: AUTHORITY.cert },
    onRequest: accept,
  });
  const url = `https://localhost:${server.port}`;
  const client = clientFor(trusting(AUTHORITY.cert, { ...own, from: "own" }));
  for (const size of [1, 200_000]) {
    assert.equal(answerOf(await client.send(post(url, "x".repeat(size)), LONG, GOING)).body, "ok");
  }
  client.close();
  assert.equal(server.connections, 1);
  const { fault, message } = failureOf(await sendOnce(url, TRUSTING));
  assert.deepEqual([fault, /wants a client certificate/.test(message)], ["tls", true], message);
});

Deno.test("an alert once the receiver has answered others is a failure after the request", async () => {
  const closing = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
  await using plain = await SocketServer.listen({
    tls: GOOD,
    onRequest: (socket) => void socket.write(closing),
  });
  // An alert of TLS 1.3 as a firewall sends it: the handshake is over, and the request is written.
  await using strict = await SocketServer.listen({ tls: { ...GOOD, requestCert: true, ca: AUTHORITY.cert } });
  let { port } = strict;
  const client = clientFor(TRUSTING, {
    connect: (address, _port, signal) => connectBySystem(address, port, signal),
    resolve: () => Promise.resolve(["127.0.0.1"]),
  });
  const request = post("https://localhost:8443");
  const first = failureOf(await client.send(request, LONG, GOING));
  assert.deepEqual([first.when, first.fault], ["before", "tls"]);
  assert.match(first.message, /^localhost:8443 wants a client certificate: name one in/);
  ({ port } = plain);
  answerOf(await client.send(request, LONG, GOING));
  ({ port } = strict);
  const later = failureOf(await client.send(request, LONG, GOING));
  assert.deepEqual([later.when, later.fault, later.stale], ["after", "tls", false]);
  assert.match(later.message, /^localhost:8443 ended TLS with an alert .*, though it has answered others\. /);
  assert.match(
    later.message,
    /filters requests by their content, and whether it wants a client certificate now$/,
  );
  client.close();
});

for (const alert of ["AccessDenied", "BadCertificate", "UnknownCA", "CertificateRequired"]) {
  Deno.test(`the alert ${alert} is about the certificate until the receiver has answered one request`, () => {
    const error = new Deno.errors.InvalidData(`received fatal alert: ${alert}`);
    const certificate = { cert: "", key: "", from: "own.crt" };
    const tls = { ...USUAL, certificate };
    const place = { label: "hooks.test:443", proxyFrom: undefined, via: undefined, isTls: true, tls };
    const past = { stale: true, hasAnswered: false };
    const never = exchangeFailure(error, "closed the connection", place, past);
    assert.deepEqual([never.when, never.fault], ["before", "tls"]);
    assert.match(never.message, /^hooks\.test:443 does not take the client certificate of own\.crt/);
    const before = exchangeFailure(error, "closed the connection", place, { ...past, hasAnswered: true });
    assert.deepEqual([before.when, before.fault, before.stale], ["after", "tls", false]);
    assert.match(before.message, /, and whether it still takes the client certificate of own\.crt$/);
  });
}

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
