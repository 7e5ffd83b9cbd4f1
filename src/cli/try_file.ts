import type { Reason } from "../change/reasons.ts";
import { fieldsOf, textOf } from "../pod/anything.ts";
import type { Pod } from "../pod/pod.ts";
import { workloadOf } from "../pod/workload.ts";
import type { EndpointSettings, PodSelection } from "../route/endpoint_settings.ts";
import { explain, inWords } from "../route/explain.ts";
import { type Candidate, compileWant, loadWant } from "../route/want.ts";
import { UsageError } from "../config/usage_error.ts";

/** An endpoint of the file that is tried. */
export interface TriedEndpoint {
  name: string;
  settings: Pick<EndpointSettings, "selection" | "filter">;
}

/** The message that is tried. */
export interface TriedMessage {
  /** The text of `--pod`: what `kubectl get pod NAME -o json` prints, or a body that was received. */
  pod: string;
  /** Not empty. With `deleted` it is the pod's end. */
  reasons: readonly Reason[];
  cluster?: string | undefined;
  environment?: string | undefined;
  /** What stands at the top of the file: the pods that the program follows. */
  followed: PodSelection;
}

/**
 * What `k8svent config try` prints: a line for each endpoint, whether the message would be sent to it and by which rule.
 * As if each had been sent the pod before, and as if no earlier version were known: `previous` is null.
 *
 * @throws {UsageError} if the text holds no pod
 */
export async function tryFile(endpoints: readonly TriedEndpoint[], tried: TriedMessage): Promise<string[]> {
  const { reasons, cluster, environment } = tried;
  const pod = podOf(tried.pod);
  const width = Math.max(0, ...endpoints.map(({ name }) => name.length));
  const line = (name: string, words: string): string => `${name.padEnd(width)}  ${words}`;
  const unfollowed = compileWant({ selection: tried.followed, filter: { onError: "send" } }, undefined)
    .keptOutBy(pod);
  // Of a pod that left the selection, that is still sent.
  if (unfollowed !== undefined && !reasons.includes("unselected")) {
    const why = inWords({ sends: false, by: { rule: unfollowed } });
    return endpoints.map(({ name }) => line(name, `not sent: at the top of the file, ${why}`));
  }
  const message: Candidate = {
    pod,
    reasons,
    event: reasons.includes("deleted") ? "pod.deleted" : "pod.changed",
    previous: undefined,
    cluster,
    environment,
    workload: workloadOf(pod),
  };
  return await Promise.all(endpoints.map(async ({ name, settings }) => {
    const explanation = explain({ filter: settings.filter, want: await loadWant(settings) }, message);
    return line(name, `${explanation.sends ? "sent" : "not sent"}: ${inWords(explanation)}`);
  }));
}

function podOf(text: string): Pod {
  let parsed: Readonly<Record<string, unknown>>;
  try {
    parsed = fieldsOf(JSON.parse(text));
  } catch {
    throw new UsageError("--pod must be a file with a pod in JSON: kubectl get pod NAME -o json prints one.");
  }
  const pod = "pod" in parsed ? fieldsOf(parsed["pod"]) : parsed;
  const metadata = fieldsOf(pod["metadata"]);
  const isPod = textOf(metadata["name"]) !== undefined && textOf(metadata["namespace"]) !== undefined &&
    (pod["kind"] ?? "Pod") === "Pod";
  if (!isPod) {
    throw new UsageError(
      "--pod must be a file with one pod, its name and its namespace: kubectl get pod NAME -o json prints one.",
    );
  }
  return pod as unknown as Pod;
}
