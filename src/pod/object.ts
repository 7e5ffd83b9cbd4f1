import type { Pod } from "./pod.ts";

/** A pod as it was read from the API server: the bytes that are sent, and what the program reads of them. */
export interface PodObject {
  /**
   * Parsed from `body` (so without managedFields). Only its metadata's uid, namespace, name and resourceVersion are
   * sure to be non-empty strings; everything else may be anything that JSON can say (`status: null`,
   * `conditions: 7`, …). Its numbers are for counting: whatever is printed comes from `body`.
   */
  pod: Pod;
  /**
   * `{"pod":{"apiVersion":"v1","kind":"Pod",…}}`: the request's body, whole. May be a view of a larger buffer that is
   * shared by the objects of one batch and never written again.
   */
  body: Uint8Array<ArrayBuffer>;
  digests: Digests;
}

/**
 * Short digests (length and CRC-32, each in base 36) of the bytes of metadata (without managedFields and
 * resourceVersion), spec and status. The same for the same content, whichever way it came (list, watch, GET).
 */
export interface Digests {
  metadata: string;
  spec: string;
  status: string;
}
