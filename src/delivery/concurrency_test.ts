import assert from "node:assert/strict";
import fc from "fast-check";
import { type Concurrency, halved, newConcurrency, raised, restarted } from "./concurrency.ts";

/** The limit after so many requests in a row that were accepted. */
function after(concurrency: Concurrency, acceptances: number): Concurrency {
  let now = concurrency;
  for (let time = 0; time < acceptances; time++) now = raised(now);
  return now;
}

Deno.test("it doubles in the time of one request until the endpoint shows that it is too much", () => {
  assert.deepEqual([0, 2, 6, 14, 100].map((times) => after(newConcurrency(16), times).limit), [
    2,
    4,
    8,
    16,
    16,
  ]);
});

Deno.test("from there on it grows by one in the time of one request", () => {
  const half = halved(after(newConcurrency(16), 14), 1, 16);
  assert.deepEqual([0, 7, 8, 16, 17].map((times) => after(half, times).limit), [8, 8, 9, 9, 10]);
});

Deno.test("all that were under way together halve it once", () => {
  let now = after(newConcurrency(16), 14);
  for (let start = 1; start <= 16; start++) now = halved(now, start, 16);
  assert.equal(now.limit, 8);
  assert.equal(halved(now, 17, 20).limit, 4);
});

Deno.test("an endpoint that is back is soon at half of what it bore before", () => {
  const back = restarted(after(newConcurrency(16), 14));
  assert.deepEqual([0, 6, 13, 14].map((times) => after(back, times).limit), [2, 8, 8, 9]);
});

Deno.test("it is never less than one, nor more than the most", () => {
  const step = fc.constantFrom("raise", "halve", "restart");
  fc.assert(fc.property(fc.integer({ min: 1, max: 32 }), fc.array(step), (most, steps) => {
    let now = newConcurrency(most);
    for (const [start, name] of steps.entries()) {
      now = name === "raise"
        ? raised(now)
        : name === "halve"
        ? halved(now, start + 1, start + 1)
        : restarted(now);
      assert.ok(now.limit >= 1 && now.limit <= most);
    }
  }));
});
