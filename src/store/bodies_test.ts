import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { openMemory } from "./database.ts";
import { StoreError } from "./disk_fault.ts";
import { Bodies, type Place } from "./bodies.ts";
import { Journal } from "./journal.ts";

function open(): { journal: Journal; bodies: Bodies } {
  const journal = new Journal();
  const { database } = openMemory();
  if (database !== undefined) journal.attach(database);
  return { journal, bodies: new Bodies(journal) };
}

/** Bytes that cannot be deflated. */
function noise(seed: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 20) {
    bytes.set(createHash("sha1").update(`${seed} ${at}`).digest().subarray(0, length - at), at);
  }
  return bytes;
}

Deno.test("a body comes back as it was added, before and after its block is sealed, and from the disk", () => {
  const { journal, bodies } = open();
  const body = new TextEncoder().encode(`{"name":"Zürich \u{1f600}","n":${"9".repeat(30)}}`);
  // A view of a larger buffer, as the objects of one page are.
  const page = new Uint8Array([...noise("before", 100), ...body, ...noise("after", 100)]);
  const places = [bodies.add(noise("x", 10)), bodies.add(page.subarray(100, 100 + body.length))];
  places.forEach((place, index) => bodies.use(place, index + 1));
  const place = places[1] ?? assert.fail();
  assert.deepEqual(bodies.read(place), body);
  bodies.seal();
  assert.deepEqual(bodies.read(place), body);
  journal.write();
  const again = new Bodies(journal);
  again.load(place.block, 1_000, 1_000);
  assert.deepEqual(again.read(place), body);
});

Deno.test("a body that was read stays what it is when the room of its block is used again", () => {
  const { journal, bodies } = open();
  const read = Array.from({ length: 30 }, (_, block) => {
    const parts = [noise(`${block} a`, 60_000), noise(`${block} b`, 60_000)];
    const places = parts.map((part) => bodies.add(part));
    places.forEach((place, at) => bodies.use(place, 2 * block + at + 1));
    bodies.seal();
    journal.write();
    return { part: parts[1], read: bodies.read(places[1] ?? assert.fail()) };
  });
  for (const { part, read: body } of read) {
    assert.equal(Buffer.compare(body ?? assert.fail(), part ?? assert.fail()), 0);
  }
});

Deno.test("a body that is larger than a block is kept where there is room to be used again, too", () => {
  const { bodies } = open();
  let version = 0;
  const keep = (...parts: Uint8Array[]): Place[] => {
    const places = parts.map((part) => bodies.add(part));
    for (const place of places) bodies.use(place, ++version);
    bodies.seal();
    return places;
  };
  // So many that some are no longer in memory: their rooms are spare.
  for (let block = 0; block < 30; block++) keep(noise(`${block} a`, 60_000), noise(`${block} b`, 60_000));
  const large = noise("large", 500_000);
  const [place = assert.fail()] = keep(large);
  assert.equal(Buffer.compare(bodies.read(place) ?? assert.fail(), large), 0);
});

Deno.test("blocks hold 128 KB at most, and a larger body has one alone", () => {
  const { bodies } = open();
  const sizes = [60_000, 60_000, 60_000, 500_000, 10];
  const blocks = sizes.map((size, index) => {
    const place = bodies.add(noise(String(index), size));
    bodies.use(place, index + 1);
    return place.block;
  });
  assert.deepEqual(blocks, [1, 1, 2, 3, 4]);
});

Deno.test("a block goes with the last version that points at it", () => {
  const { bodies } = open();
  const [a, b] = [bodies.add(noise("a", 100)), bodies.add(noise("b", 100))];
  bodies.use(a, 1);
  bodies.use(a, 2);
  bodies.use(b, 3);
  bodies.seal();
  const whole = bodies.liveBytes;
  bodies.release(a, 1);
  bodies.release(b, 3);
  assert.ok(bodies.bytes > 200 && bodies.liveBytes < whole && bodies.liveBytes > 0);
  bodies.release(a, 2);
  assert.deepEqual([bodies.bytes, Math.round(bodies.liveBytes)], [0, 0]);
});

Deno.test("a bit that flipped on the disk is reported as damage, not sent", () => {
  const { journal, bodies } = open();
  const body = new TextEncoder().encode(`{"pod":"${"a text of some length ".repeat(5)}"}`);
  const place = bodies.add(body);
  bodies.use(place, 1);
  bodies.seal();
  const { z, raw } = journal.blocks.get(place.block) ?? assert.fail();
  for (let bit = 0; bit < z.length * 8; bit++) {
    const flipped = z.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    journal.blocks.put(place.block, { raw, z: flipped });
    const again = new Bodies(journal);
    again.load(place.block, raw, z.length);
    // Some bits of the last byte mean nothing.
    try {
      assert.deepEqual(again.read(place), body, `bit ${bit}`);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      assert.match(error.message, /file is damaged: .*Remove it to begin anew/);
    }
  }
});

Deno.test("compaction keeps the disk within twice what lives and 8 MiB, and every body as it was", () => {
  const { bodies } = open();
  const places = new Map<number, Place>();
  const source = noise("source", 1_000_000);
  const bodyOf = (id: number): Uint8Array =>
    source.subarray(id * 7_919 % 980_000, id * 7_919 % 980_000 + 5_000 + id % 9_000);
  let moved = 0;
  for (let id = 1; id <= 6_000; id++) {
    const place = bodies.add(bodyOf(id));
    bodies.use(place, id);
    places.set(id, place);
    // Most go after a while; some stay for ever.
    const old = places.get(id - 300);
    if (old !== undefined && id % 5 !== 0) {
      places.delete(id - 300);
      bodies.release(old, id - 300);
    }
    if (id % 4 !== 0) continue;
    if (bodies.isSparse(Infinity)) {
      bodies.compact((version) => {
        const before = places.get(version) ?? assert.fail();
        const after = bodies.add(bodies.read(before) ?? assert.fail());
        bodies.use(after, version);
        places.set(version, after);
        bodies.release(before, version);
        moved++;
      });
    }
    bodies.seal();
    assert.ok(
      bodies.bytes <= 2 * bodies.liveBytes + 9 * 1024 * 1024,
      `${bodies.bytes} of ${bodies.liveBytes}`,
    );
  }
  for (const [id, place] of places) assert.deepEqual(bodies.read(place), bodyOf(id));
  assert.ok(moved > 100, `${moved} moved`);
});

Deno.test("what is added to a block whose first body went at once is kept", () => {
  const { bodies } = open();
  const [gone, kept] = [noise("gone", 100), noise("kept", 100)];
  const first = bodies.add(gone);
  bodies.use(first, 1);
  bodies.release(first, 1);
  const place = bodies.add(kept);
  bodies.use(place, 2);
  bodies.seal();
  assert.deepEqual(bodies.read(place), kept);
});

Deno.test("a block that stays does not remember the versions that are gone", () => {
  const { bodies } = open();
  const place = bodies.add(noise("a", 100));
  bodies.use(place, 1);
  bodies.seal();
  for (let version = 2; version < 100; version++) {
    bodies.use(place, version);
    bodies.release(place, version);
  }
  const moved: number[] = [];
  bodies.compact((version) => void moved.push(version));
  assert.deepEqual(moved, [1]);
});
