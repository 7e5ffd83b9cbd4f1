import assert from "node:assert/strict";
import {
  bulky,
  EvictionRig as Rig,
  LIMIT,
  names,
  withEviction as withRig,
} from "../../tests/kit/eviction_rig.ts";
import { withFolder, withoutSync } from "../../tests/kit/state_file.ts";
import { drain, FAILED, podNamed, recordEnd, takeAll } from "../../tests/kit/store.ts";
import type { Message } from "./store.ts";

withRig("while there is room every body is whole", (rig) => {
  rig.see(names("web", 14));
  assert.equal(rig.count("a", "whole"), 14);
});

withRig(
  "above the limit the oldest bodies that can be fetched again are trimmed, and their messages stay",
  (rig) => {
    rig.see(names("web", 60));
    const pending = rig.pending();
    assert.equal(Object.keys(pending).length, 60);
    assert.deepEqual([pending["web-0"], pending["web-59"]], ["fetchable", "whole"]);
    const oldest = takeAll(rig.store, "a").find(({ name }) => name === "web-0");
    const { pod } = JSON.parse(new TextDecoder().decode(oldest?.body));
    assert.deepEqual([pod.metadata.name, pod.metadata.annotations], ["web-0", undefined]);
  },
);

withRig("a version whose place a newer one took needs no room any more", (rig) => {
  for (let version = 1; version <= 60; version++) {
    rig.see(["web"], ["a"], { resourceVersion: String(version) });
  }
  assert.deepEqual(rig.pending(), { web: "whole" });
});

withRig("a body that came back is whole for who waits for it", (rig) => {
  rig.see(names("web", 60));
  const pod = rig.store.inventory.holder("shop", "web-0") ?? assert.fail();
  rig.store.inventory.restore(pod, new TextEncoder().encode(bulky("web-0")));
  assert.equal(rig.store.inventory.bodyOf(pod)?.trimmed, false);
});

withRig("deletions are trimmed when nothing else is left, and none of them is lost for it", (rig) => {
  rig.end(names("end", 60));
  const pending = rig.pending();
  assert.equal(Object.keys(pending).length, 60);
  assert.deepEqual([pending["end-0"], pending["end-59"]], ["trimmed", "whole"]);
  assert.equal(rig.store.pending.lost("a").messages, 0);
});

withRig(
  "the transitions between a pod's first and its latest are thinned before older bodies are trimmed",
  (rig) => {
    for (let version = 1; version <= 25; version++) {
      rig.see(["crash"], ["a"], { resourceVersion: String(version), reasons: ["restarted"] });
    }
    const { pending } = rig.store.pending.counts("a");
    assert.ok(pending <= 7, `${pending} of them`);
    const messages: Message[] = [];
    for (let one = takeAll(rig.store, "a"); one.length > 0; one = takeAll(rig.store, "a")) {
      for (const message of one) rig.store.pending.acknowledged(message, 0);
      messages.push(...one);
    }
    assert.equal(messages.reduce((sum, { coalesced }) => sum + 1 + coalesced, 0), 25, "and are counted");
    assert.ok(messages.every(({ completeness }) => completeness === "whole"));
    assert.equal(rig.store.pending.lost("a").messages, 0);
  },
);

withRig("pods that came and went unheard go before bodies are trimmed that nothing brings back", (rig) => {
  rig.end(names("end", 5));
  rig.end(names("short", 40), ["a"], ["created", "deleted"]);
  assert.equal(rig.pending()["end-0"], "whole");
  const { messages, since } = rig.store.pending.lost("a");
  assert.ok(messages > 10);
  assert.equal(since, rig.clock.now());
});

withRig("a pod that came and went is not unheard where its message was tried: it may have arrived", (rig) => {
  rig.end(["tried"], ["a"], ["created", "deleted"]);
  const [message] = takeAll(rig.store, "a");
  rig.store.pending.failed(message ?? assert.fail(), FAILED, Infinity);
  rig.end(names("short", 40), ["a"], ["created", "deleted"]);
  assert.ok(rig.store.pending.lost("a").messages > 10);
  assert.equal(rig.store.pending.has("a", podNamed("tried")), true);
});

withRig("when all is trimmed the oldest go, counted in the endpoint's row and dated by the first", (rig) => {
  rig.end(names("end", 300));
  rig.clock.pass(1_000);
  rig.end(names("later", 100));
  const { messages, since } = rig.store.pending.lost("a");
  assert.ok(messages > 0);
  assert.equal(rig.store.pending.counts("a").pending + messages, 400);
  assert.ok(since !== undefined && since < rig.clock.now());
  const pending = rig.pending();
  assert.deepEqual([pending["end-0"] === undefined, pending["later-99"] === undefined], [true, false]);
  rig.end(names("more", 100));
  assert.equal(rig.store.pending.lost("a").since, since);
}, { stateMax: LIMIT / 8 });

withRig("what was announced as lost is over, and what was lost meanwhile is not", (rig) => {
  rig.end(names("end", 300));
  const [message] = takeAll(rig.store, "a");
  const { messages } = rig.store.pending.lost("a");
  rig.end(names("more", 200));
  const more = rig.store.pending.lost("a").messages - messages;
  assert.ok(more > 0);
  rig.store.pending.acknowledged(message ?? assert.fail(), messages);
  assert.equal(rig.store.pending.lost("a").messages, more);
  rig.store.pending.acknowledged(message ?? assert.fail(), more);
  assert.deepEqual(rig.store.pending.lost("a"), { messages: 0, since: undefined });
}, { stateMax: LIMIT / 8 });

withRig("losses are reported in one sum, once a minute", (rig) => {
  rig.end(names("end", 400));
  assert.equal(rig.evicted.length, 1);
  rig.clock.pass(60_000);
  rig.store.tidy();
  assert.equal(rig.evicted.length, 2);
  const sum = rig.evicted.reduce((total, [, messages]) => total + messages, 0);
  assert.equal(sum, rig.store.pending.lost("a").messages);
}, { stateMax: LIMIT / 8 });

withFolder("what was evicted and not reported is reported by the next process, once", (folder) => {
  const path = `${folder}/state.db`;
  const options = { stateMax: LIMIT / 8 };
  const first = new Rig(options, withoutSync(path));
  first.end(names("end", 400));
  const { messages } = first.store.pending.lost("a");
  first.store.close();
  const [[, reported] = assert.fail()] = first.evicted;
  assert.ok(reported < messages, "the rest is within the minute");
  for (const rest of [[["a", messages - reported]], []]) {
    const next = new Rig(options, withoutSync(path));
    next.store.tidy();
    next.store.close();
    assert.deepEqual(next.evicted, rest);
  }
});

withRig("an endpoint that is not behind loses nothing, nor the bodies that it waits for", (rig) => {
  rig.end(names("early", 100), ["a"]);
  rig.end(["mine", "both"], ["b"]);
  rig.end(["shared"], ["a", "b"]);
  rig.end(names("end", 700), ["a"]);
  assert.deepEqual(rig.pending("b"), { mine: "whole", both: "whole", shared: "whole" });
  assert.equal(rig.store.pending.lost("b").messages, 0);
  assert.ok(rig.store.pending.lost("a").messages > 0);
}, { stateMax: LIMIT / 2 });

withRig("what little is pending while nobody is behind stays whole, and what rests is trimmed", (rig) => {
  rig.see(["mine"], ["a"]);
  rig.see(names("rests", 200), []);
  assert.deepEqual(rig.pending(), { mine: "whole" });
}, { stateMax: 8 * LIMIT });

withRig("two endpoints that are as far behind pay alike, and both keep the latest", (rig) => {
  rig.end(names("end", 300), ["a", "b"]);
  const [a, b] = ["a", "b"].map((one) => rig.store.pending.lost(one).messages);
  assert.ok(a !== undefined && b !== undefined && a > 0 && Math.abs(a - b) <= 50, `${a} and ${b}`);
  for (const endpoint of ["a", "b"]) assert.notEqual(rig.pending(endpoint)["end-299"], undefined);
}, { stateMax: LIMIT / 8 });

withRig("of those that are behind the one that is furthest pays first", (rig) => {
  rig.end(names("b", 30), ["b"]);
  rig.end(names("a", 300), ["a"]);
  assert.ok(rig.store.pending.lost("a").messages > 0);
  assert.equal(rig.store.pending.lost("b").messages, 0);
  rig.end(names("more", 300), ["b"]);
  assert.ok(rig.store.pending.lost("b").messages > 0, "it has become the furthest");
}, { stateMax: LIMIT / 8 });

withRig("what is evicted behind a message in flight takes nothing else of its name away", (rig) => {
  recordEnd(rig.store, ["a"], { uid: "first" });
  const [first] = takeAll(rig.store, "a");
  for (let pod = 0; pod < 300; pod++) {
    recordEnd(rig.store, ["a"], { uid: `next-${pod}`, text: bulky(`next-${pod}`) });
    rig.store.commit();
  }
  rig.settle();
  assert.ok(rig.store.pending.lost("a").messages > 0);
  const { pending } = rig.store.pending.counts("a");
  rig.store.pending.acknowledged(first ?? assert.fail(), 0);
  assert.equal(drain(rig.store, "a").length, pending - 1);
}, { stateMax: LIMIT / 8 });

withRig("a message that is in flight is not evicted", (rig) => {
  rig.end(["sent"]);
  const [sent] = takeAll(rig.store, "a");
  rig.end(names("end", 300));
  assert.ok(rig.store.pending.lost("a").messages > 0);
  assert.equal(rig.store.pending.has("a", podNamed("sent")), true);
  rig.store.pending.acknowledged(sent ?? assert.fail(), 0);
  assert.equal(rig.store.pending.has("a", podNamed("sent")), false);
}, { stateMax: LIMIT / 8 });

withRig("a pod that lives keeps its last message, however little room there is on the disk", (rig) => {
  rig.see(names("web", 300), ["a"], { reasons: ["restarted"] });
  rig.see(names("web", 300), ["a"], { resourceVersion: "2" });
  assert.ok(rig.store.pending.counts("a").pending < 600);
  assert.equal(Object.keys(rig.pending()).length, 300);
  assert.ok(rig.store.pending.lost("a").messages > 0, "transitions before it go");
}, { stateMax: LIMIT / 8 });

withRig("notices are not evicted", (rig) => {
  const page = { event: "k8svent.inventory" as const, resourceVersion: "0", reasons: [], occasion: "" };
  for (const line of names("inventory", 300)) {
    rig.store.record(undefined, { ...page, body: new TextEncoder().encode(bulky(line)) }, ["a"], line);
  }
  rig.end(names("end", 100));
  assert.equal(Object.keys(rig.pending()).filter((name) => name.startsWith("inventory")).length, 300);
  assert.ok(rig.store.pending.lost("a").messages > 0);
}, { stateMax: LIMIT / 8 });

withRig("once what could not be evicted is through, the bound is as low as before", (rig) => {
  const page = { event: "k8svent.inventory" as const, resourceVersion: "0", reasons: [], occasion: "" };
  for (const line of names("inventory", 120)) {
    rig.store.record(undefined, { ...page, body: new TextEncoder().encode(bulky(line)) }, ["a"], line);
  }
  rig.settle();
  drain(rig.store, "a");
  rig.see(names("web", 60));
  assert.ok(rig.count("a", "fetchable") > 30, `${rig.count("a", "fetchable")} are trimmed`);
});

withRig("bodies that nobody waits for are trimmed before anything is lost", (rig) => {
  rig.see(names("rests", 10), []);
  rig.end(names("end", 100));
  const whole = names("rests", 10).filter((name) => {
    const pod = rig.store.inventory.holder("shop", name);
    return pod !== undefined && rig.store.inventory.bodyOf(pod)?.trimmed === false;
  });
  assert.ok(whole.length < 8, `${whole.length} whole`);
  assert.equal(rig.store.pending.lost("a").messages, 0);
}, { stateMax: LIMIT / 2 });

withRig("one commit evicts only some, and the next ones go on by themselves", (rig) => {
  const count = 3_000;
  for (const name of names("end", count)) recordEnd(rig.store, ["a"], { name, text: bulky(name) });
  rig.store.commit();
  const before = rig.store.pending.counts("a").pending;
  assert.ok(before > count - 600, `${before} left`);
  for (let turn = 0; turn < 150; turn++) rig.clock.pass(0);
  const after = rig.store.pending.counts("a").pending;
  assert.ok(after < count / 2, `${after} left`);
  assert.equal(rig.store.pending.lost("a").messages + after, count);
}, { stateMax: LIMIT / 4 });

withRig("200 endpoints that are each a little behind do not pass the bound together", (rig) => {
  const endpoints = names("endpoint", 200);
  for (const endpoint of endpoints) rig.end(names(endpoint, 2), [endpoint]);
  rig.settle();
  const whole = endpoints.map((endpoint) => rig.count(endpoint, "whole")).reduce((sum, one) => sum + one);
  assert.ok(whole * 4_000 <= 16 * LIMIT, `${whole} whole`);
}, { stateMax: 16 * LIMIT });
