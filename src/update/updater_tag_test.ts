import assert from "node:assert/strict";
import { NOTHING, type Rig, updaterTest } from "../../tests/kit/updater_rig.ts";

const MOVED_BACK: [string, Partial<Rig>, string][] = [
  [
    "to what a newer version's tag names, though a still newer one is there",
    { named: { "1.1.0": "sha256:other", "1.2.0": "sha256:newest" } },
    "leaves: 1.2.0 is there, and the tag latest has moved to 1.1.0",
  ],
  [
    "to what no version's tag names, by a label that is newer",
    { named: {}, label: "v1.1.0" },
    "leaves: 1.2.0 is there, and the tag latest has moved to 1.1.0",
  ],
  [
    "to an older image",
    { named: { "0.9.0": "sha256:other", "1.2.0": "sha256:newest" }, label: "0.9.0" },
    "stays: 1.2.0 is there, but what the tag latest names is 0.9.0, which is not newer than 1.0.0",
  ],
  [
    "to an older image with the label of the image that it was built on",
    { named: { "0.9.0": "sha256:other", "1.2.0": "sha256:newest" }, label: "25.0.1" },
    "stays: 1.2.0 is there, but what the tag latest names is 0.9.0, which is not newer than 1.0.0",
  ],
  [
    "to what runs, built anew on an image that has a label",
    { named: { "1.0.0": "sha256:other", "1.2.0": "sha256:newest" }, label: "25.0.1" },
    "stays: 1.2.0 is there, but what the tag latest names is 1.0.0, which is not newer than 1.0.0",
  ],
  [
    "to another build of the version that runs",
    { named: { "1.0.0": "sha256:other", "1.2.0": "sha256:newest" }, label: "1.0.0" },
    "stays: 1.2.0 is there, but what the tag latest names is 1.0.0, which is not newer than 1.0.0",
  ],
  [
    "to what has no label",
    { named: {} },
    "stays: 1.2.0 is there, but what the tag latest names may be older: it is none of the newer versions, and has " +
    "no label org.opencontainers.image.version",
  ],
  [
    "to what has the label of the image that it was built on",
    { named: {}, label: "22.04" },
    "stays: 1.2.0 is there, but what the tag latest names may be older: it is none of the newer versions, and has " +
    "no label org.opencontainers.image.version",
  ],
  [
    "to nothing: it was removed while this was looked at",
    { named: {}, tagged: "" },
    "stays: 1.2.0 is there, but what the tag latest names may be older: it is none of the newer versions, and has " +
    "no label org.opencontainers.image.version",
  ],
];

updaterTest(
  "the tag has moved to an image that no node of its kind can pull: the updater stays",
  async (rig) => {
    Object.assign(rig, { tags: ["1.1.0"], tagged: "sha256:other", lacking: "linux/arm64" });
    await rig.start();
    assert.equal(
      rig.said[0],
      "Update: stays: 1.1.0 is there, but what the tag latest names is not built for linux/arm64.",
    );
    assert.equal(rig.left, 0);
  },
);

for (const [whereto, world, line] of MOVED_BACK) {
  updaterTest(`the tag has moved ${whereto}: the updater ${line.split(":")[0]}`, async (rig) => {
    Object.assign(rig, { tags: ["0.9.0", "1.0.0", "1.1.0", "1.2.0"], tagged: "sha256:other" }, world);
    await rig.start();
    assert.equal(rig.said[0], `Update: ${line}.`);
    assert.equal(rig.left, line.startsWith("leaves") ? 1 : 0);
  });
}

updaterTest("of very many newer versions, the tag is compared with the newest twenty", async (rig) => {
  rig.tags = Array.from({ length: 500 }, (_, patch) => `1.1.${patch}`);
  rig.tagged = "sha256:other";
  let compared = 0;
  const digestOf = (tag: string): Promise<string> => {
    compared += tag === "latest" ? 0 : 1;
    return Promise.resolve(tag);
  };
  const tags = (): Promise<string[]> => Promise.resolve(rig.tags as string[]);
  await rig.start({ open: () => ({ ...NOTHING, tags, digestOf }) });
  assert.equal(compared, 20);
});
