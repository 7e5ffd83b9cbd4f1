import assert from "node:assert/strict";
import { cutProfile, printProfile, type Profile } from "./profile_table.ts";

const PROFILE: Profile = {
  startTime: 1_000,
  nodes: [
    { id: 1, callFrame: { functionName: "cut", url: "file:///k/src/pod/cut.ts" } },
    { id: 2, callFrame: { functionName: "cut", url: "file:///k/src/pod/cut.ts" } },
    {
      id: 3,
      callFrame: { functionName: "", url: "file:///cache/npm/registry.example/@a/b/1.0.0/index.js" },
    },
    { id: 4, callFrame: { functionName: "(garbage collector)", url: "" } },
    { id: 5, callFrame: { functionName: "(idle)", url: "" } },
    { id: 6, callFrame: { functionName: "op_write", url: "" } },
  ],
  samples: [1, 5, 2, 3, 4, 6, 5],
  timeDeltas: [7, 100, 9_000, 300, 200, 150, 250],
};

Deno.test("a profile has what ran itself, a sample until the next one, and no idle time", () => {
  const lines = printProfile(PROFILE, 10, 9, "file:///k/").split("\n").map((line) =>
    line.trim().split(/\s+/)
  );
  assert.deepEqual(lines, [
    ["100.0", "100%", "main", "thread"],
    ["µs", "each", "by", "file"],
    ["40.0", "40.0%", "src/pod/cut.ts"],
    ["25.0", "25.0%", "(native)"],
    ["20.0", "20.0%", "npm:@a/b"],
    ["15.0", "15.0%", "(garbage", "collector)"],
    ["µs", "each", "by", "function"],
    ["40.0", "40.0%", "cut", "src/pod/cut.ts"],
    ["25.0", "25.0%", "op_write"],
    ["20.0", "20.0%", "(anonymous)", "npm:@a/b"],
    ["15.0", "15.0%", "(garbage", "collector)"],
  ]);
});

Deno.test("functions that are not shown are summed up", () => {
  const lines = printProfile(PROFILE, 10, 1, "file:///k/").split("\n");
  assert.match(lines.at(-1) ?? "", /60\.0 +60\.0% +\(3 more\)$/);
});

Deno.test("a profile is cut at instants", () => {
  const { samples, timeDeltas } = cutProfile(PROFILE, 1_107, 10_407);
  assert.deepEqual([samples, timeDeltas], [[5, 2], [100, 9_000]]);
});
