import assert from "node:assert/strict";
import type { Pod } from "../../src/pod/pod.ts";
import { type Health, healthOf, unhealthyFrom } from "../../src/pod/health.ts";
import { createPods, type Manifest, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";

/** A real pod: what is asked for, what is done to it once kwok has played the kubelet, and the verdict. */
interface Real {
  pod: Manifest;
  /** When its status is what it will stay, or what is to be done to it can be done. */
  until: (pod: Pod) => boolean;
  then?: Step;
  health: Health;
}

type Step = (plane: ControlPlane, name: string) => Promise<unknown>;

const NEVER = { restartPolicy: "Never" };
const TWO = { containers: [{ name: "app", image: "app" }, { name: "log", image: "log" }] };
const GATE = { readinessGates: [{ conditionType: "example.com/balanced" }] };

/** Nobody but a kubelet writes these, and here there is none: its part is played by the administrator. */
function patch(status: Record<string, unknown>): Step {
  const text = JSON.stringify({ status });
  return (plane, name) => plane.kubectl(["patch", "pod", name, "--subresource=status", "-p", text]);
}

function condition(type: string, status: string, reason = ""): Step {
  return patch({ conditions: [{ type, status, reason }] });
}

const isRunning = (pod: Pod): boolean => pod.status?.phase === "Running";
const isThere = (): boolean => true;
const waits = (reason: string) => (pod: Pod): boolean =>
  pod.status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === reason) ?? false;
const isUnscheduled = (reason: string) => (pod: Pod): boolean =>
  pod.status?.conditions?.some((one) => one.type === "PodScheduled" && one["reason"] === reason) ?? false;

const REAL: Record<string, Real> = {
  "a pod that runs": { pod: manifest("runs"), until: isRunning, health: "healthy" },
  "a preemption that was called off": {
    pod: manifest("disruption"),
    until: isRunning,
    then: condition("DisruptionTarget", "False", "PreemptionByScheduler"),
    health: "healthy",
  },
  "a resize that is infeasible": {
    pod: manifest("resize"),
    until: isRunning,
    then: condition("PodResizePending", "True", "Infeasible"),
    health: "healthy",
  },
  "a resize that met an error": {
    pod: manifest("resizing"),
    until: isRunning,
    then: condition("PodResizeInProgress", "True", "Error"),
    health: "healthy",
  },
  "a condition of another controller": {
    pod: manifest("informed"),
    until: isRunning,
    then: condition("example.com/Degraded", "False"),
    health: "healthy",
  },
  "a gate that nobody has opened": { pod: manifest("gate", {}, GATE), until: isRunning, health: "unhealthy" },
  "a gate that is open": {
    pod: manifest("open-gate", {}, GATE),
    until: isRunning,
    then: condition("example.com/balanced", "True"),
    health: "healthy",
  },
  "a container done and one that runs, with restartPolicy Never": {
    pod: manifest("half-done", {}, { ...NEVER, ...TWO }),
    until: isRunning,
    then: patch({
      conditions: ["ContainersReady", "Ready"].map((type) => ({
        type,
        status: "False",
        reason: "ContainersNotReady",
      })),
      containerStatuses: [
        { name: "app", ready: false, state: { terminated: { exitCode: 0, reason: "Completed" } } },
        { name: "log", ready: true, state: { running: {} } },
      ],
    }),
    health: "healthy",
  },
  "a debugging container": {
    pod: manifest("debugged"),
    until: isRunning,
    then: (plane, name) => plane.kubectl(["debug", name, "--image=busybox", "--container=debug"]),
    health: "healthy",
  },
  "a native sidecar of which the kubelet says nothing yet": {
    pod: manifest("sidecar", {}, {
      initContainers: [{ name: "mesh", image: "mesh", restartPolicy: "Always" }],
    }),
    until: isRunning,
    health: "healthy",
  },
  "an image that cannot be pulled": {
    pod: manifest("pull", { labels: { play: "pull" } }),
    until: waits("ImagePullBackOff"),
    health: "unhealthy",
  },
  "a pod that no node can take": {
    pod: manifest("nowhere", {}, { nodeSelector: { "example.com/none": "x" } }),
    until: isUnscheduled("Unschedulable"),
    health: "unhealthy",
  },
  "a pod of Windows, which no node here is": {
    pod: manifest("windows", {}, {
      os: { name: "windows" },
      nodeSelector: { "kubernetes.io/os": "windows" },
    }),
    until: isUnscheduled("Unschedulable"),
    health: "unhealthy",
  },
  "a node that does not answer": {
    pod: manifest("lost"),
    until: isRunning,
    then: condition("Ready", "Unknown", "NodeStatusUnknown"),
    health: "unhealthy",
  },
  "a scheduling gate": {
    pod: manifest("held", {}, { schedulingGates: [{ name: "example.com/quota" }] }),
    until: isUnscheduled("SchedulingGated"),
    health: "held",
  },
  "a pod that was evicted": {
    pod: manifest("evicted"),
    until: isRunning,
    then: patch({ phase: "Failed", reason: "Evicted" }),
    health: "finished",
  },
  "a pod that succeeded": {
    pod: manifest("done", {}, NEVER),
    until: isRunning,
    then: patch({ phase: "Succeeded" }),
    health: "finished",
  },
  "a finalizer that nobody takes away": {
    // On a node without a kubelet, which would end the grace period by a deletion of its own.
    pod: manifest("stuck", { finalizers: ["example.com/stuck"] }, { nodeName: "lost" }),
    until: isThere,
    then: (plane, name) => plane.kubectl(["delete", "pod", name, "--wait=false", "--grace-period=60"]),
    health: "terminating",
  },
};

clusterTest("the health of pods as a real control plane shows them", async (context) => {
  await using plane = await startControlPlane({ workloads: true });
  await createPods(plane, Object.values(REAL).map(({ pod }) => pod));
  for (const [what, real] of Object.entries(REAL)) {
    await context.step(`${what}: ${real.health}`, async () => {
      const { name } = real.pod.metadata;
      await untilSo(plane, name, real.until);
      await real.then?.(plane, name);
      const pod = await read(plane, name);
      assert.equal(healthOf(pod), real.health, JSON.stringify(pod.status, undefined, 1));
    });
  }
  await context.step("the API server's deletionTimestamp is the end of the grace period", async () => {
    const from = unhealthyFrom(await read(plane, "stuck")) ?? 0;
    assert.ok(from > Date.now() && from <= Date.now() + 61_000, new Date(from).toISOString());
  });
});

async function read(plane: ControlPlane, name: string): Promise<Pod> {
  return JSON.parse(await plane.kubectl(["get", "pod", name, "-o", "json"]));
}

async function untilSo(plane: ControlPlane, name: string, isSo: (pod: Pod) => boolean): Promise<void> {
  for (let tries = 0; !isSo(await read(plane, name)); tries++) {
    if (tries > 100) throw new Error(`The pod ${name} does not become what it should`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
