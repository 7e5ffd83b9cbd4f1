import assert from "node:assert/strict";
import { GONE, podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { ReachedVersion } from "../../tests/kit/reached.ts";
import { EVERYTHING, openWatch, passList, printItem } from "../../tests/kit/watch_reader.ts";
import { ClusterError } from "../cluster/error.ts";
import { watchPods } from "./watch.ts";

Deno.test("watch lists in pages and watches from the list's version", async () => {
  const stream = new ScriptedStream();
  const api = new ScriptedApi(
    podList("10", [simplePod("a", "3")], "token"),
    podList("10", [simplePod("b", "4")]),
    stream,
  );
  const watch = openWatch(api);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["applied a@3"]);
  assert.deepEqual(await watch.next(), ["applied b@4"]);
  assert.deepEqual(await watch.next(), ["sync-end"]);
  stream.event("MODIFIED", simplePod("a", "11"));
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  assert.equal(api.asked(0, "limit"), "50");
  assert.equal(api.asked(0, "resourceVersion"), null);
  assert.equal(api.asked(1, "continue"), "token");
  assert.equal(api.asked(1, "resourceVersion"), null);
  assert.equal(api.asked(2, "watch"), "1");
  assert.equal(api.asked(2, "resourceVersion"), "10");
  assert.equal(api.asked(2, "allowWatchBookmarks"), "true");
  assert.equal(api.asked(2, "timeoutSeconds"), "180");
  await watch.close();
});

Deno.test("watch asks for the next page while the one before is handled", async () => {
  const api = new ScriptedApi(podList("10", [simplePod("a", "3")], "token"), podList("10", []));
  const watch = openWatch(api);
  await watch.next();
  await watch.next();
  assert.equal(api.requests.length, 2);
  await watch.close();
});

Deno.test("watch goes on after a clean end at the version of the last event", async () => {
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, second);
  const watch = openWatch(api);
  await passList(watch);
  first.event("ADDED", simplePod("a", "12"));
  assert.deepEqual(await watch.next(), ["applied a@12"]);
  first.end();
  second.event("DELETED", simplePod("a", "13"));
  assert.deepEqual(await watch.next(), ["deleted a@13"]);
  assert.equal(api.asked(2, "resourceVersion"), "12");
  await watch.close();
});

Deno.test("watch goes on from a bookmark's version, and hands that on", async () => {
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, second);
  const watch = openWatch(api);
  await passList(watch);
  first.event("BOOKMARK", {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { resourceVersion: "99" },
    spec: { containers: null },
  });
  first.end();
  second.event("ADDED", simplePod("a", "100"));
  assert.deepEqual(await watch.next(), ["bookmark"]);
  assert.equal(watch.reached.version, "99");
  assert.deepEqual(await watch.next(), ["applied a@100"]);
  assert.equal(api.asked(2, "resourceVersion"), "99");
  await watch.close();
});

Deno.test("watch relists at once when the stream says 410", async () => {
  const stream = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), stream, podList("20", [simplePod("a", "15")]));
  const watch = openWatch(api);
  await passList(watch);
  stream.event("ERROR", GONE);
  assert.deepEqual(await watch.next(), ["wait 0 expired"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["applied a@15"]);
  await watch.close();
});

Deno.test("watch relists when the start of a stream is answered with 410", async () => {
  const api = new ScriptedApi(podList("10", []), new ClusterError("expired", "Gone."), podList("20", []));
  const watch = openWatch(api);
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 0 expired"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("watch backs off when one list after another expires", async () => {
  const gone = new ClusterError("expired", "Gone.");
  const api = new ScriptedApi(podList("10", []), gone, podList("20", []), gone, podList("30", []));
  const watch = openWatch(api);
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 0 expired"]);
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 800 expired"]);
  await watch.close();
});

for (
  const [what, line] of [
    [
      "an error event that is no 410",
      JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 500, message: "x" } }),
    ],
    ["an error event without a Status", JSON.stringify({ type: "ERROR", object: "sorry" })],
    ["a bare Status", JSON.stringify({ kind: "Status", code: 502, status: "Failure" })],
    ["a line that is not JSON", '{"type":"ADDED","object":'],
    ["an unknown kind of event", JSON.stringify({ type: "MOVED", object: simplePod("a", "11") })],
    [
      "an object of another kind",
      JSON.stringify({ type: "ADDED", object: { kind: "Table", metadata: { resourceVersion: "11" } } }),
    ],
    ["null", "null"],
  ] as const
) {
  Deno.test(`watch relists when the stream brings ${what}`, async () => {
    const stream = new ScriptedStream();
    const api = new ScriptedApi(podList("10", []), stream, podList("20", []));
    const watch = openWatch(api);
    await passList(watch);
    stream.send(`${line}\n`);
    const [wait] = await watch.next();
    assert.match(wait ?? "", /^wait 400 (server|protocol)$/);
    assert.deepEqual(await watch.next(), ["sync-start"]);
    assert.equal(api.asked(2, "watch"), null);
    await watch.close();
  });
}

Deno.test("a line of 32 MiB ends the stream and leads to a list", async () => {
  const stream = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), stream, podList("20", []));
  const watch = openWatch(api);
  await passList(watch);
  const mebibyte = "x".repeat(1024 * 1024);
  for (let piece = 0; piece < 32; piece++) stream.send(mebibyte);
  const next = watch.next();
  await watch.clock.advance(40);
  assert.deepEqual(await next, ["wait 400 protocol"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("the selection goes to the server, for the list and for the watch", async () => {
  const stop = new AbortController();
  const api = new ScriptedApi(podList("10", []), new ScriptedStream());
  const selection = { namespace: "shop", labelSelector: "app in (a,b)", fieldSelector: "spec.nodeName=n1" };
  const source = watchPods(api, selection, { clock: new TestClock(), random: () => 0 }, stop.signal);
  await source.next();
  await source.next();
  const next = source.next();
  await settle();
  for (const request of api.requests) {
    assert.equal(request.pathname, "/api/v1/namespaces/shop/pods");
    assert.equal(request.searchParams.get("labelSelector"), "app in (a,b)");
    assert.equal(request.searchParams.get("fieldSelector"), "spec.nodeName=n1");
  }
  stop.abort();
  await next;
});

Deno.test("an abort ends the source while it waits for an event, and closes the stream", async () => {
  const stop = new AbortController();
  const stream = new ScriptedStream();
  const clock = new TestClock();
  const source = watchPods(
    new ScriptedApi(podList("10", []), stream),
    EVERYTHING,
    { clock, random: () => 0 },
    stop.signal,
  );
  await source.next();
  await source.next();
  await source.next();
  const next = source.next();
  await settle();
  stop.abort();
  assert.deepEqual(await next, { done: true, value: undefined });
  assert.equal(stream.cancelled, true);
  assert.equal(clock.pending, 0);
});

Deno.test("watch says with an empty batch that a stream is open, and with a bookmark that a quiet one lives", async () => {
  const stream = new ScriptedStream();
  const stop = new AbortController();
  const deps = { clock: new TestClock(), random: () => 0 };
  const source = watchPods(new ScriptedApi(podList("10", []), stream), EVERYTHING, deps, stop.signal);
  await source.next();
  await source.next();
  assert.deepEqual((await source.next()).value, []);
  stream.event("BOOKMARK", { kind: "Pod", metadata: { resourceVersion: "11" } });
  assert.deepEqual((await source.next()).value, [{ type: "bookmark", resourceVersion: "11" }]);
  stop.abort();
  await source.return();
});

Deno.test("watch does not call a server mended whose streams end at once", async () => {
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  first.end();
  second.end();
  // The list between them answers the question whether the server has reached the version.
  const api = new ScriptedApi(podList("10", []), first, podList("10", []), second);
  const stop = new AbortController();
  const deps = { clock: new TestClock(), random: () => 0 };
  const source = watchPods(api, EVERYTHING, deps, stop.signal);
  const batches: string[][] = [];
  for (let batch = 0; batch < 5; batch++) batches.push(((await source.next()).value ?? []).map(printItem));
  assert.deepEqual(batches.slice(2), [[], ["wait 400 unreachable"], ["wait 800 unreachable"]]);
  stop.abort();
  await source.return();
});

for (const fault of ["unreachable", "expired"] as const) {
  Deno.test(`of a list that breaks off (${fault}) and of the one after it watch says which version it has`, async () => {
    const stop = new AbortController();
    const reached = new ReachedVersion("1000");
    const deps = { clock: new TestClock(), random: () => 0 };
    const first = podList("900", [simplePod("a", "800")], "token");
    const api = new ScriptedApi(first, new ClusterError(fault, "Broken off."), podList("901", []));
    const source = watchPods(api, EVERYTHING, deps, stop.signal);
    const items: string[] = [];
    while (!items.includes("sync-end")) {
      items.push(...reached.take((await source.next()).value, printItem));
    }
    const starts = items.filter((item) => item.startsWith("sync-start"));
    assert.deepEqual(starts, ["sync-start behind", "sync-start"]);
    stop.abort();
    await source.return();
  });
}
