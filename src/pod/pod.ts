/**
 * The parts of a `v1.Pod` that the program reads. A pod is parsed once, never modelled in full: what is not
 * named here passes through untouched (see `json.ts` for the numbers).
 */
export interface Pod {
  /** Absent on the items of a list: the API server leaves it out there. */
  apiVersion?: string;
  kind?: string;
  metadata: PodMetadata;
  spec?: PodSpec;
  status?: PodStatus;
}

/** `v1.ObjectMeta`. */
export interface PodMetadata {
  uid: string;
  namespace: string;
  name: string;
  /** Opaque by contract, but comparable within pods: see `version.ts`. */
  resourceVersion: string;
  /** RFC 3339; set as soon as a deletion was asked for. */
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** Who owns which field: bulky, and of no use to a receiver. Never sent. */
  managedFields?: unknown;
  [field: string]: unknown;
}

/** `v1.PodSpec`. */
export interface PodSpec {
  nodeName?: string;
  initContainers?: Container[];
  containers?: Container[];
  ephemeralContainers?: Container[];
  [field: string]: unknown;
}

/** `v1.Container` and `v1.EphemeralContainer`. */
export interface Container {
  name: string;
  image?: string;
  /** `Always` makes an init container a sidecar: it runs beside the others and does not end. */
  restartPolicy?: string;
  [field: string]: unknown;
}

/** `v1.PodStatus`. */
export interface PodStatus {
  phase?: string;
  conditions?: PodCondition[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
  ephemeralContainerStatuses?: ContainerStatus[];
  [field: string]: unknown;
}

/** `v1.PodCondition`; the status is `True`, `False` or `Unknown`. */
export interface PodCondition {
  type: string;
  status: string;
  [field: string]: unknown;
}

/** `v1.ContainerStatus`. */
export interface ContainerStatus {
  name: string;
  image?: string;
  imageID?: string;
  containerID?: string;
  ready?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
  [field: string]: unknown;
}

/** At most one of the three is set; none means waiting. */
export interface ContainerState {
  waiting?: { reason?: string };
  running?: { startedAt?: string };
  terminated?: Terminated;
}

/** `v1.ContainerStateTerminated`; `finishedAt` is RFC 3339. */
export interface Terminated {
  exitCode?: number;
  reason?: string;
  finishedAt?: string;
  containerID?: string;
}

/** The annotation by which a pod names its own webhooks. The ancestor's key, spelling included. */
export const ROUTE_ANNOTATION = "atomist.com/k8vent";

/** Names one pod. The UID is the identity; namespace and name are reused by the next pod. */
export interface PodRef {
  uid: string;
  namespace: string;
  name: string;
}

/** What a set of sources looks at: one namespace, or all of them (undefined). */
export type Scope = string | undefined;
