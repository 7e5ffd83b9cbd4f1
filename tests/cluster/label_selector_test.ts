import assert from "node:assert/strict";
import fc from "fast-check";
import { matchesLabels, parseLabelSelector } from "../../src/route/label_selector.ts";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { LABELLED, PIECES, SELECTORS } from "../kit/label_selectors.ts";

clusterTest("a selector of the endpoint file selects what kubectl's does", async () => {
  await using plane = await startControlPlane();
  await createPods(plane, Object.entries(LABELLED).map(([name, labels]) => manifest(name, { labels })));
  for (const [selector, names] of SELECTORS) {
    const expected = names === "refused" ? names : names.toSorted();
    assert.deepEqual(await byKubectl(plane, selector), expected, JSON.stringify(selector));
  }
  const random = fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join(""));
  for (const selector of fc.sample(random, { numRuns: 60, seed: 14 })) {
    assert.deepEqual(bySelector(selector), await byKubectl(plane, selector), JSON.stringify(selector));
  }
});

async function byKubectl(plane: ControlPlane, selector: string): Promise<string[] | "refused"> {
  try {
    const names = await plane.kubectl(["get", "pods", "-o", "name", `--selector=${selector}`]);
    return names.split("\n").filter((line) => line !== "").map((line) => line.replace("pod/", "")).toSorted();
  } catch (error) {
    // Anything else would be a refusal of another kind.
    assert.match(String(error), /unable to parse requirement|found '|Invalid value/);
    return "refused";
  }
}

function bySelector(selector: string): string[] | "refused" {
  try {
    const parsed = parseLabelSelector(selector);
    return Object.keys(LABELLED).filter((name) => matchesLabels(parsed, LABELLED[name] ?? {})).toSorted();
  } catch {
    return "refused";
  }
}
