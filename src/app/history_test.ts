import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { testsWith } from "../../tests/kit/rig.ts";
import { type Answer, ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { openTestStore, record } from "../../tests/kit/store.ts";
import type { Suspicion } from "../change/contradiction.ts";
import { ClusterError } from "../cluster/error.ts";
import { History } from "./history.ts";

const MINUTE = 60_000;

/** The history of a cluster whose API server answers by a script. */
class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly store = openTestStore({ clock: this.clock });

  history(...answers: Answer[]): History {
    return new History({
      api: new ScriptedApi(...answers),
      store: this.store,
      clock: this.clock,
      log: this.log,
    });
  }

  end(): void {
    this.store.close();
  }
}

const withRig = testsWith(() => new Rig());

const PLACE = { uid: "uid-web-0", namespace: "shop", name: "web-0" };
const POD: Suspicion = { kind: "pod-behind", pod: { ...PLACE, resourceVersion: "5" } };
const POD_LATER: Suspicion = { kind: "pod-behind", pod: { ...PLACE, resourceVersion: "6" } };
const running = new AbortController().signal;

withRig("that a list is behind is confirmed by the one that follows it, and by no request", async (rig) => {
  const history = rig.history();
  assert.equal(await history.confirms({ kind: "list-behind" }, false, running), false);
  assert.equal(await history.confirms({ kind: "list-behind" }, true, running), true);
});

for (
  const [what, answer, isConfirmed] of [
    ["the same version of the same pod", makePod({ version: "5" }), true],
    ["another version of it", makePod({ version: "9" }), false],
    ["another pod of its name", makePod({ version: "5", uid: "another" }), false],
    ["no such pod", new ClusterError("missing", "pods not found (404)"), false],
    ["no answer", new ClusterError("unreachable", "The connection was refused."), false],
  ] as [string, Answer, boolean][]
) {
  withRig(
    `a pod that cannot be is ${isConfirmed ? "" : "not "}confirmed by a read that brings ${what}`,
    async (rig) => {
      for (const kind of ["pod-behind", "pod-returned", "selection-behind"] as const) {
        assert.equal(await rig.history(answer).confirms({ ...POD, kind }, true, running), isConfirmed, kind);
      }
    },
  );
}

withRig(
  "that a list holds a pod that a read does not find is no sign any more, until history is rewritten",
  async (rig) => {
    const missing = new ClusterError("missing", "pods not found (404)");
    for (const answer of [makePod({ version: "9" }), makePod({ version: "5", uid: "another" }), missing]) {
      const history = rig.history(answer);
      await history.confirms(POD, true, running);
      assert.equal(history.isRefuted(POD), true);
      assert.equal(history.isRefuted(POD_LATER), false, "another version is another sign");
      history.begin();
      assert.equal(history.isRefuted(POD), false);
    }
    const unreachable = new ClusterError("unreachable", "The connection was refused.");
    for (const answer of [makePod({ version: "5" }), unreachable]) {
      const history = rig.history(answer);
      await history.confirms(POD, true, running);
      assert.equal(history.isRefuted(POD), false);
    }
  },
);

withRig("the end of the program confirms nothing", async (rig) => {
  const stop = new AbortController();
  const confirmed = rig.history().confirms(POD, true, stop.signal);
  await settle();
  stop.abort();
  assert.equal(await confirmed, false);
});

withRig(
  "an epoch begins for every scope: the sources that run end, and how far they saw is forgotten",
  (rig) => {
    const { inventory } = rig.store;
    const pod = record(rig.store, [], { resourceVersion: "90" });
    inventory.remove(record(rig.store, [], { name: "gone" }), { version: "91", left: false });
    for (const scope of ["shop", "bank"]) {
      inventory.setReached(scope, "100");
      inventory.endSync(scope);
    }
    const history = rig.history();
    const { epoch } = history;
    assert.equal(history.begin(), true);
    assert.equal(epoch.aborted, true);
    assert.equal(history.epoch.aborted, false, "the sources of the new epoch are others");
    assert.equal(inventory.epoch, 1);
    assert.deepEqual([inventory.reached("shop"), inventory.reached("bank")], [undefined, undefined]);
    assert.equal(inventory.isSynced("shop"), true, "what is listed is no first list");
    assert.equal(inventory.tombstone("uid-gone"), undefined);
    assert.deepEqual([inventory.known(pod)?.epoch, inventory.isOfOneEpoch()], [0, false]);
    assert.match(rig.log.at("error").join(), /history of the cluster was rewritten/);
  },
);

withRig("there is at most one epoch a minute, and ever fewer while they recur", async (rig) => {
  const history = rig.history();
  const waits: number[] = [];
  assert.equal(history.begin(), true);
  for (let epoch = 0; epoch < 8; epoch++) {
    let waited = 0;
    for (; !history.begin(); waited += MINUTE / 2) await rig.clock.advance(MINUTE / 2);
    waits.push(waited / MINUTE);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
  assert.equal(rig.store.inventory.epoch, 9);
  await rig.clock.advance(120 * MINUTE);
  history.begin();
  await rig.clock.advance(MINUTE);
  assert.equal(history.begin(), true, "after a calm time it is a minute again");
});
