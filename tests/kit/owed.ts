import type { NewMessage, Outbox } from "../../src/store/store.ts";

/** What tests vary of a message; the rest is that of a change which may be replaced by a newer one. */
export interface OwedParts extends Partial<Omit<NewMessage, "body">> {
  body?: string;
}

/** Owes a message about a pod, with a body of its own that no inventory points at. */
export function owe(outbox: Outbox, endpoint: string, parts: OwedParts = {}): void {
  const { name = "web-0", resourceVersion = "1" } = parts;
  const text = parts.body ?? `{"name":"${name}","version":"${resourceVersion}"}`;
  outbox.owe(endpoint, {
    uid: `uid-${name}`,
    namespace: "shop",
    name,
    event: "pod.changed",
    resourceVersion,
    epoch: 0,
    reasons: ["metadata"],
    occasion: "",
    ...parts,
    body: outbox.keep(text),
  });
}
