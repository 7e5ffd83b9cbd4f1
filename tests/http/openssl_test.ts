import assert from "node:assert/strict";
import { type Certificate, issueCertificate } from "../kit/certificates.ts";
import { run } from "../kit/command.ts";
import { failureOf, sendOnce, trusting } from "../kit/http_client.ts";
import { lacksProgram, testNeeding } from "../kit/needing.ts";
import { freePort } from "../kit/port.ts";

/** What a server of OpenSSL's refuses, or has, that no server of Deno's can be made to. */

const AUTHORITY = issueCertificate("Test authority");
const GOOD = issueCertificate("a server", { issuer: AUTHORITY, hosts: ["localhost"] });

const lacks = await lacksProgram("openssl", ["version"], "there is no openssl");

/** Runs `openssl s_server` for one test. */
async function withServer(
  args: string[],
  { cert, key }: Certificate,
  test: (url: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "openssl-" });
  await Deno.writeTextFile(`${folder}/cert.pem`, cert);
  await Deno.writeTextFile(`${folder}/key.pem`, key);
  const port = freePort();
  const child = new Deno.Command("openssl", {
    args: [
      "s_server",
      "-quiet",
      "-accept",
      `127.0.0.1:${port}`,
      "-cert",
      "cert.pem",
      "-key",
      "key.pem",
      ...args,
    ],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await listening(port);
    await test(`https://localhost:${port}`);
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
    if (connection !== undefined) return connection.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const WANTED = ["-Verify", "1", "-verify_return_error"];

const HANDSHAKES: [what: string, args: string[], sentence: RegExp][] = [
  ["of TLS 1.1 alone", ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], /^\S+ speaks no version of TLS/],
  ["of TLS 1.0 alone", ["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], /^\S+ speaks no version of TLS/],
  [
    "with CBC ciphers alone",
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
    /^\S+ has no cipher in common/,
  ],
  [
    "with a key exchange that is not spoken here",
    ["-groups", "secp521r1"],
    /^\S+ has no cipher in common .*; key exchange by X25519, P-256 or P-384;/,
  ],
  ["that wants a client certificate, in TLS 1.2", ["-tls1_2", ...WANTED], /^\S+ wants a client certificate/],
  ["that wants a client certificate, in TLS 1.3", ["-tls1_3", ...WANTED], /^\S+ wants a client certificate/],
];

for (const [what, args, sentence] of HANDSHAKES) {
  testNeeding(lacks, `a server ${what} is reported as such, before the request`, async () => {
    await withServer(args, GOOD, async (url) => {
      const { when, fault, message } = failureOf(await sendOnce(url, trusting(AUTHORITY.cert)));
      assert.match(message, sentence);
      assert.deepEqual([when, fault], ["before", "tls"]);
    });
  });
}

/** Signed by an authority of RSA, as OpenSSL alone can here. */
async function issueByOpenssl(
  bits: number,
  digest: string,
): Promise<{ authority: string; own: Certificate }> {
  const folder = await Deno.makeTempDir({ prefix: "openssl-" });
  const path = (name: string): string => `${folder}/${name}`;
  const read = (name: string): Promise<string> => Deno.readTextFile(path(name));
  const request = ["req", "-newkey", `rsa:${bits}`, "-nodes", "-subj"];
  try {
    const authority = ["-x509", "-keyout", path("ca.key"), "-out", path("ca.pem")];
    await run("openssl", [...request, "/CN=RSA authority", ...authority]);
    await run("openssl", [...request, "/CN=a server", "-keyout", path("own.key"), "-out", path("own.csr")]);
    await Deno.writeTextFile(path("extensions"), "subjectAltName=DNS:localhost\n");
    const issuer = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial"];
    const files = ["-in", path("own.csr"), "-out", path("own.pem"), "-extfile", path("extensions")];
    await run("openssl", ["x509", "-req", `-${digest}`, ...issuer, ...files]);
    return {
      authority: await read("ca.pem"),
      own: { cert: await read("own.pem"), key: await read("own.key") },
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testNeeding(
  lacks,
  "a server whose key is of a kind that is not taken here is reported as such, before the request",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "openssl-" });
    const [certFile, keyFile] = [`${folder}/own.pem`, `${folder}/own.key`];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1", "-nodes"];
    await run("openssl", [
      "req",
      "-x509",
      ...kind,
      "-subj",
      "/CN=localhost",
      "-keyout",
      keyFile,
      "-out",
      certFile,
    ]);
    const own = { cert: await Deno.readTextFile(certFile), key: await Deno.readTextFile(keyFile) };
    await Deno.remove(folder, { recursive: true });
    await withServer([], own, async (url) => {
      const { when, fault, message } = failureOf(await sendOnce(url, trusting(AUTHORITY.cert)));
      assert.match(message, /; and a certificate with a key of RSA, Ed25519, P-256 or P-384$/);
      assert.deepEqual([when, fault], ["before", "tls"]);
    });
  },
);

const WEAK: [bits: number, digest: string, sentence: RegExp][] = [
  [1024, "sha256", /has a signature that cannot be verified: .* or an RSA key of less than 2048 bits/],
  [
    2048,
    "sha1",
    /is signed in a way that is not accepted \(with SHA-1, or an odd kind of RSA-PSS\)\. Issue it anew with SHA-256, plain/,
  ],
];

for (const [bits, digest, sentence] of WEAK) {
  testNeeding(lacks, `a certificate by RSA of ${bits} bits and ${digest} is reported as such`, async () => {
    const { authority, own } = await issueByOpenssl(bits, digest);
    await withServer(["-cipher", "DEFAULT@SECLEVEL=0"], own, async (url) => {
      const { when, fault, message } = failureOf(await sendOnce(url, trusting(authority)));
      assert.match(message, sentence);
      assert.deepEqual([when, fault], ["before", "certificate"]);
    });
  });
}
