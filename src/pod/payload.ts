/**
 * The body of a message about a pod.
 *
 * @param pod JSON text, as `printPod` and `printDeletedPod` make it
 * @param env what the older contract (`--payload k8vent`) adds; undefined where it is not asked for
 */
export function printPayload(pod: string, env: Record<string, string> | undefined): string {
  return env === undefined ? `{"pod":${pod}}` : `{"pod":${pod},"env":${JSON.stringify(env)}}`;
}
