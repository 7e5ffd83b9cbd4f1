import assert from "node:assert/strict";
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
    return error instanceof RegistryError && error.message === `127.0.0.1:${port} cannot be reached`;
  });
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
