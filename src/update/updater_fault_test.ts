import assert from "node:assert/strict";
import { settle } from "../../tests/kit/clock.ts";
import { NOTHING, updaterTest } from "../../tests/kit/updater_rig.ts";
import { RegistryError } from "./registry_error.ts";

updaterTest(
  "a registry that is down is asked again, later each time, and nothing is left for it",
  async (rig) => {
    rig.tags = new RegistryError("unreachable", "r.example.com cannot be reached");
    await rig.start();
    assert.equal(rig.said[0], "Update: stays: r.example.com cannot be reached.");
    await rig.clock.advance(5 * 60_000);
    assert.deepEqual(rig.looks, [0, 30_000, 90_000, 210_000]);
    rig.tags = ["1.0.0"];
    await rig.clock.advance(60 * 60_000);
    assert.equal(rig.said.at(-1), "Update: stays: 1.0.0 is the newest release.");
    assert.equal(rig.left, 0);
  },
);

for (const random of [0, 0.999]) {
  updaterTest(`a registry that asks for patience gets it, whatever the dice say: ${random}`, async (rig) => {
    rig.tags = new RegistryError("busy", "r.example.com asks for patience (429)", {
      retryAfter: 20 * 60_000,
    });
    await rig.start({ random: () => random });
    await rig.clock.advance(20 * 60_000 - 1);
    assert.deepEqual(rig.looks, [0]);
    await rig.clock.advance(2 * 60_000);
    assert.equal(rig.looks.length, 2);
  });
}

updaterTest("a registry that never answers is given up after two minutes", async (rig) => {
  const hanging = (signal: AbortSignal): Promise<string[]> =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await rig.start({ open: () => ({ ...NOTHING, tags: hanging }) });
  await rig.clock.advance(120_000);
  assert.deepEqual(rig.said, ["Update: stays: the registry took longer than 120 s."]);
});

updaterTest("an end in the midst of a look ends the updater without a word", async (rig) => {
  const hanging = (signal: AbortSignal): Promise<string[]> =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await rig.start({ open: () => ({ ...NOTHING, tags: hanging }) });
  rig.stop.abort();
  await settle();
  assert(rig.ended);
  assert.deepEqual(rig.said, []);
});
