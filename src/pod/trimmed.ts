import { fieldsOf, objectsIn, textOf } from "./anything.ts";
import { podIn, printPod } from "./json.ts";
import { encode } from "./json_bytes.ts";
import { type Pod, ROUTE_ANNOTATION } from "./pod.ts";

/**
 * A pod without most of its spec and status: what remains says which pod it was and how it ended, in about 1 KB
 * in place of about 10. Kept in place of the whole pod where there is no room for that. The receiver can see it
 * by `k8svent-observed: false`.
 */
export function trimPod(pod: Pod): Pod {
  const { uid, namespace, name, resourceVersion, labels, deletionTimestamp } = pod.metadata;
  const { creationTimestamp, generateName, ownerReferences } = pod.metadata;
  const route = textOf(fieldsOf(pod.metadata.annotations)[ROUTE_ANNOTATION]);
  const spec = fieldsOf(pod.spec);
  const { phase, reason, startTime, conditions, initContainerStatuses, containerStatuses } = fieldsOf(
    pod.status,
  );
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: withoutUndefined({
      name,
      generateName,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      labels,
      annotations: route === undefined ? undefined : { [ROUTE_ANNOTATION]: route },
      ownerReferences,
    }),
    spec: withoutUndefined({
      nodeName: spec["nodeName"],
      initContainers: pick(spec["initContainers"], CONTAINER),
      containers: pick(spec["containers"], CONTAINER),
    }),
    status: withoutUndefined({
      phase,
      reason,
      startTime,
      conditions: pick(conditions, CONDITION),
      initContainerStatuses: pick(initContainerStatuses, STATUS),
      containerStatuses: pick(containerStatuses, STATUS),
    }),
  } as Pod;
}

/** The same as bodies. */
export function trimmedBody(body: Uint8Array): Uint8Array<ArrayBuffer> {
  return encode(`{"pod":${printPod(trimPod(podIn(body)))}}`);
}

const CONTAINER = ["name", "image"];
const CONDITION = ["type", "status"];
const STATUS = ["name", "ready", "restartCount", "state", "lastState"];

/** Of each object in a list, these fields; undefined where there is not a list. */
function pick(list: unknown, names: readonly string[]): object[] | undefined {
  if (!Array.isArray(list)) return undefined;
  return objectsIn(list).map((item) =>
    withoutUndefined(Object.fromEntries(names.map((name) => [name, item[name]])))
  );
}

/** `exactOptionalPropertyTypes`: what is not there is left out, as it will be in the JSON. */
function withoutUndefined<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
