/**
 * The pods of the benchmark: what a Deployment's pods look like at the API server, with names, ids, digests and times
 * of their own, because what is the same in every pod costs a compressor, a hash table and a cache nothing. A pod
 * depends on its number alone, so that two runs have the same ones (but for `uid` and `creationTimestamp`, which the
 * API server gives out). As it is delivered a pod has 5.9 KB; the API server sends 10.8 KB, since two managers own its
 * fields, as in a real cluster: who created it, and the kubelet.
 */
import { Random } from "../tests/kit/random.ts";

/** A pod in the two steps in which it comes to be. */
export interface Manifest {
  name: string;
  /** What a ReplicaSet's controller creates. */
  pod: Record<string, unknown>;
  /** What the kubelet says of it. */
  status: Record<string, unknown>;
}

/** Bytes of an ordinary pod as the API server sends it. */
export const ORDINARY = 10_800;

/** How many pods a ReplicaSet has; neighbours in a list are alike, as those of a real cluster are. */
const REPLICAS = 4;

/** Letters and digits that Kubernetes takes for generated names: no vowels, so no words. */
const NAMES = "bcdfghjklmnpqrstvwxz2456789";

const SERVICES = [
  "cart",
  "catalog",
  "checkout",
  "identity",
  "invoice",
  "ledger",
  "mailer",
  "pricing",
  "search",
];

/** Where the times of all pods begin. */
const EPOCH = Date.UTC(2026, 0, 5, 8);

/** The name of the pod with this number: no two numbers below 14 million have the same. */
export function nameOf(number: number): string {
  // Generated names are in no order. The factor has no divisor in common with 27, so nothing comes twice.
  let rest = number * 7_919_393 % NAMES.length ** 5;
  let suffix = "";
  for (let digit = 0; digit < 5; digit++) {
    suffix += NAMES[rest % NAMES.length];
    rest = Math.floor(rest / NAMES.length);
  }
  return `${replicaSetOf(number).name}-${suffix}`;
}

function replicaSetOf(number: number): { name: string; service: string; hash: string; uid: string } {
  const random = new Details(`replicaset ${Math.floor(number / REPLICAS)}`);
  const service = `${random.one(SERVICES)}-${random.integer(100)}`;
  const hash = random.text(NAMES, 10);
  return { name: `${service}-${hash}`, service, hash, uid: random.uuid() };
}

/**
 * The pod with this number.
 *
 * @param padding bytes that the API server sends of it besides, half of them settings; 0: an ordinary pod
 */
export function manifest(number: number, padding = 0): Manifest {
  const { service, hash, name: replicaSet, uid } = replicaSetOf(number);
  const release = new Details(`release ${replicaSet}`);
  const images = ["app", "proxy"].map((role) => ({
    image: `registry.example.com/shop/${service}-${role}:1.${release.integer(40)}.${release.integer(20)}`,
    digest: release.hex(64),
  }));
  const random = new Details(`pod ${number}`);
  const token = `kube-api-access-${random.text(NAMES, 5)}`;
  const name = nameOf(number);
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      generateName: `${replicaSet}-`,
      labels: {
        "app.kubernetes.io/name": service,
        "app.kubernetes.io/version": images[0]?.image.split(":")[1],
        "pod-template-hash": hash,
      },
      annotations: {
        "checksum/config": release.hex(64),
        "kubectl.kubernetes.io/restartedAt": release.time(0),
        "prometheus.io/port": "9090",
        ...padding > 0 && { "example.com/config": random.text(`${NAMES}   {}":,\n`, padding / 2) },
      },
      ownerReferences: [{
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: replicaSet,
        uid,
        controller: true,
        blockOwnerDeletion: true,
      }],
    },
    spec: {
      nodeName: `node-${random.integer(200)}.example.com`,
      serviceAccountName: service,
      // A setting of each container is 340 bytes together, half of them among the managed fields.
      containers: images.map(({ image }, at) => containerOf(at, image, token, release, padding / 680)),
      volumes: [
        { name: "config", configMap: { name: `${service}-${release.text(NAMES, 10)}` } },
        { name: token, projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
      ],
      tolerations: ["not-ready", "unreachable"].map((key) => ({
        key: `node.kubernetes.io/${key}`,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 300,
      })),
    },
  };
  return { name, pod, status: statusOf(images, random) };
}

function containerOf(at: number, image: string, token: string, release: Details, more: number): unknown {
  const role = at === 0 ? "app" : "proxy";
  const settings = Array.from({ length: 8 + more }, (_, index) => ({
    name: `${role.toUpperCase()}_SETTING_${index}`,
    value: `${release.text(NAMES, 20)}.example.com:${release.integer(65_535)}`,
  }));
  const port = 8_080 + at;
  return {
    name: role,
    image,
    args: ["--config=/etc/config/settings.yaml", `--listen=:${port}`],
    ports: [{ name: `http-${role}`, containerPort: port, protocol: "TCP" }],
    env: [{ name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }, ...settings],
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    readinessProbe: { httpGet: { path: "/ready", port }, periodSeconds: 5 },
    volumeMounts: [
      { name: "config", mountPath: "/etc/config", readOnly: true },
      { name: token, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
    ],
  };
}

function statusOf(images: { image: string; digest: string }[], random: Details): Record<string, unknown> {
  const [hostIP, podIP] = [0, 1].map((kind) => `10.${kind}.${random.integer(256)}.${random.integer(256)}`);
  const [scheduled, started, ready] = [random.time(0), random.time(2), random.time(9)];
  const condition = (type: string, lastTransitionTime: string): unknown => ({
    type,
    status: "True",
    lastTransitionTime,
  });
  return {
    phase: "Running",
    hostIP,
    podIP,
    podIPs: [{ ip: podIP }],
    qosClass: "Burstable",
    startTime: scheduled,
    conditions: [
      condition("PodReadyToStartContainers", started),
      condition("Initialized", scheduled),
      condition("Ready", ready),
      condition("ContainersReady", ready),
      condition("PodScheduled", scheduled),
    ],
    containerStatuses: images.map(({ image, digest }, at) => ({
      name: at === 0 ? "app" : "proxy",
      image,
      imageID: `${image.split(":")[0]}@sha256:${digest}`,
      containerID: `containerd://${random.hex(64)}`,
      ready: true,
      started: true,
      restartCount: random.integer(3),
      state: { running: { startedAt: started } },
    })),
  };
}

/** Details that depend on a seed alone. */
class Details {
  readonly #random: Random;
  #minutes: number;

  /** @param seed made a number by FNV-1a */
  constructor(seed: string) {
    let number = 0x811c9dc5;
    for (const letter of seed) number = Math.imul(number ^ letter.charCodeAt(0), 0x01000193);
    this.#random = new Random(number);
    this.#minutes = this.integer(60 * 24 * 200);
  }

  /** From 0 up to, not including, a bound. */
  integer(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }

  one(list: string[]): string {
    return list[this.integer(list.length)] ?? "";
  }

  text(letters: string, length: number): string {
    return Array.from({ length }, () => letters[this.integer(letters.length)]).join("");
  }

  hex(length: number): string {
    return this.text("0123456789abcdef", length);
  }

  uuid(): string {
    return [8, 4, 4, 4, 12].map((length) => this.hex(length)).join("-");
  }

  /** So many seconds after an instant that is this seed's own. */
  time(seconds: number): string {
    return new Date(EPOCH + (this.#minutes * 60 + seconds) * 1_000).toISOString().replace(/\.\d+/, "");
  }
}
