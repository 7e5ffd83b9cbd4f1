import type { ModelEndpoint } from "./endpoint.ts";

/** What an endpoint must have in the end and has not. */
export interface Unmet {
  endpoint: ModelEndpoint;
  /** `namespace/name` of the pod that it is about. */
  line: string;
  /** The message that tells it: the last state of a pod and a transition to it are one. */
  message: string;
  /** A sentence. */
  text: string;
}
