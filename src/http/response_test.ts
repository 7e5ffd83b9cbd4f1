import assert from "node:assert/strict";
import fc from "fast-check";
import { ResponseReader } from "./response.ts";

const encoder = new TextEncoder();

interface Read {
  phase: string;
  status: number;
  keeps: boolean;
  text: string;
  headers: [string, string][];
}

/** Reads a whole answer, cut at these places; `ends`: the connection ends behind it. */
function read(answer: string | Uint8Array, options: { cuts?: number[]; ends?: boolean } = {}): Read {
  const bytes = typeof answer === "string" ? encoder.encode(answer) : answer;
  const reader = new ResponseReader();
  const cuts = [0, ...(options.cuts ?? []).map((cut) => cut % (bytes.length + 1)), bytes.length].sort((
    a,
    b,
  ) => a - b);
  for (let at = 1; at < cuts.length; at++) {
    // A buffer of the caller's, which writes over it at once.
    const piece = bytes.slice(cuts[at - 1], cuts[at]);
    reader.push(piece);
    piece.fill(0);
  }
  if (options.ends) reader.end();
  const { phase, status, keeps, headers } = reader;
  return { phase, status, keeps, text: reader.text(), headers: [...headers] };
}

function summary(answer: string, ends = false): [string, number, boolean, string] {
  const { phase, status, keeps, text } = read(answer, { ends });
  return [phase, status, keeps, text];
}

const OK = "HTTP/1.1 200 OK\r\n";

Deno.test("an answer with a length is read to its end and leaves the connection for the next", () => {
  const { phase, status, keeps, text, headers } = read(
    `${OK}Content-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\nok`,
  );
  assert.deepEqual([phase, status, keeps, text], ["done", 200, true, "ok"]);
  assert.deepEqual(headers, [["content-length", "2"], ["x-a", "1, 2"]]);
});

Deno.test("answers without a body end with their head", () => {
  assert.deepEqual(summary("HTTP/1.1 204 No Content\r\n\r\n"), ["done", 204, true, ""]);
  assert.deepEqual(summary("HTTP/1.1 304 \r\ncontent-length: 5\r\n\r\n"), ["done", 304, true, ""]);
  assert.deepEqual(summary(`${OK}content-length: 0\r\n\r\n`), ["done", 200, true, ""]);
});

Deno.test("chunks are put together, with extensions and trailers, and leave the connection for the next", () => {
  const chunked = `${OK}transfer-encoding: chunked\r\n\r\n`;
  assert.deepEqual(
    summary(`${chunked}3;a=b\r\nabc\r\n0A \r\n0123456789\r\n0\r\ntrailer: x\r\n\r\n`),
    ["done", 200, true, "abc0123456789"],
  );
  assert.deepEqual(summary(`${chunked}3\nabc\n0\n\n`), ["done", 200, false, "abc"], "LF alone");
});

Deno.test("chunks that are damaged end the body and cost the connection, not the status", () => {
  for (
    const body of [
      "x\r\n",
      "-1\r\n",
      "3\r\nabcd\r\n0\r\n\r\n",
      "\r\n",
      "fffffffffffff\r\n",
      "1".repeat(9_000),
    ]
  ) {
    const { phase, status, keeps } = read(`${OK}transfer-encoding: chunked\r\n\r\n${body}`);
    assert.deepEqual([phase, status, keeps], ["done", 200, false], body);
  }
});

Deno.test("what is written clumsily is understood, and costs the connection", () => {
  const clumsy: [string, string][] = [
    ["LF alone", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok"],
    ["LF alone in one line", `${OK}x: y\ncontent-length: 2\r\n\r\nok`],
    ["a space before the colon", `${OK}Content-Length : 2\r\n\r\nok`],
    ["a folded line", `${OK}x: a\r\n  b\r\ncontent-length: 2\r\n\r\nok`],
    ["a line that is no field", `${OK}hello\r\ncontent-length: 2\r\n\r\nok`],
    ["a field without a name", `${OK}: x\r\ncontent-length: 2\r\n\r\nok`],
    ["a CR within a line", `${OK}x: a\rb: c\r\ncontent-length: 2\r\n\r\nok`],
  ];
  for (const [name, answer] of clumsy) assert.deepEqual(summary(answer), ["done", 200, false, "ok"], name);
  const { headers } = read(`${OK}x: a\r\n  b\r\ny : c\r\n\r\n`);
  assert.deepEqual(headers, [["x", "a b"], ["y", "c"]]);
});

Deno.test("a status line needs no reason", () => {
  for (const line of ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1  200 OK", "HTTP/1.1 200 \u00e4\u00f6"]) {
    assert.deepEqual(summary(`${line}\r\ncontent-length: 0\r\n\r\n`), ["done", 200, true, ""], line);
  }
});

Deno.test("HTTP/1.0 ends the connection unless it says otherwise; close ends it whatever the version", () => {
  const kept = (version: string, connection: string): boolean =>
    read(`HTTP/${version} 200 OK\r\nconnection: ${connection}\r\ncontent-length: 0\r\n\r\n`).keeps;
  assert.deepEqual([kept("1.0", "x"), kept("1.0", "Keep-Alive"), kept("1.1", "x"), kept("1.1", "x, Close")], [
    false,
    true,
    true,
    false,
  ]);
});

Deno.test("a length that nobody can be sure of costs the connection, not the status", () => {
  const unsure = ["x", "-1", "+2", "2, 3", "1e1", "", "9999999999999999", "0x2"];
  for (const length of unsure) {
    const { phase, status, keeps } = read(`${OK}content-length: ${length}\r\n\r\nok`);
    assert.deepEqual([phase, status, keeps], ["done", 200, false], length);
  }
  assert.deepEqual(summary(`${OK}content-length: 2\r\ncontent-length: 2\r\n\r\nok`), [
    "done",
    200,
    true,
    "ok",
  ]);
  const both = `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`;
  assert.deepEqual(summary(both), ["done", 200, false, "ok"], "length and chunks");
  assert.deepEqual(summary(`${OK}transfer-encoding: gzip, chunked\r\n\r\n`), ["done", 200, false, ""]);
});

Deno.test("without a length the body ends with the connection", () => {
  assert.deepEqual(summary(`${OK}\r\nhalf`), ["body", 200, false, "half"]);
  assert.deepEqual(summary(`${OK}\r\nhalf`, true), ["done", 200, false, "half"]);
});

Deno.test("a body that breaks off is what came of it, without the character that was cut in two", () => {
  const bytes = encoder.encode(`${OK}content-length: 9\r\n\r\ngrün`).slice(0, -2);
  const { phase, status, keeps, text } = read(bytes, { ends: true });
  assert.deepEqual([phase, status, keeps, text], ["done", 200, false, "gr"]);
});

Deno.test("bytes behind the end cost the connection", () => {
  for (
    const answer of [
      `${OK}content-length: 2\r\n\r\nok\n`,
      "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ]
  ) {
    const reader = new ResponseReader();
    reader.push(encoder.encode(answer));
    assert.deepEqual([reader.phase, reader.keeps, reader.hasExcess], ["done", false, true]);
  }
});

Deno.test("16 answers of 1xx are passed over, and no more", () => {
  const interim = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n";
  const final = `${OK}content-length: 0\r\n\r\n`;
  const { phase, status, headers } = read(interim.repeat(16) + final);
  assert.deepEqual([phase, status, headers], ["done", 200, [["content-length", "0"]]]);
  assert.equal(read(interim.repeat(17) + final).phase, "broken");
  assert.equal(read(`HTTP/1.1 101 Switching Protocols\r\n\r\n${final}`).phase, "broken");
});

Deno.test("a head may have 300 fields and 64 KiB, and no more", () => {
  const head = (fields: number, size: number): string => {
    const lines = Array.from({ length: fields - 1 }, (_, at) => `x-${at}: y\r\n`).join("");
    const rest = `${OK}${lines}content-length: 0\r\n\r\n`;
    return rest.replace("x-0: y", `x-0: ${"y".repeat(size - rest.length + 1)}`);
  };
  assert.equal(head(300, 65_536).length, 65_536);
  assert.deepEqual(summary(head(300, 65_536)), ["done", 200, true, ""]);
  assert.equal(read(head(300, 65_537)).phase, "broken");
  assert.equal(read(head(301, 60_000)).phase, "broken");
  assert.equal(read(`${OK}x: ${"y".repeat(70_000)}`).phase, "broken", "an endless line");
});

Deno.test("what is no answer of HTTP/1.1 is known by its first bytes", () => {
  const flaw = (answer: Uint8Array | string): string => {
    const reader = new ResponseReader();
    reader.push(typeof answer === "string" ? encoder.encode(answer) : answer);
    assert.equal(reader.phase, "broken");
    return reader.flaw;
  };
  for (
    const answer of ["SSH-2.0-OpenSSH\r\n", "\r\nHTTP/1.1 200 OK", "http/1.1 200", "HTTP/2 200", "<html>"]
  ) {
    assert.equal(flaw(answer), "does not speak HTTP/1.1", answer);
  }
  const settings = Uint8Array.of(0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100);
  assert.equal(flaw(settings), "speaks HTTP/2 only");
  for (
    const line of ["HTTP/1.1 2000 OK", "HTTP/1.1 20 OK", "HTTP/1.1 099 X", "HTTP/1.1 200OK", "HTTP/1.12 200"]
  ) {
    assert.equal(flaw(`${line}\r\n\r\n`), "sent a damaged head", line);
  }
});

Deno.test("a connection that ends within the head has given no answer", () => {
  const flaws = ["", "HTTP/1.1 200 OK\r\nx: y\r\n"].map((answer) => {
    const reader = new ResponseReader();
    reader.push(encoder.encode(answer));
    reader.end();
    assert.equal(reader.phase, "broken");
    return reader.flaw;
  });
  assert.deepEqual(flaws, [
    "closed the connection before it answered",
    "closed the connection in the middle of its answer",
  ]);
});

Deno.test("a long body is cut after 64 KiB, and read to 256 KiB for the connection's sake", () => {
  const sized = (size: number): Read => read(`${OK}content-length: ${size}\r\n\r\n${"x".repeat(size)}`);
  assert.deepEqual([sized(262_144).text.length, sized(262_144).keeps], [65_536, true]);
  assert.deepEqual([sized(262_145).text.length, sized(262_145).keeps], [65_536, false]);
  const reader = new ResponseReader();
  reader.push(encoder.encode(`${OK}\r\n`));
  for (let kib = 0; kib < 64; kib++) reader.push(new Uint8Array(1_024).fill(120));
  assert.deepEqual([reader.phase, reader.text().length], ["done", 65_536], "one without an end");
});

/** Any answer that a server may write properly, and what it says. */
const answers = fc.record({
  status: fc.integer({ min: 200, max: 999 }).filter((status) => status !== 204 && status !== 304),
  interim: fc.nat(3),
  fields: fc.array(fc.tuple(fc.stringMatching(/^x-[a-z]{1,5}$/), fc.stringMatching(/^[!-~]{1,20}$/)), {
    maxLength: 5,
  }),
  pieces: fc.array(fc.string({ minLength: 1, maxLength: 30, unit: "binary" }), { maxLength: 4 }),
  isChunked: fc.boolean(),
}).map(({ status, interim, fields, pieces, isChunked }) => {
  const body = pieces.join("");
  const length = encoder.encode(body).length;
  const chunks = pieces.map((piece) => `${encoder.encode(piece).length.toString(16)}\r\n${piece}\r\n`).join(
    "",
  );
  const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`;
  const head = [
    `HTTP/1.1 ${status} Some Reason`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    framing,
  ];
  const text = "HTTP/1.1 100 Continue\r\n\r\n".repeat(interim) + head.join("\r\n") + "\r\n\r\n" +
    (isChunked ? `${chunks}0\r\n\r\n` : body);
  return { bytes: encoder.encode(text), status, body };
});

Deno.test("an answer is the same however it is split, and complete with its last byte and not before", () => {
  fc.assert(fc.property(answers, fc.array(fc.nat(), { maxLength: 20 }), ({ bytes, status, body }, cuts) => {
    const { phase, keeps, ...rest } = read(bytes, { cuts });
    assert.deepEqual([phase, keeps, rest.status, rest.text], ["done", true, status, body]);
    const partly = read(bytes.slice(0, -1), { cuts });
    assert.equal(partly.phase === "head" || partly.phase === "body", true);
    const each = Array.from(bytes, (_, at) => at);
    assert.deepEqual(read(bytes, { cuts: each }), read(bytes));
  }));
});

Deno.test("an answer that is damaged anywhere never throws, and is never longer than what it leaves behind", () => {
  fc.assert(
    fc.property(answers, fc.nat(), fc.nat(255), fc.array(fc.nat()), ({ bytes }, at, byte, cuts) => {
      const damaged = bytes.slice();
      damaged[at % bytes.length] = byte;
      const whole = read(damaged, { cuts });
      // What one more byte makes of it tells where the reader thinks that the answer ended.
      const more = read(new Uint8Array([...damaged, 72]), { cuts });
      if (whole.keeps) assert.equal(more.keeps, false);
      assert.deepEqual(read(damaged, { cuts: [], ends: true }), read(damaged, { cuts, ends: true }));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("any bytes at all never throw and give the same however they are split", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(fc.constantFrom("HTTP/1.1 ", "200", " ", "\r", "\n", "\r\n", "\0", ":", "a: b", "0", "5", "ÿ"), {
      maxLength: 30,
    }).map((parts) => encoder.encode("HTTP/1.1 200" + parts.join(""))),
  );
  fc.assert(
    fc.property(bytes, fc.array(fc.nat()), (given, cuts) => {
      assert.deepEqual(read(given, { cuts, ends: true }), read(given, { ends: true }));
    }),
    { numRuns: 2_000 },
  );
});
