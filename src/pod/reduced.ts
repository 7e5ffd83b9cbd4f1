import { type Container, type ContainerStatus, type Pod, ROUTE_ANNOTATION } from "./pod.ts";

/**
 * A pod reduced to what tells which pod it was and how it ended: some 1 KB in place of some 10. Kept in place
 * of the whole where there is no room for it. Whoever receives it is told so (`k8svent-observed: false`).
 */
export function reducePod(pod: Pod): Pod {
  const { uid, namespace, name, resourceVersion, labels, deletionTimestamp } = pod.metadata;
  const { creationTimestamp, generateName, ownerReferences } = pod.metadata;
  const route = pod.metadata.annotations?.[ROUTE_ANNOTATION];
  const { phase, conditions, startTime, reason, initContainerStatuses, containerStatuses } = pod.status ?? {};
  return withoutUndefined({
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
      nodeName: pod.spec?.nodeName,
      initContainers: pod.spec?.initContainers?.map(reduceContainer),
      containers: pod.spec?.containers?.map(reduceContainer),
    }),
    status: withoutUndefined({
      phase,
      reason,
      startTime,
      conditions: conditions?.map(({ type, status }) => ({ type, status })),
      initContainerStatuses: initContainerStatuses?.map(reduceStatus),
      containerStatuses: containerStatuses?.map(reduceStatus),
    }),
  });
}

function reduceContainer({ name, image }: Container): Container {
  return withoutUndefined({ name, image });
}

function reduceStatus({ name, ready, restartCount, state, lastState }: ContainerStatus): ContainerStatus {
  return withoutUndefined({ name, ready, restartCount, state, lastState });
}

/** `exactOptionalPropertyTypes`: what is not there is left out, as it will be in the JSON. */
function withoutUndefined<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
