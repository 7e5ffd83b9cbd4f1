import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { testsWith } from "../../tests/kit/rig.ts";
import { drain, openTestStore, record } from "../../tests/kit/store.ts";
import type { InventoryNotice, Notice } from "../delivery/notice.ts";
import { Renderer } from "../delivery/render.ts";
import type { Scope } from "../pod/pod.ts";
import { Notices } from "./notices.ts";

/** Notices to `a` and `b` on a store whose scopes have been listed up to version 10. */
class Rig {
  readonly clock = new TestClock();
  readonly ready: string[] = [];
  readonly store = openTestStore({
    clock: this.clock,
    onReady: (endpoints) => void this.ready.push(...endpoints),
  });
  readonly scopes: Scope[] = [undefined];
  /** The pods of endpoints that were not sent everything. */
  readonly own = new Map<string, { uid: string; resourceVersion: string }[]>();
  readonly notices = new Notices({
    store: this.store,
    clock: this.clock,
    endpoints: () => ["a", "b"],
    inventoryOf: (endpoint) => this.own.get(endpoint),
    scopes: this.scopes,
  });
  readonly #renderer = new Renderer({ version: "1" });

  know(name: string, resourceVersion: string): void {
    record(this.store, [], { name, resourceVersion });
  }

  /** So many messages for an endpoint were evicted, and no delivery has reported it. */
  lose(endpoint: string, messages: number, since: number): void {
    const { pending } = this.store;
    pending.lost = (name): ReturnType<typeof pending.lost> =>
      name === endpoint ? { messages, since } : { messages: 0, since: undefined };
  }

  /** The notices that are pending for an endpoint, in order; they are delivered. */
  sent(endpoint: string): Notice[] {
    return drain(this.store, endpoint, this.clock.monotonic()).map((message) => {
      const { headers, body } = this.#renderer.render(message);
      const notice = JSON.parse(new TextDecoder().decode(body)) as Notice;
      assert.equal(headers["k8svent-event"], notice.type);
      assert.equal(headers["k8svent-reason"], undefined);
      return notice;
    });
  }

  inventoryOf(endpoint: string): InventoryNotice[] {
    return this.sent(endpoint).filter((notice) => notice.type === "k8svent.inventory");
  }

  end(): void {
    this.store.close();
  }
}

const withRig = testsWith(() => {
  const rig = new Rig();
  rig.store.inventory.setReached(undefined, "10");
  rig.notices.complete(false);
  return rig;
});

withRig(
  "how an endpoint does is sent to the others, and the newest word takes the place of one that waits",
  (rig) => {
    const event = {
      endpoint: "a",
      kind: "failing" as const,
      since: Date.parse("2026-01-01T00:00:00Z"),
      pending: 4,
      deadLetters: 1,
      lost: 0,
      why: "Endpoint a has accepted nothing for 2 min.",
    };
    const notice = {
      type: "k8svent.endpoint",
      endpoint: "a",
      what: "failing",
      since: "2026-01-01T00:00:00.000Z",
      pending: 4,
      deadLetters: 1,
      lost: 0,
      why: "Endpoint a has accepted nothing for 2 min.",
    };
    rig.notices.sendEndpoint(event);
    rig.notices.sendEndpoint({ ...event, endpoint: "c" });
    rig.notices.sendEndpoint({ ...event, kind: "recovered" });
    rig.store.commit();
    assert.deepEqual(rig.sent("b"), [{ ...notice, what: "recovered" }, { ...notice, endpoint: "c" }]);
    assert.deepEqual(rig.sent("a"), [{ ...notice, endpoint: "c" }]);
  },
);

withRig("a gap is sent with its count and its beginning, and what there is follows", (rig) => {
  rig.know("web-0", "5");
  rig.lose("a", 7, Date.parse("2025-12-31T23:00:00Z"));
  rig.notices.sendGap("a");
  const [gap, inventory, ...more] = rig.sent("a");
  assert.deepEqual(gap, { type: "k8svent.gap", endpoint: "a", since: "2025-12-31T23:00:00.000Z", lost: 7 });
  assert.equal(inventory?.type, "k8svent.inventory");
  assert.deepEqual(more, []);
  assert.deepEqual(rig.sent("b"), [], "the gap of one endpoint is no gap of another");
  assert.deepEqual([...new Set(rig.ready)], ["a"]);
});

withRig("an endpoint that did not ask for notices gets none, whatever happens", (rig) => {
  rig.lose("plain", 7, 0);
  rig.notices.sendGap("plain");
  rig.notices.requested("plain");
  rig.notices.beat();
  rig.notices.sendInventory();
  assert.deepEqual(rig.sent("plain"), []);
});

withRig("an inventory has each pod's UID and version, and the version up to which all was seen", (rig) => {
  for (const [name, version] of [["web-0", "9"], ["web-1", "10"], ["web-2", "8"]] as const) {
    rig.know(name, version);
  }
  rig.notices.sendInventory();
  for (const endpoint of ["a", "b"]) {
    assert.deepEqual(rig.sent(endpoint), [{
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
  rig.notices.sendInventory();
  const [page, ...more] = rig.inventoryOf("a");
  assert.deepEqual([page?.page, page?.pages, page?.pods, page?.resourceVersion], [1, 1, [], "10"]);
  assert.deepEqual(more, []);
});

withRig("a large inventory comes in pages of a thousand that belong together", (rig) => {
  for (let pod = 0; pod < 2_001; pod++) rig.know(`web-${pod}`, String(100 + pod));
  rig.notices.sendInventory(["a"]);
  const pages = rig.inventoryOf("a");
  assert.deepEqual(pages.map(({ page, pages, pods }) => [page, pages, pods.length]), [
    [1, 3, 1_000],
    [2, 3, 1_000],
    [3, 3, 1],
  ]);
  assert.equal(new Set(pages.map(({ inventory }) => inventory)).size, 1);
  assert.deepEqual([...new Set(pages.map(({ resourceVersion }) => resourceVersion))], ["10"]);
  assert.equal(new Set(pages.flatMap(({ pods }) => pods.map(({ uid }) => uid))).size, 2_001);
});

withRig("a newer inventory takes the place of one that waits, and two are distinguished", (rig) => {
  rig.notices.sendInventory(["a"]);
  rig.clock.jump(1_000);
  rig.know("web-0", "5");
  rig.notices.sendInventory(["a"]);
  const pages = rig.inventoryOf("a");
  assert.deepEqual(pages.map(({ inventory, pods }) => [inventory, pods.length]), [[
    "2026-01-01T00:00:01.000Z",
    1,
  ]]);
});

withRig("a request is answered to the endpoint that asked, at most once a minute", async (rig) => {
  rig.notices.requested("a");
  assert.equal(rig.inventoryOf("a").length, 1);
  await rig.clock.advance(59_999);
  rig.notices.requested("a");
  assert.equal(rig.inventoryOf("a").length, 0);
  rig.notices.requested("b");
  assert.equal(rig.inventoryOf("b").length, 1, "one endpoint's requests do not use up another's");
  await rig.clock.advance(1);
  rig.notices.requested("a");
  assert.equal(rig.inventoryOf("a").length, 1);
});

withRig("a wall clock that jumps does not change how often a request is answered", (rig) => {
  rig.notices.requested("a");
  rig.clock.jump(3_600_000);
  rig.notices.requested("a");
  rig.clock.jump(-7_200_000);
  rig.notices.requested("a");
  assert.equal(rig.inventoryOf("a").length, 1);
});

withRig("a heartbeat is the instant alone, and one waits at most", (rig) => {
  rig.notices.beat();
  rig.clock.jump(300_000);
  rig.notices.beat();
  for (const endpoint of ["a", "b"]) {
    assert.deepEqual(rig.sent(endpoint), [{ type: "k8svent.heartbeat", at: "2026-01-01T00:05:00.000Z" }]);
  }
});

withRig("whoever waits for an inventory gets it when every scope has been listed", (rig) => {
  rig.scopes.splice(0, 1, "shop", "bank");
  rig.store.inventory.setReached("shop", "12");
  rig.notices.sendInventory(["a"]);
  assert.deepEqual(rig.inventoryOf("a"), [], "one of them was never listed");
  rig.store.inventory.setReached("bank", "9");
  rig.notices.complete(false);
  assert.equal(rig.inventoryOf("a").length, 1);
  assert.deepEqual(rig.inventoryOf("b"), [], "it did not wait");
  rig.notices.complete(true);
  assert.equal(rig.inventoryOf("b").length, 1);
});

withRig("an inventory of several scopes is as old as the one of them that was seen least far", (rig) => {
  rig.scopes.splice(0, 1, "shop", "bank", "team");
  for (const [scope, version] of [["shop", "120"], ["bank", "99"], ["team", "100"]] as const) {
    rig.store.inventory.setReached(scope, version);
  }
  // A receiver forgets what is older and not in the list: a pod of `bank` at 110 may live and not be known yet.
  rig.know("web-0", "115");
  rig.notices.sendInventory(["a"]);
  assert.deepEqual(rig.inventoryOf("a").map(({ resourceVersion }) => resourceVersion), ["99"]);
});

withRig("an inventory asked for as an epoch begins is sent when its lists are complete", (rig) => {
  rig.know("web-0", "9");
  rig.store.inventory.beginEpoch();
  rig.notices.requested("a");
  assert.deepEqual(rig.inventoryOf("a"), []);
  rig.store.inventory.setReached(undefined, "8");
  rig.notices.complete(false);
  assert.deepEqual(rig.inventoryOf("a"), [], "the pod was not seen since history was rewritten");
  rig.know("web-0", "7");
  rig.notices.complete(false);
  assert.deepEqual(rig.inventoryOf("a").map(({ pods, resourceVersion }) => [pods, resourceVersion]), [[
    [{ uid: "uid-web-0", resourceVersion: "7" }],
    "8",
  ]]);
});

withRig("an endpoint that does not want everything gets an inventory of what it was sent", (rig) => {
  rig.know("web-0", "9");
  rig.own.set("b", [{ uid: "uid-web-0", resourceVersion: "7" }]);
  rig.notices.sendInventory();
  assert.deepEqual(rig.inventoryOf("a").map(({ pods }) => pods), [[{
    uid: "uid-web-0",
    resourceVersion: "9",
  }]]);
  assert.deepEqual(rig.inventoryOf("b").map(({ pods }) => pods), [[{
    uid: "uid-web-0",
    resourceVersion: "7",
  }]]);
});

withRig("an endpoint that is new gets its inventory at the end of the next list", (rig) => {
  rig.notices.sendAfterList(["b"]);
  assert.deepEqual(rig.inventoryOf("b"), []);
  rig.notices.complete(false);
  assert.deepEqual([rig.inventoryOf("a").length, rig.inventoryOf("b").length], [0, 1]);
});

withRig(
  "an inventory that waited for a look-up is sent when that is decided, without another list",
  (rig) => {
    rig.know("web-0", "9");
    rig.store.inventory.beginEpoch();
    rig.store.inventory.setReached(undefined, "8");
    rig.notices.sendInventory(["a"]);
    rig.notices.complete(false);
    assert.deepEqual(rig.inventoryOf("a"), [], "whether the pod is gone is not known yet");
    const known = rig.store.inventory.holder("shop", "web-0") ?? assert.fail();
    rig.store.inventory.remove(known, { version: "8", left: false });
    rig.notices.sendWaiting();
    assert.deepEqual(rig.inventoryOf("a").map(({ pods }) => pods), [[]]);
  },
);
