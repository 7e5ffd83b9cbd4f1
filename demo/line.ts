import type { Delivery } from "../tests/kit/receiver.ts";

/** One delivery in one line, as a person would want to read it. */
export function describe({ at, headers, body, signature }: Delivery, status: number): string {
  const { namespace, name, resourceVersion } = body?.pod.metadata ??
    { namespace: "?", name: "?", resourceVersion: "?" };
  const phase = headers["k8svent-phase"] ?? body?.pod.status?.phase ?? "";
  return [
    new Date(at).toISOString().slice(11, 23),
    (headers["k8svent-event"] ?? "").padEnd(11),
    (headers["k8svent-reason"] ?? "").padEnd(24),
    `${namespace}/${name}`.padEnd(34),
    phase.padEnd(9),
    `version ${resourceVersion}`.padEnd(13),
    `signature ${signature}`,
    ` attempt ${headers["k8svent-attempt"]}`,
    status === 200 ? "" : `, answered ${status}`,
  ].join(" ").trimEnd();
}
