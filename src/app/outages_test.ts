import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { Outages } from "./outages.ts";

const DOWN = { message: "Cannot reach the API server: start it.", fault: "unreachable" };
const BUSY = { message: "The API server is busy (429).", fault: "busy" };

/** Of whoever may not list the pods of a namespace. */
function forbidden(namespace: string): typeof DOWN {
  const message =
    `The API server forbids me to list pods in the namespace ${namespace} (403). kubectl apply -n ${namespace} -f x`;
  return { message, fault: "forbidden" };
}

class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly outages: Outages;

  constructor(scopes: number) {
    this.outages = new Outages(this, scopes);
  }

  /** Each of them fails for the cause, one after the other. */
  fail(scopes: readonly string[], cause: typeof DOWN | ((scope: string) => typeof DOWN) = DOWN): void {
    for (const scope of scopes) {
      this.outages.failed(scope, typeof cause === "function" ? cause(scope) : cause);
    }
  }

  over(scopes: readonly string[]): void {
    for (const scope of scopes) this.outages.over(scope);
  }

  get warned(): string[] {
    return this.log.at("warn");
  }

  get informed(): string[] {
    return this.log.at("info");
  }
}

const TWO = ["shop", "team"];

Deno.test("an outage of one scope is said at once, without its name", () => {
  const rig = new Rig(1);
  rig.fail(["shop"]);
  assert.deepEqual(rig.warned, [DOWN.message]);
  rig.over(["shop"]);
  assert.deepEqual(rig.informed, ["The cluster answers again after 0 ms."]);
});

Deno.test("an outage of several namespaces is said once, with all of them, and its end once", async () => {
  const rig = new Rig(2);
  rig.fail(["shop"]);
  await rig.clock.advance(300);
  rig.fail(["team"]);
  await rig.clock.advance(1_000);
  for (let turn = 0; turn < 4; turn++) {
    rig.fail(TWO);
    await rig.clock.advance(5_000);
  }
  rig.over(["shop"]);
  assert.deepEqual(rig.informed, []);
  await rig.clock.advance(2_700);
  rig.over(["team"]);
  assert.deepEqual(rig.warned, [`${DOWN.message} (not followed meanwhile: namespaces shop and team)`]);
  assert.deepEqual(rig.informed, ["The cluster answers again after 24 s."]);
});

for (
  const [count, said] of [
    [3, "a, b and c"],
    [6, "a, b, c, d, e and f"],
    [7, "a, b, c, d, e and 2 more"],
    [26, "a, b, c, d, e and 21 more"],
  ] as const
) {
  Deno.test(`of ${count} namespaces that are hit, a bounded number is named`, async () => {
    const rig = new Rig(count);
    rig.fail([..."abcdefghijklmnopqrstuvwxyz"].slice(0, count));
    await rig.clock.advance(1_000);
    assert.deepEqual(rig.warned, [`${DOWN.message} (not followed meanwhile: namespaces ${said})`]);
  });
}

Deno.test("an outage that lasts is said again once, at growing distances, with all whom it hits by then", async () => {
  const rig = new Rig(3);
  rig.fail(["shop"]);
  await rig.clock.advance(2_000);
  for (let passed = 0; passed < 900_000; passed += 30_000) {
    rig.fail(["shop", "team"]);
    await rig.clock.advance(30_000);
  }
  assert.deepEqual(rig.warned, [
    `${DOWN.message} (not followed meanwhile: namespace shop)`,
    `For 5 min now: ${DOWN.message} (not followed meanwhile: namespaces shop and team)`,
  ]);
  rig.over(TWO);
  assert.deepEqual(rig.informed, ["The cluster answers again for namespaces shop and team after 15 min."]);
});

Deno.test("each cause of an outage is said once, however the namespaces take turns", async () => {
  const rig = new Rig(2);
  for (let turn = 0; turn < 4; turn++) {
    rig.outages.failed("shop", turn % 2 === 0 ? DOWN : BUSY);
    rig.outages.failed("team", turn % 2 === 0 ? BUSY : DOWN);
    await rig.clock.advance(2_000);
  }
  assert.deepEqual(rig.warned, [
    `${DOWN.message} (not followed meanwhile: namespace shop)`,
    `${BUSY.message} (not followed meanwhile: namespace team)`,
  ]);
  rig.over(TWO);
  assert.equal(rig.informed.length, 1);
});

Deno.test("a right that is missing in several namespaces is said once, with the remedy for the first", async () => {
  const rig = new Rig(3);
  rig.fail(["shop", "shop-db", "team"], forbidden);
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.warned, [`${forbidden("shop").message} (and so with namespaces shop-db and team)`]);
});

Deno.test("a right that is missing in one namespace of several is said as it is", async () => {
  const rig = new Rig(3);
  rig.fail(["shop"], forbidden);
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.warned, [forbidden("shop").message]);
  rig.over(["shop"]);
  assert.deepEqual(rig.informed, ["The cluster answers again for namespace shop after 1 s."]);
});

Deno.test("namespaces that fail for causes of their own have outages of their own", async () => {
  const rig = new Rig(2);
  rig.fail(["shop"], forbidden);
  rig.fail(["team"], BUSY);
  await rig.clock.advance(1_000);
  rig.over(["team"]);
  assert.deepEqual(rig.warned.length, 2);
  assert.deepEqual(rig.informed, ["The cluster answers again for namespace team after 1 s."]);
});

Deno.test("two outages that come to have one cause are one", async () => {
  const rig = new Rig(2);
  rig.fail(["shop"], BUSY);
  rig.fail(["team"], forbidden);
  await rig.clock.advance(2_000);
  rig.fail(TWO);
  await rig.clock.advance(2_000);
  rig.over(TWO);
  assert.equal(rig.warned.length, 3);
  assert.deepEqual(rig.informed, ["The cluster answers again after 4 s."]);
});

Deno.test("who answers for a minute while another one fails on is reported", async () => {
  const rig = new Rig(2);
  rig.fail(TWO);
  await rig.clock.advance(10_000);
  rig.over(["shop"]);
  for (let passed = 0; passed < 90_000; passed += 30_000) {
    rig.fail(["team"]);
    await rig.clock.advance(30_000);
  }
  assert.deepEqual(rig.informed, ["The cluster answers again for namespace shop after 10 s."]);
  rig.over(["team"]);
  assert.deepEqual(rig.informed[1], "The cluster answers again for namespace team after 100 s.");
});

Deno.test("what was not said yet is said before the end of the outage, and at the end of the program", async () => {
  const rig = new Rig(2);
  rig.fail(TWO);
  rig.over(TWO);
  assert.deepEqual([rig.warned.length, rig.informed.length, rig.clock.pending], [1, 1, 0]);
  rig.fail(TWO);
  rig.outages.close();
  assert.deepEqual([rig.warned.length, rig.clock.pending], [2, 0]);
  await rig.clock.advance(5_000);
  assert.equal(rig.warned.length, 2);
});

Deno.test("a server that finds new words each time is quoted ten times in an outage", async () => {
  const rig = new Rig(2);
  for (let turn = 0; turn < 50; turn++) {
    rig.fail(TWO, (scope) => ({ message: `${scope} ${turn}`, fault: "server" }));
    rig.fail(TWO);
    await rig.clock.advance(1_000);
  }
  assert.ok(rig.warned.length <= 10, rig.warned.join("\n"));
});

/** Fails for a moment each five seconds, for so many milliseconds. */
async function comeAndGo(rig: Rig, milliseconds: number, scopes = ["shop"]): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 5_000) {
    rig.fail(scopes);
    await rig.clock.advance(500);
    rig.over(scopes);
    await rig.clock.advance(4_500);
  }
}

Deno.test("what comes and goes is said twice, then at growing distances, and its end when it stays away", async () => {
  const rig = new Rig(1);
  await comeAndGo(rig, 360_000);
  assert.deepEqual(rig.warned, [
    DOWN.message,
    `Again: ${DOWN.message}`,
    `For 5 min now, 61 times: ${DOWN.message}`,
  ]);
  assert.deepEqual(rig.informed, ["The cluster answers again after 0.5 s."]);
  await rig.clock.advance(300_000);
  assert.deepEqual(rig.informed.slice(1), [
    "The cluster answers again after 5 min, in which it failed 72 times.",
  ]);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("another cause among what comes and goes is said at once", async () => {
  const rig = new Rig(1);
  await comeAndGo(rig, 60_000);
  rig.fail(["shop"]);
  rig.fail(["shop"], BUSY);
  assert.deepEqual(rig.warned.slice(2), [BUSY.message]);
  rig.outages.close();
});

Deno.test("what comes and goes for all namespaces is one outage", async () => {
  const rig = new Rig(2);
  await comeAndGo(rig, 60_000, TWO);
  await rig.clock.advance(300_000);
  assert.deepEqual(rig.warned.length, 2);
  assert.match(rig.warned[1] ?? "", /^Again: .* \(not followed meanwhile: namespace/);
  assert.deepEqual(rig.informed.length, 2);
});

Deno.test("what came and went leaves no timer behind at the end of the program", async () => {
  const rig = new Rig(1);
  await comeAndGo(rig, 30_000);
  rig.outages.close();
  assert.equal(rig.clock.pending, 0);
});

Deno.test("what comes back for one namespace while another one fails is not called over", async () => {
  const rig = new Rig(2);
  await comeAndGo(rig, 10_000);
  rig.fail(["team"], BUSY);
  rig.fail(["team"]);
  rig.fail(["shop"]);
  const before = rig.informed.length;
  await rig.clock.advance(400_000);
  assert.equal(rig.informed.length, before);
  rig.over(TWO);
  await rig.clock.advance(300_000);
  assert.match(
    rig.informed.at(-1) ?? "",
    /^The cluster answers again after .*, in which it failed \d times\.$/,
  );
  assert.equal(rig.clock.pending, 0);
});
