import assert from "node:assert/strict";
import type { Pod } from "./pod.ts";
import { workloadOf } from "./workload.ts";

/** A pod whose controller is this one. */
function controlled(owner: Record<string, unknown>, metadata: Record<string, unknown> = {}): Pod {
  return {
    metadata: {
      uid: "u",
      namespace: "shop",
      name: "web-0",
      resourceVersion: "1",
      creationTimestamp: "2026-11-27T08:00:00Z",
      ownerReferences: [{ controller: true, ...owner }],
      ...metadata,
    },
  };
}

const REPLICA_SET = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f8c7b9" };
const JOB = { apiVersion: "batch/v1", kind: "Job" };

/** 2026-11-27T08:00:00Z in minutes. */
const DUE = 29_929_440;

const CASES: [sentence: string, pod: Pod, workload: string | undefined][] = [
  [
    "a ReplicaSet's name less the pod's template hash is its Deployment's",
    controlled(REPLICA_SET, { labels: { "pod-template-hash": "5d4f8c7b9" } }),
    "Deployment/web",
  ],
  ["without the hash it is the ReplicaSet", controlled(REPLICA_SET), "ReplicaSet/web-5d4f8c7b9"],
  [
    "a hash that the name does not end with is not taken off",
    controlled(REPLICA_SET, { labels: { "pod-template-hash": "4f8c7b9" } }),
    "ReplicaSet/web-5d4f8c7b9",
  ],
  [
    "a ReplicaSet of another API group is what it is",
    controlled({ ...REPLICA_SET, apiVersion: "example.com/v1" }, {
      labels: { "pod-template-hash": "5d4f8c7b9" },
    }),
    "ReplicaSet/web-5d4f8c7b9",
  ],
  [
    "a Job's name less the minute in which it was due is its CronJob's",
    controlled({ ...JOB, name: `nightly-report-${DUE}` }),
    "CronJob/nightly-report",
  ],
  [
    "a Job that was due hours before has one, too",
    controlled({ ...JOB, name: `a-${DUE - 600}` }),
    "CronJob/a",
  ],
  ["a Job that a person named is a Job", controlled({ ...JOB, name: "migrate" }), "Job/migrate"],
  [
    "a date at the end of a Job's name is no minute",
    controlled({ ...JOB, name: "report-20261127" }),
    "Job/report-20261127",
  ],
  [
    "neither is a minute of next year",
    controlled({ ...JOB, name: `a-${DUE + 400 * 1440}` }),
    `Job/a-${DUE + 400 * 1440}`,
  ],
  [
    "without the pod's age nothing is taken off",
    controlled({ ...JOB, name: `a-${DUE}` }, { creationTimestamp: null }),
    `Job/a-${DUE}`,
  ],
  [
    "a StatefulSet is what it is",
    controlled({ apiVersion: "apps/v1", kind: "StatefulSet", name: "db" }),
    "StatefulSet/db",
  ],
  [
    "a DaemonSet is what it is",
    controlled({ apiVersion: "apps/v1", kind: "DaemonSet", name: "agent" }),
    "DaemonSet/agent",
  ],
  [
    "a static pod belongs to its node",
    controlled({ apiVersion: "v1", kind: "Node", name: "worker-1.example.com" }),
    "Node/worker-1.example.com",
  ],
  [
    "an owner that is not the controller counts for nothing",
    controlled({ ...REPLICA_SET, controller: false }),
    undefined,
  ],
  ["a pod by itself has none", controlled({}, { ownerReferences: undefined }), undefined],
  [
    "what cannot stand in a header is none",
    controlled({ apiVersion: "v1", kind: "Node", name: "a\r\nx-evil: 1" }),
    undefined,
  ],
  ["nor is what is no text", controlled({ apiVersion: 7, kind: "Node", name: ["a"] }), undefined],
  ["a list that is none is read as empty", controlled({}, { ownerReferences: "x" }), undefined],
];

for (const [sentence, pod, workload] of CASES) {
  Deno.test(`workload: ${sentence}`, () => assert.equal(workloadOf(pod), workload));
}
