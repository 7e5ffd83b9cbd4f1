import assert from "node:assert/strict";
import { knownOf } from "../../tests/kit/known.ts";
import { createHash } from "node:crypto";
import { makePod } from "../../tests/kit/pods.ts";
import type { Reason } from "../change/reasons.ts";
import { parseExact, printPod } from "../pod/json.ts";
import type { Pod } from "../pod/pod.ts";
import type { Sacrifice } from "./bounds.ts";
import { openInMemory } from "./database.ts";
import { openStore } from "./sqlite_store.ts";
import type { Message, Store } from "./store.ts";

/** Bytes. Some twenty whole texts of `bulky` fit. */
const LIMIT = 64 * 1024;

const SINCE = Date.parse("2026-01-01T00:00:00Z");

/** A store with a small limit, and pods whose texts do not deflate. */
class Rig {
  readonly sacrifices: Sacrifice[] = [];
  readonly store: Store;
  readonly #database = openInMemory();
  now = SINCE;

  constructor(limit: number) {
    this.store = openStore(this.#database, {
      limit,
      refugeLimit: limit,
      now: () => this.now,
      onSacrifice: (sacrifice) => this.sacrifices.push(sacrifice),
    });
  }

  /** A version that becomes the pod's newest one and is owed to these endpoints. */
  see(name: string, { to = ["a"], version = "1", reasons = ["metadata"] as Reason[] } = {}): void {
    const pod = bulky(name, version);
    const known = knownOf(pod);
    this.store.transaction(() => {
      const body = this.store.inventory.put(known, printPod(pod), undefined);
      const message = { ...known, event: "pod.changed" as const, body, reasons, occasion: "" };
      for (const endpoint of to) this.store.outbox.owe(endpoint, message);
    });
  }

  /** The deletion of a pod that is in no inventory. */
  end(name: string, to = ["a"]): void {
    const { uid, namespace, resourceVersion } = bulky(name, "9").metadata;
    this.store.transaction(() => {
      const body = this.store.outbox.keep(printPod(bulky(name, "9")));
      for (const endpoint of to) {
        this.store.outbox.owe(endpoint, {
          uid,
          namespace,
          name,
          resourceVersion,
          epoch: 0,
          event: "pod.deleted",
          body,
          reasons: ["deleted"],
          occasion: "",
        });
      }
    });
  }

  /** What is owed to an endpoint: each name with how much of its text is there. */
  owed(endpoint = "a"): Record<string, Message["completeness"]> {
    const messages = this.store.outbox.take(endpoint, 0, 10_000);
    for (const message of messages) this.store.outbox.release(message);
    return Object.fromEntries(messages.map(({ name, completeness }) => [name, completeness]));
  }

  count(endpoint: string, completeness: Message["completeness"]): number {
    return Object.values(this.owed(endpoint)).filter((one) => one === completeness).length;
  }

  takeAll(endpoint = "a"): void {
    for (const message of this.store.outbox.take(endpoint, 0, 10_000)) this.store.outbox.accepted(message);
  }

  /** By the table, not by the count that is kept beside it. */
  get bytes(): number {
    const row = this.#database.prepare("SELECT total(length(deflated)) AS bytes FROM body").get();
    return row?.["bytes"] as number;
  }
}

/** Some 3 KB that cannot be deflated further. */
function bulky(name: string, version: string): Pod {
  const noise = Array.from(
    { length: 45 },
    (_, part) => createHash("sha512").update(`${name} ${version} ${part}`).digest("base64"),
  ).join("");
  return makePod({ name, version, annotations: { noise } });
}

function withRig(name: string, test: (rig: Rig) => void, limit = LIMIT): void {
  Deno.test(name, () => {
    const rig = new Rig(limit);
    try {
      test(rig);
    } finally {
      rig.store.close();
    }
  });
}

/** `count` names. */
function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
}

withRig("below four fifths of the limit every text is whole", (rig) => {
  for (const name of names("web", 15)) rig.see(name);
  assert.ok(rig.bytes < 0.8 * LIMIT && rig.bytes > 0.7 * LIMIT, `${rig.bytes} bytes`);
  assert.equal(rig.count("a", "whole"), 15);
});

withRig("above it the oldest texts that can be read again are reduced, and their messages stay", (rig) => {
  for (const name of names("web", 40)) {
    rig.see(name);
    assert.ok(rig.bytes <= 0.8 * LIMIT, `${rig.bytes} bytes after ${name}`);
  }
  const owed = rig.owed();
  assert.equal(Object.keys(owed).length, 40);
  assert.equal(owed["web-0"], "fetchable");
  assert.equal(owed["web-39"], "whole");
  assert.deepEqual(rig.sacrifices, []);
  const [oldest] = rig.store.outbox.take("a", 0, 1);
  const pod = parseExact(oldest?.body ?? "") as Pod;
  assert.equal(pod.metadata.annotations, undefined);
  assert.equal(pod.metadata.resourceVersion, "1");
});

withRig("the endpoint that is furthest behind pays, and another keeps its texts", (rig) => {
  for (const name of names("mine", 4)) rig.see(name, { to: ["b"] });
  for (const name of names("web", 60)) rig.see(name, { to: ["a"] });
  assert.equal(rig.count("b", "whole"), 4);
  assert.ok(rig.count("a", "fetchable") > 30);
});

withRig("a text that a healthy endpoint waits for too is left whole", (rig) => {
  for (const name of names("web", 12)) rig.see(name, { to: ["a"] });
  rig.see("both", { to: ["a", "b"] });
  for (const name of names("end", 400)) rig.end(name, ["a"]);
  assert.equal(rig.owed("b")["both"], "whole");
  assert.equal(rig.store.endpoints.lost("b").messages, 0);
  assert.ok(rig.store.endpoints.lost("a").messages > 0);
});

withRig("a dead endpoint pays with all that it is owed before a text at rest is touched", (rig) => {
  for (const name of names("rests", 6)) rig.see(name);
  rig.takeAll();
  const whole = (): number =>
    names("rests", 6).filter((name) => {
      const known = rig.store.inventory.known(`uid-${name}`);
      return known !== undefined && !rig.store.inventory.bodyOf(known).reduced;
    }).length;
  for (const name of names("web", 20)) rig.see(name);
  for (const name of names("end", 50)) rig.end(name);
  assert.ok(rig.count("a", "reduced") > 30, "the deletions, which cannot be read again");
  assert.equal(whole(), 6);
  for (const name of names("more", 400)) if (whole() > 0) rig.end(name);
  assert.equal(whole(), 0, "they go before a message does");
  assert.equal(rig.store.endpoints.lost("a").messages, 0);
});

withRig("an endpoint that is not behind keeps its texts whole while a dead one is reduced", (rig) => {
  rig.see("mine", { to: ["b"] });
  for (const name of names("end", 400)) rig.end(name);
  assert.deepEqual(rig.owed("b"), { mine: "whole" });
  assert.ok(rig.store.endpoints.lost("a").messages > 0);
});

withRig("of two dead endpoints that are owed the same both keep the latest", (rig) => {
  for (const name of names("end", 400)) rig.end(name, ["a", "b"]);
  assert.ok(rig.bytes <= LIMIT, `${rig.bytes} bytes`);
  const { messages } = rig.store.endpoints.lost("a");
  assert.ok(messages > 0);
  assert.equal(rig.store.endpoints.lost("b").messages, messages);
  for (const endpoint of ["a", "b"]) {
    assert.equal(rig.store.outbox.owed(endpoint).waiting, 400 - messages);
    assert.notEqual(rig.owed(endpoint)["end-399"], undefined);
  }
});

withRig("transitions and deletions are whole up to the limit itself", (rig) => {
  for (const name of names("end", 9)) rig.end(name);
  for (const name of names("crash", 8)) rig.see(name, { reasons: ["terminated"] });
  assert.ok(rig.bytes > 0.85 * LIMIT && rig.bytes < LIMIT, `${rig.bytes} bytes`);
  assert.equal(rig.count("a", "whole"), 17);
});

withRig("past the limit the oldest of them are reduced, and none is given up", (rig) => {
  for (const name of names("end", 40)) {
    rig.end(name);
    assert.ok(rig.bytes <= LIMIT, `${rig.bytes} bytes after ${name}`);
  }
  const owed = rig.owed();
  assert.equal(Object.keys(owed).length, 40);
  assert.equal(owed["end-0"], "reduced");
  assert.equal(owed["end-39"], "whole");
  assert.deepEqual(rig.store.endpoints.lost("a"), { messages: 0, since: undefined });
});

withRig("a transition of a pod's newest version that was reduced can be read again", (rig) => {
  for (const name of names("crash", 40)) rig.see(name, { reasons: ["terminated"] });
  assert.equal(rig.owed()["crash-0"], "fetchable");
  rig.see("crash-0", { version: "2", reasons: ["restarted"] });
  assert.equal(rig.owed()["crash-0"], "reduced", "this version cannot be had any more");
});

withRig("when all is reduced the oldest are given up, counted, and dated by the first", (rig) => {
  for (const name of names("end", 400)) {
    rig.end(name);
    rig.now += 1_000;
    assert.ok(rig.bytes <= LIMIT, `${rig.bytes} bytes after ${name}`);
  }
  const { messages, since } = rig.store.endpoints.lost("a");
  const { waiting } = rig.store.outbox.owed("a");
  assert.ok(messages > 0);
  assert.equal(waiting + messages, 400);
  assert.equal(rig.sacrifices.reduce((sum, one) => sum + one.messages, 0), messages);
  assert.ok(since !== undefined && since > SINCE && since < rig.now);
  assert.equal(rig.owed()["end-0"], undefined);
  assert.notEqual(rig.owed()["end-399"], undefined);
  const first = since;
  for (const name of names("more", 400)) rig.end(name);
  assert.equal(rig.store.endpoints.lost("a").since, first);
});

withRig("what is given up is counted by messages, not by the versions that they stood for", (rig) => {
  rig.see("web-0");
  rig.see("web-0", { version: "2" });
  rig.see("web-0", { version: "3", reasons: ["phase"] });
  rig.store.transaction(() => rig.store.inventory.remove("uid-web-0", undefined));
  for (const name of names("end", 400)) rig.end(name);
  const { waiting } = rig.store.outbox.owed("a");
  assert.equal(rig.store.endpoints.lost("a").messages + waiting, 400 + 1);
});

withRig("a message that is being sent is not given up", (rig) => {
  rig.end("sent");
  const [sent] = rig.store.outbox.take("a", 0, 1);
  for (const name of names("end", 500)) rig.end(name);
  assert.ok(rig.store.endpoints.lost("a").messages > 100);
  assert.equal(rig.store.outbox.isOwed("a", "uid-sent"), true);
  if (sent !== undefined) rig.store.outbox.accepted(sent);
  assert.equal(rig.store.outbox.isOwed("a", "uid-sent"), false);
});

withRig("a pod's newest version is not given up, however little room there is", (rig) => {
  for (const name of names("web", 400)) rig.see(name);
  assert.equal(rig.store.outbox.owed("a").waiting, 400);
  assert.equal(rig.store.endpoints.lost("a").messages, 0);
});

withRig("a deletion for an endpoint that is not behind is kept, however many pods there are", (rig) => {
  for (const name of names("web", 500)) rig.see(name, { to: [] });
  assert.ok(rig.bytes > LIMIT, "the inventory alone is over the limit");
  rig.end("gone");
  assert.deepEqual(rig.owed(), { gone: "reduced" });
  assert.equal(rig.store.endpoints.lost("a").messages, 0);
});

withRig("what two endpoints wait for that are both down is reduced before anything is given up", (rig) => {
  for (const name of names("web", 30)) rig.see(name, { to: ["a", "b"] });
  assert.ok(rig.bytes <= 0.8 * LIMIT, `${rig.bytes} bytes`);
  for (const name of names("end", 30)) rig.end(name, ["a", "b"]);
  assert.ok(rig.bytes <= LIMIT, `${rig.bytes} bytes`);
  for (const endpoint of ["a", "b"]) {
    assert.equal(Object.keys(rig.owed(endpoint)).length, 60);
    assert.equal(rig.store.endpoints.lost(endpoint).messages, 0);
  }
});

withRig("a transaction takes only some of what is too much, and the next ones go on", (rig) => {
  const count = 1_000;
  rig.store.transaction(() => {
    for (const name of names("end", count)) {
      const { uid, namespace, resourceVersion } = bulky(name, "9").metadata;
      const body = rig.store.outbox.keep(printPod(bulky(name, "9")));
      const parts = { uid, namespace, name, resourceVersion, epoch: 0, reasons: [], occasion: "" };
      rig.store.outbox.owe("a", { ...parts, event: "pod.deleted", body });
    }
  });
  const reduced = rig.count("a", "reduced");
  assert.ok(reduced > 100 && reduced < count / 2, `${reduced} reduced`);
  assert.ok(rig.bytes > LIMIT);
  for (let turn = 0; turn < 10; turn++) rig.store.transaction(() => {});
  assert.ok(rig.bytes <= LIMIT, `${rig.bytes} bytes`);
  assert.equal(rig.store.outbox.owed("a").waiting + rig.store.endpoints.lost("a").messages, count);
});

withRig("the limit holds again after it could not be kept", (rig) => {
  for (const name of names("web", 600)) rig.see(name);
  assert.ok(rig.bytes > 1.5 * LIMIT, "newest versions alone are over the limit");
  rig.takeAll();
  rig.store.transaction(() => {
    for (const name of names("web", 600)) rig.store.inventory.remove(`uid-${name}`, undefined);
  });
  assert.equal(rig.bytes, 0);
  for (const name of names("end", 60)) {
    rig.end(name);
    assert.ok(rig.bytes <= LIMIT, `${rig.bytes} bytes after ${name}`);
  }
});
