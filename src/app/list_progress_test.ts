import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import type { PodEvent } from "../pod/event.ts";
import { ListProgress } from "./list_progress.ts";

function listed(pods: number, isStart = false): PodEvent[] {
  const applied = Array.from({ length: pods }, () => ({ type: "applied" }));
  return [...isStart ? [{ type: "sync-start" }] : [], ...applied] as PodEvent[];
}

Deno.test("the first lists show how many pods they held so far, ten times a second at the most, until they end", async () => {
  const shown: (string | undefined)[] = [];
  const clock = new TestClock();
  const progress = new ListProgress((line) => shown.push(line), clock);
  progress.batch("a", listed(500, true));
  assert.deepEqual(shown, []);
  await clock.advance(100);
  progress.batch("a", listed(500));
  progress.batch("b", listed(7, true));
  await clock.advance(100);
  progress.batch("b", listed(1));
  assert.deepEqual(shown, ["Listing: 1000 pods so far", "Listing: 1008 pods so far"]);
  progress.end();
  progress.end();
  await clock.advance(100);
  progress.batch("a", listed(1));
  assert.deepEqual(shown.slice(2), [undefined]);
});

Deno.test("a list that begins anew counts from nothing", async () => {
  const shown: (string | undefined)[] = [];
  const clock = new TestClock();
  const progress = new ListProgress((line) => shown.push(line), clock);
  progress.batch(undefined, listed(500, true));
  await clock.advance(100);
  progress.batch(undefined, listed(3, true));
  assert.deepEqual(shown, ["Listing: 3 pods so far"]);
});
