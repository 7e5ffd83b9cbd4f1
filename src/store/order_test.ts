import assert from "node:assert/strict";
import { A, drain, record, recordEnd, withStore } from "../../tests/kit/store.ts";

withStore("pods of one name follow one another, however many", (store) => {
  for (const uid of ["first", "second", "third"]) recordEnd(store, [A], { uid });
  record(store, [A], { uid: "fourth" });
  assert.deepEqual(drain(store, A).map(({ uid }) => uid), ["first", "second", "third", "fourth"]);
});
