import assert from "node:assert/strict";
import { knownOf } from "../tests/kit/known.ts";
import { TestClock } from "../tests/kit/clock.ts";
import { makePod } from "../tests/kit/pods.ts";
import { openTestStore } from "../tests/kit/store.ts";
import { transactTwice } from "../tests/kit/transact_twice.ts";
import type { InventoryNotice, Notice } from "./delivery/notice.ts";
import { render } from "./delivery/render.ts";
import { Notices } from "./notices.ts";
import { openInMemory } from "./store/database.ts";
import type { Store } from "./store/store.ts";

/** Notices to `a` and `b` on a store that also knows the endpoint `plain`. */
class Rig {
  readonly database = openInMemory();
  readonly store = openTestStore(this.database);
  readonly clock = new TestClock();
  readonly woken: string[] = [];
  readonly notices = this.over(this.store);

  over(store: Store): Notices {
    return new Notices({
      store,
      clock: this.clock,
      endpoints: ["a", "b"],
      wake: (names) => this.woken.push(...names),
    });
  }

  know(name: string, version: string): void {
    const pod = makePod({ name, version });
    const known = knownOf(pod);
    this.store.inventory.put(known, "{}", undefined);
  }

  lose(endpoint: string, messages: number, since: number): void {
    this.store.endpoints.lost(endpoint);
    const lose = this.database.prepare("UPDATE endpoint SET lost = ?, lost_since = ? WHERE name = ?");
    lose.run(messages, since, endpoint);
  }

  /** The notices that an endpoint is owed, in order; it takes them. */
  told(endpoint: string): Notice[] {
    const messages = this.store.outbox.take(endpoint, 0, 1_000);
    for (const message of messages) this.store.outbox.accepted(message);
    return messages.map((message) => {
      const { headers, body } = render(message, { version: "1" });
      const notice = JSON.parse(new TextDecoder().decode(body)) as Notice;
      assert.equal(headers["k8svent-event"], notice.type);
      assert.equal(headers["k8svent-reason"], undefined);
      return notice;
    });
  }

  /** An endpoint asked for an inventory; what follows is written. */
  request(endpoint: string): void {
    if (this.notices.admitRequest(endpoint)) this.notices.tellInventory([endpoint]);
  }

  inventoryOf(endpoint: string): InventoryNotice[] {
    return this.told(endpoint).filter((notice) => notice.type === "k8svent.inventory");
  }
}

function withRig(name: string, test: (rig: Rig) => void | Promise<void>): void {
  Deno.test(name, async () => {
    const rig = new Rig();
    try {
      rig.notices.complete(false);
      await test(rig);
    } finally {
      rig.store.close();
    }
  });
}

withRig("a gap is told with its count and its beginning, and what there is follows", (rig) => {
  rig.know("web-0", "5");
  rig.lose("a", 7, Date.parse("2025-12-31T23:00:00Z"));
  rig.notices.tellGap("a");
  const [gap, inventory, ...more] = rig.told("a");
  assert.deepEqual(gap, { type: "k8svent.gap", endpoint: "a", since: "2025-12-31T23:00:00.000Z", lost: 7 });
  assert.equal(inventory?.type, "k8svent.inventory");
  assert.deepEqual(more, []);
  assert.deepEqual(rig.told("b"), [], "the gap of one endpoint is no gap of another");
  assert.deepEqual([...new Set(rig.woken)], ["a"]);
});

withRig("an endpoint that did not ask for notices gets none, whatever happens", (rig) => {
  rig.lose("plain", 7, 0);
  rig.notices.tellGap("plain");
  rig.request("plain");
  rig.notices.beat();
  rig.notices.tellInventory();
  assert.deepEqual(rig.told("plain"), []);
});

withRig("an inventory has each pod's UID and version, and the newest version of all", (rig) => {
  for (const [name, version] of [["web-0", "9"], ["web-1", "10"], ["web-2", "8"]] as const) {
    rig.know(name, version);
  }
  rig.notices.tellInventory();
  for (const endpoint of ["a", "b"]) {
    assert.deepEqual(rig.told(endpoint), [{
      type: "k8svent.inventory",
      inventory: "2026-01-01T00:00:00.000Z",
      page: 1,
      pages: 1,
      resourceVersion: "10",
      pods: [
        { uid: "uid-web-0", resourceVersion: "9" },
        { uid: "uid-web-1", resourceVersion: "10" },
        { uid: "uid-web-2", resourceVersion: "8" },
      ],
    }]);
  }
});

withRig("an empty cluster is one page without pods, so that a receiver can forget all it has", (rig) => {
  rig.notices.tellInventory();
  const [page, ...more] = rig.inventoryOf("a");
  assert.deepEqual([page?.page, page?.pages, page?.pods, page?.resourceVersion], [1, 1, [], "0"]);
  assert.deepEqual(more, []);
});

withRig("a large inventory comes in pages of a thousand that belong together", (rig) => {
  for (let pod = 0; pod < 2_001; pod++) rig.know(`web-${pod}`, String(100 + pod));
  rig.notices.tellInventory(["a"]);
  const pages = rig.inventoryOf("a");
  assert.deepEqual(pages.map(({ page, pages, pods }) => [page, pages, pods.length]), [
    [1, 3, 1_000],
    [2, 3, 1_000],
    [3, 3, 1],
  ]);
  assert.equal(new Set(pages.map(({ inventory }) => inventory)).size, 1);
  assert.deepEqual([...new Set(pages.map(({ resourceVersion }) => resourceVersion))], ["2100"]);
  assert.equal(new Set(pages.flatMap(({ pods }) => pods.map(({ uid }) => uid))).size, 2_001);
});

withRig("a newer inventory takes the place of one that waits, and two are told apart", (rig) => {
  rig.notices.tellInventory(["a"]);
  rig.clock.jump(1_000);
  rig.know("web-0", "5");
  rig.notices.tellInventory(["a"]);
  const pages = rig.inventoryOf("a");
  assert.deepEqual(pages.map(({ inventory, pods }) => [inventory, pods.length]), [[
    "2026-01-01T00:00:01.000Z",
    1,
  ]]);
});

withRig("a request is answered to the endpoint that asked, at most once a minute", async (rig) => {
  rig.request("a");
  assert.equal(rig.inventoryOf("a").length, 1);
  await rig.clock.advance(59_999);
  rig.request("a");
  assert.equal(rig.inventoryOf("a").length, 0);
  rig.request("b");
  assert.equal(rig.inventoryOf("b").length, 1, "one endpoint's requests do not use up another's");
  await rig.clock.advance(1);
  rig.request("a");
  assert.equal(rig.inventoryOf("a").length, 1);
});

withRig("a wall clock that jumps does not change how often a request is answered", (rig) => {
  rig.request("a");
  rig.clock.jump(3_600_000);
  rig.request("a");
  rig.clock.jump(-7_200_000);
  rig.request("a");
  assert.equal(rig.inventoryOf("a").length, 1);
});

withRig("a heartbeat is the instant alone, and one waits at most", (rig) => {
  rig.notices.beat();
  rig.clock.jump(300_000);
  rig.notices.beat();
  for (const endpoint of ["a", "b"]) {
    assert.deepEqual(rig.told(endpoint), [{ type: "k8svent.heartbeat", at: "2026-01-01T00:05:00.000Z" }]);
  }
});

withRig("whoever waits for an inventory gets it, though the disk fails as it is written", (rig) => {
  const notices = rig.over({ ...rig.store, transaction: transactTwice(rig.store) });
  notices.tellInventory(["a"]);
  assert.deepEqual(rig.inventoryOf("a"), [], "no list is complete yet");
  notices.complete(false);
  assert.equal(rig.inventoryOf("a").length, 1);
});

withRig("an inventory asked for in the midst of a way back is told when its list is complete", (rig) => {
  rig.know("web-0", "9");
  rig.store.inventory.beginSync(undefined, true);
  rig.request("a");
  assert.deepEqual(rig.inventoryOf("a"), []);
  rig.notices.complete(false);
  assert.deepEqual(rig.inventoryOf("a"), [], "the pod was not seen since the cluster went back");
  rig.store.inventory.remove("uid-web-0", undefined);
  rig.notices.complete(false);
  assert.deepEqual(rig.inventoryOf("a").map(({ pods }) => pods), [[]]);
});
