import type { Pod } from "../../src/pod/pod.ts";
import { type RuleName, RULES } from "./choosy.ts";
import type { Delivery } from "./endpoint.ts";
import type { ModelFile } from "./file.ts";
import { keyOf, lastAccepted, lineOf, show, showPod, shows } from "./show.ts";
import type { Unmet } from "./unmet.ts";
import type { ModelWorld } from "./world.ts";

/**
 * What the endpoint of the file must have in the end and has not: the last state of each pod that it selects; of each
 * that it was sent and that is gone, the end; of each that it was sent and does not select, `unselected`.
 *
 * A rule that filters leaves messages out for good (a reload judges nothing anew), so where there was one only ends count.
 * What was given up, by eviction or with a disk that failed, is announced, and about whom it was is known to nobody.
 */
export function unmetByChoosy(world: ModelWorld): Unmet[] {
  const { file, setup, behindRuns } = world;
  if (file === undefined || setup.small || behindRuns.length > 0) return [];
  return [...lastStates(world, file), ...endings(world, file)];
}

function lastStates(world: ModelWorld, { endpoint, rule }: ModelFile): Unmet[] {
  if (world.setup.wants === "filters") return [];
  return selected(world, rule).flatMap((pod) => {
    const last = lastAccepted(endpoint.deliveries, pod.metadata.uid);
    if (last?.event === "pod.changed" && !isUnselected(last) && shows(last, pod)) return [];
    const text = `${endpoint.name} has ${show(last)} as the last of ${showPod(pod)}`;
    return [{ endpoint, line: lineOf(pod), message: keyOf(pod), text }];
  });
}

function endings(world: ModelWorld, { endpoint, rule, forgotten }: ModelFile): Unmet[] {
  const { name, deliveries } = endpoint;
  const alive = new Set(world.cluster.pods().map(({ metadata }) => metadata.uid));
  const wanted = new Set(selected(world, rule).map(({ metadata }) => metadata.uid));
  const sent = deliveries.filter(({ accepted }) => accepted).map(({ pod }) => pod.metadata.uid);
  return [...new Set(sent)].flatMap((uid) => {
    if (wanted.has(uid) || forgotten.has(uid)) return [];
    const last = lastAccepted(deliveries, uid);
    if (last !== undefined && isUnselected(last)) return [];
    // A restore can bring a pod back and leave it outside the selection.
    if (last?.event === "pod.deleted" && (!alive.has(uid) || world.cluster.generation > 0)) return [];
    const text = `${name} has ${show(last)} as the last of ${uid}, which it should not follow any more`;
    return [{
      endpoint,
      line: world.witness.names.get(uid) ?? lineOf(last?.pod),
      message: `${uid} end`,
      text,
    }];
  });
}

function selected({ cluster, setup }: ModelWorld, rule: RuleName): Pod[] {
  return cluster.pods().filter((pod) =>
    RULES[rule].selects(pod) && (!setup.selector || pod.metadata.labels?.["app"] === "shop")
  );
}

function isUnselected({ reasons }: Delivery): boolean {
  return reasons.includes("unselected");
}
