import { exactPod } from "../../src/pod/cut.ts";
import type { PodEvent } from "../../src/pod/event.ts";
import type { ContainerState, Pod } from "../../src/pod/pod.ts";

/** Changes that each name goes through: two lives of 25, with a deletion at the end of the first. */
export const CHANGES = 50;
const LIFE = CHANGES / 2;

/** Restarts in each life, so ten of each name. */
const RESTARTS = 5;

/** In each life the pod begins to run with its third change; then each restart takes two. */
const RUNS = 2;
const RESTARTED = RUNS + 2 * RESTARTS;

/** What an endpoint that was away must get of each life at the least: the phase, and each end and new start. */
export const TRANSITIONS = 1 + 2 * RESTARTS;

/** The UID of one of a name's two lives. */
export function uidOf(pod: number, life: number): string {
  return `00000000-0000-4000-${life === 0 ? "8000" : "9000"}-${String(pod).padStart(12, "0")}`;
}

/** The version that a change has when all pods go through their changes in step. */
export function versionOf(pod: number, change: number, pods: number): string {
  return String(1_000 + change * pods + pod);
}

/** One change of one pod, as a watch would tell it. */
export function eventOf(pod: number, change: number, pods: number): PodEvent {
  const life = Math.floor(change / LIFE);
  const age = change % LIFE;
  const isEnd = life === 0 && age === LIFE - 1;
  return {
    type: isEnd ? "deleted" : "applied",
    object: exactPod(podAt(pod, life, age, versionOf(pod, change, pods))),
  };
}

function podAt(pod: number, life: number, age: number, version: string): Pod {
  const restarts = Math.min(Math.max(0, Math.floor((age - RUNS) / 2)), RESTARTS);
  const isDown = age > RUNS && age < RESTARTED && (age - RUNS) % 2 === 1;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `web-${pod}`,
      namespace: `team-${pod % 50}`,
      uid: uidOf(pod, life),
      resourceVersion: version,
      labels: { app: "web", "pod-template-hash": "5d4f8c7b9d", tier: "frontend", team: `team-${pod % 50}` },
      annotations: { "example.com/checksum": `${pod}-${age}`.repeat(8), "example.com/age": String(age) },
    },
    spec: { ...SPEC, ...(age > 0 && { nodeName: `node-${pod % 100}.example.internal` }) },
    status: {
      phase: age < RUNS ? "Pending" : "Running",
      conditions: ["Initialized", "PodScheduled", "ContainersReady", "Ready"].map((type) => ({
        type,
        status: age < RUNS || isDown ? "False" : "True",
        lastTransitionTime: "2026-01-01T00:00:00Z",
      })),
      containerStatuses: [containerAt(pod, age, restarts, isDown)],
    },
  };
}

function containerAt(
  pod: number,
  age: number,
  restarts: number,
  isDown: boolean,
): { name: string; restartCount: number; ready: boolean; state: ContainerState; lastState?: ContainerState } {
  const idOf = (run: number): string => `containerd://${String(pod * 100 + run).padStart(64, "0")}`;
  const ended = (run: number): ContainerState => ({
    terminated: { exitCode: 1, reason: "Error", containerID: idOf(run), finishedAt: "2026-01-01T00:00:00Z" },
  });
  const running: ContainerState = { running: { startedAt: "2026-01-01T00:00:00Z" } };
  return {
    name: "app",
    ready: age >= RUNS && !isDown,
    restartCount: restarts,
    state: isDown ? ended(restarts) : age < RUNS ? { waiting: { reason: "ContainerCreating" } } : running,
    ...(restarts > 0 && { lastState: ended(restarts - 1) }),
  };
}

/** What makes a real pod some kilobytes long. */
const SPEC: NonNullable<Pod["spec"]> = {
  containers: [{
    name: "app",
    image: "registry.example.com/shop/web:2026.1.17",
    env: Array.from({ length: 12 }, (_, i) => ({ name: `SETTING_${i}`, value: `value of the setting ${i}` })),
    ports: [{ containerPort: 8080, protocol: "TCP" }],
    resources: { limits: { cpu: "500m", memory: "256Mi" }, requests: { cpu: "100m", memory: "128Mi" } },
    livenessProbe: { httpGet: { path: "/healthz", port: 8080, scheme: "HTTP" }, periodSeconds: 10 },
    volumeMounts: [{
      name: "token",
      mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
      readOnly: true,
    }],
    terminationMessagePath: "/dev/termination-log",
    imagePullPolicy: "IfNotPresent",
  }],
  volumes: [{
    name: "token",
    projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: "token" } }] },
  }],
  serviceAccountName: "web",
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  schedulerName: "default-scheduler",
  tolerations: ["not-ready", "unreachable"].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: 300,
  })),
};
