import assert from "node:assert/strict";
import { owe } from "../../tests/kit/owed.ts";
import { openInMemory } from "./database.ts";
import { openStore } from "./sqlite_store.ts";
import type { Store } from "./store.ts";

function withStore(
  name: string,
  test: (store: Store, lose: (messages: number, at: number) => void) => void,
): void {
  Deno.test(name, () => {
    const database = openInMemory();
    const store = openStore(database);
    const statement = database.prepare(
      "UPDATE endpoint SET lost = lost + ?, lost_since = coalesce(lost_since, ?) WHERE name = 'a'",
    );
    store.endpoints.lost("a");
    try {
      test(store, (messages, at) => void statement.run(messages, at));
    } finally {
      store.close();
    }
  });
}

withStore("nothing is lost at an endpoint that nothing is known of", (store) => {
  assert.deepEqual(store.endpoints.lost("new"), { messages: 0, since: undefined });
});

withStore("a loss that was told is over, and the next one has a beginning of its own", (store, lose) => {
  lose(5, 100);
  assert.deepEqual(store.endpoints.lost("a"), { messages: 5, since: 100 });
  store.endpoints.toldLost("a", 5);
  assert.deepEqual(store.endpoints.lost("a"), { messages: 0, since: undefined });
  lose(1, 200);
  assert.deepEqual(store.endpoints.lost("a"), { messages: 1, since: 200 });
});

withStore("what is lost while a loss is told stays to be told", (store, lose) => {
  lose(5, 100);
  lose(2, 150);
  store.endpoints.toldLost("a", 5);
  assert.deepEqual(store.endpoints.lost("a"), { messages: 2, since: 100 });
  store.endpoints.toldLost("a", 3);
  assert.deepEqual(store.endpoints.lost("a"), { messages: 0, since: undefined });
});

withStore("a forgotten endpoint leaves nothing behind, and begins anew under its name", (store, lose) => {
  owe(store.outbox, "a");
  owe(store.outbox, "b");
  lose(5, 100);
  assert.equal(store.transaction(() => store.endpoints.forget("a")), 1);
  assert.deepEqual(store.endpoints.names(), ["b"]);
  assert.deepEqual(store.outbox.endpoints(), ["b"]);
  assert.deepEqual(store.endpoints.lost("a"), { messages: 0, since: undefined });
});

withStore("an endpoint that was made within a transaction that failed can be made again", (store) => {
  const fault = new Error("on the way");
  assert.throws(() =>
    store.transaction(() => {
      owe(store.outbox, "c");
      throw fault;
    }), fault);
  owe(store.outbox, "c");
  assert.deepEqual(store.outbox.endpoints(), ["c"]);
});
