import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { GONE, podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { EVERYTHING, openWatch, passList, printItem } from "../../tests/kit/watch_reader.ts";
import { watchPods } from "./watch.ts";

/*
 * What servers send that are like Kubernetes' (kine, aggregated and virtual ones), and what proxies make of it.
 */

/** Bookmarks, by the metadata that they have, and the version at which the next watch begins behind 12. */
const BOOKMARKS: [metadata: object | undefined, next: string][] = [
  [{ resourceVersion: "13" }, "13"],
  [{ resourceVersion: "12" }, "12"],
  [{ resourceVersion: "9" }, "12"],
  [{ resourceVersion: "0" }, "12"],
  [{ resourceVersion: "" }, "12"],
  [{}, "12"],
  [undefined, "12"],
];

for (const [metadata, next] of BOOKMARKS) {
  Deno.test(`behind version 12 and a bookmark of ${JSON.stringify(metadata)} watch goes on at ${next}`, async () => {
    const [first, second] = [new ScriptedStream(), new ScriptedStream()];
    const api = new ScriptedApi(podList("10", []), first, second);
    const watch = openWatch(api);
    await passList(watch);
    first.event("ADDED", simplePod("a", "12"));
    assert.deepEqual(await watch.next(), ["applied a@12"]);
    first.event("BOOKMARK", { kind: "Pod", metadata });
    first.end();
    second.event("MODIFIED", simplePod("a", "14"));
    for (let said = await watch.next(); said[0] !== "applied a@14"; said = await watch.next()) {
      assert.deepEqual(said, ["bookmark"]);
    }
    assert.equal(api.asked(2, "resourceVersion"), next);
    await watch.close();
  });
}

Deno.test("where versions are no numbers, watch goes on from each bookmark that has one", async () => {
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  const api = new ScriptedApi(podList("x-10", []), first, second);
  const watch = openWatch(api);
  await passList(watch);
  first.event("BOOKMARK", { metadata: { resourceVersion: "x-11" } });
  assert.deepEqual(await watch.next(), ["bookmark"]);
  first.event("BOOKMARK", { metadata: { resourceVersion: "x-2" } });
  first.event("BOOKMARK", { metadata: { resourceVersion: "0" } });
  const next = watch.next();
  await watch.clock.advance(40);
  assert.deepEqual(await next, ["bookmark"]);
  first.end();
  second.event("ADDED", simplePod("a", "x-12"));
  assert.deepEqual(await watch.next(), ["applied a@x-12"]);
  assert.equal(api.asked(2, "resourceVersion"), "x-2");
  await watch.close();
});

Deno.test("the last event of a stream is one without a line end, too", async () => {
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  const api = new ScriptedApi(podList("10", []), first, second);
  const watch = openWatch(api);
  await passList(watch);
  first.send(JSON.stringify({ type: "ADDED", object: simplePod("a", "11") }));
  first.end();
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  second.event("MODIFIED", simplePod("a", "12"));
  assert.deepEqual(await watch.next(), ["applied a@12"]);
  assert.equal(api.asked(2, "resourceVersion"), "11");
  await watch.close();
});

const INTERNAL = { kind: "Status", status: "Failure", reason: "InternalError", code: 500 };

for (const [status, wait] of [[GONE, "wait 0 expired"], [INTERNAL, "wait 400 server"]] as const) {
  Deno.test(`a Status of ${status.code} that is all that a watch is answered with is one, and a list follows`, async () => {
    const stream = new ScriptedStream();
    const watch = openWatch(new ScriptedApi(podList("10", []), stream, podList("20", [])));
    await passList(watch);
    stream.send(JSON.stringify(status));
    stream.end();
    assert.deepEqual(await watch.next(), [wait]);
    assert.deepEqual(await watch.next(), ["sync-start"]);
    await watch.close();
  });
}

Deno.test("watch does not call a server mended that answers each watch, and then with 410 alone", async () => {
  const streams = [1, 2, 3].map(() => new ScriptedStream());
  const api = new ScriptedApi(...streams.flatMap((stream) => [podList("10", []), stream]));
  const stop = new AbortController();
  const source = watchPods(api, EVERYTHING, { clock: new TestClock(), random: () => 0 }, stop.signal);
  for (const stream of streams) stream.event("ERROR", GONE);
  const batches: string[][] = [];
  for (let batch = 0; batch < 8; batch++) batches.push(((await source.next()).value ?? []).map(printItem));
  const list = [["sync-start"], ["sync-end"]];
  assert.deepEqual(batches, [...list, [], ["wait 0 expired"], ...list, ["wait 800 expired"], ["sync-start"]]);
  stop.abort();
  await source.return();
});
