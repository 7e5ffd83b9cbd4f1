import assert from "node:assert/strict";
import { HOUR, pod, updaterTest } from "../../tests/kit/updater_rig.ts";
import { RegistryError } from "./registry_error.ts";

updaterTest("the updater looks at the start, and each day on latest", async (rig) => {
  await rig.start();
  await rig.clock.advance(48 * HOUR);
  assert.deepEqual(rig.looks, [0, 24 * HOUR, 48 * HOUR]);
  assert.equal(rig.said[0], "Update: stays: 1.0.0 is the newest release.");
});

updaterTest("the updater looks every four hours on next", async (rig) => {
  rig.pod = pod("next");
  await rig.start();
  await rig.clock.advance(8 * HOUR);
  assert.deepEqual(rig.looks, [0, 4 * HOUR, 8 * HOUR]);
});

updaterTest("programs that began at once do not look at once for ever", async (rig) => {
  const randoms = [0.5, 0.25];
  await rig.start({ random: () => randoms.shift() ?? 0 });
  await rig.clock.advance(60 * HOUR);
  assert.deepEqual(rig.looks, [0, 25.2 * HOUR, 49.8 * HOUR]);
});

updaterTest("an interval that was given takes the place of the tag's", async (rig) => {
  await rig.start({ interval: HOUR });
  await rig.clock.advance(2 * HOUR);
  assert.deepEqual(rig.looks, [0, HOUR, 2 * HOUR]);
});

updaterTest("the updater leaves once, when the tag has moved to something newer", async (rig) => {
  rig.tags = ["1.0.0", "1.1.0"];
  await rig.start();
  assert.equal(rig.left, 0);
  assert.equal(rig.said[0], "Update: stays: 1.1.0 is there, but the tag latest has not moved to it yet.");
  rig.tagged = "sha256:other";
  await rig.clock.advance(24 * HOUR);
  assert.equal(rig.left, 1);
  assert.equal(rig.said[1], "Update: leaves: 1.1.0 is there, and the tag latest has moved.");
  assert(rig.ended);
});

updaterTest("after a start that was an update, the updater waits a whole interval", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.tagged = "sha256:other";
  rig.pod = pod("latest", { lastState: { terminated: { exitCode: 0 } } });
  await rig.start();
  await rig.clock.advance(24 * HOUR - 1);
  assert.deepEqual(rig.looks, []);
  assert.deepEqual(rig.said, ["Update: stays: this start was an update."]);
  await rig.clock.advance(1);
  assert.equal(rig.left, 1);
});

updaterTest("switched off, the updater asks nobody", async (rig) => {
  await rig.start({ mode: "off" });
  assert(rig.ended);
  assert.deepEqual(rig.said, ["Update: stays: --update off."]);
  assert.deepEqual(rig.looks, []);
});

updaterTest("to notify is to stay, whatever the tag says", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.tagged = "sha256:other";
  await rig.start({ mode: "notify" });
  assert.deepEqual(rig.said, ["Update: newer version: 1.1.0 is there (--update notify)."]);
  assert.equal(rig.left, 0);
});

updaterTest("to notify needs no digest, and no look before the next day", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.pod = pod("latest", { imageID: "" });
  await rig.start({ mode: "notify" });
  await rig.clock.advance(24 * HOUR);
  assert.deepEqual(rig.looks, [0, 24 * HOUR]);
});

updaterTest("a version is reported once, and the next one again", async (rig) => {
  rig.tags = ["1.1.0"];
  await rig.start({ mode: "notify" });
  await rig.clock.advance(24 * HOUR);
  rig.tags = new RegistryError("unreachable", "r.example.com cannot be reached");
  await rig.clock.advance(24 * HOUR);
  rig.tags = ["1.1.0"];
  await rig.clock.advance(HOUR);
  rig.tags = ["1.2.0"];
  await rig.clock.advance(24 * HOUR);
  const announced = (version: string): string =>
    `Update: newer version: ${version} is there (--update notify).`;
  const fault = "Update: stays: r.example.com cannot be reached.";
  assert.deepEqual(rig.log.at("info"), [announced("1.1.0"), fault, announced("1.2.0")]);
  assert.deepEqual(rig.log.at("debug"), [announced("1.1.0"), announced("1.1.0")]);
});

updaterTest(
  "the updater does not leave while that would lose something, and looks again within the hour",
  async (rig) => {
    rig.tags = ["1.1.0"];
    rig.tagged = "sha256:other";
    rig.loses = "what one did not take yet would be lost";
    await rig.start();
    assert.equal(rig.left, 0);
    assert.match(rig.said.join(), /stays: 1.1.0 is there, but what one did not take yet would be lost/);
    rig.loses = undefined;
    await rig.clock.advance(HOUR - 1);
    assert.equal(rig.left, 0);
    await rig.clock.advance(1);
    assert.equal(rig.left, 1);
  },
);

updaterTest("what holds an update up is not looked at later than the interval says", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.tagged = "sha256:other";
  rig.loses = "something would be lost";
  await rig.start({ interval: 60_000 });
  await rig.clock.advance(60_000);
  assert.deepEqual(rig.looks, [0, 60_000]);
});

updaterTest(
  "each look tells whether there is a newer version, or that nothing could be found out",
  async (rig) => {
    const looks: [isNewer: boolean, isFault: boolean][] = [];
    await rig.start({
      mode: "notify",
      looked: ({ isNewer, isFault }) => void looks.push([isNewer, isFault]),
    });
    rig.tags = ["1.0.0", "1.1.0"];
    await rig.clock.advance(24 * 3_600_000);
    rig.tags = new RegistryError("unreachable", "the registry is down");
    await rig.clock.advance(24 * 3_600_000);
    assert.deepEqual(looks.slice(0, 3), [[false, false], [true, false], [false, true]]);
  },
);
