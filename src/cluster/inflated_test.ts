import assert from "node:assert/strict";
import { once } from "node:events";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { authority, signal, trusted } from "../../tests/kit/https_server.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import { systemClock } from "../runtime/clock.ts";
import { PieceReader } from "../runtime/piece_reader.ts";
import { reread } from "./cluster.ts";
import { HttpApiServer } from "./http_api_server.ts";

/** What is written to whoever asked. */
type Write = (bytes: string | Uint8Array) => void;

/** An API server that answers each request with a head and then what the test writes, over fetch and over `node:tls`. */
async function answering(
  encoding: string,
  test: (api: HttpApiServer, write: Write, end: () => void, server: SocketServer) => Promise<void>,
): Promise<void> {
  let write: Write = () => {};
  let end = (): void => {};
  await using server = await SocketServer.listen({
    tls: trusted,
    onRequest(socket): void {
      write = (bytes) => void socket.write(bytes);
      end = () => void socket.end();
      write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: ${encoding}\r\n\r\n`);
    },
  });
  for (const isUnverified of [false, true]) {
    for (const isUncompressed of [false, true]) {
      const api = new HttpApiServer({
        server: new URL(`https://127.0.0.1:${server.port}`),
        trust: () => Promise.resolve(authority.cert),
        trustFrom: "ca.crt",
        isUnverified,
        isUncompressed,
        credentials: reread(() => Promise.resolve({ headers: {} })),
      }, { clock: systemClock, log: new MemoryLog(), userAgent: "k8svent/1" });
      await test(api, (bytes) => write(bytes), () => end(), server).finally(() => api.close());
    }
  }
}

const ENCODERS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

for (const [encoding, encode] of Object.entries(ENCODERS)) {
  Deno.test(`an answer that came as ${encoding} is read, whether that was asked for or not`, async () => {
    const text = '{"kind":"PodList"}'.repeat(10_000);
    await answering(encoding, async (api, write, end) => {
      using body = await api.open("/", signal);
      write(encode(text));
      end();
      let read = "";
      for (let buffer = new ArrayBuffer(1 << 20);;) {
        const { bytes, done } = await body.read(buffer, 0);
        if (done) break;
        read += new TextDecoder().decode(bytes);
        buffer = bytes.buffer;
      }
      assert.ok(read === text);
    });
  });
}

Deno.test("of a watch that something on the way compresses, each event is read as it comes", async () => {
  await answering("gzip", async (api, write, end) => {
    using reader = new PieceReader(await api.stream("/", signal), signal);
    for (const line of ['{"type":"ADDED"}\n', '{"type":"MODIFIED"}\n', '{"type":"DELETED"}\n']) {
      // As Kubernetes 1.37 does it: each flush is a member of its own.
      write(gzipSync(line));
      const { bytes } = await reader.read(new ArrayBuffer(1_000));
      assert.equal(new TextDecoder().decode(bytes), line);
    }
    end();
    assert.equal((await reader.read(new ArrayBuffer(1_000))).done, true);
  });
});

Deno.test("a compressed watch that is cut in the middle of an event is a connection that broke off", async () => {
  await answering("gzip", async (api, write, end) => {
    using reader = new PieceReader(await api.stream("/", signal), signal);
    write(gzipSync('{"type":"ADDED"}\n'.repeat(100)).subarray(0, 25));
    end();
    await assert.rejects(async () => {
      while (!(await reader.read(new ArrayBuffer(10_000))).done);
    });
  });
});

Deno.test("a compressed watch that is given up lets go of its connection", async () => {
  await answering("gzip", async (api, write, _end, server) => {
    const stop = new AbortController();
    const reader = new PieceReader(await api.stream("/", stop.signal), stop.signal);
    write(gzipSync('{"type":"ADDED"}\n'));
    await reader.read(new ArrayBuffer(1_000));
    const next = assert.rejects(reader.read(new ArrayBuffer(1_000)), /given up/);
    stop.abort(new Error("given up"));
    await next;
    reader[Symbol.dispose]();
    await Promise.all([...server.sockets].map((socket) => socket.destroyed || once(socket, "close")));
  });
});
