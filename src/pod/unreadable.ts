/**
 * What came in the place of a pod and is none: an object of another kind, or one without a UID, a namespace, a name or
 * a version. No API server of Kubernetes sends one; what aggregates or proxies one may.
 *
 * Nothing that one object holds stops the others, so it is passed over and said, and the list or the watch goes on. And
 * nothing is inferred from it: a known pod that it may be, by what it says of itself, counts as listed. That is the pod
 * of its UID, or of its namespace and name; where it lacks some of these, every pod that the rest fits.
 */
import type { Pod, PodRef } from "./pod.ts";

/** What such an object says of itself. */
export interface OddObject extends Partial<PodRef> {
  /** Undefined: none, or a pod's. */
  kind?: string;
}

/** Something is JSON and an object, and no pod. */
export class NotAPodError extends SyntaxError {
  override readonly name = "NotAPodError";
  readonly object: OddObject;

  /** @param value as it was parsed */
  constructor(value: object) {
    super("What the API server sent is not a pod");
    const { kind, metadata } = value as { kind?: unknown; metadata?: Record<string, unknown> | null };
    const said = {
      kind,
      uid: metadata?.["uid"],
      namespace: metadata?.["namespace"],
      name: metadata?.["name"],
    };
    // As JSON, so that it does not keep alive what it was cut out of.
    const given = Object.entries(said).filter(([field, text]) =>
      isText(text) && !(field === "kind" && text === "Pod")
    );
    this.object = JSON.parse(JSON.stringify(Object.fromEntries(given)));
  }
}

/** Whether a value has what every pod has. */
export function isPod(value: unknown): value is Pod {
  const { uid, namespace, name, resourceVersion } = (value as Partial<Pod> | null)?.metadata ??
    {} as Partial<Pod["metadata"]>;
  return isText(uid) && isText(namespace) && isText(name) && isText(resourceVersion);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
