import assert from "node:assert/strict";
import fc from "fast-check";
import { cutList } from "./list_items.ts";

function cut(text: string): { rest: unknown; items: unknown[] } {
  const { rest, items } = cutList(new TextEncoder().encode(text));
  return { rest: JSON.parse(rest), items: items.map((item) => JSON.parse(new TextDecoder().decode(item))) };
}

Deno.test("a list is cut into its items and the rest, whatever is in the items", () => {
  const plain = fc.jsonValue({ maxDepth: 5 });
  const metadata = fc.dictionary(fc.string(), plain);
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.string(), plain)),
      metadata,
      fc.boolean(),
      (items, rest, pretty) => {
        const list = { kind: "PodList", metadata: rest, items, last: 1 };
        const found = cut(JSON.stringify(list, undefined, pretty ? 2 : 0));
        const exact = JSON.parse(JSON.stringify(list));
        assert.deepEqual(found.items, exact.items);
        assert.deepEqual(found.rest, { ...exact, items: [] });
      },
    ),
  );
});

Deno.test("the items may come before the rest", () => {
  assert.deepEqual(cut('{"items":[{"a":1},{"b":[{}]}],"kind":"PodList"}'), {
    rest: { items: [], kind: "PodList" },
    items: [{ a: 1 }, { b: [{}] }],
  });
});

Deno.test("brackets and quotes in a string are no structure", () => {
  const item = { a: '}],"[{\\', b: "\\\\", c: 'é"}' };
  assert.deepEqual(cut(JSON.stringify({ items: [item, item] })), {
    rest: { items: [] },
    items: [item, item],
  });
});

Deno.test("an item that is no object is refused: the list must not look empty", () => {
  for (const items of ["1", '"a"', "null", "{},null", "true,{}"]) {
    assert.throws(() => cutList(new TextEncoder().encode(`{"items":[${items}]}`)), SyntaxError, items);
  }
});

Deno.test("a list that ends in its middle has a rest or an item that is no JSON", () => {
  const whole = new TextEncoder().encode(
    '{"kind":"PodList","items":[{"a":["b"]},{"c":"d"}],"metadata":{"e":"f"}}',
  );
  for (let end = 0; end < whole.length; end++) {
    assert.throws(() => JSON.parse(cutList(whole.subarray(0, end)).rest), SyntaxError, `cut at ${end}`);
  }
});
