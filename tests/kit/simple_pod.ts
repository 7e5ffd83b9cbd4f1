import type { Pod } from "../../src/pod/pod.ts";

/** A pod that a test only needs to tell from others. */
export function simplePod(name: string, resourceVersion: string, more: Partial<Pod["metadata"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { uid: `uid-${name}`, namespace: "default", name, resourceVersion, ...more },
    spec: { containers: [{ name: "app", image: "app:1" }] },
    status: { phase: "Running" },
  };
}
