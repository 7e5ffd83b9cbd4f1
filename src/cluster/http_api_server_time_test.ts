import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { failure, signal, textOf, withServer } from "../../tests/kit/https_server.ts";
import { Until } from "../../tests/kit/until.ts";
import { PieceReader } from "../runtime/piece_reader.ts";
import { reread } from "./cluster.ts";

/** A handler that accepts a request, which `asked` tells, and answers when it is released. */
function holdBack(): { handler: () => Promise<Response>; asked: Promise<void>; release: () => void } {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  return {
    handler: () => {
      asked.resolve();
      return answer.promise;
    },
    asked: asked.promise,
    release: () => answer.resolve(new Response("")),
  };
}

/** Resolves at the next look at a clock: who reads an answer takes one as it begins, and at each piece. */
async function look(clock: TestClock): Promise<void> {
  let looked = false;
  const until = new Until(() => "nobody looked at the clock");
  clock.monotonic = (): number => {
    looked = true;
    until.look();
    return TestClock.prototype.monotonic.call(clock);
  };
  await until.wait(() => looked, "a piece of an answer");
}

/** Sends a piece of an answer, until it has come. */
async function send(
  piece: string,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  clock: TestClock,
): Promise<void> {
  const come = look(clock);
  await writer.write(new TextEncoder().encode(piece));
  try {
    await come;
  } catch (error) {
    // The server waits for the rest otherwise, and the test with it.
    await writer.abort();
    throw error;
  }
}

Deno.test("a server that accepts and says nothing is given up after 15 s", async () => {
  const { handler, asked, release } = holdBack();
  await withServer({ handler }, async (api, clock) => {
    const answer = failure(api.get("/a-path", signal));
    await asked;
    await clock.advance(14_999);
    assert.equal(clock.pending, 1);
    await clock.advance(1);
    const error = await answer;
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, /did not answer within 15 s/);
    release();
  });
});

Deno.test("a server that is slow to begin gets twice the time after each that was too short, up to 60 s, until it is quick", async () => {
  let slow = holdBack();
  let isSlow = true;
  await withServer({ handler: () => isSlow ? slow.handler() : new Response("") }, async (api, clock) => {
    const tooShort = async (seconds: number): Promise<void> => {
      slow = holdBack();
      const answer = failure(api.get("/a-path", signal));
      await slow.asked;
      await clock.advance(seconds * 1000 - 1);
      assert.equal(clock.pending, 1);
      await clock.advance(1);
      assert.match((await answer).message, new RegExp(`did not answer within ${seconds} s`));
      slow.release();
    };
    for (const seconds of [15, 30, 60, 60]) await tooShort(seconds);
    slow = holdBack();
    const answer = api.get("/a-path", signal);
    await slow.asked;
    await clock.advance(45_000);
    slow.release();
    await answer;
    await tooShort(60);
    isSlow = false;
    for (let quick = 0; quick < 2; quick++) await api.get("/a-path", signal);
    isSlow = true;
    await tooShort(15);
  });
});

Deno.test("the 15 s end with the headers: a body may take its time", async () => {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  await withServer({ handler: () => new Response(body.readable) }, async (api, clock) => {
    const first = writer.write(new TextEncoder().encode("first "));
    const stream = await api.stream("/", signal);
    assert.equal(clock.pending, 0);
    await clock.advance(3_600_000);
    await first;
    const rest = writer.write(new TextEncoder().encode("second")).then(() => writer.close());
    assert.equal(await textOf(stream), "first second");
    await rest;
  });
});

Deno.test("an answer that falls silent in the middle is given up, one that is only slow is not", async () => {
  let body = new TransformStream<Uint8Array, Uint8Array>();
  await withServer({ handler: () => new Response(body.readable) }, async (api, clock) => {
    const writer = body.writable.getWriter();
    const slow = api.get("/", signal);
    await look(clock);
    for (const piece of ["first ", "second ", "third"]) {
      await clock.advance(14_000);
      await send(piece, writer, clock);
    }
    await clock.advance(14_000);
    await writer.close();
    assert.equal(new TextDecoder().decode(await slow), "first second third");
    assert.equal(clock.pending, 0);

    body = new TransformStream();
    const stuck = body.writable.getWriter();
    const silent = failure(api.get("/", signal));
    await look(clock);
    await clock.advance(14_000);
    await send("first ", stuck, clock);
    await clock.advance(14_999);
    assert.equal(clock.pending, 1);
    await clock.advance(1);
    assert.equal((await silent).fault, "unreachable");
    assert.equal(clock.pending, 0);
    await stuck.abort().catch(() => {});
  });
});

Deno.test("an abort ends an answer in its middle with the signal's own reason", async () => {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  await withServer({ handler: () => new Response(body.readable) }, async (api, clock) => {
    const stop = new AbortController();
    const first = writer.write(new TextEncoder().encode("first "));
    const answer = assert.rejects(api.get("/", stop.signal), /the program stops/);
    await first;
    stop.abort(new Error("the program stops"));
    await answer;
    assert.equal(clock.pending, 0);
    await writer.closed.catch(() => {});
  });
});

Deno.test("an abort ends a request with the signal's own reason", async () => {
  const { handler, asked, release } = holdBack();
  await withServer({ handler }, async (api, clock) => {
    const stop = new AbortController();
    const answer = api.get("/", stop.signal);
    await asked;
    const reason = new Error("the program stops");
    stop.abort(reason);
    await assert.rejects(answer, (error) => error === reason);
    assert.equal(clock.pending, 0);
    release();
  });
});

Deno.test("an abort does not wait for credentials that hang", async () => {
  const credentials = reread(() => new Promise(() => {}));
  await withServer({ cluster: { credentials } }, async (api) => {
    const stop = new AbortController();
    const answer = api.get("/", stop.signal);
    stop.abort(new Error("the program stops"));
    await assert.rejects(answer, /the program stops/);
  });
});

Deno.test("an abort ends the reading of a stream", async () => {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  await withServer({ handler: () => new Response(body.readable) }, async (api) => {
    const stop = new AbortController();
    const first = writer.write(new TextEncoder().encode("first"));
    using reader = new PieceReader(await api.stream("/", stop.signal), stop.signal);
    await first;
    await reader.read(new ArrayBuffer(5));
    const more = reader.read(new ArrayBuffer(5));
    stop.abort(new Error("the program stops"));
    await assert.rejects(more, /the program stops/);
    await writer.closed.catch(() => {});
  });
});
