import { createHash } from "node:crypto";
import { isAboutPod, payloadOf } from "../pod/payload.ts";
import type { Redaction } from "../pod/redaction.ts";
import type { Message } from "../store/store.ts";
import { RedactedBodies } from "./redacted.ts";

/**
 * A message as a request: its id, its headers, its body. The id is the same for a version at every endpoint and attempt
 * and is digested once; the rest costs less than to look for it.
 */

/** What is the same in every message of one run. */
export interface Rendering {
  /** The program's version, for `user-agent`. */
  version: string;
  /** The name of this cluster, for `k8svent-environment`. */
  environment?: string | undefined;
  /** The same for `k8svent-cluster`. */
  cluster?: string | undefined;
  /** Variables for the older contract's `"env"`; undefined where it is not asked for. */
  env?: Record<string, string> | undefined;
}

/** A message as it goes out, but for what is new at each attempt: the timestamp, the signatures, its number. */
export interface Rendered {
  id: string;
  body: Uint8Array<ArrayBuffer>;
  /** In lower case, in the order in which they are sent. */
  headers: Record<string, string>;
  /** Tells these bytes from all others: see `Signed` in `sign.ts`. */
  content: string;
  /** The body could not be redacted, so that it says only which pod it is about. */
  isWithheld: boolean;
}

/** Versions whose ids are kept: as many as are under way at several endpoints at once. */
const KEPT = 64;

/** How messages are rendered in this run. Asked once an attempt. */
export class Renderer {
  readonly #rendering: Rendering;
  /** By version, the oldest first. */
  readonly #ids = new Map<number, string>();
  readonly #redacted: RedactedBodies;

  /** @param ownSecrets the program's own, live: masked where a body is redacted */
  constructor(rendering: Rendering, ownSecrets: () => readonly string[] = () => []) {
    this.#rendering = rendering;
    this.#redacted = new RedactedBodies(ownSecrets);
  }

  /**
   * The request of a message, as docs/payload.md has it.
   *
   * @param redaction what the endpoint must not see of a pod; undefined: it sees all
   */
  render(message: Message, redaction?: Redaction): Rendered {
    const { version, env, environment, cluster } = this.#rendering;
    const ofPod = (text: string): string => printable(redaction?.redactText(text) ?? text);
    const id = this.#idOf(message);
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "user-agent": `k8svent/${version}`,
      "webhook-id": id,
      "k8svent-event": message.event,
    };
    if (message.reasons.length > 0) headers["k8svent-reason"] = message.reasons.join();
    if (message.phase !== undefined) headers["k8svent-phase"] = printable(message.phase);
    // A trimmed object is not the one that was seen.
    if (message.observed === false || message.completeness !== "whole") headers["k8svent-observed"] = "false";
    if (message.epoch > 0) headers["k8svent-epoch"] = String(message.epoch);
    if (message.coalesced > 0) headers["k8svent-coalesced"] = String(message.coalesced);
    if (message.environment !== undefined) headers["k8svent-environment"] = ofPod(message.environment);
    else if (environment !== undefined) headers["k8svent-environment"] = printable(environment);
    if (cluster !== undefined) headers["k8svent-cluster"] = printable(cluster);
    if (message.workload !== undefined) headers["k8svent-workload"] = ofPod(message.workload);
    const isPod = isAboutPod(message.event);
    if (isPod && redaction !== undefined) return this.#redact(message, redaction, { id, headers });
    const body = isPod ? payloadOf(message.body, env) : message.body;
    const content = `${message.version} ${message.completeness} ${body.length}`;
    return { id, headers, body, content, isWithheld: false };
  }

  #redact(
    message: Message,
    redaction: Redaction,
    { id, headers }: Pick<Rendered, "id" | "headers">,
  ): Rendered {
    const { body, content, isWithheld } = this.#redacted.of(message, redaction);
    if (isWithheld) headers["k8svent-observed"] = "false";
    // What the operator adds is meant to be seen.
    return { id, headers, body: payloadOf(body, this.#rendering.env), content, isWithheld };
  }

  #idOf(message: Message): string {
    const kept = this.#ids.get(message.version);
    if (kept !== undefined) return kept;
    const id = messageId(message);
    if (this.#ids.size >= KEPT) this.#ids.delete(this.#ids.keys().next().value ?? 0);
    this.#ids.set(message.version, id);
    return id;
  }
}

/**
 * The same at each attempt, endpoint and restart, different for any other message: of what the message is about, not
 * of its bytes, which may have been given up meanwhile. The epoch tells a version from the one of the same number
 * before the cluster was restored, the generation what a selector brought back from what it had brought before.
 */
export function messageId(
  { uid, resourceVersion, epoch, event, occasion, generation }: Pick<
    Message,
    "uid" | "resourceVersion" | "epoch" | "event" | "occasion" | "generation"
  >,
): string {
  // JSON, so that no two lists of strings read the same.
  const about = JSON.stringify([uid, resourceVersion, epoch, event, occasion, generation]);
  // 130 bits: two of a billion messages are alike with a chance of 1 in 10^21.
  return `pod_${base32(createHash("sha256").update(about).digest().subarray(0, 17)).slice(0, 26)}`;
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** RFC 4648, in lower case and without padding. */
function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(value >>> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + BASE32[(value << (5 - bits)) & 31] : text;
}

/** A header holds printable ASCII (RFC 9110, 5.5): anything else is percent-encoded as UTF-8. */
function printable(text: string): string {
  return text.toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent);
}
