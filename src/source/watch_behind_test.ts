import assert from "node:assert/strict";
import { podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { settle } from "../../tests/kit/clock.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { openWatch, passList } from "../../tests/kit/watch_reader.ts";
import { ClusterError } from "../cluster/error.ts";

Deno.test("watch lists anew when a server stays behind what was seen", async () => {
  const behind = new ClusterError("too-large", "Too large.", { retryAfter: 1_000 });
  const first = new ScriptedStream();
  const api = new ScriptedApi(
    podList("1000", []),
    first,
    behind,
    behind,
    podList("500", [simplePod("a", "400")]),
  );
  const watch = openWatch(api);
  await passList(watch);
  first.break();
  await watch.next();
  assert.deepEqual(await watch.next(), ["wait 1000 too-large"]);
  assert.deepEqual(await watch.next(), ["wait 1600 too-large"]);
  assert.deepEqual(await watch.next(), ["sync-start behind"]);
  assert.deepEqual(await watch.next(), ["applied a@400"]);
  await watch.close();
});

Deno.test("a first list that is behind what an earlier run saw comes as it is", async () => {
  const watch = openWatch(new ScriptedApi(podList("999", [])), "1000");
  assert.deepEqual(await watch.next(), ["sync-start behind"]);
  await watch.close();
});

Deno.test("a server that is behind a version which only a read of one pod brought is not watched, either", async () => {
  const behind = new ClusterError("too-large", "Too large.", { retryAfter: 1_000 });
  const first = new ScriptedStream();
  const api = new ScriptedApi(podList("103", []), first, behind, behind, podList("131", []));
  const watch = openWatch(api);
  await passList(watch);
  watch.reached.version = "133";
  first.break();
  await watch.next();
  assert.deepEqual(await watch.next(), ["wait 1000 too-large"]);
  assert.equal(api.asked(2, "resourceVersion"), "133");
  assert.deepEqual(await watch.next(), ["wait 1600 too-large"]);
  assert.deepEqual(await watch.next(), ["sync-start behind"]);
  await watch.close();
});

Deno.test("a server that is behind for a moment is not taken for one that went back", async () => {
  const behind = new ClusterError("too-large", "Too large.", { retryAfter: 1_000 });
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const api = new ScriptedApi(podList("1000", []), first, behind, podList("1000", []), second);
  const watch = openWatch(api);
  await passList(watch);
  first.break();
  await watch.next();
  await watch.next();
  second.event("ADDED", simplePod("a", "1001"));
  assert.deepEqual(await watch.next(), ["applied a@1001"]);
  await watch.close();
});

Deno.test("watch checks the server's version after a stream that brought neither event nor bookmark", async () => {
  const first = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, podList("10", []), new ScriptedStream());
  const watch = openWatch(api);
  await passList(watch);
  const next = watch.next();
  await watch.clock.advance(5_000);
  first.end();
  await settle();
  assert.equal(api.asked(2, "resourceVersionMatch"), "NotOlderThan");
  assert.equal(api.asked(2, "limit"), "1");
  assert.equal(api.asked(3, "watch"), "1");
  await watch.close();
  await next;
});

Deno.test("watch lists anew where a server that is behind answers the watch, and another one the question", async () => {
  const behind = new ClusterError("too-large", "Too large.", { retryAfter: 1_000 });
  const reached = podList("1000", []);
  const api = new ScriptedApi(reached, behind, reached, behind, podList("1000", [simplePod("a", "400")]));
  const watch = openWatch(api);
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 1000 too-large"]);
  assert.deepEqual(await watch.next(), ["wait 1000 too-large"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("watch lists anew where each stream says that the server is behind", async () => {
  const status = { kind: "Status", code: 504, message: "Too large resource version: 1000, current: 9" };
  const streams = [1, 2].map(() => new ScriptedStream());
  for (const stream of streams) stream.event("ERROR", status);
  const [first = {}, second = {}] = streams;
  const api = new ScriptedApi(podList("1000", []), first, podList("1000", []), second, podList("1001", []));
  const watch = openWatch(api);
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 400 too-large"]);
  assert.deepEqual(await watch.next(), ["wait 800 too-large"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});
