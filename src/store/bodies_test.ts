import assert from "node:assert/strict";
import fc from "fast-check";
import { owe } from "../../tests/kit/owed.ts";
import { makePod, summaryOf } from "../../tests/kit/pods.ts";
import { printPod } from "../pod/json.ts";
import { Bodies } from "./bodies.ts";
import type { BodyId } from "./inventory.ts";
import { openInMemory, StoreError } from "./database.ts";
import { SqliteEndpoints } from "./sqlite_endpoints.ts";
import { SqliteInventory } from "./sqlite_inventory.ts";
import { SqliteOutbox } from "./sqlite_outbox.ts";
import type { Message } from "./store.ts";

Deno.test("a text comes back as it was put, and whether it is reduced", () => {
  const database = openInMemory();
  const bodies = new Bodies(database);
  const text = `{"name":"Zürich \u{1f600}","n":${"9".repeat(30)}}`;
  const whole = bodies.put(text);
  const reduced = bodies.put("{}", true);
  assert.deepEqual(bodies.get(whole), { text, reduced: false });
  assert.deepEqual(bodies.get(reduced), { text: "{}", reduced: true });
  assert.equal(bodies.isReduced(whole), false);
  bodies.replace(whole, "short", true);
  assert.deepEqual(bodies.get(whole), { text: "short", reduced: true });
  assert.deepEqual(new Bodies(database).get(whole), { text: "short", reduced: true });
  database.close();
});

Deno.test("a text that something points at outlives its release", () => {
  const database = openInMemory();
  const bodies = new Bodies(database);
  const outbox = new SqliteOutbox(database, bodies, new SqliteEndpoints(database));
  owe(outbox, "a");
  const before = bodies.bytes;
  const [message] = outbox.take("a", 0, 1);
  const { body, uid } = database.prepare("SELECT body, uid FROM outbox").get() ?? {};
  bodies.release(body as BodyId, uid as string);
  assert.equal(bodies.bytes, before);
  if (message !== undefined) outbox.accepted(message);
  assert.equal(bodies.bytes, 0);
  database.close();
});

Deno.test("a text that was changed on the disk is told as damage, not sent", () => {
  const database = openInMemory();
  const text = JSON.stringify(
    makePod({ annotations: { note: "a text of some length, so that a bit can flip" } }),
  );
  const id = new Bodies(database).put(text);
  // Another one, which does not remember what it was given.
  const bodies = new Bodies(database);
  const { deflated } = database.prepare("SELECT deflated FROM body").get() ?? {};
  const bytes = deflated as Uint8Array;
  const flip = database.prepare("UPDATE body SET deflated = ?");
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    flip.run(flipped);
    // Some bits of the last byte mean nothing.
    if (read(bodies, id) === text) continue;
    assert.throws(
      () => bodies.get(id),
      (error) =>
        error instanceof StoreError && /file is damaged: .*Remove it to begin anew/.test(error.message),
      `bit ${bit}`,
    );
  }
  database.close();
});

function read(bodies: Bodies, id: Parameters<Bodies["get"]>[0]): string | undefined {
  try {
    return bodies.get(id).text;
  } catch {
    return undefined;
  }
}

const ACTION = fc.record({
  type: fc.constantFrom("see", "see", "end", "forget", "owe", "take", "accept", "fail", "drop", "reduce"),
  pod: fc.constantFrom("web-0", "web-1", "web-2"),
  endpoint: fc.constantFrom("a", "b"),
  text: fc.string({ maxLength: 200 }),
  transition: fc.boolean(),
});

type Action = typeof ACTION extends fc.Arbitrary<infer T> ? T : never;

Deno.test("the bytes that are counted are those in the table, whatever happened, rollbacks included", () => {
  const batch = fc.record({ actions: fc.array(ACTION, { maxLength: 8 }), fails: fc.boolean() });
  fc.assert(fc.property(fc.array(batch, { maxLength: 12 }), (batches) => {
    const database = openInMemory();
    const bodies = new Bodies(database);
    const inventory = new SqliteInventory(database, bodies);
    const endpoints = new SqliteEndpoints(database);
    const outbox = new SqliteOutbox(database, bodies, endpoints);
    const taken: Message[] = [];
    for (const { actions, fails } of batches) {
      database.exec("BEGIN");
      for (const action of actions) act(action, { bodies, inventory, outbox }, taken);
      database.exec(fails ? "ROLLBACK" : "COMMIT");
      if (fails) { for (const part of [bodies, inventory, endpoints]) part.reload(); }
      const { bytes } = database.prepare("SELECT total(length(deflated)) AS bytes FROM body").get() ?? {};
      assert.equal(bodies.bytes, bytes);
      const orphans = database.prepare(`SELECT id FROM body WHERE id NOT IN (SELECT body FROM pod)
        AND id NOT IN (SELECT body FROM outbox)`).all();
      assert.deepEqual(orphans, [], "a text that nothing points at");
    }
    database.close();
  }));
});

function act(
  { type, pod: name, endpoint, text, transition }: Action,
  { bodies, inventory, outbox }: { bodies: Bodies; inventory: SqliteInventory; outbox: SqliteOutbox },
  taken: Message[],
): void {
  const pod = makePod({ name, annotations: { text } });
  const { uid, namespace, resourceVersion } = pod.metadata;
  const ref = { uid, namespace, name, resourceVersion, epoch: 0, route: undefined, environment: undefined };
  const known = inventory.known(uid);
  const message = taken[0];
  if (type === "see") {
    const body = inventory.put({ ...ref, summary: summaryOf(pod) }, printPod(pod), undefined);
    const reasons = [transition ? "phase" as const : "metadata" as const];
    outbox.owe(endpoint, { ...ref, event: "pod.changed", body, reasons, occasion: "" });
  } else if (type === "end") inventory.remove(uid, { at: 0 });
  else if (type === "forget") inventory.remove(uid, undefined);
  else if (type === "owe") {
    owe(outbox, endpoint, { name, body: text, reasons: transition ? ["deleted"] : ["spec"] });
  } else if (type === "take") taken.push(...outbox.take(endpoint, 0, 1));
  else if (type === "accept" && message !== undefined) outbox.accepted(taken.shift() ?? message);
  else if (type === "fail" && message !== undefined) {
    outbox.failed(taken.shift() ?? message, { attempts: 1, strikes: 0, due: 0 });
  } else if (type === "drop") outbox.drop(endpoint);
  else if (type === "reduce" && known !== undefined) bodies.replace(known.body, text, true);
}
