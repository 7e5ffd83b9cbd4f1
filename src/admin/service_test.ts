import assert from "node:assert/strict";
import { run } from "../../tests/kit/command.ts";
import { systemClock } from "../runtime/clock.ts";
import type { Service } from "./answer.ts";
import { listen, type Listening } from "./listen.ts";

/* A service that reads bodies, as `k8svent receive` is one. */

const ECHO: Service = {
  largestBody: 1_000_000,
  within: 5_000,
  respond({ method, fields }, body): ReturnType<Service["respond"]> {
    if (fields.get("x-hang") !== undefined) return "hang up";
    return { status: 200, text: `${method} ${new TextDecoder().decode(body).slice(0, 20)} ${body.length}` };
  },
};

async function withService(use: (server: Listening) => Promise<void>): Promise<void> {
  const server = listen({ host: "127.0.0.1", port: 0 }, ECHO, systemClock);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

/** Sends this and its end, and gives all that comes. */
async function exchange({ port }: Listening, text: string): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  await connection.closeWrite();
  return await new Response(connection.readable).text();
}

const POST = "POST / HTTP/1.1\r\nHost: a\r\n";

Deno.test("a service gets bodies of a length and in chunks, one after the other on a connection", () =>
  withService(async (server) => {
    const said = await exchange(
      server,
      `${POST}Content-Length: 5\r\n\r\nhello${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nbye\r\n0\r\n\r\n${POST}\r\n`,
    );
    assert.deepEqual(said.match(/POST .*/g), ["POST hello 5", "POST bye 3", "POST  0"]);
  }));

Deno.test("a service gets a large body of curl, which waits to be asked for it", () =>
  withService(async ({ port }) => {
    const url = `http://127.0.0.1:${port}/`;
    const stdin = "x".repeat(1_000_000);
    const args = ["-sS", "--noproxy", "*", "--data-binary", "@-", "-H", "Expect: 100-continue", url];
    assert.match(await run("curl", args, { stdin }), /^POST x{20} 1000000$/m);
  }));

Deno.test("a body that is too large, or whose end is not clear, is refused", () =>
  withService(async (server) => {
    assert.match(
      await exchange(server, `${POST}Content-Length: 1000001\r\n\r\n`),
      /^HTTP\/1.1 413 Content Too Large\r\n/,
    );
    const two = `${POST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    assert.match(await exchange(server, two), /^HTTP\/1.1 400 Bad Request\r\n/);
  }));

Deno.test("a service may hang up without an answer", () =>
  withService(async (server) => {
    assert.equal(await exchange(server, `${POST}X-Hang: 1\r\nContent-Length: 2\r\n\r\nhi`), "");
  }));

Deno.test("a body that does not come whole has no answer", () =>
  withService(async (server) => {
    assert.equal(await exchange(server, `${POST}Content-Length: 5\r\n\r\nhell`), "");
  }));
