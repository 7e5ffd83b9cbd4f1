import assert from "node:assert/strict";
import { parseAddress } from "./address.ts";
import { UsageError } from "./usage_error.ts";

const GOOD: [string, { host?: string; port: number }][] = [
  [":8080", { port: 8080 }],
  ["127.0.0.1:8080", { host: "127.0.0.1", port: 8080 }],
  ["localhost:1", { host: "localhost", port: 1 }],
  ["[::1]:65535", { host: "::1", port: 65535 }],
];

for (const [text, address] of GOOD) {
  Deno.test(`${text} is an address to listen on`, () => {
    assert.deepEqual(parseAddress(text, "--listen"), address);
  });
}

for (const text of ["", "8080", "::1:8080", "host:", "host:65536", "http://host:80", "a b:80"]) {
  Deno.test(`"${text}" is no address to listen on, and the error shows one`, () => {
    assert.throws(() => parseAddress(text, "--listen"), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, /--listen must be HOST:PORT or :PORT, for example :8080/);
      return true;
    });
  });
}
