import type { Health } from "../../src/pod/health.ts";
import type { ContainerState, Pod } from "../../src/pod/pod.ts";

/** A pod as some cluster shows it, the verdict on its health, and the reason as a person would give it. */
export interface Case {
  what: string;
  pod: Pod;
  health: Health;
  because: string;
}

/** Fields that a case varies, of what is else a pod that runs and is ready. */
interface Parts {
  metadata?: Record<string, unknown>;
  spec?: Record<string, unknown>;
  phase?: unknown;
  /** By type; `null` takes a condition away. What stands beside a status is its reason. */
  conditions?: Record<string, string | [status: string, reason: string] | null>;
  status?: Record<string, unknown>;
}

interface Container {
  name: string;
  ready: unknown;
  state: unknown;
  [field: string]: unknown;
}

const RUNNING: ContainerState = { running: { startedAt: "2026-01-01T00:00:00Z" } };

/** When grace periods of the table end. */
export const DEADLINE = "2026-01-01T00:10:00Z";

const READY = { PodScheduled: "True", Initialized: "True", ContainersReady: "True", Ready: "True" };
const UNREADY = {
  ContainersReady: ["False", "ContainersNotReady"] as [string, string],
  Ready: ["False", "ContainersNotReady"] as [string, string],
};

function pod({ metadata = {}, spec = {}, phase = "Running", conditions = {}, status = {} }: Parts = {}): Pod {
  const types = Object.entries({ ...READY, PodReadyToStartContainers: "True", ...conditions });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { uid: "u", namespace: "shop", name: "web-0", resourceVersion: "1", ...metadata },
    spec: {
      restartPolicy: "Always",
      nodeName: "node-1",
      containers: [{ name: "app", image: "app:1" }, { name: "log", image: "log:1" }],
      ...spec,
    },
    status: {
      phase,
      conditions: types.flatMap(([type, value]) => {
        if (value === null) return [];
        const [status, reason] = Array.isArray(value) ? value : [value];
        return [{ type, status: status ?? "", ...reason !== undefined && { reason } }];
      }),
      containerStatuses: [running("app"), running("log")],
      ...status,
    } as Pod["status"] & object,
  };
}

function running(name: string): Container {
  return { name, ready: true, started: true, restartCount: 0, image: `${name}:1`, state: RUNNING };
}

function waiting(name: string, reason: string, lastState?: ContainerState): Container {
  return {
    name,
    ready: false,
    restartCount: 0,
    state: { waiting: { reason } },
    ...lastState && { lastState },
  };
}

function exited(name: string, exitCode: number, reason = exitCode === 0 ? "Completed" : "Error"): Container {
  return {
    name,
    ready: false,
    restartCount: 0,
    state: { terminated: { exitCode, reason, finishedAt: "2026-01-01T00:00:00Z", containerID: "c" } },
  };
}

function statuses(...containerStatuses: Container[]): { containerStatuses: Container[] } {
  return { containerStatuses };
}

const JOB = { spec: { restartPolicy: "Never" } };
const SIDECAR = { initContainers: [{ name: "mesh", image: "mesh:1", restartPolicy: "Always" }] };
const GATED = { spec: { readinessGates: [{ conditionType: "example.com/balanced" }] } };
const LEAVING = { deletionTimestamp: DEADLINE, deletionGracePeriodSeconds: 30 };

type Row = [what: string, pod: Pod, because: string];

// deno-fmt-ignore
const HEALTHY: Row[] = [
  ["that runs", pod(), "all containers run and are ready"],
  ["whose preemption was called off", pod({ conditions: { DisruptionTarget: ["False", "PreemptionByScheduler"] } }), "the controller leaves the condition behind as False"],
  ["that is to be preempted", pod({ conditions: { DisruptionTarget: ["True", "PreemptionByScheduler"] } }), "until it is deleted it serves"],
  ["whose resize is infeasible", pod({ conditions: { PodResizePending: ["True", "Infeasible"] } }), "it goes on with the resources that it had"],
  ["whose resize is deferred", pod({ conditions: { PodResizePending: ["True", "Deferred"] } }), "it goes on with the resources that it had"],
  ["whose resize is under way", pod({ conditions: { PodResizeInProgress: "True" } }), "its containers go on meanwhile"],
  ["whose resize met an error", pod({ conditions: { PodResizeInProgress: ["True", "Error"] } }), "the kubelet tries again, its containers go on"],
  ["whose resize is over", pod({ conditions: { PodResizePending: "False", PodResizeInProgress: "False" } }), "a resize that is not pending is good news"],
  ["whose sandbox condition lags", pod({ conditions: { PodReadyToStartContainers: "False" } }), "not one of the four; the containers run"],
  ["with a condition of negative polarity", pod({ conditions: { "example.com/Degraded": "False", "npd.example/FrequentRestart": "False" } }), "False is good there"],
  ["with a condition that only informs", pod({ conditions: { "sidecar-injector.example/Injected": "False", "vpa.example/Observed": "Unknown" } }), "nobody said that it means trouble"],
  ["with a negative condition that is True", pod({ conditions: { "example.com/Drained": "True" } }), "which way it counts is not known"],
  ["whose gate is open", pod({ ...GATED, conditions: { "example.com/balanced": "True" } }), "its own gate says True"],
  ["that a fake kubelet runs, which sets no conditions", pod({ conditions: { PodScheduled: null, Initialized: null, ContainersReady: null, Ready: null } }), "the containers speak"],
  ["whose conditions are null", pod({ status: { conditions: null } }), "the containers speak"],
  ["whose conditions hold null and a number", pod({ status: { conditions: [null, 5, "Ready"] } }), "what is no condition says nothing"],
  ["with a native sidecar that runs", pod({ spec: SIDECAR, status: { initContainerStatuses: [running("mesh")] } }), "a sidecar does not end"],
  ["with an init container that is done", pod({ status: { initContainerStatuses: [{ ...exited("init", 0), ready: true }] } }), "it ended with 0"],
  ["with a debugging container that ended badly", pod({ status: { ephemeralContainerStatuses: [exited("debug", 137)] } }), "ephemeral containers are a person's, not the pod's"],
  ["with a debugging container whose image cannot be pulled", pod({ status: { ephemeralContainerStatuses: [waiting("debug", "ImagePullBackOff")] } }), "ephemeral containers are a person's, not the pod's"],
  ["of Windows", pod({ spec: { os: { name: "windows" } } }), "the rule is the same"],
  ["of the kubelet itself (mirror)", pod({ metadata: { annotations: { "kubernetes.io/config.mirror": "d4" } } }), "the rule is the same"],
  ["that was killed for memory and runs again", pod({ status: statuses({ ...running("app"), restartCount: 7, lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } } }, running("log")) }), "it has recovered; that it restarted was a message of its own"],
  ["with restartPolicy Never, one container done and one running", pod({ ...JOB, conditions: UNREADY, status: statuses(exited("app", 0), running("log")) }), "what is done is not to run again; Ready is False for that alone"],
  ["with restartPolicy OnFailure, one container done and one running", pod({ spec: { restartPolicy: "OnFailure" }, conditions: UNREADY, status: statuses(exited("app", 0), running("log")) }), "it ended with 0"],
  ["with one container done by its own policy", pod({ spec: { containers: [{ name: "app", restartPolicy: "Never" }, { name: "log" }] }, conditions: UNREADY, status: statuses(exited("app", 0), running("log")) }), "the container's policy goes before the pod's"],
  ["whose containers are all done", pod({ ...JOB, conditions: UNREADY, status: statuses(exited("app", 0), exited("log", 0)) }), "Succeeded follows within a second"],
];

// deno-fmt-ignore
const UNHEALTHY: Row[] = [
  ["that no node has room for", pod({ phase: "Pending", spec: { nodeName: undefined }, status: { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }], containerStatuses: undefined } }), "it waits for a node"],
  ["that is being created", pod({ phase: "Pending", conditions: UNREADY, status: statuses(waiting("app", "ContainerCreating")) }), "after a whole interval of that something is wrong"],
  ["whose image cannot be pulled", pod({ phase: "Pending", conditions: UNREADY, status: statuses(waiting("app", "ImagePullBackOff")) }), "it will not start by itself"],
  ["whose image has no name", pod({ phase: "Pending", conditions: UNREADY, status: statuses(waiting("app", "InvalidImageName")) }), "it will not start by itself"],
  ["whose Secret is missing", pod({ phase: "Pending", conditions: UNREADY, status: statuses(waiting("app", "CreateContainerConfigError")) }), "it will not start by itself"],
  ["one of whose images cannot be pulled, while another runs", pod({ conditions: UNREADY, status: statuses(running("app"), waiting("log", "ErrImagePull")) }), "half of it is missing"],
  ["that crashes", pod({ conditions: UNREADY, status: statuses(waiting("app", "CrashLoopBackOff"), running("log")) }), "it waits to be started again"],
  ["that was just killed for memory", pod({ conditions: UNREADY, status: statuses(exited("app", 137, "OOMKilled"), running("log")) }), "it does not run"],
  ["that ended with 0 and is to run always", pod({ conditions: UNREADY, status: statuses(exited("app", 0), running("log")) }), "a container of restartPolicy Always has no business to end"],
  ["with restartPolicy Never, one container failed and one running", pod({ ...JOB, conditions: UNREADY, status: statuses(exited("app", 1), running("log")) }), "it will never be whole"],
  ["with restartPolicy Never, one container done and one not ready", pod({ ...JOB, conditions: UNREADY, status: statuses(exited("app", 0), { ...running("log"), ready: false }) }), "the one that is left does not work"],
  ["with one container done whose gate is closed", pod({ spec: { ...JOB.spec, ...GATED.spec }, conditions: { ...UNREADY, "example.com/balanced": "False" }, status: statuses(exited("app", 0), running("log")) }), "its own gate says False"],
  ["whose own policy lets a container end, and another ended", pod({ spec: { containers: [{ name: "app" }, { name: "log", restartPolicy: "Never" }] }, conditions: UNREADY, status: statuses(exited("app", 0), running("log")) }), "the policy of another container is not its own"],
  ["whose probe fails", pod({ conditions: UNREADY, status: statuses({ ...running("app"), ready: false }, running("log")) }), "it runs and does not serve"],
  ["whose Ready is False alone", pod({ conditions: { Ready: ["False", "ReadinessGatesNotReady"] } }), "the kubelet says so"],
  ["whose node does not answer (Ready is Unknown)", pod({ conditions: { Ready: ["Unknown", "NodeStatusUnknown"] } }), "nobody knows how it is"],
  ["whose containers are not ready by the condition alone", pod({ conditions: { ContainersReady: "False" } }), "one of the four"],
  ["that is not initialized", pod({ conditions: { Initialized: ["False", "ContainersNotInitialized"] } }), "one of the four"],
  ["that is not scheduled, though it runs", pod({ conditions: { PodScheduled: "False" } }), "one of the four"],
  ["whose gate is closed", pod({ ...GATED, conditions: { "example.com/balanced": "False" } }), "its own gate says False"],
  ["whose gate nobody has set", pod(GATED), 'absent counts as False (Pod Lifecycle, "Pod readiness")'],
  ["whose Ready is written small", pod({ conditions: { Ready: "true" } }), "the API knows True, False and Unknown"],
  ["of a node that was lost (phase Unknown)", pod({ phase: "Unknown" }), "nobody knows how it is"],
  ["with no status", { ...pod(), status: undefined } as unknown as Pod, "nothing says that it runs"],
  ["with a phase that is no text", pod({ phase: 7 }), "nothing says that it runs"],
  ["whose init container fails", pod({ phase: "Pending", conditions: { Initialized: "False" }, status: { initContainerStatuses: [waiting("init", "CrashLoopBackOff")] } }), "it does not get to its containers"],
  ["whose init container ended badly", pod({ status: { initContainerStatuses: [exited("init", 1)] } }), "it did not do its work"],
  ["whose sidecar crashes", pod({ spec: SIDECAR, conditions: UNREADY, status: { initContainerStatuses: [waiting("mesh", "CrashLoopBackOff")] } }), "a sidecar is part of it"],
  ["whose sidecar is not ready", pod({ spec: SIDECAR, conditions: UNREADY, status: { initContainerStatuses: [{ ...running("mesh"), ready: false }] } }), "a sidecar is part of it"],
  ["one of whose containers has no state", pod({ status: statuses({ ...running("app"), state: null }) }), "no state means waiting"],
  ["that runs with running: null", pod({ status: statuses({ ...running("app"), state: { running: null } }) }), "null is no state"],
  ["of Windows that crashes", pod({ spec: { os: { name: "windows" } }, conditions: UNREADY, status: statuses(waiting("app", "CrashLoopBackOff")) }), "the rule is the same"],
  ["of the kubelet itself that crashes", pod({ metadata: { annotations: { "kubernetes.io/config.mirror": "d4" } }, conditions: UNREADY, status: statuses(waiting("app", "CrashLoopBackOff")) }), "the rule is the same"],
];

// deno-fmt-ignore
const FINISHED: Row[] = [
  ["that succeeded", pod({ phase: "Succeeded", conditions: { Ready: ["False", "PodCompleted"] }, status: statuses(exited("app", 0)) }), "it did its work"],
  ["that failed", pod({ ...JOB, phase: "Failed", conditions: UNREADY, status: statuses(exited("app", 1)) }), "final: it was sent once, and nothing will change"],
  ["that was evicted", pod({ phase: "Failed", status: { reason: "Evicted", conditions: [{ type: "DisruptionTarget", status: "True", reason: "TerminationByKubelet" }], containerStatuses: undefined } }), "final: its controller makes another one"],
  ["that its node refused", pod({ phase: "Failed", status: { reason: "NodeAffinity", containerStatuses: undefined } }), "final: its controller makes another one"],
  ["that went beyond its deadline", pod({ phase: "Failed", status: { reason: "DeadlineExceeded" } }), "final"],
];

// deno-fmt-ignore
const HELD: Row[] = [
  ["whose scheduling gate is closed", pod({ phase: "Pending", spec: { nodeName: undefined, schedulingGates: [{ name: "example.com/quota" }] }, status: { conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }], containerStatuses: undefined } }), "somebody keeps it back on purpose"],
  ["two of whose scheduling gates are closed, with no condition yet", pod({ phase: "Pending", spec: { schedulingGates: [{ name: "a" }, { name: "b" }] }, status: { conditions: undefined } }), "somebody keeps it back on purpose"],
];

// deno-fmt-ignore
const TERMINATING: Row[] = [
  ["that is being deleted and runs", pod({ metadata: LEAVING }), "its grace period runs"],
  ["that is being deleted and ends", pod({ metadata: LEAVING, conditions: UNREADY, status: statuses(exited("app", 143), running("log")) }), "that its containers end is what was asked for"],
  ["that is being deleted and never started", pod({ metadata: LEAVING, phase: "Pending" }), "its trouble is over with it"],
  ["that is being deleted and has failed", pod({ metadata: LEAVING, phase: "Failed" }), "it is final, but it is there: a finalizer may hold it"],
  ["that is being deleted and has succeeded, with a finalizer", pod({ metadata: { ...LEAVING, finalizers: ["batch.kubernetes.io/job-tracking"] }, phase: "Succeeded" }), "beyond its grace period it is stuck"],
  ["that is being deleted from a node that was lost", pod({ metadata: LEAVING, phase: "Unknown" }), "beyond its grace period it is stuck"],
];

function cases(health: Health, rows: Row[]): Case[] {
  return rows.map(([what, pod, because]) => ({ what, pod, health, because }));
}

/** Pods of all kinds. */
export const HEALTH_PODS: Case[] = [
  ...cases("healthy", HEALTHY),
  ...cases("unhealthy", UNHEALTHY),
  ...cases("finished", FINISHED),
  ...cases("held", HELD),
  ...cases("terminating", TERMINATING),
];
