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

for (
  const [text, hint] of [
    ["8080", /To listen on this port at all addresses, write :8080\.$/],
    ["*:8080", /All addresses are meant where the host is left out: :8080\.$/],
    ["localhost:99999", /A port is at most 65535\.$/],
    ["::1:8080", /An IPv6 address stands in brackets: \[::1\]:8080\.$/],
    ["http://localhost:8080/x", /It has no scheme and no path\.$/],
    ["http://localhost:18080", /It has no scheme and no path\.$/],
    ["::1:18080", /An IPv6 address stands in brackets: \[::1\]:8080\.$/],
    ["localhost:018080x", /not "localhost:018080x"\.$/],
    ["localhost", /not "localhost"\.$/],
  ] as const
) {
  Deno.test(`"${text}" is no address to listen on, and the error says what is missing`, () => {
    assert.throws(() => parseAddress(text, "K8SVENT_LISTEN"), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, hint);
      return true;
    });
  });
}
