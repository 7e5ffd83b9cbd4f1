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
  ["", []],
  ['"', []],
];

for (const [header, challenges] of HEADERS) {
  Deno.test(`challenges of: ${header}`, () => assert.deepEqual(read(header), challenges));
}

Deno.test("any header is read to an end", () => {
  const part = fc.constantFrom("Bearer", " ", ",", "=", '"', "\\", "realm", "x", "é");
  fc.assert(fc.property(fc.array(part).map((parts) => parts.join("")), (header) => {
    parseChallenges(header);
  }));
});
