import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { printPayload } from "../pod/payload.ts";
import type { Message } from "../store/store.ts";

/** What is the same in every message of one run. */
export interface Rendering {
  /** The program's version, for `user-agent`. */
  version: string;
  /** The name of this cluster, for `k8svent-environment`. */
  environment?: string | undefined;
  /** Variables for the older contract's `"env"`; undefined where it is not asked for. */
  env?: Record<string, string> | undefined;
}

/** A message as it goes out, but for what is new at each attempt: the timestamp, the signatures, its number. */
export interface Rendered {
  id: string;
  body: Uint8Array<ArrayBuffer>;
  /** In lower case, in the order in which they are sent. */
  headers: Record<string, string>;
}

/**
 * The request of a message. The body and the id depend on nothing but what the message says, so they are the
 * same at each attempt and after a restart.
 */
export function render(message: Message, rendering: Rendering): Rendered {
  const isPod = message.event.startsWith("pod.");
  const body = Buffer.from(isPod ? printPayload(message.body, rendering.env) : message.body);
  const id = messageId(message, body);
  const environment = message.environment ?? rendering.environment;
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "user-agent": `k8svent/${rendering.version}`,
    "webhook-id": id,
    "k8svent-event": message.event,
  };
  if (message.reasons.length > 0) headers["k8svent-reason"] = message.reasons.join();
  if (message.phase !== undefined) headers["k8svent-phase"] = printable(message.phase);
  // A reduced object is not the one that was seen.
  if (message.observed === false || message.completeness !== "whole") headers["k8svent-observed"] = "false";
  if (message.epoch > 0) headers["k8svent-epoch"] = String(message.epoch);
  if (message.coalesced > 0) headers["k8svent-coalesced"] = String(message.coalesced);
  if (environment !== undefined) headers["k8svent-environment"] = printable(environment);
  return { id, body, headers };
}

/**
 * The same for the same event, body and occasion, different for every other message. After the cluster went
 * back to a backup, a version can come again that was told before it: the epoch makes it another message.
 */
function messageId({ event, occasion, epoch }: Message, body: Uint8Array): string {
  const when = epoch > 0 ? `${occasion}@${epoch}` : occasion;
  const digest = createHash("sha256").update(`${event}\n${when}\n`).update(body).digest();
  return `pod_${base32(digest)}`;
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
