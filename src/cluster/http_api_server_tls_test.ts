import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { authority, failure, signal, textOf, trusted, withServer } from "../../tests/kit/https_server.ts";
import { freePort } from "../../tests/kit/port.ts";
import { type Access, reread } from "./cluster.ts";
import { HttpApiServer } from "./http_api_server.ts";

Deno.test("a changed authority is trusted at once, and a stream that is open goes on", async () => {
  const other = issueCertificate("another authority");
  let trust = authority.cert;
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const handler = (): Response => new Response(body.readable);
  await withServer({ handler, cluster: { trust: () => Promise.resolve(trust) } }, async (api) => {
    const first = writer.write(new TextEncoder().encode("first "));
    const stream = await api.stream("/", signal);
    await first;
    trust = other.cert;
    assert.equal((await failure(api.get("/", signal))).fault, "certificate");
    const rest = writer.write(new TextEncoder().encode("second")).then(() => writer.close());
    assert.equal(await textOf(stream), "first second");
    await rest;
  });
});

Deno.test("a certificate by an unknown authority is not trusted, and the sentence says what to check", async () => {
  await withServer({ cluster: { trust: () => Promise.resolve(undefined) } }, async (api, _, port) => {
    const error = await failure(api.get("/a-path?a-query", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, new RegExp(`127.0.0.1:${port} is not trusted. Check that ca.crt is that`));
    assert.doesNotMatch(error.message, /a-path|a-query/);
    assert.ok(error.cause instanceof Error);
  });
});

Deno.test("a certificate for another name is not trusted", async () => {
  const tls = issueCertificate("elsewhere", { issuer: authority, hosts: ["elsewhere.example"] });
  await withServer({ tls }, async (api) => {
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, /is for other names/);
  });
});

Deno.test("a certificate that has expired is not trusted", async () => {
  const tls = issueCertificate("a server", { issuer: authority, hosts: ["127.0.0.1"], expired: true });
  await withServer({ tls }, async (api) => {
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, /has expired/);
  });
});

Deno.test("an authority that is no certificate is refused, not taken for none", async () => {
  await withServer({ cluster: { trust: () => Promise.resolve("garbage") } }, async (api) => {
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, /ca\.crt holds no certificate in PEM/);
  });
});

Deno.test("a client certificate that does not belong to its key is refused with a sentence", async () => {
  const credentials = reread(() =>
    Promise.resolve({
      headers: {},
      certificate: { cert: authority.cert, key: trusted.key, where: "the user" },
    })
  );
  await withServer({ cluster: { credentials } }, async (api) => {
    const error = await failure(api.get("/", signal));
    assert.match(
      error.message,
      /client certificate of the user cannot be used: client-certificate and client-key do not belong together/,
    );
    assert.doesNotMatch(error.message, /BEGIN/);
  });
});

Deno.test("https:// to a server without TLS: the sentence suggests http://", async () => {
  await withServer({ tls: null }, async (_, clock, port) => {
    const api = new HttpApiServer({
      server: new URL(`https://127.0.0.1:${port}`),
      trust: () => Promise.resolve(undefined),
      trustFrom: "ca.crt",
      credentials: reread(() => Promise.resolve({ headers: {} })),
    }, { clock, log: new MemoryLog(), userAgent: "k8svent/1" });
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, /does not speak TLS.*http:\/\//);
    api.close();
  });
});

Deno.test("a refused connection names host and port", async () => {
  const port = freePort();
  const cluster = { server: new URL(`https://127.0.0.1:${port}`) };
  await withServer({ cluster }, async (api) => {
    const error = await failure(api.get("/a-path?a-query", signal));
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, new RegExp(`127.0.0.1:${port} was refused. Check`));
    assert.doesNotMatch(error.message, /a-path|a-query/);
  });
});

Deno.test("a name that does not resolve is said to be so", async () => {
  const cluster = { server: new URL("https://no-such-host.invalid/a-prefix") };
  await withServer({ cluster }, async (api) => {
    const error = await failure(api.get("/a-path", signal));
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, /no-such-host.invalid:443 cannot be resolved/);
    assert.doesNotMatch(error.message, /a-path|a-prefix/);
  });
});

Deno.test("a connection that closes before an answer is a failed connection", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(1000));
      connection.close();
    }
  })();
  const cluster = { server: new URL(`http://127.0.0.1:${listener.addr.port}`) };
  await withServer({ cluster }, async (api) => {
    const error = await failure(api.get("/a-path", signal));
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, new RegExp(`127.0.0.1:${listener.addr.port} failed`));
    assert.doesNotMatch(error.message, /a-path/);
  });
  listener.close();
  await accepting;
});

Deno.test("a client certificate is shown, changes with the credentials, and its absence is reported", async () => {
  const options = { ca: authority.cert, requestCert: true, rejectUnauthorized: true, ...trusted };
  const server = createServer(options, (request, response) => {
    response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const issued = (name: string): Partial<Access> => ({
    certificate: { ...issueCertificate(name, { issuer: authority }), where: "the user" },
  });
  let certificate = issued("jane");
  const cluster = {
    server: new URL(`https://127.0.0.1:${port}`),
    credentials: reread(() => Promise.resolve({ headers: {}, ...certificate })),
  };
  await withServer({ cluster }, async (api) => {
    const name = async (): Promise<string> => new TextDecoder().decode(await api.get("/", signal));
    assert.equal(await name(), "jane");
    certificate = issued("john");
    assert.equal(await name(), "john");
    certificate = {};
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, /does not accept the client certificate, or none was sent/);
  });
  await new Promise((resolve) => server.close(resolve));
});
