import assert from "node:assert/strict";
import { messageId, Renderer } from "../delivery/render.ts";
import { A, DEAD, record, takeAll, withStore } from "../../tests/kit/store.ts";
import type { PodFilter, Store } from "./store.ts";

function shown(store: Store, limit = 100): string[] {
  return store.pending.list(A, limit).map(({ name, resourceVersion, isInFlight, isDeadLetter, due }) =>
    [`${name} ${resourceVersion}`, isInFlight && "in flight", isDeadLetter && "dead", due && `due ${due}`]
      .filter(Boolean).join(", ")
  );
}

withStore(
  "what is pending is listed with dead letters first, then what is in flight, then the rest",
  (store) => {
    for (const name of ["waits", "flies", "dead", "fails"]) record(store, [A], { name });
    record(store, [A], { name: "dead", resourceVersion: "2", reasons: ["restarted"] });
    const taken = new Map(takeAll(store, A).map((message) => [message.name, message]));
    const [waits, dead, fails] = ["waits", "dead", "fails"].map((name) => taken.get(name) ?? assert.fail());
    if (waits !== undefined) store.pending.release(waits);
    if (fails !== undefined) store.pending.failed(fails, { ...DEAD, dead: 0 }, 70);
    record(store, [A], { name: "dead", resourceVersion: "3", reasons: ["restarted"] });
    const rest = ["waits 1", "dead 3", "fails 1, due 70"];
    assert.deepEqual(shown(store), ["flies 1, in flight", "dead 2, in flight", ...rest]);
    if (dead !== undefined) store.pending.failed(dead, DEAD, 90);
    assert.deepEqual(shown(store), ["dead 2, dead, due 90", "flies 1, in flight", ...rest]);
    assert.deepEqual(shown(store, 2), ["dead 2, dead, due 90", "flies 1, in flight"]);
  },
);

withStore("a message is listed as it is sent, but for its body, and nothing is taken by that", (store) => {
  record(store, [A], { resourceVersion: "1", reasons: ["restarted"] });
  record(store, [A], { resourceVersion: "2", reasons: ["metadata"], environment: "staging" });
  record(store, [A], { resourceVersion: "3", reasons: ["ready"], environment: "staging" });
  store.commit();
  const listed = store.pending.list(A, 9);
  const sent = [0, 1].map(() => {
    const message = store.pending.take(A, 0) ?? assert.fail();
    store.pending.acknowledged(message, 0);
    store.commit();
    return message;
  });
  assert.deepEqual(
    listed.map(({ isInFlight: _, isDeadLetter: __, due: ___, ...message }) => message),
    sent.map(({ body: _, completeness: __, ...message }) => message),
  );
  const renderer = new Renderer({ version: "1" });
  assert.deepEqual(listed.map(messageId), sent.map((message) => renderer.render(message).id));
});

withStore("of an endpoint that nothing is pending for, nothing is listed", (store) => {
  assert.deepEqual(store.pending.list(A, 9), []);
});

withStore("what is pending of one namespace, or of pods of one name, can be listed by itself", (store) => {
  for (const [name, namespace] of [["web", "shop"], ["web", "bank"], ["db", "shop"]] as const) {
    record(store, [A], { name, namespace, uid: `${namespace}-${name}` });
  }
  store.commit();
  const uids = (of: PodFilter): string[] => store.pending.list(A, 9, of).map(({ uid }) => uid);
  assert.deepEqual(uids({ namespace: "shop" }), ["shop-web", "shop-db"]);
  assert.deepEqual(uids({ name: "web" }), ["shop-web", "bank-web"]);
  assert.deepEqual(uids({ namespace: "shop", name: "web" }), ["shop-web"]);
});

withStore("a listed message can be read with its body, until another one takes its place", (store) => {
  record(store, [A], { text: '{"pod":1}', resourceVersion: "1" });
  store.commit();
  const [listed = assert.fail()] = store.pending.list(A, 1);
  const text = (): string | undefined => {
    const body = store.pending.read(listed)?.body;
    return body && new TextDecoder().decode(body);
  };
  assert.equal(text(), '{"pod":1}');
  assert.equal(store.pending.counts(A).inFlight, 0);
  record(store, [A], { text: '{"pod":2}', resourceVersion: "2" });
  assert.equal(text(), undefined);
  assert.equal(store.pending.read({ ...listed, endpoint: "nobody" }), undefined);
});
