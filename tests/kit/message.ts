import type { Failures, Message } from "../../src/store/store.ts";

/** What a test says of a message; the rest is that of a plain change. */
export type MessageParts = Partial<Omit<Message, "body">> & { body?: string };

const UNTRIED: Failures = { tries: 0, strikes: 0, failedAt: 0, dead: 0, why: undefined };

let serial = 0;

/** A message as the store gives it out. */
export function makeMessage(parts: MessageParts = {}): Message {
  const { name = "web-0", namespace = "shop", resourceVersion = "1" } = parts;
  const text = parts.body ?? `{"pod":${JSON.stringify({ name, version: resourceVersion })}}`;
  serial++;
  return {
    seq: serial,
    version: serial,
    endpoint: "a",
    uid: `uid-${name}`,
    namespace,
    name,
    event: "pod.changed",
    resourceVersion,
    epoch: 0,
    generation: 0,
    occasion: "",
    reasons: ["metadata"],
    phase: undefined,
    observed: undefined,
    environment: undefined,
    coalesced: 0,
    completeness: "whole",
    failures: UNTRIED,
    ...parts,
    body: new TextEncoder().encode(text),
  };
}
