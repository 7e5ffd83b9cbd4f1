import assert from "node:assert/strict";
import { parse } from "../../tests/kit/command_line.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { testsWith } from "../../tests/kit/rig.ts";
import { type Answer, podList, ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { drain, openTestStore, record } from "../../tests/kit/store.ts";
import { ClusterError } from "../cluster/error.ts";
import { Renderer } from "../delivery/render.ts";
import { StoreError } from "../store/disk_fault.ts";
import type { Store } from "../store/store.ts";
import { bindStore } from "./bind.ts";

/** A store that has been bound once, and has delivered a pod in each of two namespaces. */
class Rig {
  readonly store: Store = openTestStore();
  readonly log = new MemoryLog();

  know(namespace: string, name: string): void {
    record(this.store, ["a"], { namespace, name });
    drain(this.store, "a");
  }

  /** Where the cluster is. */
  address = "https://here:6443";

  /** A start against a cluster with this authority; returns the paths that were asked for. */
  async bind(cluster: string, flags: string[] = [], ...answers: Answer[]): Promise<string[]> {
    const api = new ScriptedApi(...answers);
    Object.defineProperty(api, "origin", { value: this.address });
    api.identity = (): Promise<string> => Promise.resolve(cluster);
    const options = parse(["--url", "a=https://a.example.com/", ...flags]);
    await bindStore(api, options, this.store, this.log, new AbortController().signal);
    return api.requests.map(({ pathname, search }) => `${pathname}${search}`);
  }

  end(): void {
    this.store.close();
  }
}

const withRig = testsWith(() => new Rig());

withRig("a new store belongs to the first cluster that it sees, without a request", async (rig) => {
  assert.deepEqual(await rig.bind("one", ["--namespace", "shop"]), []);
  assert.deepEqual(rig.store.inventory.binding, { cluster: "one https://here:6443" });
});

withRig("the same cluster is known without a request", async (rig) => {
  await rig.bind("one");
  rig.know("shop", "web-0");
  assert.deepEqual(await rig.bind("one"), []);
  assert.equal(rig.store.inventory.count(), 1);
});

withRig(
  "a cluster whose authority was changed is the same one if it has a pod that is known",
  async (rig) => {
    await rig.bind("one");
    rig.know("shop", "web-0");
    await rig.bind(
      "one-rotated",
      [],
      podList("5", [makePod({ name: "new" })], "more"),
      podList("5", [makePod({ namespace: "shop" })]),
    );
    assert.equal(rig.store.inventory.binding?.cluster, "one-rotated https://here:6443");
    assert.equal(rig.store.inventory.count(), 1);
  },
);

withRig("pods that are known are looked for whether the selectors match them now or not", async (rig) => {
  const flags = ["--selector", "app=web", "--field-selector", "spec.nodeName=n1", "--namespace", "shop"];
  await rig.bind("one", flags);
  rig.know("shop", "web-0");
  const asked = await rig.bind("one-rotated", flags, podList("5", [makePod({ namespace: "shop" })]));
  assert.equal(rig.store.inventory.binding?.cluster, "one-rotated https://here:6443");
  assert.equal(asked.length, 1);
  assert.match(asked[0] ?? "", /^\/api\/v1\/namespaces\/shop\/pods\?(?!.*elector)/);
});

withRig(
  "another cluster is an error that names both ways out, and the store stays as it was",
  async (rig) => {
    await rig.bind("one");
    rig.know("shop", "web-0");
    // The same name, as a StatefulSet in every cluster has it, is not the same pod.
    const other = podList("5", [makePod({ namespace: "shop", uid: "of-another-cluster" })]);
    await assert.rejects(
      rig.bind("another", [], other),
      (error: unknown) =>
        error instanceof StoreError && /belongs to another cluster/.test(error.message) &&
        /Give --state another file, or remove this one: every pod is then sent again/.test(error.message),
    );
    assert.equal(rig.store.inventory.binding?.cluster, "one https://here:6443");
    assert.equal(rig.store.inventory.count(), 1);
    assert.equal(rig.store.pending.counts("a").pending, 0);
  },
);

for (const address of ["https://here:16443", "https://there:6443", "https://[fd00::1]:6443"]) {
  withRig(`the same authority at ${address} is the same cluster, and the move is said`, async (rig) => {
    await rig.bind("one");
    rig.know("shop", "web-0");
    rig.address = address;
    assert.deepEqual(await rig.bind("one"), [], "whether it has a pod that is known is not asked");
    assert.equal(rig.store.inventory.binding?.cluster, `one ${address}`);
    assert.equal(rig.log.lines.length, 1);
    assert.match(
      rig.log.at("info")[0] ?? "",
      /is at .* now, and was at https:\/\/here:6443; its authority is the same/,
    );
    assert.deepEqual(await rig.bind("one"), []);
    assert.equal(rig.log.lines.length, 1, "and not said again");
  });
}

withRig("a state file that was bound by address and authority goes on where it knows a pod", async (rig) => {
  rig.store.inventory.bind({ cluster: "https://here:6443/ one" });
  rig.know("shop", "web-0");
  await rig.bind("one", [], podList("5", [makePod({ namespace: "shop" })]));
  assert.equal(rig.store.inventory.binding?.cluster, "one https://here:6443");
});

withRig("a store that knows no pod can move to any cluster", async (rig) => {
  await rig.bind("one");
  assert.deepEqual(await rig.bind("another"), []);
  assert.equal(rig.store.inventory.binding?.cluster, "another https://here:6443");
});

withRig("while a changed cluster does not answer nothing is decided", async (rig) => {
  await rig.bind("one");
  rig.know("shop", "web-0");
  const fault = new ClusterError("unreachable", "The connection was refused.");
  await assert.rejects(rig.bind("another", [], fault), fault);
  assert.equal(rig.store.inventory.binding?.cluster, "one https://here:6443");
});

withRig(
  "pods of namespaces that are no longer followed are forgotten, and no deletion is sent",
  async (rig) => {
    await rig.bind("one");
    rig.know("shop", "web-0");
    rig.know("bank", "web-1");
    await rig.bind("one", ["--namespace", "shop"]);
    assert.notEqual(rig.store.inventory.holder("shop", "web-0"), undefined);
    assert.equal(rig.store.inventory.holder("shop", "web-1"), undefined);
    assert.equal(rig.store.pending.counts("a").pending, 0, "nothing is pending about it");
    assert.equal(rig.store.inventory.tombstone("uid-web-1"), undefined, "it may be followed again");
    assert.deepEqual(rig.log.at("info"), ["1 pod of namespaces that are no longer followed is forgotten."]);
  },
);

withRig("pods of a namespace that is newly excluded are forgotten, and no deletion is sent", async (rig) => {
  await rig.bind("one");
  rig.know("shop", "web-0");
  rig.know("bank", "web-1");
  await rig.bind("one", ["--exclude-namespace", "bank"]);
  assert.notEqual(rig.store.inventory.holder("shop", "web-0"), undefined);
  assert.equal(rig.store.inventory.holder("shop", "web-1"), undefined);
  assert.equal(rig.store.pending.counts("a").pending, 0, "nothing is pending about it");
});

withRig("more namespaces than before forget nothing and say nothing", async (rig) => {
  await rig.bind("one", ["--namespace", "shop"]);
  rig.know("shop", "web-0");
  await rig.bind("one", ["--namespace", "shop", "--namespace", "bank"]);
  await rig.bind("one");
  assert.equal(rig.store.inventory.count(), 1);
  assert.deepEqual(rig.log.lines, []);
});

withRig(
  "a pod that a changed selection brings again has another id than what it was sent with before",
  async (rig) => {
    const { store } = rig;
    const renderer = new Renderer({ version: "1" });
    const ids: string[] = [];
    for (const selector of ["app=web", "app=db", "app=web", "app=web"]) {
      await rig.bind("one", ["--selector", selector]);
      const pod = record(store, ["a"], { resourceVersion: "7", reasons: ["sync"] });
      ids.push(...drain(store, "a").map((message) => renderer.render(message).id));
      store.inventory.remove(pod, { version: "7", left: true });
    }
    const [first, second, third, fourth] = ids;
    assert.equal(new Set([first, second, third]).size, 3, "changed away and back");
    assert.equal(fourth, third, "the same selection as at the last start");
  },
);

/** Endpoints that the store has a row for, and what is pending for each; what a start with these flags leaves. */
async function forgottenBy(...flags: string[]): Promise<{ left: string[]; said: string[] }> {
  const rig = new Rig();
  try {
    const ofAnnotation = "pod:team.example.com-12345678";
    record(rig.store, ["old", "kept", ofAnnotation], { name: "web-0" });
    record(rig.store, ["old"], { name: "web-1" });
    record(rig.store, ["quiet"], { name: "web-2" });
    drain(rig.store, "quiet");
    await rig.bind("one", ["--url", "kept=https://kept.example.com/", ...flags]);
    return { left: rig.store.pending.endpoints().sort(), said: rig.log.at("info") };
  } finally {
    rig.store.close();
  }
}

Deno.test("an endpoint that is no longer configured is forgotten with what is pending for it, and a line says so", async () => {
  const { left, said } = await forgottenBy("--pod-webhooks", "team.example.com");
  assert.deepEqual(left, ["kept", "pod:team.example.com-12345678"]);
  assert.deepEqual(said, [
    "Endpoint old is no longer configured: it is forgotten, and with it 2 messages.",
    "Endpoint quiet is no longer configured: it is forgotten.",
  ]);
});

Deno.test("endpoints of annotations stay as long as annotations are honoured", async () => {
  assert.deepEqual((await forgottenBy()).left, ["kept"]);
  const { left } = await forgottenBy("--pod-webhooks", "other.example.com");
  assert.deepEqual(left, ["kept", "pod:team.example.com-12345678"]);
});
