import assert from "node:assert/strict";
import fc from "fast-check";
import { headOf } from "./head.ts";
import type { Request } from "./outcome.ts";

const PREFIX = "POST / HTTP/1.1\r\nhost: a\r\n";

function request(headers: Record<string, string>): Request {
  return { url: new URL("http://a"), headers, body: new Uint8Array(7) };
}

Deno.test("a head has the given fields and the length of the body", () => {
  assert.equal(
    headOf(PREFIX, "Basic eDp5", request({ "x-a": "1", "x-b": "" })),
    "POST / HTTP/1.1\r\nhost: a\r\nauthorization: Basic eDp5\r\nx-a: 1\r\nx-b: \r\ncontent-length: 7\r\n\r\n",
  );
});

Deno.test("a field that is given takes the place of the URL's user", () => {
  assert.doesNotMatch(headOf(PREFIX, "Basic eDp5", request({ authorization: "Bearer z" })), /Basic/);
});

Deno.test("no name and no value makes a line of its own", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, value) => {
    let head = "";
    try {
      head = headOf(PREFIX, undefined, request({ [name]: value }));
    } catch (error) {
      assert.ok(error instanceof TypeError);
      return;
    }
    assert.equal(head, `${PREFIX}${name}: ${value}\r\ncontent-length: 7\r\n\r\n`);
    assert.equal(head.split(/[\r\n\0]+/).length, 5);
  }));
  for (const value of ["a\r\nb: c", "a\nb", "a\rb", "a\0b", "grün", "\u2028", "\x7f"]) {
    assert.throws(() => headOf(PREFIX, undefined, request({ x: value })), TypeError);
  }
});

Deno.test("what says where a message ends cannot be given", () => {
  for (
    const name of [
      "content-length",
      "transfer-encoding",
      "host",
      "connection",
      "expect",
      "X-A",
      "a b",
      "",
      "a:",
    ]
  ) {
    assert.throws(() => headOf(PREFIX, undefined, request({ [name]: "1" })), TypeError, name);
  }
});
