import assert from "node:assert/strict";
import { Pace } from "./pace.ts";

/** Takes the first success of each start, until there is room for this many. */
function growTo(pace: Pace, room: number): void {
  for (let step = 0; pace.room(0, 0) < room; step++) {
    assert.ok(step < 1_000, "it grows");
    pace.succeeded(pace.generation);
  }
}

Deno.test("an endpoint that nothing is known of is sent two at a time", () => {
  assert.equal(new Pace(16).room(0, 0), 2);
  assert.equal(new Pace(16).room(0, 1), 1);
  assert.equal(new Pace(1).room(0, 0), 1);
});

Deno.test("it grows by one after as many successes as there may be at a time, and stops at the most", () => {
  const pace = new Pace(4);
  const rooms = Array.from({ length: 12 }, () => {
    pace.succeeded(0);
    return pace.room(0, 0);
  });
  assert.deepEqual(rooms, [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]);
});

Deno.test("it is halved by an overload, to one at the least", () => {
  const pace = new Pace(16);
  growTo(pace, 9);
  const rooms = Array.from({ length: 5 }, () => {
    pace.overloaded();
    return pace.room(0, 0);
  });
  assert.deepEqual(rooms, [4, 2, 1, 1, 1]);
});

Deno.test("after a failure nothing is sent for a while, then one", () => {
  const pace = new Pace(16);
  growTo(pace, 8);
  pace.failed(pace.generation, 1_000, 0.5);
  assert.equal(pace.opensAt, 1_750);
  assert.equal(pace.room(1_749, 0), 0);
  assert.equal(pace.room(1_750, 0), 1);
  assert.equal(pace.room(1_750, 1), 0);
});

Deno.test("the wait doubles with each failed probe, up to five minutes", () => {
  const pace = new Pace(16);
  const waits = Array.from({ length: 12 }, () => {
    pace.failed(pace.generation, 0, 0);
    return pace.opensAt;
  });
  assert.deepEqual(waits.slice(0, 4), [500, 1_000, 2_000, 4_000]);
  assert.equal(waits.at(-1), 150_000);
});

Deno.test("of several attempts that were under way when the endpoint failed only the first counts", () => {
  const pace = new Pace(16);
  const { generation } = pace;
  for (let attempt = 0; attempt < 8; attempt++) pace.failed(generation, 0, 0);
  assert.equal(pace.failures, 1);
  assert.equal(pace.opensAt, 500);
});

Deno.test("Retry-After counts whoever brings it, and a longer one is not shortened", () => {
  const pace = new Pace(16);
  const { generation } = pace;
  pace.failed(generation, 0, 0, 60_000);
  pace.failed(generation, 0, 0, 30_000);
  assert.equal(pace.opensAt, 60_000);
  pace.failed(generation, 0, 0, 90_000);
  assert.equal(pace.opensAt, 90_000);
});

Deno.test("a success of an attempt that began before the failure does not end the wait", () => {
  const pace = new Pace(16);
  const { generation } = pace;
  pace.failed(generation, 0, 0);
  pace.succeeded(generation);
  assert.equal(pace.room(0, 0), 0);
  assert.equal(pace.failures, 1);
});

Deno.test("a probe that is accepted begins again with two at a time", () => {
  const pace = new Pace(16);
  growTo(pace, 16);
  pace.failed(pace.generation, 0, 0);
  pace.succeeded(pace.generation);
  assert.deepEqual([pace.failures, pace.room(0, 0)], [0, 2]);
});

Deno.test("one that is opened is tried at once, with one request", () => {
  const pace = new Pace(16);
  pace.failed(pace.generation, 0, 0, 3_600_000);
  pace.open();
  assert.equal(pace.room(0, 0), 1);
});
