import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import type { Service, Stream } from "./answer.ts";
import { listen, type Listening } from "./listen.ts";
import { MOST_CONNECTIONS, MOST_STREAMS } from "./server.ts";

/* Answers that go on. */

const GET = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

/** A port whose one answer goes on, with what a test has in its hands of it. */
class Streaming {
  readonly sends: ((text: string) => Promise<void>)[] = [];
  readonly ended: number[] = [];
  /** Requests whose answer does not come. */
  late = 0;
  readonly #stream: Stream = {
    type: "text/event-stream",
    full: { status: 503, text: "full" },
    run: (send, signal) => {
      const index = this.sends.push(send) - 1;
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          this.ended.push(index);
          resolve();
        })
      );
    },
  };
  readonly service: Service = {
    largestBody: 0,
    within: 5_000,
    respond: ({ path }) => {
      if (path === "/late") {
        this.late++;
        return new Promise(() => {});
      }
      return path === "/events" ? this.#stream : { status: 200, text: "ok" };
    },
  };
}

async function withStreaming(
  test: (streaming: Streaming, server: Listening, clock: TestClock) => Promise<void>,
): Promise<void> {
  const clock = new TestClock();
  const streaming = new Streaming();
  const server = listen({ host: "127.0.0.1", port: 0 }, streaming.service, clock);
  try {
    await test(streaming, server, clock);
  } finally {
    await server.close();
    assert.equal(clock.pending, 0, "no timer is left behind");
  }
}

async function ask(server: Listening, request = GET): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(new TextEncoder().encode(request));
  return connection;
}

/** What has come: one piece. */
async function piece(connection: Deno.Conn): Promise<string> {
  const into = new Uint8Array(4_096);
  const count = await connection.read(into);
  return new TextDecoder().decode(into.subarray(0, count ?? 0));
}

async function statusOf(server: Listening, request: string): Promise<string> {
  const connection = await ask(server, request);
  const text = await piece(connection);
  connection.close();
  return text.slice(9, 12);
}

Deno.test("a stream gives its pieces as they come, and knows when its peer leaves", () =>
  withStreaming(async ({ sends, ended }, server) => {
    const connection = await ask(server);
    assert.match(
      await piece(connection),
      /^HTTP\/1.1 200 OK\r\n[^]*content-type: text\/event-stream\r\n\r\n$/,
    );
    await sends[0]?.("one");
    assert.equal(await piece(connection), "one");
    await sends[0]?.("two");
    assert.equal(await piece(connection), "two");
    connection.close();
    while (ended.length === 0) await settle();
  }));

Deno.test("a stream whose peer is silent stays open, as long as its pieces are taken", () =>
  withStreaming(async ({ sends, ended }, server, clock) => {
    const connection = await ask(server);
    await piece(connection);
    await clock.advance(600_000);
    await sends[0]?.("late");
    assert.equal(await piece(connection), "late");
    assert.deepEqual(ended, []);
    connection.close();
  }));

Deno.test("a stream whose peer does not take a piece in time is closed", () =>
  withStreaming(async ({ sends, ended }, server, clock) => {
    const connection = await ask(server);
    await piece(connection);
    const sending = assert.rejects(async () => await sends[0]?.("x".repeat(64 * 2 ** 20)));
    await settle();
    await clock.advance(5_000);
    await sending;
    assert.deepEqual(ended, [0]);
    connection.close();
  }));

Deno.test("one stream more than there may be is answered otherwise, and streams leave room for other requests", () =>
  withStreaming(async (streaming, server) => {
    const open = [];
    for (let count = 0; count < MOST_STREAMS; count++) {
      const connection = await ask(server);
      await piece(connection);
      open.push(connection);
    }
    assert.equal(await statusOf(server, GET), "503");
    assert.equal(await statusOf(server, GET.replace("GET", "HEAD")), "200");
    for (let count = 0; count < MOST_CONNECTIONS; count++) open.push(await ask(server, "GET /"));
    assert.equal(await statusOf(server, GET.replace("events", "")), "200");
    assert.deepEqual(streaming.ended, [], "idle connections give way first");
    open[0]?.close();
    while (streaming.ended.length === 0) await settle();
    const next = await ask(server);
    assert.match(await piece(next), /^HTTP\/1.1 200/);
    for (const connection of [...open.slice(1), next]) connection.close();
  }));

Deno.test("where all else is being answered, a request of many gives way, and no stream", () =>
  withStreaming(async (streaming, server) => {
    const stream = await ask(server);
    await piece(stream);
    const open = [];
    for (let count = 0; count < MOST_CONNECTIONS; count++) {
      open.push(await ask(server, GET.replace("events", "late")));
      while (streaming.late < open.length) await settle();
    }
    assert.equal(await statusOf(server, GET.replace("events", "")), "200");
    assert.deepEqual(streaming.ended, []);
    for (const connection of [stream, ...open]) connection.close();
  }));

Deno.test("streams end when the port is closed", async () => {
  const streaming = new Streaming();
  const server = listen({ host: "127.0.0.1", port: 0 }, streaming.service, new TestClock());
  const connection = await ask(server);
  await piece(connection);
  await server.close();
  assert.deepEqual(streaming.ended, [0]);
  assert.equal(await piece(connection), "");
  connection.close();
});
