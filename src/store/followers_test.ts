import assert from "node:assert/strict";
import { A, record, withStore } from "../../tests/kit/store.ts";

withStore("a pod that left the selection of an endpoint is none of those that it was sent", (store) => {
  const pod = record(store, [A], { resourceVersion: "7" });
  store.followers.setSent(pod, A, "7");
  store.followers.setStanding(pod, A, "left");
  assert.deepEqual(store.followers.sent(A), []);
});
