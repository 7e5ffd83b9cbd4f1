import type { Container, Pod } from "../pod/pod.ts";

/** What a pod says about the container that this program runs in. */
export interface Self {
  /** As the pod's spec names it. */
  image: string;
  /** What runs, `sha256:…`; undefined where the kubelet has not said it yet. */
  digest: string | undefined;
  pullPolicy: string;
  restartPolicy: string;
  /** Whether the container ended with 0 before: within one pod, that was most likely an update. */
  startedByUpdate: boolean;
}

/** The container's name in kube/. */
const NAME = "k8svent";

/** Reads the program's own pod; undefined where none of several containers is named `k8svent`. */
export function readSelf({ spec, status }: Pod): Self | undefined {
  const containers = spec?.containers ?? [];
  const own = containers.find(({ name }) => name === NAME) ??
    (containers.length === 1 ? containers[0] : undefined);
  if (own?.image === undefined) return undefined;
  const state = status?.containerStatuses?.find(({ name }) => name === own.name);
  return {
    image: own.image,
    // `docker-pullable://NAME@sha256:…`, `NAME@sha256:…` or the digest alone, as the runtime has it.
    digest: /sha256:[0-9a-f]{64}$/.exec(state?.imageID ?? "")?.[0],
    pullPolicy: pullPolicyOf(own),
    restartPolicy: typeof spec?.["restartPolicy"] === "string" ? spec["restartPolicy"] : "Always",
    // SIGTERM ends it with 0 too: after a failed liveness probe, say, the first look just comes late.
    startedByUpdate: state?.lastState?.terminated?.exitCode === 0,
  };
}

/** The API server fills it in, whether or not the manifest names it. */
function pullPolicyOf({ imagePullPolicy }: Container): string {
  return typeof imagePullPolicy === "string" ? imagePullPolicy : "IfNotPresent";
}
