import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { answer, probeRoutes } from "./answer.ts";
import { Health } from "./health.ts";

function open(scopes: (string | undefined)[] = [undefined]): {
  clock: TestClock;
  health: Health;
  disk: { full: boolean };
  program: { ends: boolean };
} {
  const clock = new TestClock();
  const disk = { full: false };
  const program = { ends: false };
  const health = new Health({
    clock,
    scopes,
    staleAfter: 300_000,
    diskFault: () => disk.full ? "it is full" : undefined,
    isEnding: () => program.ends,
  });
  return { clock, health, disk, program };
}

Deno.test("health is red until every scope has been listed", () => {
  const { health } = open(["a", "b"]);
  health.heard("a");
  health.synced("a");
  health.heard("b");
  assert.deepEqual(health.problems(), ["The pods of namespace b have not all been listed yet."]);
  health.synced("b");
  assert.deepEqual(health.problems(), []);
});

Deno.test("health turns red when the API server is silent for too long, and green with its next word", async () => {
  const { clock, health } = open();
  health.synced(undefined);
  health.heard(undefined);
  await clock.advance(300_000);
  assert.deepEqual(health.problems(), []);
  await clock.advance(1_000);
  assert.deepEqual(health.problems(), [
    "The API server has not answered about all namespaces for 301 s: the view is stale.",
  ]);
  health.heard(undefined);
  assert.deepEqual(health.problems(), []);
});

Deno.test("why nothing is listed is said where that is known", () => {
  const { health } = open(["a"]);
  health.troubled("a", { why: "The connection was refused.", lasts: false });
  assert.deepEqual(health.problems(), [
    "The pods of namespace a have not all been listed yet. The connection was refused.",
  ]);
});

Deno.test("a view that stands still until somebody acts is red at once, and green when that is done", () => {
  const { health } = open(["a"]);
  health.heard("a");
  health.synced("a");
  health.troubled("a", { why: "It is forbidden.", lasts: true });
  assert.deepEqual(health.problems(), ["The view of namespace a stands still. It is forbidden."]);
  health.troubled("a", undefined);
  assert.deepEqual(health.problems(), []);
});

Deno.test("trouble that may pass is no reason before the view is stale", async () => {
  const { clock, health } = open();
  health.heard(undefined);
  health.synced(undefined);
  health.troubled(undefined, { why: "The connection was refused.", lasts: false });
  assert.deepEqual(health.problems(), []);
  await clock.advance(301_000);
  assert.match(health.problems().join(), /for 301 s: the view is stale\. The connection was refused\.$/);
});

Deno.test("what cannot be done is a note, and no reason to be red", () => {
  const { health } = open([]);
  health.limited(undefined, "Pods may not be read.");
  const routes = probeRoutes({
    stalls: () => [],
    problems: () => health.problems(),
    notes: () => health.notes(),
  });
  const ready = answer(routes, { method: "GET", path: "/readyz" });
  assert.deepEqual(ready, { status: 200, text: "ok\nPods may not be read." });
  health.limited(undefined, undefined);
  assert.deepEqual(health.notes(), []);
});

Deno.test("health is red while the state file cannot be written", () => {
  const { health, disk } = open([]);
  disk.full = true;
  assert.match(health.problems().join(), /cannot be written/);
});

Deno.test("a program that ends is not ready any more", () => {
  const { health, program } = open();
  health.heard(undefined);
  health.synced(undefined);
  assert.deepEqual(health.problems(), []);
  program.ends = true;
  assert.deepEqual(health.problems(), ["The program is shutting down."]);
});

Deno.test("livez says what stands still, which is no matter of readyz", () => {
  const routes = probeRoutes({ stalls: () => ["This.", "That."], problems: () => [], notes: () => [] });
  const ask = (path: string): unknown => answer(routes, { method: "GET", path });
  assert.deepEqual(ask("/livez"), { status: 503, text: "This.\nThat." });
  assert.deepEqual(ask("/readyz"), { status: 200, text: "ok" });
});

Deno.test("readyz says why it is red, and livez is green all the same", () => {
  const { health } = open();
  const green = { stalls: () => [], problems: () => [], notes: () => [] };
  const ask = (
    path: string,
    routes = probeRoutes({ ...green, problems: () => health.problems() }),
  ): unknown => answer(routes, { method: "GET", path });
  assert.deepEqual(ask("/readyz"), {
    status: 503,
    text: "The pods of all namespaces have not all been listed yet.",
  });
  assert.deepEqual(ask("/livez"), { status: 200, text: "ok" });
  assert.deepEqual(ask("/readyz", probeRoutes(green)), { status: 200, text: "ok" });
});

Deno.test("the silence is that of the namespace of which nothing was heard for longest, or since the start", async () => {
  const { clock, health } = open(["a", "b"]);
  await clock.advance(1_000);
  health.heard("a");
  await clock.advance(1_000);
  assert.equal(health.silence, 2_000);
  health.heard("b");
  assert.equal(health.silence, 1_000);
});
