import assert from "node:assert/strict";
import { podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { openWatch, passList } from "../../tests/kit/watch_reader.ts";

const A = simplePod("a", "1");
const B = simplePod("b", "2");

/** What a list or a watch brings in the place of a pod, and how it is handed on. */
const ODD: { what: string; object: object; shown: string }[] = [
  { what: "nothing at all", object: {}, shown: "{}" },
  { what: "metadata that is null", object: { metadata: null }, shown: "{}" },
  {
    what: "no UID",
    object: { metadata: { ...A.metadata, uid: undefined } },
    shown: '{"namespace":"default","name":"a"}',
  },
  {
    what: "a number in place of a name",
    object: { metadata: { ...A.metadata, name: 7 } },
    shown: `{"uid":"${A.metadata.uid}","namespace":"default"}`,
  },
  {
    what: "another kind",
    object: { kind: "Node", metadata: { ...A.metadata, uid: "" } },
    shown: '{"kind":"Node","namespace":"default","name":"a"}',
  },
];

for (const { what, object, shown } of ODD) {
  Deno.test(`an item with ${what} is passed over, and the list goes on`, async () => {
    const items = [object, B, object];
    const watch = openWatch(new ScriptedApi({ ...podList("10", []), items }));
    assert.deepEqual(await watch.next(), ["sync-start"]);
    assert.deepEqual(await watch.next(), [`unreadable ${shown}`, "applied b@2", `unreadable ${shown}`]);
    assert.deepEqual(await watch.next(), ["sync-end"]);
    await watch.close();
  });

  if (what === "another kind") continue;
  Deno.test(`an event about an object with ${what} is passed over, and the watch goes on`, async () => {
    const stream = new ScriptedStream();
    const watch = openWatch(new ScriptedApi(podList("10", []), stream));
    await passList(watch);
    const odd = JSON.stringify({ type: "MODIFIED", object });
    stream.send(`${odd}\n${JSON.stringify({ type: "ADDED", object: simplePod("b", "12") })}\n${odd}\n`);
    assert.deepEqual(await watch.next(), [`unreadable ${shown}`, "applied b@12", `unreadable ${shown}`]);
    const next = watch.next();
    stream.event("MODIFIED", simplePod("b", "13"));
    // What comes soon after a take waits for more.
    await watch.clock.advance(100);
    assert.deepEqual(await next, ["applied b@13"]);
    await watch.close();
  });
}

for (const item of [null, 7, "pod", []]) {
  Deno.test(`a list with ${JSON.stringify(item)} for a pod is an error, and has no end`, async () => {
    const watch = openWatch(new ScriptedApi({ ...podList("10", []), items: [A, item] }));
    assert.deepEqual(await watch.next(), ["sync-start"]);
    assert.deepEqual(await watch.next(), ["wait 400 protocol"]);
    await watch.close();
  });
}

for (const object of [null, 7, "pod", { kind: "Table" }]) {
  Deno.test(`an event about ${JSON.stringify(object)} ends the stream`, async () => {
    const stream = new ScriptedStream();
    const watch = openWatch(new ScriptedApi(podList("10", []), stream));
    await passList(watch);
    stream.event("MODIFIED", object);
    assert.deepEqual(await watch.next(), ["wait 400 protocol"]);
    await watch.close();
  });
}
