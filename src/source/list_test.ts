import assert from "node:assert/strict";
import fc from "fast-check";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { DAMAGE, damage, POD, textOf } from "../../tests/kit/json_text.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { podList, ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { ClusterError } from "../cluster/error.ts";
import { BodyReader } from "../cluster/read_body.ts";
import { takePod } from "../pod/cut.ts";
import { NotAPodError } from "../pod/unreadable.ts";
import { parseExact } from "../pod/json.ts";
import { sync } from "./list.ts";
import type { SourceItem } from "./source.ts";

const signal = new AbortController().signal;
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** An API server whose pages come in pieces, each when it is asked for. */
class PiecewiseApi extends ScriptedApi {
  /** Bytes that were asked for. */
  read = 0;
  readonly #pages: Iterator<Uint8Array>[];

  constructor(...pages: Iterable<Uint8Array>[]) {
    super();
    this.#pages = pages.map((page) => page[Symbol.iterator]());
  }

  override open(path: string, signal: AbortSignal): Promise<BodyReader> {
    this.requests.push(new URL(path, this.origin));
    const pieces = this.#pages.shift();
    if (pieces === undefined) return Promise.reject(new ClusterError("unreachable", "Down."));
    const body = new ReadableStream({
      type: "bytes",
      pull: (controller): void => {
        let next = pieces.next();
        while (!next.done && next.value.length === 0) next = pieces.next();
        if (next.done) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        this.read += next.value.length;
        controller.enqueue(next.value.slice());
      },
    }, { highWaterMark: 0 });
    return Promise.resolve(new BodyReader(body, { clock: new TestClock(), signal }));
  }
}

/** Reads a list to its end: the bodies of its pods, or that it is none. */
async function read(api: ScriptedApi): Promise<string[] | "no list"> {
  const bodies: string[] = [];
  try {
    for await (const items of sync(api, { namespace: undefined }, signal)) {
      bodies.push(...items.flatMap((item) => item.type === "applied" ? [decode(item.object.body)] : []));
    }
  } catch (error) {
    assert.ok(error instanceof ClusterError && error.fault === "protocol", String(error));
    return "no list";
  }
  return bodies;
}

function cutAt(bytes: Uint8Array, cuts: number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/** Of an item; none where it is an object and no pod. */
function bodyOf(item: unknown): string[] {
  try {
    return [decode(takePod(encode(JSON.stringify(item))).body)];
  } catch (error) {
    if (error instanceof NotAPodError) return [];
    throw error;
  }
}

/** The bodies by a parse of the whole; undefined where that is not a list of pods. */
function expected(page: Uint8Array): string[] | undefined {
  try {
    const list = parseExact(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(page)) as
      | { kind?: unknown; items: unknown[] | null; metadata: { resourceVersion: unknown } }
      | null;
    if (list?.kind !== "PodList" || typeof list.metadata.resourceVersion !== "string") return undefined;
    return (list.items ?? []).flatMap(bodyOf);
  } catch {
    return undefined;
  }
}

const PAGE = fc.tuple(fc.array(textOf(POD), { maxLength: 3 }), fc.constantFrom("", " ", "\n"), fc.boolean())
  .map(([pods, space, itemsFirst]) => {
    const items = `"items":[${space}${pods.join(`${space},${space}`)}${space}]`;
    const rest = `"kind":"PodList",${space}"metadata":{"resourceVersion":"7","remaining":[1]}`;
    return encode(itemsFirst ? `{${items},${rest}}` : `{${rest},${items},"more":[]${space}}\n`);
  });

Deno.test("a page has the same pods wherever the network cuts it", async () => {
  await fc.assert(
    fc.asyncProperty(PAGE, fc.array(fc.nat(), { maxLength: 8 }), async (page, cuts) => {
      const bodies = await read(new PiecewiseApi(cutAt(page, cuts)));
      const wanted = expected(page);
      assert.equal(bodies === "no list", wanted === undefined);
      if (bodies !== "no list") assert.deepEqual(bodies.map(parseExact), wanted?.map(parseExact));
    }),
    { numRuns: 500 },
  );
});

Deno.test("a page of which a byte is missing, added or changed has no end, or the pods are right", async () => {
  await fc.assert(
    fc.asyncProperty(PAGE, DAMAGE, async (whole, what) => {
      const page = damage(whole, what);
      const bodies = await read(new PiecewiseApi([page]));
      if (bodies !== "no list") assert.deepEqual(bodies.map(parseExact), expected(page)?.map(parseExact));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("a page that ends in its middle has no end, wherever that is", async () => {
  const page = encode(JSON.stringify(podList("7", [makePod({ name: "a" }), makePod({ name: "b" })])));
  for (let end = 0; end < page.length; end++) {
    assert.equal(await read(new PiecewiseApi([page.subarray(0, end)])), "no list", `at ${end}`);
  }
  assert.equal((await read(new PiecewiseApi([page])) as string[]).length, 2);
});

Deno.test("a list that is cut is distinguished from what is not a list", async () => {
  const page = encode(JSON.stringify(podList("7", [makePod({ name: "a" })])));
  const said = async (body: Uint8Array): Promise<string> => {
    const api = new PiecewiseApi([body]);
    const listing = Array.fromAsync(sync(api, { namespace: undefined }, signal));
    return await listing.then(() => "nothing", (error: Error) => error.message);
  };
  for (const end of [20, 60, page.length - 1]) {
    assert.match(await said(page.subarray(0, end)), /cut or damaged/);
  }
  for (const text of ["", "{", '{"kind":"ServiceList","items":[]}', "<html>"]) {
    assert.match(await said(encode(text)), /not a list of pods/, text);
  }
});

Deno.test("what stands between the items of a list, and around them, is what JSON has there", async () => {
  const pod = JSON.stringify(makePod());
  const page = (items: string, rest = ""): Uint8Array =>
    encode(`{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":[${items}]${rest}}`);
  assert.equal((await read(new PiecewiseApi([page(`${pod} , ${pod}`)])) as string[]).length, 2);
  for (
    const items of [
      `${pod}x${pod}`,
      `${pod}${pod}`,
      `,${pod}`,
      `${pod},`,
      `${pod},,${pod}`,
      "1",
      '"a"',
      "null",
    ]
  ) {
    assert.equal(await read(new PiecewiseApi([page(items)])), "no list", items);
  }
  // What its beginning says counts: another version at its end is not a list.
  assert.equal(await read(new PiecewiseApi([page(pod, ',"metadata":{"resourceVersion":"2"}')])), "no list");
});

Deno.test("an empty list may have null for its items", async () => {
  const page = encode('{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":null}');
  assert.deepEqual(await read(new PiecewiseApi([page])), []);
});

/** The pieces of a page of many large pods, made as they are asked for. */
function* largePage(count: number, size: number): Generator<Uint8Array> {
  yield encode('{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":[');
  for (let index = 0; index < count; index++) {
    const pod = JSON.stringify(makePod({ name: `pod-${index}`, labels: { noise: "x".repeat(size) } }));
    const bytes = encode(index === 0 ? pod : `,${pod}`);
    for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000);
  }
  yield encode("]}");
}

Deno.test("of a page that is not bounded no more is read than its reader has handled", async () => {
  const api = new PiecewiseApi(largePage(1_000, 10_000));
  let handled = 0;
  for await (const items of sync(api, { namespace: undefined }, signal)) {
    await settle();
    assert.ok(api.read - handled * 10_000 < 1_500_000, `${api.read} bytes at ${handled} pods`);
    handled += items.filter(({ type }) => type === "applied").length;
  }
  assert.equal(handled, 1_000);
});

Deno.test("a pod that is larger than what is cut at a time is whole", async () => {
  const bodies = await read(new PiecewiseApi(largePage(4, 1_300_000)));
  assert.deepEqual((bodies as string[]).map((body) => JSON.parse(body).pod.metadata.name), [
    "pod-0",
    "pod-1",
    "pod-2",
    "pod-3",
  ]);
});

/** What a list of many pages asks for: the limit of each page but the first. */
async function limits(size: number): Promise<(string | null)[]> {
  const pods = Array.from(
    { length: 3 },
    (_, index) => makePod({ name: `pod-${index}`, labels: { noise: "x".repeat(size) } }),
  );
  const others = [makePod({ name: "pod-3", labels: { noise: "x".repeat(size) } })];
  const api = new ScriptedApi(podList("1", pods, "a"), podList("1", others, "b"), podList("1", []));
  await read(api);
  return api.requests.slice(1).map((request) => request.searchParams.get("limit"));
}

Deno.test("a page has as many pods as fit six megabytes, and at most 500", async () => {
  assert.deepEqual(await limits(7_000_000), ["1", "1"]);
  assert.deepEqual(await limits(1_400_000), ["4", "4"]);
  assert.deepEqual(await limits(149_000), ["40", "40"]);
  assert.deepEqual(await limits(10), ["500", "500"]);
});

Deno.test("the page behind one of ordinary pods is asked for before that is handled, and of large ones not", async () => {
  for (const [size, asked] of [[10_000, 2], [1_300_000, 1]] as const) {
    const pods = Array.from(
      { length: 3 },
      (_, index) => makePod({ name: `pod-${index}`, labels: { noise: "x".repeat(size) } }),
    );
    const api = new ScriptedApi(podList("1", pods, "a"), podList("1", []));
    for await (const items of sync(api, { namespace: undefined }, signal)) {
      if (items.some(({ type }) => type === "applied")) assert.equal(api.requests.length, asked);
    }
    assert.equal(api.requests.length, 2);
  }
});

Deno.test("what one cut of a page brings is one batch", async () => {
  const sizes: number[] = [];
  for await (
    const items of sync(new PiecewiseApi(largePage(200, 10_000)), { namespace: undefined }, signal)
  ) {
    if (items.some(({ type }) => type === "applied")) sizes.push(bytesOf(items));
  }
  for (const size of sizes.slice(0, -1)) assert.ok(size > 128 * 1024 && size < 1024 * 1024, `${size} bytes`);
});

function bytesOf(items: SourceItem[]): number {
  return items.reduce((sum, item) => sum + (item.type === "applied" ? item.object.body.length : 0), 0);
}

const REFUSED = new ClusterError("server", "The API server answered 400.", {
  status: 400,
  said: "field label not supported: spec.nosuch",
});

for (
  const [selection, error, fault] of [
    [{ namespace: undefined, fieldSelector: "spec.nosuch=x" }, REFUSED, "invalid"],
    [{ namespace: "a", labelSelector: "app==!x" }, REFUSED, "invalid"],
    [{ namespace: undefined }, REFUSED, "server"],
    [
      { namespace: undefined, labelSelector: "a" },
      new ClusterError("server", "400.", { status: 400 }),
      "server",
    ],
    [
      { namespace: undefined, labelSelector: "a" },
      new ClusterError("server", "500.", { status: 500, said: "no" }),
      "server",
    ],
  ] as const
) {
  Deno.test(`${error.message} to ${JSON.stringify(selection)} is "${fault}"`, async () => {
    const list = sync(new ScriptedApi(error), selection, new AbortController().signal);
    await assert.rejects(list.next(), (thrown) => {
      assert(thrown instanceof ClusterError);
      assert.equal(thrown.fault, fault);
      return true;
    });
  });
}

Deno.test("where a list is not found, what answers is no API server of pods, and that is said", async () => {
  const missing = new ClusterError("missing", "The API server has no such object (404).", { status: 404 });
  const list = sync(new ScriptedApi(missing), { namespace: "shop" }, new AbortController().signal);
  await assert.rejects(
    list.next(),
    /^ClusterError: What answers at http:\/\/scripted knows no pods \(404\): check that/,
  );
});

/** Pages of such pods, for ever, each with a new token. */
class EndlessApi extends ScriptedApi {
  /** @param pods of a page, by its number from 1; `whole`: those of the answer in one, which has no token */
  constructor(readonly pods: (page: number) => string[], readonly whole?: string[]) {
    super();
  }

  override open(path: string, signal: AbortSignal): Promise<BodyReader> {
    const asked = new URL(path, this.origin);
    this.requests.push(asked);
    const page = this.requests.length;
    const isWhole = this.whole !== undefined && !asked.searchParams.has("limit");
    const pods = isWhole ? this.whole ?? [] : this.pods(page);
    const list = podList(
      "1",
      pods.map((name) => makePod({ name, uid: name })),
      isWhole ? undefined : `${page}`,
    );
    return Promise.resolve(
      new BodyReader(new Blob([JSON.stringify(list)]).stream(), { clock: new TestClock(), signal }),
    );
  }
}

for (
  const [what, pods] of [
    ["has the same pods on each page", () => ["a", "b"]],
    ["repeats its pages", (page: number) => [["a", "b"], ["c"]][page % 2] ?? []],
    ["has no pods on its pages", () => []],
  ] as const
) {
  Deno.test(`a list without an end that ${what} is asked for in one answer, and else said`, async () => {
    const api = new EndlessApi(pods, ["a", "b", "c"]);
    assert.notEqual(await read(api), "no list");
    assert.equal(api.requests.at(-1)?.searchParams.has("limit"), false);
    const endless = new EndlessApi(pods);
    await assert.rejects(Array.fromAsync(sync(endless, { namespace: undefined }, signal)), (error) => {
      assert(error instanceof ClusterError);
      return error.fault === "protocol" &&
        /^The API server's list of pods does not end: /.test(error.message);
    });
    assert.ok(endless.requests.length <= 204, `${endless.requests.length} requests`);
  });
}

Deno.test("a list may have pages without a pod, as long as the others are new", async () => {
  const api = new EndlessApi((page) => page % 50 === 0 ? [`pod-${page}`] : []);
  let pods = 0;
  for await (const items of sync(api, { namespace: undefined }, signal)) {
    pods += items.filter(({ type }) => type === "applied").length;
    if (pods === 10) break;
  }
  assert.ok(api.requests.length >= 500);
});
