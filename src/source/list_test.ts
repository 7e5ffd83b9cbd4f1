import assert from "node:assert/strict";
import { podList, ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { listPages } from "./list.ts";

const signal = new AbortController().signal;

/** Answers by a script, and puts each answer into the buffer that is given for it. */
class BufferingApi extends ScriptedApi {
  readonly given: (ArrayBuffer | undefined)[] = [];
  readonly used: ArrayBuffer[] = [];

  override async read(
    path: string,
    stop: AbortSignal,
    buffer?: ArrayBuffer,
  ): Promise<Uint8Array<ArrayBuffer>> {
    this.given.push(buffer);
    const bytes = new TextEncoder().encode(await this.get(path, stop));
    const into = new Uint8Array(buffer ?? new ArrayBuffer(64 * 1024), 0, bytes.length);
    into.set(bytes);
    this.used.push(into.buffer);
    return into;
  }
}

Deno.test("a page comes in the buffer of the page before last, and never in that of one that is still read", async () => {
  const pages = ["a", "b", "c", "d"].map((name, index) =>
    podList(
      "10",
      [simplePod(name, "3"), simplePod(`${name}2`, "4")],
      index < 3 ? `token ${index}` : undefined,
    )
  );
  const api = new BufferingApi(...pages);
  const names: string[] = [];
  for await (const page of listPages(api, { namespace: undefined }, 2, signal)) {
    for (const pod of page.pods()) {
      // The next page arrives meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 0));
      names.push(pod.metadata.name);
    }
  }
  assert.deepEqual(names, ["a", "a2", "b", "b2", "c", "c2", "d", "d2"]);
  assert.deepEqual(api.given, [undefined, undefined, api.used[0], api.used[1]]);
});
