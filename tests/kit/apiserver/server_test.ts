import assert from "node:assert/strict";
import { TestClock } from "../clock.ts";
import { PodStore } from "./pod_store.ts";
import { FakeApiServer } from "./server.ts";

/** Reads a watch from version 1 to its end: what came, and whether the end was clean. */
async function readAll(server: FakeApiServer, query = ""): Promise<{ text: string; clean: boolean }> {
  const response = await fetch(`${server.url}/api/v1/pods?watch=1&resourceVersion=1${query}`);
  let text = "";
  try {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
    return { text, clean: true };
  } catch {
    return { text, clean: false };
  }
}

async function withServer(use: (server: FakeApiServer, clock: TestClock) => Promise<void>): Promise<void> {
  const clock = new TestClock();
  const server = await FakeApiServer.start(clock);
  try {
    await use(server, clock);
  } finally {
    await server.close();
  }
}

Deno.test("a cut stream has exactly the bytes before the cut, and ends cleanly or not as asked", () =>
  withServer(async (server) => {
    server.create({ metadata: { name: "a" } });
    server.faults.cuts.push({ kind: "watch", after: 40, how: "end" }, {
      kind: "watch",
      after: 41,
      how: "reset",
    });
    const ended = await readAll(server);
    assert.deepEqual([ended.text.length, ended.clean], [40, true]);
    const reset = await readAll(server);
    assert.deepEqual([reset.text.length, reset.clean], [41, false]);
  }));

Deno.test("the clock alone moves bookmarks and the end of a watch", () =>
  withServer(async (server, clock) => {
    const reading = readAll(server, "00&allowWatchBookmarks=true&timeoutSeconds=90");
    await server.until(() => server.watches.size === 1);
    server.touch();
    await clock.advance(60_000);
    server.faults.bookmarks = false;
    await clock.advance(30_000);
    const { text, clean } = await reading;
    assert.equal(clean, true);
    assert.deepEqual(text.match(/"type":"\w+"|"resourceVersion":"\d+"/g), [
      '"type":"BOOKMARK"',
      '"resourceVersion":"101"',
    ]);
    assert.equal(clock.pending, 0);
  }));

Deno.test("a client that goes away leaves no watch and no timer behind", () =>
  withServer(async (server, clock) => {
    const gone = new AbortController();
    const url = `${server.url}/api/v1/pods?watch=1&resourceVersion=100`;
    const response = await fetch(url, { signal: gone.signal });
    await server.until(() => server.watches.size === 1);
    gone.abort();
    await assert.rejects(response.text());
    await server.until(() => server.watches.size === 0);
    assert.equal(clock.pending, 0);
  }));

Deno.test("a silent server keeps the connection and loses what it would have said", () =>
  withServer(async (server) => {
    server.faults.silent = true;
    const reading = readAll(server);
    await server.until(() => server.watches.size === 1);
    server.create({ metadata: { name: "lost" } });
    server.faults.silent = false;
    server.create({ metadata: { name: "web" } });
    server.endWatches();
    const { text } = await reading;
    assert.match(text, /web/);
    assert.doesNotMatch(text, /lost/);
  }));

Deno.test("injected bytes arrive as they are", () =>
  withServer(async (server) => {
    const reading = readAll(server);
    await server.until(() => server.watches.size === 1);
    server.inject("{garbage\r\n");
    server.inject(new Uint8Array(32 * 1024 * 1024).fill(120));
    server.endWatches();
    const { text, clean } = await reading;
    assert.deepEqual([text.slice(0, 12), text.length, clean], [
      "{garbage\r\nxx",
      10 + 32 * 1024 * 1024,
      true,
    ]);
  }));

Deno.test("a fault answers so many requests of its kind, with the real server's body", () =>
  withServer(async (server) => {
    server.faults.answers.push({ kind: "list", status: 403, times: 2 }, {
      kind: "any",
      status: 429,
      retryAfter: 7,
    });
    const get = async (path: string): Promise<Response> => await fetch(server.url + path);
    const throttled = await get("/api/v1/namespaces/default/pods/a");
    assert.deepEqual([throttled.status, throttled.headers.get("retry-after")], [429, "7"]);
    await throttled.body?.cancel();
    assert.match(
      (await (await get("/api/v1/namespaces/web/pods")).json()).message,
      /cannot list resource "pods" in API group "" in the namespace "web"$/,
    );
    assert.match((await (await get("/api/v1/pods")).json()).message, /at the cluster scope$/);
    assert.equal((await (await get("/api/v1/pods")).json()).kind, "PodList");
    assert.deepEqual(server.requests.map(({ kind }) => kind), ["get", "list", "list", "list"]);
  }));

Deno.test("a request that is reset or left hanging gets no answer", () =>
  withServer(async (server) => {
    server.faults.answers.push({ kind: "list", status: "reset" }, { kind: "list", status: "hang" });
    await assert.rejects(fetch(`${server.url}/api/v1/pods`), TypeError);
    const hanging = assert.rejects(fetch(`${server.url}/api/v1/pods`), TypeError);
    await server.until(() => server.requests.length === 2);
    await server.close();
    await hanging;
  }));

Deno.test("a replica that is behind lists an older state, unless the request says what it must have", () =>
  withServer(async (server) => {
    server.create({ metadata: { name: "a" } });
    server.faults.behind = server.store.version;
    server.create({ metadata: { name: "b" } });
    const count = async (query: string): Promise<number> =>
      (await (await fetch(`${server.url}/api/v1/pods${query}`)).json()).items.length;
    assert.equal(await count(""), 1);
    assert.equal(
      await count(`?resourceVersion=${server.store.version}&resourceVersionMatch=NotOlderThan`),
      2,
    );
  }));

Deno.test("a compaction up to a version keeps what came after it", () => {
  const store = new PodStore(new TestClock());
  store.create({ metadata: { name: "a" } });
  const { version } = store;
  store.create({ metadata: { name: "b" } });
  store.compact(version);
  assert.deepEqual(store.since(version).map(({ after }) => after?.key), ["default/b"]);
  assert.equal(store.at(version).length, 1);
  assert.throws(() => store.at(version - 1), /compacted/);
});

Deno.test("a server that refuses is gone with its watches, and comes back on the same port", () =>
  withServer(async (server, clock) => {
    const reading = readAll(server);
    await server.until(() => server.watches.size === 1);
    await server.refuse();
    assert.equal((await reading).clean, false);
    await assert.rejects(fetch(`${server.url}/version`), /fetch failed|refused/);
    assert.equal(clock.pending, 0);
    await server.accept();
    assert.equal((await (await fetch(`${server.url}/version`)).json()).major, "1");
  }));

Deno.test("after a rewind the pods and the version are as they were, and the streams have ended", () =>
  withServer(async (server) => {
    server.create({ metadata: { name: "a" } });
    const { version } = server.store;
    server.update({ name: "a" }, (pod) => pod.metadata.labels = { new: "yes" });
    server.create({ metadata: { name: "b" } });
    const reading = readAll(server);
    await server.until(() => server.watches.size === 1);
    server.rewind(version);
    assert.equal((await reading).clean, true);
    const list = await (await fetch(`${server.url}/api/v1/pods`)).json();
    assert.equal(list.metadata.resourceVersion, String(version));
    assert.equal(list.items.length, 1);
    assert.equal(list.items[0].metadata.labels, undefined);
  }));

Deno.test("numbers survive an update digit for digit", () =>
  withServer(async (server) => {
    const exact = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON("9223372036854775807");
    server.create({ metadata: { name: "a" }, spec: { containers: [], seconds: exact } });
    server.update({ name: "a" }, (pod) => pod.metadata.labels = { touched: "yes" });
    assert.match(await (await fetch(`${server.url}/api/v1/pods`)).text(), /"seconds":9223372036854775807/);
  }));
