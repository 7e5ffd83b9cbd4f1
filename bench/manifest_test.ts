import assert from "node:assert/strict";
import { manifest, nameOf } from "./manifest.ts";

Deno.test("a pod depends on its number alone", () => {
  assert.deepEqual(manifest(7), manifest(7));
  assert.notDeepEqual(manifest(7).status, manifest(8).status);
});

Deno.test("no two pods have one name, and each is one that Kubernetes takes", () => {
  const names = Array.from({ length: 100_000 }, (_, number) => nameOf(number));
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.every((name) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)));
});

Deno.test("padding makes a pod as much larger, managed fields not counted", () => {
  const size = (padding: number): number => JSON.stringify(manifest(0, padding)).length;
  assert.ok(size(100_000) - size(0) > 50_000);
});
