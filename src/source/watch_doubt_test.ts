import assert from "node:assert/strict";
import { settle } from "../../tests/kit/clock.ts";
import { type Answer, podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { openWatch, passList } from "../../tests/kit/watch_reader.ts";

/*
 * A restore that nobody saw: the stream ended while the program looked away, and the next one would begin without an
 * error in another history. A stream's time is 180 s in these tests.
 */

type Watch = ReturnType<typeof openWatch>;

/** A watch whose first stream is open and has brought nothing yet, and what its script has after that. */
async function watching(
  ...answers: Answer[]
): Promise<{ watch: Watch; first: ScriptedStream; api: ScriptedApi; next: () => Promise<string[]> }> {
  const first = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, ...answers);
  const watch = openWatch(api, undefined, true);
  await passList(watch);
  /** What comes behind bookmarks and waits; nothing when the watch is closed. */
  const next = async (): Promise<string[]> => {
    const types = await watch.next();
    const isPassed = types.length > 0 && types.every((type) => /^(bookmark|wait)/.test(type));
    return isPassed ? await next() : types;
  };
  return { watch, first, api, next };
}

function bookmark(stream: ScriptedStream, version: string): Promise<void> {
  stream.send(`{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"${version}"}}}\n`);
  return settle();
}

type Course = (watch: Watch, stream: ScriptedStream) => Promise<void>;

const LISTS: [what: string, course: Course][] = [
  ["ends cleanly after 10 s of silence", async (watch, stream) => {
    await watch.clock.advance(10_000);
    stream.end();
  }],
  ["breaks after a minute of silence", async (watch, stream) => {
    await watch.clock.advance(60_000);
    stream.break();
  }],
  [
    "ends right after the bookmark that ended a long silence, which may have lain in a buffer",
    async (watch, stream) => {
      await watch.clock.advance(30_000);
      await bookmark(stream, "15");
      await watch.clock.advance(9_000);
      stream.end();
    },
  ],
  ["ended while the program was frozen", async (watch, stream) => {
    await watch.clock.advance(100_000);
    await bookmark(stream, "15");
    watch.clock.freeze(30_000);
    stream.end();
  }],
  [
    "ended while the program was frozen, into the time at which it would have ended anyway",
    async (watch, stream) => {
      await watch.clock.advance(100_000);
      await bookmark(stream, "15");
      watch.clock.freeze(80_000);
      stream.end();
    },
  ],
  ["had an event in its buffer when the program was frozen", async (watch, stream) => {
    await watch.clock.advance(170_000);
    await bookmark(stream, "15");
    watch.clock.freeze(16_000);
    await bookmark(stream, "16");
    stream.end();
  }],
  ["ended while the machine slept, its monotonic clock with it", async (watch, stream) => {
    await watch.clock.advance(178_000);
    await bookmark(stream, "15");
    watch.clock.jump(3_600_000);
    stream.end();
  }],
];

for (const [what, course] of LISTS) {
  Deno.test(`watch lists anew after a stream that ${what}`, async () => {
    const { watch, first, api, next } = await watching(podList("20", []));
    const item = next();
    await settle();
    await course(watch, first);
    assert.deepEqual(await item, ["sync-start"]);
    assert.equal(api.asked(2, "resourceVersionMatch"), null, "a list, no probe");
    await watch.close();
    assert.equal(watch.clock.pending, 0);
  });
}

/** A quiet stream is followed by the question whether the server is behind, which a list answers. */
const GOES_ON: [what: string, course: Course, isQuiet: boolean][] = [
  ["ends in its time, though nothing came for long", async (watch, stream) => {
    await watch.clock.advance(176_000);
    stream.end();
  }, true],
  ["ends early, but brought something 9 s before", async (watch, stream) => {
    for (let seconds = 0; seconds < 45; seconds += 9) {
      await bookmark(stream, `${11 + seconds}`);
      await watch.clock.advance(9_000);
    }
    stream.end();
  }, false],
  ["lived on for a while after the program had been frozen", async (watch, stream) => {
    watch.clock.freeze(30_000);
    await watch.clock.advance(10_000);
    for (let seconds = 0; seconds < 20; seconds += 5) {
      await bookmark(stream, `${11 + seconds}`);
      await watch.clock.advance(5_000);
    }
    stream.end();
  }, false],
];

for (const [what, course, isQuiet] of GOES_ON) {
  Deno.test(`watch goes on without a list after a stream that ${what}`, async () => {
    const second = new ScriptedStream();
    const { watch, first, next } = await watching(...isQuiet ? [podList("10", []), second] : [second]);
    const item = next();
    await settle();
    await course(watch, first);
    second.event("ADDED", simplePod("a", "90"));
    assert.deepEqual(await item, ["applied a@90"]);
    await watch.close();
  });
}

Deno.test("a flaky network costs a list in ten minutes, and what was doubted meanwhile is looked at then", async () => {
  const minutes = 25;
  const api = new ScriptedApi();
  let [lists, streams] = [0, 0];
  let open: ScriptedStream | undefined;
  api.open = (path, signal) => {
    lists++;
    return new ScriptedApi(podList("10", [])).open(path, signal);
  };
  api.get = () => Promise.resolve(new TextEncoder().encode(JSON.stringify(podList("10", []))));
  api.stream = () => {
    streams++;
    return Promise.resolve((open = new ScriptedStream()).body);
  };
  const watch = openWatch(api, undefined, true);
  const reading = (async () => {
    for (;;) if ((await watch.next()).length === 0) return;
  })();
  // Each stream is cut after a minute in which nothing came.
  for (let minute = 0; minute < minutes; minute++) {
    await watch.clock.advance(60_000);
    open?.end();
    await settle();
  }
  assert.equal(streams >= minutes, true);
  assert.equal(lists, 1 + 3, "at the start, after 1 minute, after 11 and after 21");
  await watch.close();
  await reading.catch(() => {});
});

Deno.test("a doubt that is settled by a list for another reason is no reason for a second one", async () => {
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  const expired = { kind: "Status", code: 410, reason: "Expired" };
  const api = new ScriptedApi(podList("10", []), first, podList("20", []), second);
  const watch = openWatch(api, undefined, true);
  await passList(watch);
  const item = watch.next();
  await watch.clock.advance(20_000);
  first.event("ERROR", expired);
  assert.deepEqual(await item, ["wait 0 expired"]);
  await passList(watch);
  second.event("ADDED", simplePod("a", "21"));
  assert.deepEqual(await watch.next(), ["applied a@21"]);
  await watch.close();
});
