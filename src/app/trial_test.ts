import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { trusting } from "../../tests/kit/http_client.ts";
import { freePort } from "../../tests/kit/port.ts";
import { Receiver } from "../../tests/kit/receiver.ts";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import type { SendTestOptions } from "../cli/job.ts";
import { verify } from "../delivery/verify.ts";
import { systemClock } from "../runtime/clock.ts";
import { textOf } from "./account.ts";
import { type Account, accountOf, type SendTestWorld } from "./trial.ts";

const SECRET = "a plain secret of some length";

async function account(
  url: string,
  options: Partial<SendTestOptions> = {},
  world: Partial<SendTestWorld> = {},
): Promise<Account> {
  return await accountOf({
    command: "send-test",
    url: new URL(url),
    secrets: [SECRET],
    signatures: ["standard", "github", "atomist"],
    timeout: 10_000,
    output: "table",
    ...options,
  }, {
    clock: systemClock,
    env: () => undefined,
    random: (bytes) => new Uint8Array(bytes).fill(7),
    stop: new AbortController().signal,
    ...world,
  });
}

function answering(head: string, body = ""): { onRequest: (socket: Socket) => void } {
  return {
    onRequest: (socket) =>
      void socket.write(`HTTP/1.1 ${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
  };
}

Deno.test("send-test sends one message that verifies, of a type of its own", async () => {
  await using receiver = await Receiver.start();
  const { isAccepted, sent, answer, conclusion } = await account(receiver.url);
  const [delivery, ...more] = receiver.deliveries;
  assert.deepEqual(more, []);
  assert.equal(delivery?.headers["k8svent-event"], "k8svent.test");
  assert.equal(delivery?.headers["webhook-id"], sent.id);
  const received = {
    headers: new Map(Object.entries(delivery?.headers ?? {})),
    body: delivery?.raw ?? new Uint8Array(),
  };
  assert.deepEqual(verify(received, [SECRET], { now: Date.now() }).map(({ holds }) => holds), [
    true,
    true,
    true,
  ]);
  assert.deepEqual([isAccepted, answer?.status, conclusion], [true, 200, "k8svent takes it as delivered."]);
});

Deno.test("send-test signs with the kinds that are asked for, or not at all", async () => {
  await using receiver = await Receiver.start();
  assert.deepEqual((await account(receiver.url, { signatures: ["github"] })).sent.signatures, [
    "x-hub-signature-256",
  ]);
  assert.deepEqual((await account(receiver.url, { secrets: [] })).sent.signatures, []);
});

Deno.test("send-test tells of the name, the address, the answer and its headers, in 80 columns", async () => {
  await using server = await SocketServer.listen(
    answering('202 Accepted\r\nETag: "x"\r\nX-Long: ' + "word ".repeat(40), "ok"),
  );
  const resolve = (): Promise<string[]> => Promise.resolve(["127.0.0.1"]);
  const text = textOf(
    await account(`http://hooks.example.com:${server.port}/`, {}, { network: { resolve } }),
  );
  assert.match(text, /^name {5}hooks\.example\.com is 127\.0\.0\.1 \(\d+ ms\)$/m);
  assert.match(text, new RegExp(`^connect {2}127\\.0\\.0\\.1:${server.port} accepts \\(\\d+ ms\\)$`, "m"));
  assert.match(text, /^message {2}test_(07){16}, \d+ bytes, signed$/m);
  assert.match(text, /^answer {3}202 after \d+ ms$/m);
  assert.match(text, /^ {9}etag: "x"$/m);
  assert.match(text, /^says {5}ok$/m);
  assert.deepEqual(text.split("\n").filter((line) => line.length > 80), []);
});

const AUTHORITY = issueCertificate("Test authority");
const GOOD = issueCertificate("good", { issuer: AUTHORITY, hosts: ["127.0.0.1"] });

Deno.test("send-test shows the certificate, whether it is trusted or not", async () => {
  await using server = await SocketServer.listen({ ...answering("200 OK"), tls: GOOD });
  const url = `https://127.0.0.1:${server.port}/`;
  const good = await account(url, {}, trusting(AUTHORITY.cert));
  assert.equal(good.isAccepted, true);
  assert.match(
    textOf(good),
    /^tls {6}"good" for IP Address:127\.0\.0\.1, issued by "Test authority", until/m,
  );
  const untrusted = await account(url);
  assert.equal(untrusted.isAccepted, false);
  assert.equal(untrusted.certificates[0]?.issuer, "Test authority");
  assert.match(untrusted.conclusion, /the certificate of .* is not trusted/);
});

/** What a receiver answers, and what is concluded. */
const ANSWERS: [head: string, conclusion: RegExp][] = [
  [
    "401 Unauthorized",
    /status 401 \(check the secret that it expects\)\. k8svent would send it again after about/,
  ],
  ["410 Gone", /Once it says so of a second pod, k8svent sends it nothing until it is resumed/],
  ["503 Busy\r\nRetry-After: 90", /would send it again after 90 s, and hold all other messages for as long/],
  [
    "302 Found\r\nLocation: https://login.example.com/a-token",
    /redirects to https:\/\/login\.example\.com, which/,
  ],
];

for (const [head, conclusion] of ANSWERS) {
  Deno.test(`send-test says what follows from ${head.split("\r\n")[0]}`, async () => {
    await using server = await SocketServer.listen(answering(head));
    const { isAccepted, conclusion: said } = await account(`http://127.0.0.1:${server.port}/`);
    assert.equal(isAccepted, false);
    assert.match(said, conclusion);
  });
}

Deno.test("send-test says that nothing listens, that a name is none, and that no answer comes", async () => {
  const port = freePort();
  const refused = textOf(await account(`http://127.0.0.1:${port}/`));
  assert.match(refused, new RegExp(`^connect {2}127\\.0\\.0\\.1:${port} does not accept`, "m"));
  assert.match(refused, /^answer {3}none after/m);
  assert.match(refused, /would hold everything for this\n +endpoint and try again after about 1 s, then/);
  const resolve = (): Promise<string[]> => Promise.reject(new Error("ENOTFOUND"));
  const unknown = textOf(await account("http://nowhere.example.com/", {}, { network: { resolve } }));
  assert.match(unknown, /^name {5}nowhere\.example\.com does not resolve/m);
  await using silent = await SocketServer.listen({ onRequest: () => {} });
  const late = await account(`http://127.0.0.1:${silent.port}/`, { timeout: 50 });
  assert.match(late.conclusion, /did not answer within 0\.1 s/);
});

Deno.test("send-test shows neither the path of the URL nor the secret, though the receiver repeats both", async () => {
  await using server = await SocketServer.listen(
    answering(
      `404 No\r\nX-Path: /hooks/t0ken-in-path\r\nX-Key: ${SECRET}`,
      `no /hooks/t0ken-in-path for ${SECRET}`,
    ),
  );
  const findings = await account(`http://127.0.0.1:${server.port}/hooks/t0ken-in-path`);
  assert.doesNotMatch(`${textOf(findings)}${JSON.stringify(findings)}`, /t0ken-in-path|a plain secret/);
});
