import assert from "node:assert/strict";
import { parseInstant } from "./instant.ts";

Deno.test("an instant has its zone, with seconds or without", () => {
  for (const text of ["2026-11-27T12:00:00Z", "2026-11-27T12:00Z", "2026-11-27t14:00:00.000+02:00"]) {
    assert.equal(parseInstant(text), Date.UTC(2026, 10, 27, 12), text);
  }
});

Deno.test("what depends on the place, or is no day of any calendar, is no instant", () => {
  const others = [
    "2026-11-27",
    "2026-11-27T12:00:00",
    "27 Nov 2026 12:00Z",
    "2026-02-31T12:00:00Z",
    "2026-13-01T12:00:00Z",
    "",
  ];
  for (const text of [...others, "2026-11-27T25:00:00Z"]) assert.equal(parseInstant(text), undefined, text);
});
