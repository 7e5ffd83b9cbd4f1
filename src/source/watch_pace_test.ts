import assert from "node:assert/strict";
import { GONE, podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { openWatch, passList } from "../../tests/kit/watch_reader.ts";
import { ClusterError } from "../cluster/error.ts";

/** Streams that bring one event each and then do whatever a server or a proxy makes each of them do. */
function streamsThat(end: (stream: ScriptedStream) => void): ScriptedStream[] {
  return [11, 12, 13].map((version) => {
    const stream = new ScriptedStream();
    stream.event("MODIFIED", simplePod("a", String(version)));
    end(stream);
    return stream;
  });
}

/** What the source says of three such streams, the waits alone. */
async function waitsOf(api: ScriptedApi): Promise<string[]> {
  const watch = openWatch(api);
  const waits: string[] = [];
  for (let applied = 0; applied < 3 || waits.length < 2;) {
    const next = watch.next();
    // What comes right behind a take is gathered for so long.
    await watch.clock.advance(40);
    for (const item of await next) {
      if (item.startsWith("applied")) applied++;
      if (item.startsWith("wait")) waits.push(item);
    }
  }
  await watch.close();
  return waits;
}

Deno.test("where each stream ends behind its first event, the next one waits a second, but for the first", async () => {
  const streams = streamsThat((stream) => stream.end());
  const waits = await waitsOf(new ScriptedApi(podList("10", []), ...streams));
  assert.deepEqual(waits, ["wait 1000", "wait 1000"]);
});

Deno.test("where each stream expires behind its first event, one list comes at once, and the others ever later", async () => {
  const streams = streamsThat((stream) => stream.event("ERROR", GONE));
  const answers = streams.flatMap((stream) => [podList("10", []), stream]);
  assert.deepEqual(await waitsOf(new ScriptedApi(...answers)), ["wait 0 expired", "wait 800 expired"]);
});

Deno.test("a stream that brings something for some seconds and expires is no reason for lists at once", async () => {
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  const watch = openWatch(new ScriptedApi(podList("10", []), first, podList("20", []), second));
  const waits: string[] = [];
  for (const stream of [first, second]) {
    await passList(watch);
    stream.event("MODIFIED", simplePod("a", "21"));
    assert.deepEqual(await watch.next(), ["applied a@21"]);
    await watch.clock.advance(30_000);
    stream.event("ERROR", GONE);
    waits.push(...await watch.next());
  }
  assert.deepEqual(waits, ["wait 0 expired", "wait 800 expired"]);
  await watch.close();
});

Deno.test("where each stream breaks off behind its first event, the next one waits ever longer", async () => {
  const streams = streamsThat((stream) => stream.send('{"type":'));
  for (const stream of streams) stream.end();
  // The list in between answers the question whether the server has reached the version.
  const [first, ...others] = streams;
  const answers = [first ?? {}, ...others.flatMap((stream) => [podList("10", []), stream])];
  const waits = await waitsOf(new ScriptedApi(podList("10", []), ...answers));
  assert.deepEqual(waits, ["wait 400 unreachable", "wait 800 unreachable"]);
});

Deno.test("a list that took more than a minute mends no watch that fails behind it", async () => {
  const down = new ClusterError("unreachable", "Down.");
  const api = new ScriptedApi(down, down, podList("10", []), down);
  const watch = openWatch(api);
  await watch.next();
  await watch.next();
  const next = watch.next();
  await watch.clock.advance(0);
  await next;
  await watch.clock.advance(61_000);
  assert.deepEqual(await watch.next(), ["sync-end"]);
  assert.deepEqual(await watch.next(), ["wait 1600 unreachable"]);
  await watch.close();
});
