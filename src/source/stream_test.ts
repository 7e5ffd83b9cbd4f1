import assert from "node:assert/strict";
import fc from "fast-check";
import { LineReader, LineTooLongError } from "./stream.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The lines as text, each read before the bytes are written anew. */
function push(reader: LineReader, bytes: Uint8Array): string[] {
  return reader.push(bytes).map((line) => new TextDecoder().decode(line));
}

/** Pushes bytes in the pieces that the cuts make of them. */
function readInPieces(bytes: Uint8Array, cuts: number[]): { lines: string[]; unfinished: boolean } {
  const reader = new LineReader();
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const lines = places.slice(1).flatMap((end, index) => push(reader, bytes.subarray(places[index], end)));
  return { lines, unfinished: reader.unfinished };
}

Deno.test("a line is the same wherever the network cuts the stream", () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, " ")).filter((text) =>
    text !== ""
  );
  fc.assert(fc.property(
    fc.array(fc.record({ line, end: fc.constantFrom("\n", "\r\n") })),
    fc.array(fc.nat()),
    (lines, cuts) => {
      const bytes = encode(lines.map(({ line, end }) => line + end).join(""));
      assert.deepEqual(readInPieces(bytes, cuts), {
        lines: lines.map(({ line }) => line),
        unfinished: false,
      });
    },
  ));
});

Deno.test("U+2028 and U+2029 do not end a line", () => {
  const text = JSON.stringify({ note: "one\u2028two\u2029three" });
  assert.deepEqual(push(new LineReader(), encode(`${text}\n`)), [text]);
});

Deno.test("a character whose bytes arrive apart is put together", () => {
  const bytes = encode('{"name":"Grüße 🙂"}\n');
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(readInPieces(bytes, [cut]).lines, ['{"name":"Grüße 🙂"}']);
  }
});

Deno.test("empty lines are left out", () => {
  assert.deepEqual(push(new LineReader(), encode("a\n\n\r\nb\n")), ["a", "b"]);
});

Deno.test("what comes after the last line end is unfinished", () => {
  const reader = new LineReader();
  assert.deepEqual(push(reader, encode("a\nb")), ["a"]);
  assert.equal(reader.unfinished, true);
  assert.deepEqual(push(reader, encode("c\n")), ["bc"]);
  assert.equal(reader.unfinished, false);
});

Deno.test("a line that reaches the limit is refused, whether or not it ends", () => {
  assert.throws(() => new LineReader(8).push(encode("12345678")), LineTooLongError);
  assert.throws(() => new LineReader(8).push(encode("12345678\n")), LineTooLongError);
  const reader = new LineReader(8);
  push(reader, encode("1234"));
  assert.throws(() => push(reader, encode("5678")), LineTooLongError);
  assert.deepEqual(push(new LineReader(8), encode("1234567\n1234567\n")), ["1234567", "1234567"]);
});

Deno.test("a reader does not keep the network's buffer for the rest of a line", () => {
  const reader = new LineReader();
  const buffer = encode("a\nrest");
  push(reader, buffer);
  buffer.fill(0x78);
  assert.deepEqual(push(reader, encode("\n")), ["rest"]);
});
