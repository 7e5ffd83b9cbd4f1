import assert from "node:assert/strict";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { httpGet } from "./http_get.ts";
import { RegistryError } from "./registry_error.ts";

/** A server on loopback for one test. */
async function serve(handler: () => Response, test: (url: URL) => Promise<void>): Promise<void> {
  const abort = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: abort.signal, onListen(): void {} },
    handler,
  );
  try {
    await test(new URL(`http://127.0.0.1:${server.addr.port}/a/path`));
  } finally {
    abort.abort();
    await server.finished;
  }
}

const forever = new AbortController().signal;

Deno.test("a redirect is an answer", async () => {
  const redirect = (): Response =>
    new Response(null, { status: 307, headers: { location: "https://x.example/" } });
  await serve(redirect, async (url) => {
    const { status, headers } = await httpGet(url, {}, forever);
    assert.equal(status, 307);
    assert.equal(headers.get("location"), "https://x.example/");
  });
});

Deno.test("an answer without an end is cut, and told as what no registry does", async () => {
  const endless = (): Response =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }));
  await serve(endless, async (url) => {
    await assert.rejects(httpGet(url, {}, forever), (error) => {
      return error instanceof RegistryError &&
        /^127\.0\.0\.1:\d+ sends more than 4 MiB at once$/.test(error.message);
    });
  });
});

Deno.test("a server that is not there is unreachable, without the path", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assert.rejects(httpGet(new URL(`http://127.0.0.1:${port}/secret`), {}, forever), (error) => {
    return error instanceof RegistryError &&
      error.message === `127.0.0.1:${port} cannot be reached: the connection was refused`;
  });
});

Deno.test("a registry that speaks no TLS is told so, with the way out", async () => {
  await serve(() => new Response(), async ({ host }) => {
    await assert.rejects(httpGet(new URL(`https://${host}/secret`), {}, forever), (error) => {
      return error instanceof RegistryError &&
        error.message ===
          `${host} cannot be reached: it does not speak TLS: if that is meant, name it with ` +
            "--insecure-registry";
    });
  });
});

Deno.test("a certificate by an unknown authority is not trusted, with the way out", async () => {
  const tls = issueCertificate("registry", { issuer: issueCertificate("authority"), hosts: ["127.0.0.1"] });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, ...tls, onListen(): void {} },
    () => new Response(),
  );
  await assert.rejects(
    httpGet(new URL(`https://127.0.0.1:${server.addr.port}/secret`), {}, forever),
    /^RegistryError: 127\.0\.0\.1:\d+ cannot be reached: its certificate is not trusted: .*DENO_CERT$/,
  );
  await server.shutdown();
});

Deno.test("an answer that breaks off is as good as none", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answered = (async (): Promise<void> => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(4_096));
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"));
  })();
  await assert.rejects(
    httpGet(new URL(`http://127.0.0.1:${listener.addr.port}/`), {}, forever),
    /^RegistryError: 127\.0\.0\.1:\d+ broke off its answer$/,
  );
  await answered;
});

Deno.test("an abort ends a request with its own reason", async () => {
  const abort = new AbortController();
  const hanging = (): Response => new Response(new ReadableStream());
  await serve(hanging, async (url) => {
    const asked = httpGet(url, {}, abort.signal);
    setTimeout(() => abort.abort(new Error("enough")), 20);
    await assert.rejects(asked, /enough/);
  });
});

Deno.test("a body that came packed is unpacked, and bounded by what it unpacks to", async () => {
  const pack = (text: string): Response =>
    new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")), {
      headers: { "content-encoding": "gzip" },
    });
  await serve(() => pack("tags"), async (url) => {
    assert.equal(new TextDecoder().decode((await httpGet(url, {}, forever)).body), "tags");
  });
  await serve(() => pack("0".repeat(5 * 1024 * 1024)), async (url) => {
    await assert.rejects(httpGet(url, {}, forever), /sends more than 4 MiB at once$/);
  });
});

Deno.test("challenges that come in headers of their own are one list", async () => {
  const headers: [string, string][] = [["www-authenticate", 'Basic realm="a, b"'], [
    "www-authenticate",
    "Bearer",
  ]];
  await serve(() => new Response(null, { status: 401, headers }), async (url) => {
    assert.equal(
      (await httpGet(url, {}, forever)).headers.get("www-authenticate"),
      'Basic realm="a, b", Bearer',
    );
  });
});
