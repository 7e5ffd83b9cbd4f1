import assert from "node:assert/strict";
import fc from "fast-check";
import { parseChallenges } from "./challenge.ts";

function read(header: string): [string, Record<string, string>][] {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

const HEADERS: [string, [string, Record<string, string>][]][] = [
  ['Basic realm="a registry"', [["basic", { realm: "a registry" }]]],
  ["Basic", [["basic", {}]]],
  [
    'Bearer realm="https://auth.example.com/token",service="r",scope="repository:a/b:pull,push"',
    [["bearer", {
      realm: "https://auth.example.com/token",
      service: "r",
      scope: "repository:a/b:pull,push",
    }]],
  ],
  ['bearer Realm = "x" , SERVICE=y', [["bearer", { realm: "x", service: "y" }]]],
  [
    'Negotiate, Bearer realm="x", error="a \\"b\\"", Basic realm="z"',
    [["negotiate", {}], ["bearer", { realm: "x", error: 'a "b"' }], ["basic", { realm: "z" }]],
  ],
  [
    'Negotiate abc==, NTLM a/b+, Bearer realm="x"',
    [["negotiate", {}], ["ntlm", {}], ["bearer", { realm: "x" }]],
  ],
  ["", []],
  ['"', []],
];

for (const [header, challenges] of HEADERS) {
  Deno.test(`challenges of: ${header}`, () => assert.deepEqual(read(header), challenges));
}

for (const part of [" ", ",", "a ", "a=", 'a="', "a=\\", "Bearer a=b,", '"']) {
  Deno.test(`a header of 200,000 times "${part}" holds nobody up`, () => {
    assert(parseChallenges(part.repeat(200_000)).length <= 200_000);
    assert(parseChallenges(`Bearer ${part.repeat(200_000)}`).length <= 200_001);
  });
}

Deno.test("any header is read to an end", () => {
  const part = fc.constantFrom("Bearer", " ", ",", "=", '"', "\\", "realm", "x", "é");
  fc.assert(fc.property(fc.array(part).map((parts) => parts.join("")), (header) => {
    parseChallenges(header);
  }));
});
