import { isDeepStrictEqual } from "node:util";
import type { Pod } from "../../src/pod/pod.ts";
import type { Delivery } from "./endpoint.ts";

/** Of an endpoint's deliveries, the last about a pod that it took. */
export function lastAccepted(deliveries: Delivery[], uid: string): Delivery | undefined {
  return deliveries.findLast(({ accepted, pod }) => accepted && pod.metadata.uid === uid);
}

/** One version of one pod. */
export function keyOf({ metadata: { uid, resourceVersion } }: Pod): string {
  return `${uid} ${resourceVersion}`;
}

/** For people. */
export function show(delivery: Delivery | undefined): string {
  if (delivery === undefined) return "nothing";
  const { event, epoch, reasons, pod, run } = delivery;
  return `${event} ${showPod(pod)} (${reasons.join()}; epoch ${epoch}, run ${run})`;
}

/** For people. */
export function showPod({ metadata: { namespace, name, uid, resourceVersion } }: Pod): string {
  return `${namespace}/${name} ${uid} at ${resourceVersion}`;
}

/** What one after the other is sent about: a name, whichever pod has it. */
export function lineOf(pod: Pod | undefined): string {
  return pod === undefined ? "" : `${pod.metadata.namespace}/${pod.metadata.name}`;
}

/** Whether it is the pod, or what is left of it where its body was given up to save room. */
export function shows({ pod, observed }: Delivery, whole: Pod): boolean {
  return isDeepStrictEqual(pod, whole) || (!observed && keyOf(pod) === keyOf(whole));
}
