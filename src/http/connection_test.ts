import assert from "node:assert/strict";
import { Connection, type Wire } from "./connection.ts";

function brokenBy(error: Error): Wire {
  return {
    read: () => Promise.reject(error),
    write: () => Promise.reject(new Deno.errors.BadResource()),
    close: () => {},
  };
}

Deno.test("a connection that ended before its first request says how, and no request waits for an answer", async () => {
  const error = new Error("received fatal alert: CertificateRequired");
  let ends = 0;
  const connection = new Connection(brokenBy(error), 0, () => ends++);
  // As long as it takes between the end of the dial and the request.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const exchange = await connection.exchange("POST / HTTP/1.1\r\n\r\n", new Uint8Array());
  assert.deepEqual(exchange, { kind: "ended", received: 0, flaw: "", error });
  assert.equal(ends, 1);
});
