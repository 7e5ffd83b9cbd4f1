import assert from "node:assert/strict";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { freePort } from "../../tests/kit/port.ts";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import { httpGetWith } from "./http_get.ts";
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

const httpGet = httpGetWith(() => undefined);
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

Deno.test("an answer without an end is cut, and reported as what no registry does", async () => {
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
  const port = freePort();
  await assert.rejects(httpGet(new URL(`http://127.0.0.1:${port}/secret`), {}, forever), (error) => {
    return error instanceof RegistryError &&
      error.message === `127.0.0.1:${port} cannot be reached: the connection was refused`;
  });
});

Deno.test("a registry that speaks no TLS learns so, with the way out", async () => {
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
/** A proxy of plain requests that answers by itself; how many it got is what the test gives. */
async function throughProxy(
  reply: string,
  test: (env: Record<string, string>, requests: string[]) => Promise<void>,
): Promise<void> {
  await using proxy = await SocketServer.listen({
    onRequest: (socket, { head }) => {
      requests.push(head.split("\r\n", 1)[0] ?? "");
      socket.end(reply);
    },
  });
  const requests: string[] = [];
  const url = `http://me:a-password@127.0.0.1:${proxy.port}`;
  await test({ HTTPS_PROXY: url, HTTP_PROXY: url }, requests);
}

Deno.test("a registry and its token server are asked through the proxy, but for those that NO_PROXY names", async () => {
  const reply = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
  await throughProxy(reply, async (env, requests) => {
    const ask = async (url: string, noProxy = ""): Promise<number> => {
      const get = httpGetWith((name) => ({ ...env, NO_PROXY: noProxy })[name]);
      return (await get(new URL(url), {}, forever)).status;
    };
    assert.equal(await ask("http://registry.invalid/v2/a/tags/list"), 200);
    assert.equal(await ask("http://auth.registry.invalid:5000/token?scope=x", "registry.invalid:80"), 200);
    assert.deepEqual(requests, [
      "GET http://registry.invalid/v2/a/tags/list HTTP/1.1",
      "GET http://auth.registry.invalid:5000/token?scope=x HTTP/1.1",
    ]);
    for (
      const noProxy of ["*", "foo,*", "*.invalid", "registry.invalid", "REGISTRY.invalid:80", "x .invalid"]
    ) {
      await assert.rejects(ask("http://registry.invalid/", noProxy), /its name cannot be resolved/, noProxy);
    }
    // Loopback: it is asked itself, though nobody is there.
    await assert.rejects(ask("http://127.0.0.1:6553/"), /the connection was refused/);
    assert.equal(requests.length, 2);
  });
});

const REFUSALS: [reply: string, sentence: RegExp][] = [
  ["HTTP/1.1 407 P\r\n\r\n", /wants a user and a password \(status 407\): put them into HTTPS_PROXY/],
  ["HTTP/1.1 403 Forbidden\r\n\r\n", /refused to open a way there \(status 403\)\. Let it allow that/],
  ["HTTP/1.1 405 Method Not Allowed\r\n\r\n", /\(status 405\)\. Check that it is an HTTP proxy/],
  ["HTTP/1.1 429 Too Many Requests\r\n\r\n", /\(status 429\)\. It is overloaded/],
  [
    "HTTP/1.1 502 Bad Gateway\r\n\r\n",
    /refused to open a way there \(status 502\)\. Check that it can reach/,
  ],
  ["SSH-2.0-x\r\n", /is not an HTTP proxy/],
  ["", /closed the connection/],
];

for (const [reply, sentence] of REFUSALS) {
  Deno.test(`a proxy that answers CONNECT with ${JSON.stringify(reply.trim())} is reported as a fault of the proxy`, async () => {
    await throughProxy(reply, async (env) => {
      const asked = httpGetWith((name) => env[name])(new URL("https://registry.invalid/a-path"), {}, forever);
      await assert.rejects(asked, (error) => {
        assert.ok(error instanceof RegistryError && error.fault === "unreachable");
        assert.match(error.message, /^registry\.invalid cannot be reached: the proxy 127\.0\.0\.1:\d+ /);
        assert.match(error.message, sentence);
        assert.doesNotMatch(error.message, /a-password|a-path/);
        return true;
      });
    });
  });
}

Deno.test("a proxy that wants a password for a plain request is not taken for the registry", async () => {
  await throughProxy("HTTP/1.1 407 P\r\ncontent-length: 0\r\n\r\n", async (env) => {
    const asked = httpGetWith((name) => env[name])(new URL("http://registry.invalid/"), {}, forever);
    await assert.rejects(asked, /the proxy 127\.0\.0\.1:\d+ wants a user and a password/);
  });
});

for (const value of ["socks5://a-password:1080", "ftp://a-password", "http://"]) {
  Deno.test(`a variable that holds no proxy is named, and its value is not: ${value}`, async () => {
    const asked = httpGetWith((name) => name === "https_proxy" ? value : undefined)(
      new URL("https://registry.invalid/"),
      {},
      forever,
    );
    await assert.rejects(asked, (error) => {
      assert.match(
        String(error),
        /registry\.invalid cannot be reached: https_proxy (is not a|names a SOCKS) proxy/,
      );
      assert.doesNotMatch(String(error), /a-password|ftp/);
      return true;
    });
  });
}
