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
  ["with an init container that is done and not called ready", pod({ status: { initContainerStatuses: [exited("init", 0)] } }), "what is done has nothing to be ready for (virtual nodes leave the field False)"],
  ["of a virtual node, with one status for two containers", pod({ spec: { nodeName: "virtual-kubelet" }, conditions: { PodScheduled: null, Initialized: null, ContainersReady: null }, status: statuses(running("app")) }), "Ready is True, and what is known of its containers is good"],
  ["of Istio, with the proxy as a sidecar and its init container done", pod({ spec: { initContainers: [{ name: "istio-init" }, { name: "istio-proxy", restartPolicy: "Always" }] }, status: { initContainerStatuses: [{ ...exited("istio-init", 0), ready: true }, running("istio-proxy")] } }), "both are as they should be"],
  ["of a Job whose old-style proxy goes on after the work is done", pod({ ...JOB, conditions: UNREADY, status: statuses(exited("app", 0), running("istio-proxy")) }), "nothing of it fails, though it may never end: that is for the Job's deadline"],
  ["of Argo Workflows, whose main container waits for the last step", pod({ ...JOB, conditions: UNREADY, status: statuses(running("wait"), exited("main", 0)) }), "the steps end one after the other"],
  ["of Tekton, with two of three steps done", pod({ ...JOB, conditions: UNREADY, status: statuses(exited("step-clone", 0), exited("step-build", 0), running("step-push")) }), "the steps end one after the other"],
  ["of gVisor", pod({ spec: { runtimeClassName: "gvisor", overhead: { memory: "64Mi" } } }), "the runtime does not matter"],
  ["with a GPU that its driver calls unhealthy", pod({ status: statuses({ ...running("app"), allocatedResourcesStatus: [{ name: "nvidia.com/gpu", resources: [{ resourceID: "gpu-0", health: "Unhealthy" }] }] }, running("log")) }), "it runs and is ready: the kubelet has the last word"],
  ["with a claim for a device (DRA)", pod({ spec: { resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "gpu" }] }, status: { resourceClaimStatuses: [{ name: "gpu", resourceClaimName: "gpu-x" }] } }), "its claim is allocated, its containers run"],
  ["whose resize was refused in the old form", pod({ status: { resize: "Infeasible" } }), "it goes on with the resources that it had"],
  ["whose image was changed in place and which has restarted", pod({ status: statuses({ ...running("app"), restartCount: 1, image: "app:2", lastState: { terminated: { exitCode: 0, reason: "Completed" } } }, running("log")) }), "it runs again"],
  ["of a virtual machine (KubeVirt) that is not paused", pod({ spec: { readinessGates: [{ conditionType: "kubevirt.io/virtual-machine-unpaused" }] }, conditions: { "kubevirt.io/virtual-machine-unpaused": "True" } }), "its own gate says True"],
  ["behind a load balancer that has registered it", pod({ spec: { readinessGates: [{ conditionType: "target-health.elbv2.k8s.aws/web" }] }, conditions: { "target-health.elbv2.k8s.aws/web": "True" } }), "its own gate says True"],
  ["whose scheduling gates are all open", pod({ spec: { schedulingGates: [] } }), "no gate is left"],
  ["that kwok runs, whose init container is done", pod({ conditions: { ContainersReady: null }, status: { initContainerStatuses: [{ ...exited("init", 0), ready: true }] } }), "the containers speak"],
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
  ["whose startup probe has not succeeded yet", pod({ conditions: UNREADY, status: statuses({ ...running("app"), started: false, ready: false }, running("log")) }), "kubectl shows 1/2: it does not serve"],
  ["whose sidecar ended with 0", pod({ spec: SIDECAR, conditions: UNREADY, status: { initContainerStatuses: [{ ...exited("mesh", 0), ready: true }] } }), "a sidecar has no business to end"],
  ["whose sidecar's startup probe has not succeeded yet", pod({ phase: "Pending", spec: SIDECAR, conditions: { ...UNREADY, Initialized: "False" }, status: { initContainerStatuses: [{ ...running("mesh"), started: false, ready: false }] } }), "its containers wait for the sidecar"],
  ["whose init container runs again while its containers run", pod({ conditions: { Initialized: "False" }, status: { initContainerStatuses: [{ ...running("init"), ready: false }] } }), "its sandbox was made anew"],
  ["that waits for a device (DRA)", pod({ phase: "Pending", spec: { nodeName: undefined, resourceClaims: [{ name: "gpu" }] }, status: { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] } }), "it waits for a node with that device"],
  ["that is nominated for a node whose pods are to go", pod({ phase: "Pending", spec: { nodeName: undefined }, status: { nominatedNodeName: "node-2", conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] } }), "it waits for them to end"],
  ["whose volume is not attached", pod({ phase: "Pending", conditions: { ...UNREADY, PodReadyToStartContainers: "False" }, status: statuses(waiting("app", "ContainerCreating"), waiting("log", "ContainerCreating")) }), "after a whole interval of that something is wrong"],
  ["whose sandbox gVisor cannot make", pod({ phase: "Pending", spec: { runtimeClassName: "gvisor" }, conditions: UNREADY, status: statuses(waiting("app", "ContainerCreating")) }), "it will not start by itself"],
  ["of a Job that tries a failed container again", pod({ spec: { restartPolicy: "OnFailure" }, conditions: UNREADY, status: statuses(waiting("app", "CrashLoopBackOff"), exited("log", 0)) }), "it waits to be started again"],
  ["whose container's status was lost with its node", pod({ conditions: UNREADY, status: statuses(exited("app", 137, "ContainerStatusUnknown"), running("log")) }), "nobody knows how it ended"],
  ["of a node that says it is not ready", pod({ conditions: { Ready: ["False", "NodeNotReady"] } }), "the node controller says so, whatever the containers said last"],
  ["of a virtual machine (KubeVirt) that is paused", pod({ spec: { readinessGates: [{ conditionType: "kubevirt.io/virtual-machine-unpaused" }] }, conditions: { Ready: "False", "kubevirt.io/virtual-machine-unpaused": "False" } }), "its own gate says False"],
  ["behind a load balancer that has not registered it", pod({ spec: { readinessGates: [{ conditionType: "target-health.elbv2.k8s.aws/web" }] }, conditions: { Ready: ["False", "ReadinessGatesNotReady"] } }), "its own gate is not set"],
  ["of a DaemonSet whose image's platform is another", pod({ conditions: UNREADY, status: statuses(waiting("app", "CrashLoopBackOff", { terminated: { exitCode: 1, reason: "Error" } }), running("log")) }), "exec format error, each time"],
  ["of Windows whose base image fits no node", pod({ phase: "Pending", spec: { os: { name: "windows" } }, conditions: UNREADY, status: statuses(waiting("app", "ErrImagePull")) }), "it will not start by itself"],
  ["with two conditions Ready that disagree", pod({ status: { conditions: [{ type: "Ready", status: "True" }, { type: "Ready", status: "False" }] } }), "one of them says that it is not"],
];

// deno-fmt-ignore
const FINISHED: Row[] = [
  ["that succeeded", pod({ phase: "Succeeded", conditions: { Ready: ["False", "PodCompleted"] }, status: statuses(exited("app", 0)) }), "it did its work"],
  ["that failed", pod({ ...JOB, phase: "Failed", conditions: UNREADY, status: statuses(exited("app", 1)) }), "final: it was sent once, and nothing will change"],
  ["that was evicted", pod({ phase: "Failed", status: { reason: "Evicted", conditions: [{ type: "DisruptionTarget", status: "True", reason: "TerminationByKubelet" }], containerStatuses: undefined } }), "final: its controller makes another one"],
  ["that its node refused", pod({ phase: "Failed", status: { reason: "NodeAffinity", containerStatuses: undefined } }), "final: its controller makes another one"],
  ["that went beyond its deadline", pod({ phase: "Failed", status: { reason: "DeadlineExceeded" } }), "final"],
  ["of a node that was shut down", pod({ phase: "Failed", conditions: { DisruptionTarget: ["True", "TerminationByKubelet"] }, status: { reason: "Terminated" } }), "final: its controller makes another one"],
  ["of a Job whose sidecar was killed at its end", pod({ ...JOB, phase: "Succeeded", status: { ...statuses(exited("app", 0)), initContainerStatuses: [exited("mesh", 137)] } }), "a sidecar's end is not the pod's"],
  ["that its node had no room for at admission", pod({ phase: "Failed", status: { reason: "OutOfcpu", containerStatuses: undefined } }), "final: its controller makes another one"],
  ["whose device was gone at admission", pod({ phase: "Failed", status: { reason: "UnexpectedAdmissionError" } }), "final: its controller makes another one"],
  ["that the garbage collector found without its node", pod({ phase: "Failed", conditions: { DisruptionTarget: ["True", "DeletionByPodGC"] } }), "final"],
];

// deno-fmt-ignore
const HELD: Row[] = [
  ["whose scheduling gate is closed", pod({ phase: "Pending", spec: { nodeName: undefined, schedulingGates: [{ name: "example.com/quota" }] }, status: { conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }], containerStatuses: undefined } }), "somebody keeps it back on purpose"],
  ["two of whose scheduling gates are closed, with no condition yet", pod({ phase: "Pending", spec: { schedulingGates: [{ name: "a" }, { name: "b" }] }, status: { conditions: undefined } }), "somebody keeps it back on purpose"],
  ["that Kueue keeps back", pod({ phase: "Pending", metadata: { labels: { "kueue.x-k8s.io/queue-name": "team" } }, spec: { nodeName: undefined, schedulingGates: [{ name: "kueue.x-k8s.io/admission" }] }, status: { conditions: undefined } }), "it waits for its quota"],
];

// deno-fmt-ignore
const TERMINATING: Row[] = [
  ["that is being deleted and runs", pod({ metadata: LEAVING }), "its grace period runs"],
  ["that is being deleted and ends", pod({ metadata: LEAVING, conditions: UNREADY, status: statuses(exited("app", 143), running("log")) }), "that its containers end is what was asked for"],
  ["that is being deleted and never started", pod({ metadata: LEAVING, phase: "Pending" }), "its trouble is over with it"],
  ["that is being deleted and has failed", pod({ metadata: LEAVING, phase: "Failed" }), "it is final, but it is there: a finalizer may hold it"],
  ["that is being deleted and has succeeded, with a finalizer", pod({ metadata: { ...LEAVING, finalizers: ["batch.kubernetes.io/job-tracking"] }, phase: "Succeeded" }), "beyond its grace period it is stuck"],
  ["that is being deleted from a node that was lost", pod({ metadata: LEAVING, phase: "Unknown" }), "beyond its grace period it is stuck"],
  ["whose preStop hook hangs", pod({ metadata: LEAVING, conditions: UNREADY }), "its grace period ends that"],
  ["of a StatefulSet that is being replaced", pod({ metadata: { ...LEAVING, labels: { "apps.kubernetes.io/pod-index": "0" } }, conditions: { Ready: ["False", "PodCompleted"] } }), "its grace period runs"],
  ["that is being deleted behind its scheduling gate", pod({ metadata: LEAVING, phase: "Pending", spec: { schedulingGates: [{ name: "a" }] } }), "nobody keeps back what goes"],
  ["that is preempted and ends", pod({ metadata: LEAVING, conditions: { ...UNREADY, DisruptionTarget: ["True", "PreemptionByScheduler"] }, status: statuses(exited("app", 143), exited("log", 143)) }), "that its containers end is what was asked for"],
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
