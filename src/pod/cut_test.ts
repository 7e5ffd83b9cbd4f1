import assert from "node:assert/strict";
import fc from "fast-check";
import { DAMAGE, damage, objectTokens, POD, textOf } from "../../tests/kit/json_text.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { exactPod, findEvent, findObject, takePod, takePods } from "./cut.ts";
import { parseExact, printPod } from "./json.ts";
import type { PodObject } from "./object.ts";
import type { Pod } from "./pod.ts";

const RUNS = { numRuns: 3_000 };

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

/** What the cut makes of the bytes; undefined where it throws. */
function cut(bytes: Uint8Array): PodObject | undefined {
  try {
    return takePod(bytes);
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return undefined;
  }
}

/** The body as a value, by the way that is right by construction; undefined where that is an error. */
function expected(bytes: Uint8Array): unknown {
  try {
    const value = parseExact(decode(bytes)) as Pod | null;
    const { kind = "Pod", metadata } = value ?? {} as Partial<Pod>;
    const { uid, namespace, name, resourceVersion } = metadata ?? {} as Partial<Pod["metadata"]>;
    const isPod = [uid, namespace, name, resourceVersion].every((part) =>
      typeof part === "string" && part !== ""
    );
    return kind === "Pod" && isPod ? parseExact(`{"pod":${printPod(value as Pod)}}`) : undefined;
  } catch {
    return undefined;
  }
}

function bodyOf(object: PodObject | undefined): unknown {
  return object && parseExact(decode(object.body));
}

Deno.test("whatever a pod holds, the cut says what parsing and printing it says", () => {
  fc.assert(
    fc.property(textOf(POD), (text) => {
      const object = cut(encode(text));
      assert.deepEqual(bodyOf(object), expected(encode(text)));
      if (object === undefined) return;
      assert.ok(decode(object.body).startsWith('{"pod":{"apiVersion":"v1","kind":"Pod",'));
      assert.deepEqual(object.pod, (JSON.parse(decode(object.body)) as { pod: unknown }).pod);
    }),
    RUNS,
  );
});

Deno.test("a pod of which a byte is missing, added or changed is an error, or the body is right", () => {
  fc.assert(
    fc.property(textOf(POD), DAMAGE, (text, what) => {
      const broken = damage(encode(text), what);
      const object = cut(broken);
      assert.deepEqual(bodyOf(object), expected(broken));
    }),
    { numRuns: 8_000 },
  );
});

Deno.test("a pod that is not complete has no end yet, whatever lies behind the bytes that came", () => {
  fc.assert(
    fc.property(textOf(POD), fc.double({ min: 0, max: 1, noNaN: true }), fc.string(), (text, part, rest) => {
      const whole = encode(text.trim());
      const end = Math.floor(part * (whole.length - 1));
      const buffer = new Uint8Array([...whole.subarray(0, end), ...encode(rest)]);
      assert.equal(findObject(buffer, 0, end), undefined);
      const found = findObject(
        new Uint8Array([...whole, ...encode(rest)]),
        0,
        whole.length + encode(rest).length,
      );
      assert.equal(found?.to, whole.length);
    }),
    RUNS,
  );
});

/** As an API server prints it: without white space, managedFields last in the metadata. */
function wire(parts: Parameters<typeof makePod>[0] = {}): string {
  return JSON.stringify(
    makePod({ managedFields: [{ manager: "a", fieldsV1: { 'k:{"b":1}': { ".": {} } } }], ...parts }),
  );
}

Deno.test("an object of a list, of a watch and of a GET has one body and one set of digests", () => {
  const inner = wire({ labels: { a: "<&>" } }).slice(1, -1);
  const forms = [
    `{${inner}}`,
    `{"kind":"Pod","apiVersion":"v1",${inner}}\n`,
    `{"apiVersion":"v1",${inner},"kind":"Pod"}`,
    `{${inner},"apiVersion":"v1","kind":"Pod"}`,
  ];
  const [first, ...others] = forms.map((text) => takePod(encode(text)));
  for (const other of others) assert.deepEqual(other, first);
});

Deno.test("the body is the API server's own bytes, each number and escape as it was", () => {
  const text = String
    .raw`{"metadata":{"name":"a","namespace":"b","uid":"c","resourceVersion":"1","labels":{"x":"\u003c"},` +
    `"managedFields":[{"manager":"m"}]},"spec":{"n":9223372036854775807,"m":1.0},"status":{}}`;
  const body = decode(takePod(encode(text)).body);
  assert.equal(
    body,
    `{"pod":{"apiVersion":"v1","kind":"Pod",${
      text.slice(1).replace(',"managedFields":[{"manager":"m"}]', "")
    }}`,
  );
});

Deno.test("digests differ for what differs, and for that alone", () => {
  const digests = (parts: Parameters<typeof makePod>[0]): PodObject["digests"] =>
    takePod(encode(wire(parts))).digests;
  const before = digests({});
  assert.deepEqual(digests({ version: "77", managedFields: [{ manager: "other" }] }), before);
  assert.deepEqual(digests({ managedFields: undefined }), before);
  const changed = (after: PodObject["digests"]): string[] =>
    (["metadata", "spec", "status"] as const).filter((part) => after[part] !== before[part]);
  assert.deepEqual(changed(digests({ labels: { a: "b" } })), ["metadata"]);
  assert.deepEqual(changed(digests({ node: "n" })), ["spec"]);
  assert.deepEqual(changed(digests({ phase: "Failed" })), ["status"]);
  for (const digest of Object.values(before)) assert.match(digest, /^[0-9a-z]+\.[0-9a-z]+$/);
});

Deno.test("digests do not see where managedFields and resourceVersion stand", () => {
  const rest = '"uid":"u","namespace":"n","name":"a"';
  const fields = '"managedFields":[]';
  const forms = [`${rest},"resourceVersion":"1",${fields}`, `${rest},${fields},"resourceVersion":"23"`];
  const front = [`"resourceVersion":"1",${fields},${rest}`, `${fields},"resourceVersion":"1",${rest}`];
  for (const [one, other] of [forms, front]) {
    const [a, b] = [one, other].map((inner) => takePod(encode(`{"metadata":{${inner}}}`)).digests);
    assert.deepEqual(a, b);
  }
});

Deno.test("the bodies of a batch lie in one buffer, and stay when the page's is written anew", () => {
  const page = encode(wire({ name: "a" }) + wire({ name: "b" }));
  const first = findObject(page, 0, page.length);
  assert.ok(first?.layout);
  const second = findObject(page, first.to, page.length);
  assert.ok(second?.layout);
  const [a, b] = takePods([first, second]);
  assert.equal(a?.body.buffer, b?.body.buffer);
  const before = decode(b?.body ?? new Uint8Array());
  page.fill(0);
  assert.equal(decode(b?.body ?? new Uint8Array()), before);
  assert.equal(b?.pod.metadata.name, "b");
});

Deno.test("bytes that are no UTF-8 are an error wherever they stand", () => {
  const text = wire({ labels: { a: "#" }, managedFields: [{ manager: "#" }] });
  for (let at = text.indexOf("#"); at !== -1; at = text.indexOf("#", at + 1)) {
    const bytes = encode(text);
    bytes[at] = 0xff;
    assert.throws(() => takePod(bytes), SyntaxError);
  }
  assert.throws(() => takePod(encode(`\ufeff${wire()}`)), SyntaxError);
});

Deno.test("an error says nothing of what a pod holds", () => {
  const text = wire({ labels: { a: "hunter2" } }).replace('"spec"', "spec");
  assert.throws(() => takePod(encode(text)), (error: Error) => {
    assert.doesNotMatch(Deno.inspect(error), /hunter2/);
    return error instanceof SyntaxError;
  });
});

const LINE = textOf(
  fc.tuple(fc.constantFrom("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "x"), POD)
    .map(([type, pod]) => objectTokens([['"type"', [JSON.stringify(type)]], ['"object"', pod]])),
);

Deno.test("a line of a watch, damaged or not, is an event only where it says what it says", () => {
  const read = (bytes: Uint8Array): unknown => {
    try {
      const event = findEvent(bytes);
      return event && { type: event.type, body: bodyOf(takePods([event.object])[0]) };
    } catch {
      return undefined;
    }
  };
  const exact = (bytes: Uint8Array): unknown => {
    try {
      const { type, object } = parseExact(decode(bytes)) as { type: string; object: unknown };
      return { type, body: expected(encode(JSON.stringify(object))) };
    } catch {
      return undefined;
    }
  };
  fc.assert(
    fc.property(LINE, fc.option(DAMAGE, { nil: undefined }), (text, what) => {
      const bytes = what === undefined ? encode(text) : damage(encode(text), what);
      const found = read(bytes);
      if (found !== undefined) assert.deepEqual(found, exact(bytes));
    }),
    { numRuns: 10_000 },
  );
});

Deno.test("the line of a watch as an API server prints it is found without a parse of the whole", () => {
  const event = findEvent(encode(`{"type":"ADDED","object":${wire()}}`));
  assert.equal(event?.type, "ADDED");
  assert.ok(event.object.layout);
  assert.equal(findEvent(encode(`{"type":"ADDED","object":${wire()},"more":1}`)), undefined);
  assert.equal(findEvent(encode(`{"type":"ERROR","object":{"kind":"Status"}}`)), undefined);
});

for (const name of ["metadata", "spec", "status", "apiVersion", "kind", "resourceVersion", "managedFields"]) {
  Deno.test(`a pod that has ${name} twice is printed as it is parsed`, () => {
    const inner = wire({ version: "7" }).slice(1, -1);
    const isInner = name === "resourceVersion" || name === "managedFields";
    const value = { apiVersion: '"v1"', kind: '"Pod"', resourceVersion: '"8"' }[name] ?? "{}";
    const twice = isInner
      ? `{${inner.replace('"metadata":{', `"metadata":{"${name}":${value},`)}}`
      : `{"apiVersion":"v1","kind":"Pod","${name}":${value},${inner}}`;
    assert.deepEqual(takePod(encode(twice)), exactPod(parseExact(twice)));
  });
}
