import assert from "node:assert/strict";
import { gate } from "./gate.ts";

Deno.test("a pod that is not known is news", () => assert.equal(gate(undefined, "1", 0), "news"));

Deno.test("a greater version is news, an equal one nothing, a lower one stale", () => {
  const known = { resourceVersion: "99", epoch: 0 };
  assert.equal(gate(known, "100", 0), "news");
  assert.equal(gate(known, "99", 0), "same");
  assert.equal(gate(known, "98", 0), "stale");
});

Deno.test("in a new epoch every version is news, the lower and the equal ones too", () => {
  for (const version of ["1", "99", "100"]) {
    assert.equal(gate({ resourceVersion: "99", epoch: 0 }, version, 1), "news");
  }
});
