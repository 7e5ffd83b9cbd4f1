import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { Lifetime } from "./lifetime.ts";

class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly asked = new AbortController();
  readonly lifetime: Lifetime;

  constructor(once = false) {
    this.lifetime = new Lifetime({
      clock: this.clock,
      log: this.log,
      asked: this.asked.signal,
      shutdownTimeout: 20_000,
      once,
    });
  }

  /** Workers that end when they are killed. */
  readonly hanging = {
    finish: (): Promise<void> =>
      new Promise((resolve) => this.lifetime.kill.addEventListener("abort", () => resolve())),
  };
}

const IDLE = { finish: (): Promise<void> => Promise.resolve() };

Deno.test("the sources end when somebody asks, when a part failed, and for a newer version", () => {
  for (
    const end of [
      (rig: Rig) => rig.asked.abort(),
      (rig: Rig) => rig.lifetime.fail(new Error("failed")),
      (rig: Rig) => rig.lifetime.leave(),
    ]
  ) {
    const rig = new Rig();
    assert.equal(rig.lifetime.stop.aborted, false);
    end(rig);
    assert.deepEqual([rig.lifetime.stop.aborted, rig.lifetime.kill.aborted], [true, false]);
  }
});

Deno.test("a drain ends what hangs after the shutdown timeout", async () => {
  const rig = new Rig();
  rig.asked.abort();
  const drained = rig.lifetime.drain(rig.hanging);
  await rig.clock.advance(19_999);
  assert.equal(rig.lifetime.kill.aborted, false);
  await rig.clock.advance(1);
  await drained;
  assert.match(
    rig.log.at("info").join(),
    /^Stopping: .* tried once more\. A second signal stops it at once\.$/,
  );
  assert.equal(rig.clock.pending, 0);
});

Deno.test("a drain leaves no timer behind, and speaks of a second signal where there was a first", async () => {
  const rig = new Rig(true);
  rig.lifetime.leave();
  await rig.lifetime.drain(IDLE);
  assert.match(rig.log.at("info").join(), /retries are not waited for\.$/);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("where a part failed there is no drain, and its error goes on", async () => {
  const rig = new Rig();
  rig.lifetime.fail(new Error("the store failed"));
  await assert.rejects(rig.lifetime.drain(IDLE), /the store failed/);
  assert.deepEqual(rig.log.lines, []);
  await rig.lifetime.end(IDLE);
  assert.equal(rig.lifetime.kill.aborted, true);
});
