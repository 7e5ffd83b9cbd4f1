import assert from "node:assert/strict";
import { hostFault } from "./host_name.ts";

for (
  const host of [
    "a",
    "hooks.example.com",
    "hooks.example.com.",
    "my_service._tcp.shop",
    "r1---a.example.com",
    "3com.example",
    "127.0.0.1",
    "[::1]",
    "a".repeat(63),
    "a.".repeat(127),
  ]
) {
  Deno.test(`${host.slice(0, 30)} can be a host`, () => assert.equal(hostFault(host), undefined));
}

for (
  const [host, fault] of [
    [".", /^has a dot too many/],
    ["a..b", /^has a dot too many/],
    [".a", /^has a dot too many/],
    ["a..", /^has a dot too many/],
    ["-a.test", /^has a hyphen at an end of a part/],
    ["a-.test", /^has a hyphen at an end of a part/],
    ["a".repeat(64), /^has a part of 64 characters in its host, and 63 are/],
    [`${"a.".repeat(127)}a`, /^has 255 characters in its host, and a name has 253/],
  ] as const
) {
  Deno.test(`${host.slice(0, 30)} can be none, and it is said why`, () =>
    assert.match(hostFault(host) ?? "", fault));
}
