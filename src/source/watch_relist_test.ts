import assert from "node:assert/strict";
import { settle } from "../../tests/kit/clock.ts";
import { GONE, podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { openWatch, passList } from "../../tests/kit/watch_reader.ts";
import { ClusterError } from "../cluster/error.ts";

const HOUR = 3_600_000;
const down = new ClusterError("unreachable", "Down.");

for (
  const [what, line] of [
    ["an error", JSON.stringify({ type: "ERROR", object: GONE })],
    ["a line that is no JSON", "{"],
    [
      "a pod that is damaged",
      JSON.stringify({ type: "ADDED", object: simplePod("b", "12") }).replace(":{", ":["),
    ],
    ["an object of another kind", JSON.stringify({ type: "ADDED", object: { kind: "Node", metadata: {} } })],
  ] as const
) {
  Deno.test(`what came in one read before ${what} is handed on, and nothing behind it`, async () => {
    const stream = new ScriptedStream();
    const watch = openWatch(new ScriptedApi(podList("10", []), stream, podList("20", [])));
    await passList(watch);
    const event = (name: string, version: string): string =>
      JSON.stringify({ type: "MODIFIED", object: simplePod(name, version) });
    stream.send([event("a", "11"), event("b", "12"), line, event("c", "13"), ""].join("\n"));
    assert.deepEqual(await watch.next(), ["applied a@11", "applied b@12"]);
    assert.match((await watch.next())[0] ?? "", /^wait \d+ (expired|protocol)$/);
    assert.deepEqual(await watch.next(), ["sync-start"]);
    await watch.close();
  });
}

Deno.test("watch lists anew after two connects in a row that failed", async () => {
  const first = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, down, down, podList("20", []));
  const watch = openWatch(api);
  await passList(watch);
  first.break();
  for (let failure = 0; failure < 3; failure++) assert.match((await watch.next())[0] ?? "", /unreachable/);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("watch goes on after one connect that failed", async () => {
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  const api = new ScriptedApi(podList("10", []), first, down, podList("10", []), second);
  const watch = openWatch(api);
  await passList(watch);
  first.break();
  await watch.next();
  await watch.next();
  second.event("ADDED", simplePod("a", "11"));
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  await watch.close();
});

Deno.test("an answer between two connects that failed shows that the cluster was there all the time", async () => {
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  const busy = new ClusterError("busy", "Busy.");
  const api = new ScriptedApi(podList("10", []), first, down, busy, down, podList("10", []), second);
  const watch = openWatch(api);
  await passList(watch);
  first.break();
  for (let failure = 0; failure < 4; failure++) assert.match((await watch.next())[0] ?? "", /^wait/);
  second.event("ADDED", simplePod("a", "11"));
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  await watch.close();
});

for (const [seconds, item] of [[9, "applied a@21"], [10, "sync-start"]] as const) {
  Deno.test(`after ${seconds} s in which no API server answered, ${item} comes next`, async () => {
    const [first, second] = [new ScriptedStream(), new ScriptedStream()];
    const answer = seconds < 10 ? second : podList("20", []);
    const watch = openWatch(new ScriptedApi(podList("10", []), first, podList("10", []), answer));
    await passList(watch);
    first.break();
    await watch.next();
    await watch.clock.advance(seconds * 1_000);
    second.event("ADDED", simplePod("a", "21"));
    // The probe's answer is the first list; where none is asked for, the next one is the list itself.
    assert.deepEqual(await watch.next(), [item]);
    await watch.close();
  });
}

for (const [seconds, item] of [[9, "applied a@21"], [10, "sync-start"]] as const) {
  Deno.test(`after a wait of ${seconds} s that an API server asked for, ${item} comes next`, async () => {
    const stream = new ScriptedStream();
    const busy = new ClusterError("busy", "Busy.", { retryAfter: seconds * 1_000 });
    const answers = seconds < 10 ? [podList("10", []), stream] : [podList("20", [])];
    const watch = openWatch(new ScriptedApi(podList("10", []), busy, ...answers));
    await passList(watch);
    assert.deepEqual(await watch.next(), [`wait ${seconds * 1_000} busy`]);
    await watch.clock.advance(seconds * 1_000);
    stream.event("ADDED", simplePod("a", "21"));
    assert.deepEqual(await watch.next(), [item]);
    await watch.close();
  });
}

Deno.test("a stream that opens only 10 s after none answered any more is left for a list", async () => {
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  const api = new ScriptedApi(podList("10", []), first, podList("10", []), second, podList("20", []));
  const watch = openWatch(api);
  await passList(watch);
  first.break();
  await watch.next();
  const { stream } = api;
  api.stream = async (path, signal): ReturnType<typeof stream> => {
    await watch.clock.advance(10_000);
    return await stream.call(api, path, signal);
  };
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.equal(second.cancelled, true);
  await watch.close();
});

for (const [seconds, item] of [[9, "applied b@21"], [10, "sync-start"]] as const) {
  Deno.test(`after ${seconds} s in which the reader did not read a stream that broke, ${item} comes next`, async () => {
    const [first, second] = [new ScriptedStream(), new ScriptedStream()];
    const answers = seconds < 10 ? [podList("11", []), second] : [podList("20", [])];
    const watch = openWatch(new ScriptedApi(podList("10", []), first, ...answers));
    await passList(watch);
    first.event("ADDED", simplePod("a", "11"));
    assert.deepEqual(await watch.next(), ["applied a@11"]);
    await watch.clock.advance(seconds * 1_000);
    first.break();
    assert.match((await watch.next())[0] ?? "", /unreachable/);
    second.event("ADDED", simplePod("b", "21"));
    assert.deepEqual(await watch.next(), [item]);
    await watch.close();
  });
}

Deno.test("watch lists anew after a stream on which nothing came for too long", async () => {
  const api = new ScriptedApi(podList("10", []), new ScriptedStream(), podList("20", []));
  const watch = openWatch(api);
  await passList(watch);
  const next = watch.next();
  await watch.clock.advance(195_000);
  assert.deepEqual(await next, ["wait 0 idle"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("watch lists anew when a stream ends 6 hours after the last list, and not before", async () => {
  const steps = [40, 40, 39, 1];
  const streams = steps.map(() => new ScriptedStream());
  const api = new ScriptedApi(podList("10", []), ...streams, podList("30", []));
  const watch = openWatch(api);
  await passList(watch);
  const afterBookmarks = async (): Promise<string[]> => {
    const types = await watch.next();
    return types.every((type) => type.startsWith("bookmark")) ? await afterBookmarks() : types;
  };
  const next = afterBookmarks();
  for (const [index, stream] of streams.entries()) {
    for (let step = 0; step < (steps[index] ?? 0); step++) {
      await watch.clock.advance(180_000);
      stream.send(`{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"2${index}"}}}\n`);
      await settle();
    }
    assert.equal(api.asked(index + 1, "watch"), "1");
    stream.end();
    await settle();
  }
  assert.equal(watch.clock.monotonic(), 6 * HOUR);
  assert.deepEqual(await next, ["sync-start"]);
  await watch.close();
});
