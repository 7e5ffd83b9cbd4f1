import assert from "node:assert/strict";
import { podList, ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { ReachedVersion } from "../../tests/kit/reached.ts";
import { ClusterError } from "../cluster/error.ts";
import { pollPods } from "./poll.ts";

function open(api: ScriptedApi): { next: () => Promise<unknown[]>; close: () => Promise<void> } {
  const stop = new AbortController();
  const source = pollPods(api, { namespace: undefined }, { random: () => 0, interval: 120_000 }, stop.signal);
  return {
    next: async () =>
      ((await source.next()).value ?? []).map((item) => item.type === "wait" ? item.milliseconds : item.type),
    close: async () => {
      stop.abort();
      await source.return();
    },
  };
}

Deno.test("poll lists, waits for the interval, and lists again", async () => {
  const poll = open(new ScriptedApi(podList("10", [simplePod("a", "3")]), podList("20", [])));
  assert.deepEqual(await poll.next(), ["sync-start"]);
  assert.deepEqual(await poll.next(), ["applied"]);
  assert.deepEqual(await poll.next(), ["sync-end"]);
  assert.deepEqual(await poll.next(), [120_000]);
  assert.deepEqual(await poll.next(), ["sync-start"]);
  assert.deepEqual(await poll.next(), ["sync-end"]);
  await poll.close();
});

Deno.test("poll backs off when a list fails, and not longer than that after one that worked", async () => {
  const down = new ClusterError("unreachable", "Down.");
  const poll = open(new ScriptedApi(down, down, podList("10", []), down));
  assert.deepEqual(await poll.next(), [400]);
  assert.deepEqual(await poll.next(), [800]);
  await poll.next();
  await poll.next();
  assert.deepEqual(await poll.next(), [120_000]);
  assert.deepEqual(await poll.next(), [400]);
  await poll.close();
});

Deno.test("poll tells when a list is older than the one before", async () => {
  const stop = new AbortController();
  const api = new ScriptedApi(podList("1000", []), podList("999", []));
  const source = pollPods(api, { namespace: "shop" }, { random: () => 0, interval: 1 }, stop.signal);
  for (let batch = 0; batch < 3; batch++) await source.next();
  const start = { type: "sync-start", scope: "shop", resourceVersion: "999", rewound: true };
  assert.deepEqual((await source.next()).value, [start]);
  stop.abort();
  await source.return();
});

Deno.test("poll tells once of a way back, though the list that told of it broke off", async () => {
  const stop = new AbortController();
  const first = podList("900", [simplePod("a", "800")], "token");
  const api = new ScriptedApi(first, new ClusterError("unreachable", "Down."), podList("901", []));
  const reached = new ReachedVersion("1000");
  const deps = { random: () => 0, interval: 1, newest: () => reached.version };
  const source = pollPods(api, { namespace: undefined }, deps, stop.signal);
  const rewound: boolean[] = [];
  for (let batch = 0; batch < 4; batch++) {
    const items = reached.take((await source.next()).value ?? undefined);
    rewound.push(...items.flatMap((item) => item.type === "sync-start" ? [item.rewound] : []));
  }
  assert.deepEqual(rewound, [true, false]);
  stop.abort();
  await source.return();
});
