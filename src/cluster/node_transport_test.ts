import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { authority, failure, signal, trusted } from "../../tests/kit/https_server.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import { systemClock } from "../runtime/clock.ts";
import { reread } from "./cluster.ts";
import { HttpApiServer } from "./http_api_server.ts";

/*
 * Answers that are seldom, over `node:tls` (chosen here by insecure-skip-tls-verify) as over fetch.
 */

/** What both make of one answer, byte for byte. */
async function judged(
  answer: (string | Uint8Array)[],
  test: (api: HttpApiServer, server: SocketServer) => Promise<void>,
): Promise<void> {
  const bytes = await new Blob(answer.map((part) => typeof part === "string" ? part : part.slice())).bytes();
  await using server = await SocketServer.listen({
    tls: trusted,
    onRequest: (socket) => void socket.write(bytes),
  });
  for (const isUnverified of [false, true]) {
    const api = new HttpApiServer({
      server: new URL(`https://127.0.0.1:${server.port}`),
      trust: () => Promise.resolve(authority.cert),
      trustFrom: "ca.crt",
      isUnverified,
      credentials: reread(() => Promise.resolve({ headers: { "impersonate-group": ["a, b", "c"] } })),
    }, { clock: systemClock, log: new MemoryLog(), userAgent: "k8svent/1" });
    await test(api, server).finally(() => api.close());
  }
}

const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

Deno.test("a server that switches protocols has given no answer, and nobody waits for more", async () => {
  await judged(
    ["HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
    async (api) => {
      assert.match((await failure(api.get("/", signal))).fault, /protocol|unreachable/);
    },
  );
});

Deno.test("an answer without content is empty", async () => {
  for (const status of ["204 No Content", "205 Reset Content"]) {
    await judged([`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`], async (api) => {
      assert.deepEqual(await api.get("/", signal), new Uint8Array());
    });
  }
});

Deno.test("a compressed answer that is cut is a connection that broke off", async () => {
  const body = gzipSync("{}".repeat(10_000)).subarray(0, 40);
  const head = `${OK}content-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`;
  await judged([head, body], async (api) => {
    assert.equal((await failure(api.get("/", signal))).fault, "unreachable");
  });
});

Deno.test("an answer with a long head is read", async () => {
  const cookie = `set-cookie: a=${"x".repeat(60_000)}\r\n`;
  await judged([`${OK}${cookie}content-length: 2\r\n\r\n{}`], async (api) => {
    assert.equal(new TextDecoder().decode(await api.get("/", signal)), "{}");
  });
});

Deno.test("each value of a header is a line of its own", async () => {
  await judged([`${OK}content-length: 2\r\n\r\n{}`], async (api, server) => {
    await api.get("/", signal);
    const lines = server.requests.at(-1)?.head.split("\r\n") ?? [];
    const groups = lines.filter((line) => /^impersonate-group:/i.test(line));
    assert.deepEqual(groups.map((line) => line.replace(/^[^:]+: /, "")), ["a, b", "c"]);
  });
});
