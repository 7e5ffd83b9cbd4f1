import assert from "node:assert/strict";
import fc from "fast-check";
import { makePod } from "../../tests/kit/pods.ts";
import { parseExact, printDeletedPod, printPod } from "./json.ts";

const SPACE = fc.array(fc.constantFrom(" ", "\t", "\n", "\r"), { maxLength: 3 }).map((each) => each.join(""));

const INTEGER = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String);

/** Every number that RFC 8259 allows, `-0`, `1.0` and `1e999` among them. */
const NUMBER = fc.stringMatching(/^-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?$/);

const STRING = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^[:,\[{" ]{0,3}-?[0-9]{16,30}[,\]}:"]{0,2}$/),
).map((text) => JSON.stringify(text));

/** JSON text without white space, as `JSON.stringify` prints it; keys in an order that JavaScript keeps. */
const { text: COMPACT } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("null", "true", "false"),
    NUMBER,
    INTEGER,
    STRING,
    fc.array(tie("text"), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    fc.array(tie("text"), { maxLength: 4 })
      .map((items) => `{${items.map((item, index) => `"k${index}":${item}`).join()}}`),
  ),
}));

Deno.test("any JSON text is printed as it was parsed, each number digit for digit", () => {
  fc.assert(fc.property(COMPACT, (text) => assert.equal(JSON.stringify(parseExact(text)), text)), {
    numRuns: 2_000,
  });
});

Deno.test("a long integer is exact whatever the white space around it", () => {
  const wrap = fc.constantFrom(
    ["", ""],
    ["[", "]"],
    ["[1,", ",2]"],
    ['{"a":', "}"],
    ['{"a":[', '],"b":1}'],
    ['{"a":"x:1",\n"b":', "}"],
  );
  fc.assert(fc.property(wrap, SPACE, INTEGER, SPACE, ([before, after], left, digits, right) => {
    const text = `${before}${left}${digits}${right}${after}`;
    assert.ok(JSON.stringify(parseExact(text)).includes(digits), text);
  }));
});

Deno.test("the largest int64 survives, as tolerationSeconds has it", () => {
  const text = '{"tolerationSeconds":9223372036854775807}';
  assert.equal(JSON.stringify(parseExact(text)), text);
});

Deno.test("digits inside strings stay strings", () => {
  const text = String.raw`{"a":":9223372036854775807","b":"x,\" [12345678901234567890,"}`;
  assert.equal(JSON.stringify(parseExact(text)), text);
});

Deno.test("numbers that a double holds are plain numbers, so that code can count with them", () => {
  assert.deepEqual(parseExact('{"restartCount":3,"big":9223372036854775807}'), {
    restartCount: 3,
    big: (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON("9223372036854775807"),
  });
});

Deno.test("a text that is nested too deeply to keep its numbers is read with those that JavaScript has", () => {
  const nested = `${"[".repeat(100_000)}9223372036854775807${"]".repeat(100_000)}`;
  assert.equal(
    JSON.stringify(parseExact(nested)),
    nested.replace("9223372036854775807", "9223372036854776000"),
  );
});

Deno.test("a text that is no JSON is an error without a word of the text", () => {
  for (const text of ['{"password": hunter2}', '{"n":12345678901234567890,"password": hunter2}']) {
    assert.throws(() => parseExact(text), (error: Error) => {
      assert.equal(error.name, "SyntaxError");
      assert.doesNotMatch(Deno.inspect(error), /hunter2|password/);
      return true;
    });
  }
});

Deno.test("a pod is printed with apiVersion and kind first and without managedFields", () => {
  const text = printPod(makePod({ managedFields: [{ manager: "kubelet" }] }));
  assert.ok(text.startsWith('{"apiVersion":"v1","kind":"Pod","metadata":{'), text);
  assert.doesNotMatch(text, /managedFields/);
});

Deno.test("a pod that names its apiVersion is printed as one that does not", () => {
  const pod = makePod();
  assert.equal(printPod({ ...pod, apiVersion: "v1", kind: "Pod" }), printPod(pod));
});

Deno.test("a deleted pod keeps all of its status but for the phase", () => {
  const pod = makePod({ phase: "Failed", restarts: 7 });
  const printed = JSON.parse(printDeletedPod(pod)) as typeof pod;
  assert.deepEqual(printed.status, { ...pod.status, phase: "Deleted" });
  assert.deepEqual(printed.metadata, pod.metadata);
});

Deno.test("a deleted pod without a status has one that says so", () => {
  const { metadata } = makePod();
  assert.deepEqual((JSON.parse(printDeletedPod({ metadata })) as { status: unknown }).status, {
    phase: "Deleted",
  });
});

Deno.test("a pod that was kept and read again is printed with the same bytes", () => {
  fc.assert(fc.property(INTEGER, fc.string({ unit: "binary" }), (seconds, note) => {
    const text = `{"metadata":{"annotations":{"note":${JSON.stringify(note)}}},"spec":{"n":${seconds}}}`;
    const printed = printPod(parseExact(text) as ReturnType<typeof makePod>);
    assert.equal(printPod(parseExact(printed) as ReturnType<typeof makePod>), printed);
    assert.ok(printed.includes(`"n":${seconds}`));
  }));
});
