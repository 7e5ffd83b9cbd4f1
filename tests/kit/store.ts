import assert from "node:assert/strict";
import type { Reason } from "../../src/change/reasons.ts";
import type { PodRef } from "../../src/pod/pod.ts";
import { type Disk, openFile } from "../../src/store/database.ts";
import { openStore } from "../../src/store/open.ts";
import type { Failures, KnownPod, Message, NewVersion, Store, StoreOptions } from "../../src/store/store.ts";
import { TestClock } from "./clock.ts";
import { syncedBy } from "./synced_disk.ts";

/** A store for a test, in a private file unless asked otherwise. The test closes it. */
export function openTestStore(options?: Partial<StoreOptions>, disk?: Disk): Store {
  return openStore({
    file: undefined,
    buffer: 64 * 1024 * 1024,
    stateMax: 1024 * 1024 * 1024,
    clock: new TestClock(),
    onReady: () => {},
    onEvicted: () => {},
    onDiskFault: () => {},
    ...options,
  }, disk ?? (options?.file === undefined ? undefined : durableAtOnce(options.file)));
}

/** A sync of its own would be under way when a test ends, and no power is cut here. */
function durableAtOnce(file: string): Disk {
  return syncedBy(openFile(file), () => Promise.resolve());
}

/** A test with a store of its own. */
export function withStore(name: string, test: (store: Store, clock: TestClock) => void): void {
  Deno.test(name, () => {
    const clock = new TestClock();
    const store = openTestStore({ clock });
    try {
      test(store, clock);
    } finally {
      store.close();
    }
  });
}

/** Two endpoints. */
export const A = "a.example.com";
export const B = "b.example.com";

/** After a first attempt, and as a dead letter. */
export const FAILED: Failures = { tries: 1, strikes: 1, failedAt: 1, dead: 0, why: "status 503" };
export const DEAD: Failures = { ...FAILED, tries: 4, strikes: 3, dead: 1, why: "status 413" };
/** After three failed retries as a dead letter. */
export const STUCK: Failures = { ...DEAD, tries: 7, dead: 4 };

/** What tests vary of a version; the rest is that of a change which may be replaced by a newer one. */
export interface VersionParts extends Partial<NewVersion> {
  name?: string;
  namespace?: string;
  uid?: string;
  /** Text in place of bytes. */
  text?: string;
}

/** A pod as `record` makes one of this name. */
export function podNamed(name: string): PodRef {
  return { uid: `uid-${name}`, namespace: "shop", name };
}

/** A version of a pod becomes its current one, and pending for these endpoints. Not committed. */
export function record(store: Store, endpoints: string[], parts: VersionParts = {}): KnownPod {
  const { name = "web-0", namespace = "shop", uid = `uid-${name}`, text, ...given } = parts;
  const { resourceVersion = "1", reasons = ["metadata"] as Reason[] } = given;
  const { inventory } = store;
  const pod = inventory.put({
    uid,
    namespace,
    name,
    resourceVersion,
    route: undefined,
    environment: undefined,
    remindAt: undefined,
  });
  const version = { event: "pod.changed" as const, resourceVersion, reasons, occasion: "", ...given };
  const body = text ?? bodyText(name, resourceVersion);
  store.record(pod, { body: new TextEncoder().encode(body), ...version }, endpoints);
  return pod;
}

/** The same, and the pod is gone with it. */
export function recordEnd(store: Store, endpoints: string[], parts: VersionParts = {}): void {
  const reasons: Reason[] = ["deleted"];
  const pod = record(store, endpoints, { event: "pod.deleted", reasons, phase: "Running", ...parts });
  store.inventory.remove(pod, { version: pod.resourceVersion, left: false });
}

export function bodyText(name: string, resourceVersion: string): string {
  return JSON.stringify({ pod: { metadata: { uid: `uid-${name}`, name, resourceVersion } } });
}

/** Commits, and takes the next message, which there must be. */
export function takeOne(store: Store, endpoint = A, now = 0): Message {
  store.commit();
  return store.pending.take(endpoint, now) ?? assert.fail("nothing can be sent");
}

/** Takes the next message for `A`, which there must be; nothing is committed. */
export function takeReady(store: Store): Message {
  return store.pending.take(A, 0) ?? assert.fail("nothing can be sent");
}

/** Commits, and takes all that can be sent to an endpoint now. */
export function takeAll(store: Store, endpoint: string, now = 0): Message[] {
  store.commit();
  const messages: Message[] = [];
  for (let one = store.pending.take(endpoint, now); one; one = store.pending.take(endpoint, now)) {
    messages.push(one);
  }
  return messages;
}

/** Delivers all that is pending for an endpoint, as far as it is due; in the order in which it is sent. */
export function drain(store: Store, endpoint: string, now = 0): Message[] {
  const sent: Message[] = [];
  for (let some = takeAll(store, endpoint, now); some.length > 0; some = takeAll(store, endpoint, now)) {
    for (const message of some) store.pending.acknowledged(message, 0);
    sent.push(...some);
  }
  return sent;
}

export function textOf({ body }: Message): string {
  return new TextDecoder().decode(body);
}

export function versions(messages: readonly Message[]): string[] {
  return messages.map(({ resourceVersion }) => resourceVersion);
}
