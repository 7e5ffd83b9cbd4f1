import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { TestClock } from "../../tests/kit/clock.ts";
import { answerOf, clientFor, failureOf, GOING, LONG, post } from "../../tests/kit/http_client.ts";
import { MemoryDisk, memoryFiles } from "../../tests/kit/memory_files.ts";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import type { Client } from "./client.ts";
import type { Failure } from "./outcome.ts";
import type { Tls } from "./tls.ts";
import { type TlsFiles, tlsOf } from "./tls_files.ts";

const AUTHORITY = issueCertificate("Test authority");
const GOOD = issueCertificate("good", { issuer: AUTHORITY, hosts: ["localhost"] });
const OWN = issueCertificate("k8svent", { issuer: AUTHORITY });
const OTHER = issueCertificate("other", { issuer: AUTHORITY });
const CA = { caFile: "/tls/ca.crt" };
const ALL = { ...CA, certFile: "/tls/tls.crt", keyFile: "/tls/tls.key" };

/** Ends the connection, so that the next request is dialled. */
const acceptOnce = (socket: Socket): void =>
  void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");

class Bench {
  readonly disk = new MemoryDisk();
  readonly clock = new TestClock();
  readonly ask: () => Tls | Failure;

  constructor(named: TlsFiles = ALL) {
    this.disk.write("/tls/ca.crt", AUTHORITY.cert);
    this.disk.write("/tls/tls.crt", OWN.cert);
    this.disk.write("/tls/tls.key", OWN.key);
    this.ask = tlsOf(named, memoryFiles(this.disk, this.clock));
  }

  get client(): Client {
    return clientFor({ tls: this.ask });
  }

  problem(): string {
    const asked = this.ask();
    assert.ok("kind" in asked, "it is of use");
    assert.deepEqual([asked.when, asked.fault], ["before", "credentials"]);
    assert.doesNotMatch(asked.message, /BEGIN|[A-Za-z0-9+/]{40}/);
    return asked.message;
  }
}

async function send(client: Client, server: SocketServer): Promise<unknown> {
  const outcome = await client.send(post(`https://localhost:${server.port}`), LONG, GOING);
  client.close();
  return outcome;
}

Deno.test("an authority of a file is trusted, and one that takes its place at the next dial, too", async () => {
  const next = issueCertificate("Next authority");
  const bench = new Bench(CA);
  const client = bench.client;
  for (const issuer of [AUTHORITY, next]) {
    await using server = await SocketServer.listen({
      tls: issueCertificate("server", { issuer, hosts: ["localhost"] }),
      onRequest: acceptOnce,
    });
    bench.disk.write("/tls/ca.crt", issuer.cert);
    await bench.clock.advance(1_000);
    answerOf(await client.send(post(`https://localhost:${server.port}`), LONG, GOING));
  }
  client.close();
});

Deno.test("a certificate that is not trusted leads to the option that names the authorities", async () => {
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: acceptOnce });
  const bench = new Bench(CA);
  bench.disk.write("/tls/ca.crt", issueCertificate("Another authority").cert);
  const { fault, message } = failureOf(await send(bench.client, server) as Failure);
  assert.equal(fault, "certificate");
  assert.match(message, /is not trusted: .* let tls\.caFile name a PEM file of/);
});

Deno.test("the certificate that is shown is the one that its files hold at the dial", async () => {
  const shown: string[] = [];
  await using server = await SocketServer.listen({
    tls: { ...GOOD, requestCert: true, ca: AUTHORITY.cert },
    onRequest: (socket) => {
      const peer = socket as unknown as { getPeerCertificate(): { subject: { CN: string } } };
      shown.push(peer.getPeerCertificate().subject.CN);
      acceptOnce(socket);
    },
  });
  const bench = new Bench();
  const client = bench.client;
  for (const pair of [OWN, OTHER]) {
    bench.disk.write("/tls/tls.crt", pair.cert);
    bench.disk.write("/tls/tls.key", pair.key);
    await bench.clock.advance(1_000);
    answerOf(await client.send(post(`https://localhost:${server.port}`), LONG, GOING));
  }
  client.close();
  assert.deepEqual(shown, ["k8svent", "other"]);
});

Deno.test("a certificate that the receiver does not take is reported with its file, and one that it misses with the options", async () => {
  const strange = issueCertificate("strange", { issuer: issueCertificate("Strange authority") });
  await using server = await SocketServer.listen({
    tls: { ...GOOD, requestCert: true, ca: AUTHORITY.cert },
    onRequest: acceptOnce,
  });
  const bench = new Bench();
  bench.disk.write("/tls/tls.crt", strange.cert);
  bench.disk.write("/tls/tls.key", strange.key);
  const wrong = failureOf(await send(bench.client, server) as Failure);
  assert.match(
    wrong.message,
    /takes? the client certificate of tls\.certFile \(\/tls\/tls\.crt\)/,
  );
  const none = failureOf(await send(new Bench(CA).client, server) as Failure);
  assert.match(
    none.message,
    /wants a client certificate: name one in tls\.certFile and tls\.keyFile of the endpoint/,
  );
});

Deno.test("the server's name takes the place of the host, in what is asked for and in what is checked", async () => {
  const named = issueCertificate("x", { issuer: AUTHORITY, hosts: ["hooks.internal"] });
  await using server = await SocketServer.listen({ tls: named, onRequest: acceptOnce });
  for (const files of [CA, ALL]) {
    const right = new Bench({ ...files, serverName: "hooks.internal" });
    answerOf(await send(right.client, server) as never);
    const wrong = new Bench({ ...files, serverName: "other.internal" });
    const { fault, message } = failureOf(await send(wrong.client, server) as Failure);
    assert.equal(fault, "certificate");
    assert.match(
      message,
      /is for another name than tls\.serverName.*\. Name one there that it is issued for$/,
    );
  }
});

Deno.test("files of no use are reported by name, before anything is dialled", async () => {
  const cases: [path: string, content: string | Error, message: RegExp][] = [
    ["/tls/ca.crt", "", /^the file \/tls\/ca\.crt \(tls\.caFile\) cannot be used: it is empty$/],
    ["/tls/ca.crt", "no PEM", /\(tls\.caFile\) cannot be used: it holds no certificate in PEM$/],
    ["/tls/ca.crt", OWN.key, /\(tls\.caFile\) cannot be used: it holds no certificate, but a PRIVATE KEY$/],
    ["/tls/ca.crt", AUTHORITY.cert.slice(0, 200), /\(tls\.caFile\) cannot be used: it holds no certificate/],
    ["/tls/tls.crt", new Deno.errors.NotFound(), /\(tls\.certFile\) cannot be used: it does not exist/],
    ["/tls/tls.key", new Deno.errors.PermissionDenied(), /\(tls\.keyFile\) cannot be used: the permissions/],
    [
      "/tls/tls.key",
      OWN.cert,
      /^no TLS with \/tls\/tls\.crt and \/tls\/tls\.key: tls\.keyFile holds no private key/,
    ],
    ["/tls/tls.key", OTHER.key, /: tls\.certFile and tls\.keyFile do not belong together\. Compare .*[^.]$/],
  ];
  for (const [path, content, message] of cases) {
    const bench = new Bench();
    bench.disk.write(path, content);
    assert.match(bench.problem(), message);
  }
  const bench = new Bench(CA);
  await using server = await SocketServer.listen({ tls: GOOD, onRequest: acceptOnce });
  bench.disk.remove("/tls/ca.crt");
  const client = bench.client;
  const { fault } = failureOf(await client.send(post(`https://localhost:${server.port}`), LONG, GOING));
  assert.deepEqual([fault, server.connections], ["credentials", 0]);
  bench.disk.write("/tls/ca.crt", AUTHORITY.cert);
  await bench.clock.advance(1_000);
  answerOf(await send(client, server) as never);
});

Deno.test("an RSA key that is too short is reported as such", () => {
  const keys = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const weak = issueCertificate("weak", { issuer: AUTHORITY, keys });
  const bench = new Bench();
  bench.disk.write("/tls/tls.crt", weak.cert);
  bench.disk.write("/tls/tls.key", weak.key);
  assert.match(bench.problem(), /tls\.keyFile is an RSA key of 1024 bits/);
});

Deno.test("a rotation between the reading of a certificate and of its key is no fault", async () => {
  const bench = new Bench();
  assert.ok(!("kind" in bench.ask()));
  // The certificate is not read again within its second, the key is: it was not read before.
  const files = memoryFiles(bench.disk, bench.clock);
  files.text("/tls/tls.crt", "tls.certFile");
  bench.disk.write("/tls/tls.crt", OTHER.cert);
  bench.disk.write("/tls/tls.key", OTHER.key);
  const asked = tlsOf(ALL, files)();
  assert.ok(!("kind" in asked), JSON.stringify(asked));
  assert.equal(new X509Certificate(asked.certificate?.cert ?? "").subject, "CN=other");
  await bench.clock.advance(1_000);
});
