const ENCODER = new TextEncoder();

/**
 * The body of a message about a pod, as it is sent.
 *
 * @param body `{"pod":…}`
 * @param env what the older contract (`--payload k8vent`) adds; undefined where it is not asked for
 */
export function payloadOf(
  body: Uint8Array<ArrayBuffer>,
  env: Record<string, string> | undefined,
): Uint8Array<ArrayBuffer> {
  if (env === undefined) return body;
  const end = ENCODER.encode(`,"env":${JSON.stringify(env)}}`);
  const whole = new Uint8Array(body.length - 1 + end.length);
  whole.set(body.subarray(0, -1));
  whole.set(end, body.length - 1);
  return whole;
}

/** Whether a message of this event is about a pod; if not, it is a notice. */
export function isAboutPod(event: string): boolean {
  return event.startsWith("pod.");
}
