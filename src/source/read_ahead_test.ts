import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { PieceReader } from "../runtime/piece_reader.ts";
import { readAhead } from "./read_ahead.ts";

/** A stream that is read ahead. */
interface Rig {
  stream: ScriptedStream;
  clock: TestClock;
  stop: AbortController;
  /** What each take gave, as soon as it did. */
  takes: string[];
  /** How it ended. */
  ended: Promise<string>;
}

function open(): Rig {
  const stream = new ScriptedStream();
  const clock = new TestClock();
  const stop = new AbortController();
  const takes: string[] = [];
  const reader = new PieceReader(stream.body, stop.signal);
  const ahead = { clock, idle: 60_000, onIdle: () => stop.abort(new Error("idle")), onRead: () => {} };
  const ended = (async (): Promise<string> => {
    try {
      for await (const bytes of readAhead(reader, ahead)) takes.push(new TextDecoder().decode(bytes));
      return "ended";
    } catch (error) {
      return (error as Error).message;
    }
  })();
  return { stream, clock, stop, takes, ended };
}

Deno.test("what comes after a calm is taken at once", async () => {
  const { stream, clock, takes, stop, ended } = open();
  for (const event of ["a\n", "b\n", "c\n"]) {
    stream.send(event);
    await settle();
    await clock.advance(14);
  }
  assert.deepEqual(takes, ["a\n", "b\n", "c\n"]);
  stop.abort();
  await ended;
});

Deno.test("what comes soon after a take is taken together, 40 ms after it", async () => {
  const { stream, clock, takes, stop, ended } = open();
  for (const event of ["a\n", "b\n", "c\n"]) {
    stream.send(event);
    await clock.advance(5);
  }
  await clock.advance(24);
  assert.deepEqual(takes, ["a\n"]);
  await clock.advance(1);
  assert.deepEqual(takes, ["a\n", "b\nc\n"]);
  stop.abort();
  await ended;
});

Deno.test("an event that comes in parts is taken as soon as it is whole", async () => {
  const { stream, clock, takes, stop, ended } = open();
  for (const part of ["the beginning, ", "the middle, "]) {
    stream.send(part);
    await clock.advance(1);
  }
  assert.deepEqual(takes, []);
  stream.send("the end\n");
  await settle();
  assert.deepEqual(takes, ["the beginning, the middle, the end\n"]);
  stop.abort();
  await ended;
});

Deno.test("what came before a stream broke off, or ended, is given first and without a wait", async () => {
  for (
    const [end, expected] of [["break", "error reading a body from connection"], ["end", "ended"]] as const
  ) {
    const { stream, takes, ended } = open();
    stream.send("a\n");
    await settle();
    stream.send("b\nthe beginning of c");
    await settle();
    stream[end]();
    assert.equal(await ended, expected);
    assert.deepEqual(takes, ["a\n", "b\nthe beginning of c"]);
  }
});

Deno.test("more than is read ahead is taken without a wait, whole and in its order", async () => {
  const { stream, takes, ended } = open();
  const text = Array.from({ length: 3_000_000 / 8 }, (_, index) => String(index).padStart(8)).join("");
  for (let at = 0; at < text.length; at += 100_000) stream.send(text.slice(at, at + 100_000));
  stream.end();
  assert.equal(await ended, "ended");
  assert.ok(takes.length > 4, `${takes.length}`);
  assert.ok(takes.join("") === text);
});

Deno.test("nothing is read that nobody takes, and that is no silence", async () => {
  const stream = new ScriptedStream();
  const clock = new TestClock();
  const stop = new AbortController();
  const reader = new PieceReader(stream.body, stop.signal);
  let [reads, isIdle] = [0, false];
  const bytes = readAhead(reader, {
    clock,
    idle: 60_000,
    onIdle: () => void (isIdle = true),
    onRead: () => void reads++,
  });
  for (let piece = 0; piece < 100; piece++) stream.send("x".repeat(64 * 1024));
  await bytes.next();
  await settle();
  const before = reads;
  assert.ok(before < 20, `${before}`);
  await clock.advance(120_000);
  assert.deepEqual([reads, isIdle], [before, false]);
  await bytes.return();
  assert.equal(clock.pending, 0);
});

Deno.test("a stream on which nothing comes is given up, also where what came is taken late", async () => {
  const { stream, clock, takes, ended } = open();
  stream.send("a\n");
  await clock.advance(59_999);
  stream.send("b\n");
  await clock.advance(59_999);
  assert.deepEqual(takes, ["a\n", "b\n"]);
  await clock.advance(1);
  assert.equal(await ended, "idle");
});
