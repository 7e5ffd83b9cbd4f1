import { summarize, type Summary } from "../../src/change/summary.ts";
import { exactPod } from "../../src/pod/cut.ts";
import type { PodObject } from "../../src/pod/object.ts";
import type { ContainerState, Pod } from "../../src/pod/pod.ts";

/** What tests vary of a pod; the rest is that of a healthy one. */
export interface PodParts {
  uid?: string;
  namespace?: string;
  name?: string;
  version?: string;
  phase?: string;
  ready?: boolean;
  image?: string;
  node?: string;
  restarts?: number;
  /** Runs by default. */
  state?: ContainerState;
  lastState?: ContainerState;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  deletionTimestamp?: string;
  managedFields?: unknown;
}

/** A pod with one container, as the API server shows it. */
export function makePod(parts: PodParts = {}): Pod {
  const { name = "web-0", image = "app:1", ready = true, restarts = 0 } = parts;
  const { labels, annotations, deletionTimestamp, managedFields, lastState } = parts;
  return {
    metadata: {
      name,
      namespace: parts.namespace ?? "shop",
      uid: parts.uid ?? `uid-${name}`,
      resourceVersion: parts.version ?? "1",
      ...labels && { labels },
      ...annotations && { annotations },
      ...deletionTimestamp !== undefined && { deletionTimestamp },
      ...managedFields !== undefined && { managedFields },
    },
    spec: {
      ...parts.node !== undefined && { nodeName: parts.node },
      containers: [{ name: "app", image }],
    },
    status: {
      phase: parts.phase ?? "Running",
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      containerStatuses: [{
        name: "app",
        image,
        ready,
        restartCount: restarts,
        state: parts.state ?? { running: { startedAt: "2026-01-01T00:00:00Z" } },
        ...lastState && { lastState },
      }],
    },
  };
}

/** A pod as it is cut from what the API server sends. */
export function objectOf(pod: Pod): PodObject {
  return exactPod(pod);
}

/** The same of a pod with one container. */
export function makeObject(parts: PodParts = {}): PodObject {
  return objectOf(makePod(parts));
}

/** What is remembered of a pod. */
export function summaryOf(pod: Pod): Summary {
  return summarize(objectOf(pod));
}

/** A container that ended, distinguished from others by the ID of what ended. */
export function ended(containerID: string, exitCode = 1): ContainerState {
  return { terminated: { containerID, exitCode, finishedAt: "2026-01-01T00:00:00Z" } };
}
