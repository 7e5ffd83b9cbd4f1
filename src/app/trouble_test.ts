import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { ClusterError, type ClusterFault } from "../cluster/error.ts";
import { Outages } from "./outages.ts";
import { Trouble } from "./trouble.ts";

class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  /** What health was given. */
  readonly causes: ({ why: string; lasts: boolean } | undefined)[] = [];
  readonly trouble = new Trouble(undefined, {
    outages: new Outages(this),
    log: this.log,
    troubled: (cause) => void this.causes.push(cause),
  });

  /** It fails each 30 s for so many milliseconds. */
  async fail(milliseconds: number, error = failure("forbidden")): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 30_000) {
      this.trouble.say(error);
      await this.clock.advance(30_000);
    }
    this.trouble.say(error);
  }
}

function failure(fault: ClusterFault, status?: number): ClusterError {
  return new ClusterError(fault, `It is ${fault}.`, status === undefined ? {} : { status });
}

Deno.test("what lasts is said at once and again at growing distances", async () => {
  const rig = new Rig();
  await rig.fail(3_600_000);
  assert.deepEqual(rig.log.at("warn"), [
    "It is forbidden.",
    "For 5 min now: It is forbidden.",
    "For 15 min now: It is forbidden.",
    "For 60 min now: It is forbidden.",
  ]);
});

Deno.test("each cause of an outage is said once, however often they take turns", async () => {
  const rig = new Rig();
  for (let turn = 0; turn < 4; turn++) {
    for (const fault of ["busy", "server"] as const) rig.trouble.say(failure(fault));
  }
  assert.deepEqual(rig.log.at("warn"), ["It is busy.", "It is server."]);
  rig.trouble.over();
  await rig.clock.advance(300_000);
  rig.trouble.say(failure("busy"));
  assert.deepEqual(rig.log.at("warn").slice(2), ["It is busy."]);
});

const LASTING: [ClusterFault, number | undefined, boolean][] = [
  ["forbidden", 403, true],
  ["unauthorized", 401, true],
  ["missing", 404, true],
  ["certificate", undefined, true],
  ["server", 406, true],
  ["server", 415, true],
  ["server", 400, true],
  ["server", 500, false],
  ["server", 503, false],
  ["busy", 429, false],
  ["unreachable", undefined, false],
  ["protocol", undefined, false],
];

for (const [fault, status, lasts] of LASTING) {
  Deno.test(`${fault} (${status ?? "no answer"}) ${lasts ? "lasts until somebody acts" : "may pass"}, for health`, () => {
    const rig = new Rig();
    rig.trouble.say(failure(fault, status));
    rig.trouble.over();
    assert.deepEqual(rig.causes, [{ why: `It is ${fault}.`, lasts }, undefined]);
  });
}

Deno.test("a list ends an outage, but not one of the watch behind lists that work", () => {
  const rig = new Rig();
  rig.trouble.say(failure("unreachable"));
  rig.trouble.over(true);
  assert.equal(rig.log.at("info").length, 1);
  rig.trouble.say(failure("forbidden"), true);
  rig.trouble.over(true);
  rig.trouble.say(failure("forbidden"), true);
  assert.deepEqual([rig.log.at("info").length, rig.log.at("warn").length], [1, 2]);
  rig.trouble.over(false);
  assert.equal(rig.log.at("info").length, 2);
});

Deno.test("the everyday life of a watch is no trouble", () => {
  const rig = new Rig();
  for (const fault of ["expired", "idle"] as const) rig.trouble.say(failure(fault));
  rig.trouble.over();
  assert.deepEqual([rig.log.at("warn"), rig.log.at("info"), rig.causes], [[], [], []]);
});

Deno.test("a watch or a list that gets nowhere three times in a row is trouble, until something comes of a watch", () => {
  const rig = new Rig();
  const fail = (): void => {
    rig.trouble.say(failure("expired"), true);
    rig.trouble.over(true);
  };
  for (let turn = 0; turn < 3; turn++) fail();
  assert.deepEqual(rig.log.at("warn"), ["It is expired."]);
  fail();
  assert.deepEqual(rig.log.at("info"), []);
  rig.trouble.over(false);
  assert.equal(rig.log.at("info").length, 1);
  for (let turn = 0; turn < 2; turn++) fail();
  assert.equal(rig.log.at("warn").length, 1);
});

Deno.test("a request that was never accepted and cannot be read ends the program; later it is trouble like any", () => {
  const rig = new Rig();
  assert.throws(() => rig.trouble.say(failure("invalid")), ClusterError);
  rig.trouble.listed();
  rig.trouble.say(failure("invalid"));
  assert.deepEqual(rig.log.at("warn"), ["It is invalid."]);
});
