import assert from "node:assert/strict";
import { podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { openWatch, passList } from "../../tests/kit/watch_reader.ts";
import { ClusterError } from "../cluster/error.ts";

Deno.test("watch keeps what came before a bad line and does not move past it", async () => {
  const stream = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), stream, podList("20", []));
  const watch = openWatch(api);
  await passList(watch);
  stream.event("ADDED", simplePod("a", "11"));
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  stream.send("garbage\n");
  const next = watch.next();
  await watch.clock.advance(40);
  assert.match((await next)[0] ?? "", /protocol/);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("events that came to stand on one line are read one by one, up to what is none", async () => {
  const stream = new ScriptedStream();
  const watch = openWatch(new ScriptedApi(podList("10", []), stream, podList("20", [])));
  await passList(watch);
  const [a, b] = ["11", "12"].map((version) =>
    JSON.stringify({ type: "ADDED", object: simplePod("a", version) })
  );
  stream.send(`${a} ${b}{"type":"ADDED","object":{}garbage\n`);
  assert.deepEqual(await watch.next(), ["applied a@11", "applied a@12"]);
  assert.match((await watch.next())[0] ?? "", /protocol/);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("a line of white space is no event, and nothing else", async () => {
  const stream = new ScriptedStream();
  const watch = openWatch(new ScriptedApi(podList("10", []), stream));
  await passList(watch);
  stream.send(` \t\n${JSON.stringify({ type: "ADDED", object: simplePod("a", "11") })}\n`);
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  await watch.close();
});

Deno.test("watch resumes without a list when the stream ends in the middle of a line", async () => {
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, podList("10", []), second);
  const watch = openWatch(api);
  await passList(watch);
  first.send('{"type":"ADDED","obj');
  first.end();
  assert.deepEqual(await watch.next(), ["wait 400 unreachable"]);
  second.event("ADDED", simplePod("a", "11"));
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  assert.equal(api.asked(2, "resourceVersionMatch"), "NotOlderThan");
  assert.equal(api.asked(3, "resourceVersion"), "10");
  await watch.close();
});

Deno.test("watch resumes without a list when the connection breaks", async () => {
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, podList("10", []), second);
  const watch = openWatch(api);
  await passList(watch);
  first.event("ADDED", simplePod("a", "11"));
  await watch.next();
  first.break();
  assert.deepEqual(await watch.next(), ["wait 400 unreachable"]);
  second.event("MODIFIED", simplePod("a", "12"));
  assert.deepEqual(await watch.next(), ["applied a@12"]);
  assert.equal(api.asked(3, "resourceVersion"), "11");
  await watch.close();
});

Deno.test("watch replaces a stream on which nothing comes for its time and 15 s", async () => {
  const first = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first);
  const watch = openWatch(api);
  await passList(watch);
  const next = watch.next();
  await watch.clock.advance(194_999);
  assert.equal(first.cancelled, false);
  await watch.clock.advance(1);
  assert.deepEqual(await next, ["wait 0 idle"]);
  assert.equal(first.cancelled, true);
  assert.equal(watch.clock.pending, 0);
  await watch.close();
});

Deno.test("bytes put the idle deadline off", async () => {
  const first = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first);
  const watch = openWatch(api);
  await passList(watch);
  const next = watch.next();
  await watch.clock.advance(190_000);
  first.send("\n");
  await watch.clock.advance(190_000);
  assert.equal(first.cancelled, false);
  await watch.clock.advance(5_000);
  assert.deepEqual(await next, ["wait 0 idle"]);
  await watch.close();
});

Deno.test("watch keeps its version on 429 and waits as long as the server says", async () => {
  const stream = new ScriptedStream();
  const busy = new ClusterError("busy", "Busy.", { retryAfter: 7_000 });
  const api = new ScriptedApi(podList("10", []), busy, podList("10", []), stream);
  const watch = openWatch(api);
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 7000 busy"]);
  stream.event("ADDED", simplePod("a", "11"));
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  assert.equal(api.asked(3, "resourceVersion"), "10");
  await watch.close();
});

Deno.test("watch infers nothing while RBAC is lost and resumes when it is back", async () => {
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const forbidden = new ClusterError("forbidden", "Forbidden.");
  const api = new ScriptedApi(
    podList("10", [simplePod("a", "5")]),
    first,
    forbidden,
    podList("10", []),
    second,
  );
  const watch = openWatch(api);
  await watch.next();
  await watch.next();
  await watch.next();
  first.break();
  assert.deepEqual(await watch.next(), ["wait 400 unreachable"]);
  assert.deepEqual(await watch.next(), ["wait 30000 forbidden"]);
  second.event("MODIFIED", simplePod("a", "12"));
  assert.deepEqual(await watch.next(), ["applied a@12"]);
  await watch.close();
});

Deno.test("the backoff doubles up to 30 s and starts anew only after a stream that did well", async () => {
  const down = new ClusterError("unreachable", "Down.");
  const stream = new ScriptedStream();
  const api = new ScriptedApi(down, down, down, down, down, down, down, podList("10", []), stream, down);
  const watch = openWatch(api);
  const waits = [];
  for (let attempt = 0; attempt < 7; attempt++) waits.push(...await watch.next());
  assert.deepEqual(waits.map((wait) => wait.split(" ")[1]), [
    "400",
    "800",
    "1600",
    "3200",
    "6400",
    "12800",
    "15000",
  ]);
  await passList(watch);
  stream.event("ADDED", simplePod("a", "11"));
  await watch.next();
  await watch.clock.advance(1_000);
  stream.break();
  assert.deepEqual(await watch.next(), ["wait 400 unreachable"]);
  await watch.close();
});

Deno.test("a list that worked does not reset the backoff by itself", async () => {
  const down = new ClusterError("unreachable", "Down.");
  const api = new ScriptedApi(down, down, podList("10", []), down);
  const watch = openWatch(api);
  await watch.next();
  await watch.next();
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 1600 unreachable"]);
  await watch.close();
});

Deno.test("a stream that ends at once without a word is a failure", async () => {
  const stream = new ScriptedStream();
  stream.end();
  const api = new ScriptedApi(podList("10", []), stream);
  const watch = openWatch(api);
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 400 unreachable"]);
  await watch.close();
});

Deno.test("watch begins a list anew when a page's token has expired, at last in one answer", async () => {
  const expired = new ClusterError("expired", "Expired.");
  const page = podList("10", [simplePod("a", "3")], "token");
  const api = new ScriptedApi(page, expired, page, expired, podList("30", [simplePod("b", "29")]));
  const watch = openWatch(api);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["applied a@3"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["applied a@3"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["applied b@29"]);
  assert.deepEqual(await watch.next(), ["sync-end"]);
  assert.equal(api.asked(2, "continue"), null);
  assert.equal(api.asked(4, "limit"), null);
  await watch.close();
});

Deno.test("a list whose pages come back to where they were is asked for in one answer", async () => {
  const page = podList("10", [simplePod("a", "3")], "token");
  const api = new ScriptedApi(page, page, podList("30", [simplePod("b", "29")]));
  const watch = openWatch(api);
  for (const pod of ["a@3", "b@29"]) {
    assert.deepEqual(await watch.next(), ["sync-start"]);
    assert.deepEqual(await watch.next(), [`applied ${pod}`]);
  }
  assert.deepEqual(await watch.next(), ["sync-end"]);
  assert.equal(api.asked(2, "limit"), null);
  await watch.close();
});

Deno.test("a list that breaks off has no end, so nothing is inferred from it", async () => {
  const api = new ScriptedApi(
    podList("10", [simplePod("a", "3")], "token"),
    new ClusterError("unreachable", "Down."),
  );
  const watch = openWatch(api);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["applied a@3"]);
  assert.deepEqual(await watch.next(), ["wait 400 unreachable"]);
  await watch.close();
});

for (
  const [what, answer] of [
    ["a list of something else", { kind: "TableList", metadata: { resourceVersion: "1" }, items: [] }],
    ["a list without a version", { kind: "PodList", metadata: {}, items: [] }],
    ["an empty object", {}],
  ] as const
) {
  Deno.test(`${what} is not taken for a list of pods`, async () => {
    const watch = openWatch(new ScriptedApi(answer));
    assert.deepEqual(await watch.next(), ["wait 400 protocol"]);
    await watch.close();
  });
}

Deno.test("a list whose items are no objects has no end", async () => {
  const list = { kind: "PodList", metadata: { resourceVersion: "1" }, items: ["a", "b"] };
  const watch = openWatch(new ScriptedApi(list));
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["wait 400 protocol"]);
  await watch.close();
});

Deno.test("each time that a watch begins once more it says why", async () => {
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  const api = new ScriptedApi(podList("10", []), first, second, podList("20", []));
  const watch = openWatch(api);
  await passList(watch);
  first.event("ADDED", simplePod("a", "11"));
  await watch.next();
  first.end();
  second.event("ADDED", simplePod("b", "12"));
  await watch.next();
  assert.deepEqual(watch.restarts, ["ended"]);
  second.send("garbage\n");
  const next = watch.next();
  await watch.clock.advance(40);
  await next;
  assert.deepEqual(watch.restarts, ["ended", "protocol"]);
  await watch.close();
});
