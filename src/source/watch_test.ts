import assert from "node:assert/strict";
import { GONE, podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { ReachedVersion } from "../../tests/kit/reached.ts";
import { ClusterError } from "../cluster/error.ts";
import type { SourceItem } from "./source.ts";
import { watchPods } from "./watch.ts";

const EVERYTHING = { namespace: undefined };

/** Reads a watch by hand: `next` is what the source says next, empty batches left out, with names for pods. */
function open(api: ScriptedApi, newest?: string): {
  next: () => Promise<string[]>;
  close: () => Promise<void>;
  clock: TestClock;
  reached: ReachedVersion;
} {
  const stop = new AbortController();
  const clock = new TestClock();
  const reached = new ReachedVersion(newest);
  const deps = { clock, random: () => 0, newest: () => reached.version };
  const source = watchPods(api, EVERYTHING, deps, stop.signal);
  return {
    clock,
    reached,
    async next(): Promise<string[]> {
      let batch = await source.next();
      while (!batch.done && batch.value.length === 0) batch = await source.next();
      return reached.take(batch.value ?? undefined).map(print);
    },
    close: async () => {
      stop.abort();
      await source.return();
    },
  };
}

function print(item: SourceItem): string {
  if (item.type === "applied" || item.type === "deleted") {
    return `${item.type} ${item.pod.metadata.name}@${item.pod.metadata.resourceVersion}`;
  }
  if (item.type === "wait") return `wait ${item.milliseconds}${item.error ? ` ${item.error.fault}` : ""}`;
  return item.type === "sync-start" && item.rewound ? "sync-start rewound" : item.type;
}

/** Goes through the first list, so that the watch comes next. */
async function passList(watch: { next: () => Promise<string[]> }): Promise<void> {
  await watch.next();
  assert.deepEqual(await watch.next(), ["sync-end"]);
}

Deno.test("watch lists in pages and watches from the list's version", async () => {
  const stream = new ScriptedStream();
  const api = new ScriptedApi(
    podList("10", [simplePod("a", "3")], "token"),
    podList("10", [simplePod("b", "4")]),
    stream,
  );
  const watch = open(api);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["applied a@3"]);
  assert.deepEqual(await watch.next(), ["applied b@4"]);
  assert.deepEqual(await watch.next(), ["sync-end"]);
  stream.event("MODIFIED", simplePod("a", "11"));
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  assert.equal(api.asked(0, "limit"), "100");
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
  const watch = open(api);
  await watch.next();
  assert.equal(api.requests.length, 2);
  await watch.close();
});

Deno.test("watch goes on after a clean end at the version of the last event", async () => {
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, second);
  const watch = open(api);
  await passList(watch);
  first.event("ADDED", simplePod("a", "12"));
  assert.deepEqual(await watch.next(), ["applied a@12"]);
  first.end();
  second.event("DELETED", simplePod("a", "13"));
  assert.deepEqual(await watch.next(), ["deleted a@13"]);
  assert.equal(api.asked(2, "resourceVersion"), "12");
  await watch.close();
});

Deno.test("watch takes a bookmark's version and hands nothing on", async () => {
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, second);
  const watch = open(api);
  await passList(watch);
  first.event("BOOKMARK", {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { resourceVersion: "99" },
    spec: { containers: null },
  });
  first.end();
  second.event("ADDED", simplePod("a", "100"));
  assert.deepEqual(await watch.next(), ["applied a@100"]);
  assert.equal(api.asked(2, "resourceVersion"), "99");
  await watch.close();
});

Deno.test("watch relists at once when the stream says 410", async () => {
  const stream = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), stream, podList("20", [simplePod("a", "15")]));
  const watch = open(api);
  await passList(watch);
  stream.event("ERROR", GONE);
  assert.deepEqual(await watch.next(), ["wait 0 expired"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["applied a@15"]);
  await watch.close();
});

Deno.test("watch relists when the start of a stream is answered with 410", async () => {
  const api = new ScriptedApi(podList("10", []), new ClusterError("expired", "Gone."), podList("20", []));
  const watch = open(api);
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 0 expired"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("watch backs off when one list after another expires", async () => {
  const gone = new ClusterError("expired", "Gone.");
  const api = new ScriptedApi(podList("10", []), gone, podList("20", []), gone, podList("30", []));
  const watch = open(api);
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
      "an object that is no pod",
      JSON.stringify({ type: "ADDED", object: { kind: "Table", metadata: { resourceVersion: "11" } } }),
    ],
    [
      "a pod without a UID",
      JSON.stringify({ type: "ADDED", object: { kind: "Pod", metadata: { resourceVersion: "11" } } }),
    ],
    ["null", "null"],
  ] as const
) {
  Deno.test(`watch relists when the stream brings ${what}`, async () => {
    const stream = new ScriptedStream();
    const api = new ScriptedApi(podList("10", []), stream, podList("20", []));
    const watch = open(api);
    await passList(watch);
    stream.send(`${line}\n`);
    const [wait] = await watch.next();
    assert.match(wait ?? "", /^wait 400 (server|protocol)$/);
    assert.deepEqual(await watch.next(), ["sync-start"]);
    assert.equal(api.asked(2, "watch"), null);
    await watch.close();
  });
}

Deno.test("watch keeps what came before a bad line and does not move past it", async () => {
  const stream = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), stream, podList("20", []));
  const watch = open(api);
  await passList(watch);
  stream.event("ADDED", simplePod("a", "11"));
  assert.deepEqual(await watch.next(), ["applied a@11"]);
  stream.send("garbage\n");
  assert.match((await watch.next())[0] ?? "", /protocol/);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("watch resumes without a list when the stream ends in the middle of a line", async () => {
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), first, podList("10", []), second);
  const watch = open(api);
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
  const watch = open(api);
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
  const watch = open(api);
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
  const watch = open(api);
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
  const watch = open(api);
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
  const watch = open(api);
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
  const watch = open(api);
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
  stream.break();
  assert.deepEqual(await watch.next(), ["wait 400 unreachable"]);
  await watch.close();
});

Deno.test("a list that worked does not reset the backoff by itself", async () => {
  const down = new ClusterError("unreachable", "Down.");
  const api = new ScriptedApi(down, down, podList("10", []), down);
  const watch = open(api);
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
  const watch = open(api);
  await passList(watch);
  assert.deepEqual(await watch.next(), ["wait 400 unreachable"]);
  await watch.close();
});

Deno.test("watch begins a list anew when a page's token has expired, at last in one answer", async () => {
  const expired = new ClusterError("expired", "Expired.");
  const page = podList("10", [simplePod("a", "3")], "token");
  const api = new ScriptedApi(page, expired, page, expired, podList("30", [simplePod("b", "29")]));
  const watch = open(api);
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

Deno.test("a list that breaks off has no end, so nothing is inferred from it", async () => {
  const api = new ScriptedApi(
    podList("10", [simplePod("a", "3")], "token"),
    new ClusterError("unreachable", "Down."),
  );
  const watch = open(api);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  assert.deepEqual(await watch.next(), ["applied a@3"]);
  assert.deepEqual(await watch.next(), ["wait 400 unreachable"]);
  await watch.close();
});

for (
  const [what, answer] of [
    ["a list of something else", { kind: "TableList", metadata: { resourceVersion: "1" }, items: [] }],
    ["a list without a version", { kind: "PodList", metadata: {}, items: [] }],
    ["a list whose items are no objects", {
      kind: "PodList",
      metadata: { resourceVersion: "1" },
      items: ["a", "b"],
    }],
    ["an empty object", {}],
  ] as const
) {
  Deno.test(`${what} is not taken for a list of pods`, async () => {
    const watch = open(new ScriptedApi(answer));
    assert.deepEqual(await watch.next(), ["wait 400 protocol"]);
    await watch.close();
  });
}

Deno.test("an item without a UID ends the list, whose retries tell of no second way back", async () => {
  const answer = { kind: "PodList", metadata: { resourceVersion: "1" }, items: [{ metadata: {} }] };
  const watch = open(new ScriptedApi(answer, answer), "9");
  assert.deepEqual(await watch.next(), ["sync-start rewound"]);
  assert.deepEqual(await watch.next(), ["wait 400 protocol"]);
  assert.deepEqual(await watch.next(), ["sync-start"]);
  await watch.close();
});

Deno.test("watch says that the cluster went back when a server stays behind and a list confirms it", async () => {
  const behind = new ClusterError("too-large", "Too large.", { retryAfter: 1_000 });
  const first = new ScriptedStream();
  const api = new ScriptedApi(
    podList("1000", []),
    first,
    behind,
    behind,
    podList("500", [simplePod("a", "400")]),
  );
  const watch = open(api);
  await passList(watch);
  first.break();
  await watch.next();
  assert.deepEqual(await watch.next(), ["wait 1000 too-large"]);
  assert.deepEqual(await watch.next(), ["wait 1600 too-large"]);
  assert.deepEqual(await watch.next(), ["sync-start rewound"]);
  assert.deepEqual(await watch.next(), ["applied a@400"]);
  await watch.close();
});

Deno.test("watch says that the cluster went back while the program was down", async () => {
  const stop = new AbortController();
  const deps = { clock: new TestClock(), random: (): number => 0, newest: (): string => "1000" };
  const source = watchPods(new ScriptedApi(podList("999", [])), EVERYTHING, deps, stop.signal);
  assert.deepEqual((await source.next()).value?.map(print), ["sync-start rewound"]);
  stop.abort();
  await source.return();
});

Deno.test("a version that only a read of one pod brought tells that the cluster went back, too", async () => {
  const behind = new ClusterError("too-large", "Too large.", { retryAfter: 1_000 });
  const first = new ScriptedStream();
  const api = new ScriptedApi(podList("103", []), first, behind, behind, podList("131", []));
  const watch = open(api);
  await passList(watch);
  watch.reached.version = "133";
  first.break();
  await watch.next();
  assert.deepEqual(await watch.next(), ["wait 1000 too-large"]);
  assert.equal(api.asked(2, "resourceVersion"), "133");
  assert.deepEqual(await watch.next(), ["wait 1600 too-large"]);
  assert.deepEqual(await watch.next(), ["sync-start rewound"]);
  await watch.close();
});

Deno.test("a server that is behind for a moment is not taken for one that went back", async () => {
  const behind = new ClusterError("too-large", "Too large.", { retryAfter: 1_000 });
  const first = new ScriptedStream();
  const second = new ScriptedStream();
  const api = new ScriptedApi(podList("1000", []), first, behind, podList("1000", []), second);
  const watch = open(api);
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
  const watch = open(api);
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

Deno.test("a line of 32 MiB ends the stream and leads to a list", async () => {
  const stream = new ScriptedStream();
  const api = new ScriptedApi(podList("10", []), stream, podList("20", []));
  const watch = open(api);
  await passList(watch);
  const mebibyte = "x".repeat(1024 * 1024);
  for (let piece = 0; piece < 32; piece++) stream.send(mebibyte);
  assert.deepEqual(await watch.next(), ["wait 400 protocol"]);
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

Deno.test("watch says with an empty batch that a stream is open, and that a quiet one lives", async () => {
  const stream = new ScriptedStream();
  const stop = new AbortController();
  const deps = { clock: new TestClock(), random: () => 0 };
  const source = watchPods(new ScriptedApi(podList("10", []), stream), EVERYTHING, deps, stop.signal);
  await source.next();
  await source.next();
  assert.deepEqual((await source.next()).value, []);
  stream.event("BOOKMARK", { kind: "Pod", metadata: { resourceVersion: "11" } });
  assert.deepEqual((await source.next()).value, []);
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
  for (let batch = 0; batch < 5; batch++) batches.push(((await source.next()).value ?? []).map(print));
  assert.deepEqual(batches.slice(2), [[], ["wait 400 unreachable"], ["wait 800 unreachable"]]);
  stop.abort();
  await source.return();
});

for (const fault of ["unreachable", "expired"] as const) {
  Deno.test(`a list that went back and breaks off (${fault}) tells of one way back`, async () => {
    const stop = new AbortController();
    const reached = new ReachedVersion("1000");
    const deps = { clock: new TestClock(), random: () => 0, newest: () => reached.version };
    const first = podList("900", [simplePod("a", "800")], "token");
    const api = new ScriptedApi(first, new ClusterError(fault, "Broken off."), podList("901", []));
    const source = watchPods(api, EVERYTHING, deps, stop.signal);
    const items: string[] = [];
    while (!items.includes("sync-end")) {
      items.push(...reached.take((await source.next()).value ?? undefined).map(print));
    }
    const starts = items.filter((item) => item.startsWith("sync-start"));
    assert.deepEqual(starts, ["sync-start rewound", "sync-start"]);
    stop.abort();
    await source.return();
  });
}
