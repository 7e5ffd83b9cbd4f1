import assert from "node:assert/strict";
import {
  bulky,
  EvictionRig as Rig,
  LIMIT,
  names,
  withEviction as withRig,
} from "../../tests/kit/eviction_rig.ts";
import { record } from "../../tests/kit/store.ts";
import { TestDisk } from "../../tests/kit/test_disk.ts";

withRig("memory is bounded too: by lines and rows, whatever their bodies", (rig) => {
  rig.end(names("end", 400));
  const { pending } = rig.store.pending.counts("a");
  assert.ok(pending * 720 <= LIMIT, `${pending} pending`);
  assert.equal(rig.store.pending.lost("a").messages + pending, 400);
}, { stateMax: 1e9, buffer: LIMIT });

withRig("where memory is short, a pod that lives does not keep its last message", (rig) => {
  rig.see(names("web", 400));
  const { pending } = rig.store.pending.counts("a");
  assert.ok(pending * 216 <= LIMIT, `${pending} pending`);
  assert.equal(rig.store.pending.lost("a").messages + pending, 400);
}, { stateMax: 1e9, buffer: LIMIT });

withRig(
  "without a disk bodies are in memory, and bounded with it",
  (rig) => {
    rig.see(names("web", 80), []);
    const whole = [...rig.store.inventory.pods()].filter((pod) =>
      rig.store.inventory.bodyOf(pod)?.trimmed === false
    );
    assert.ok(whole.length < 25, `${whole.length} whole`);
  },
  { stateMax: 1e9, buffer: LIMIT },
  true,
);

Deno.test("while the disk fails, bodies that are not written count against --buffer", async () => {
  const folder = await Deno.makeTempDir();
  const disk = new TestDisk(`${folder}/state.db`);
  const rig = new Rig({ stateMax: 1e9, buffer: LIMIT }, disk);
  const whole = (some: string[]): number =>
    some.filter((name) => {
      const pod = rig.store.inventory.holder("shop", name);
      return pod !== undefined && rig.store.inventory.bodyOf(pod)?.trimmed === false;
    }).length;
  try {
    rig.see(names("before", 30));
    assert.equal(whole(names("before", 30)), 30, "what is written does not count");
    disk.fillUp();
    rig.see(names("web", 60));
    assert.match(rig.store.fault ?? "", /full/);
    assert.ok(whole(names("web", 60)) < 25, `${whole(names("web", 60))} whole`);
    assert.equal(whole(names("before", 30)), 30, "nor is it trimmed: that would take memory");
  } finally {
    rig.store.close();
    await Deno.remove(folder, { recursive: true });
  }
});

/** A store whose disk is full from the beginning, and little memory. */
function withFullDisk(name: string, test: (rig: Rig) => void, buffer = LIMIT): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    const disk = new TestDisk(`${folder}/state.db`);
    const rig = new Rig({ stateMax: 1e9, buffer }, disk);
    try {
      disk.fillUp();
      test(rig);
      assert.match(rig.store.fault ?? "", /full/);
    } finally {
      rig.store.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

withFullDisk("while the disk fails, bodies that nobody waits for count and are trimmed, too", (rig) => {
  rig.see(names("rests", 100), []);
  const whole = [...rig.store.inventory.pods()]
    .filter((pod) => rig.store.inventory.bodyOf(pod)?.trimmed === false);
  assert.ok(whole.length < 25, `${whole.length} whole`);
});

withFullDisk("while the disk fails, the bodies of few messages count as well", (rig) => {
  rig.see(names("web", 150));
  assert.ok(rig.count("a", "whole") < 120, `${rig.count("a", "whole")} whole`);
}, 5 * LIMIT);

/** A hundred pods with 20 transitions each, of which the bodies are nothing beside the rows. */
function manyRows(rig: Rig): void {
  for (let version = 1; version <= 20; version++) {
    for (const name of names("web", 100)) {
      record(rig.store, ["a"], { name, resourceVersion: String(version), reasons: ["restarted"] });
    }
    rig.settle();
  }
  const { pending } = rig.store.pending.counts("a");
  assert.ok(pending * 650 <= LIMIT + 650 * 100, `${pending} pending`);
}

withFullDisk("while the disk fails, every row that is not written counts against --buffer", manyRows);

withRig("without a disk, every row does", manyRows, { stateMax: 1e9, buffer: LIMIT }, true);

withFullDisk("while the disk fails, what is dead among bodies keeps no memory", (rig) => {
  for (let round = 0; round < 40; round++) {
    // Of each block one body lives on.
    for (const name of names("web", 20)) {
      const own = name === "web-0" ? `stays-${round}` : name;
      record(rig.store, ["a"], {
        name: own,
        resourceVersion: String(round),
        text: bulky(own, String(round)),
      });
    }
    rig.store.commit();
  }
  rig.settle();
  assert.equal(rig.store.pending.lost("a").messages, 0);
  assert.ok(rig.count("a", "whole") > 30, `${rig.count("a", "whole")} whole`);
}, 5 * LIMIT);

withRig("where memory alone is short no body is given up: on the disk it takes none", (rig) => {
  rig.end(names("end", 70));
  assert.ok(rig.store.pending.lost("a").messages > 0);
  assert.equal(rig.count("a", "whole"), rig.store.pending.counts("a").pending);
}, { stateMax: 1e9, buffer: LIMIT * 0.7 });
