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

Deno.test("poll says of each list which version it has, also of one that breaks off", async () => {
  const stop = new AbortController();
  const first = podList("900", [simplePod("a", "800")], "token");
  const api = new ScriptedApi(first, new ClusterError("unreachable", "Down."), podList("901", []));
  const reached = new ReachedVersion("1000");
  const deps = { random: () => 0, interval: 1 };
  const source = pollPods(api, { namespace: "shop" }, deps, stop.signal);
  const items: string[] = [];
  for (let batch = 0; batch < 4; batch++) {
    items.push(...reached.take((await source.next()).value, (item) => item.type));
  }
  assert.deepEqual(items, ["sync-start behind", "applied", "wait", "sync-start"]);
  stop.abort();
  await source.return();
});
