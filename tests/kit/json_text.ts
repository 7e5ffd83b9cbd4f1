import fc from "fast-check";

/**
 * JSON as text, for tests of what reads it: every number that RFC 8259 allows, names with escapes, names twice, white
 * space anywhere. A text is made of tokens, so that white space can be put between them.
 */
export type Tokens = string[];

const NUMBER = fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?$/);

/** What a careless scan takes for structure. */
const TRICKY = fc.stringMatching(/^[{}[\]",:\\ué\u2028 ]{0,8}$/);

const STRING = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), TRICKY).map((text) =>
  JSON.stringify(text)
);

const SCALAR = fc.oneof(fc.constantFrom("null", "true", "false"), NUMBER, STRING);

/** A member's name, now and then with an escape in it. */
export function nameText(name: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(name, fc.nat(40)).map(([text, escape]) =>
    escape !== 0 || text === ""
      ? JSON.stringify(text)
      : `"\\u${text.charCodeAt(0).toString(16).padStart(4, "0")}${JSON.stringify(text.slice(1)).slice(1)}`
  );
}

export function arrayTokens(items: Tokens[]): Tokens {
  return ["[", ...items.flatMap((item, index) => index === 0 ? item : [",", ...item]), "]"];
}

export function objectTokens(members: [name: string, value: Tokens][]): Tokens {
  return [
    "{",
    ...members.flatMap(([name, value], index) => [...index === 0 ? [] : [","], name, ":", ...value]),
    "}",
  ];
}

/** Names that mean something at another level. */
const NAME = nameText(
  fc.oneof(fc.constantFrom("metadata", "managedFields", "spec", "kind"), fc.string({ maxLength: 5 })),
);

/** Any value. */
export const { value: VALUE } = fc.letrec<{ value: Tokens }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    SCALAR.map((text) => [text]),
    fc.array(tie("value"), { maxLength: 3 }).map(arrayTokens),
    fc.array(fc.tuple(NAME, tie("value")), { maxLength: 3 }).map(objectTokens),
  ),
}));

/** Tokens as text, with or without white space between them. */
export function textOf(tokens: fc.Arbitrary<Tokens>): fc.Arbitrary<string> {
  const space = fc.array(fc.constantFrom(" ", "\t", "\n", "\r"), { maxLength: 2 }).map((each) =>
    each.join("")
  );
  const spaces = fc.oneof(fc.constant([""]), fc.array(space, { minLength: 1, maxLength: 7 }));
  return fc.tuple(tokens, spaces).map(([list, between]) =>
    list.map((token, index) => token + (between[index % between.length] ?? "")).join("")
  );
}

/** The members of an object in any order. */
function shuffled(members: fc.Arbitrary<[string, Tokens][]>): fc.Arbitrary<[string, Tokens][]> {
  return members.chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));
}

function member(name: string, value: fc.Arbitrary<Tokens>): fc.Arbitrary<[string, Tokens]> {
  return fc.tuple(nameText(fc.constant(name)), value);
}

function maybe(name: string, value: fc.Arbitrary<Tokens>, most = 1): fc.Arbitrary<[string, Tokens][]> {
  return fc.array(member(name, value), { maxLength: most });
}

function usual(text: string): fc.Arbitrary<Tokens> {
  return fc.constant(text).map((one) => [one]);
}

const WORD = fc.stringMatching(/^[a-z0-9]{1,6}$/).map((text) => [JSON.stringify(text)]);

/** Of strings, objects and arrays alone, as API servers print it, or anything. */
const FIELDS = fc.oneof(
  fc.jsonValue({ maxDepth: 3, noUnicodeString: true } as fc.JsonSharedConstraints).map((value) => [
    JSON.stringify(value, (_key, part) => typeof part === "object" ? part ?? {} : String(part)),
  ]),
  VALUE,
);

const METADATA = shuffled(
  fc.tuple(
    ...["uid", "namespace", "name", "resourceVersion"].map((name) => member(name, WORD).map((one) => [one])),
    maybe("managedFields", FIELDS, 2),
    fc.array(fc.tuple(NAME, VALUE), { maxLength: 2 }),
    maybe("uid", VALUE),
  ).map((parts) => parts.flat()),
).map(objectTokens);

/** A pod in which anything may be anything, mostly with what identifies it. */
export const POD: fc.Arbitrary<Tokens> = shuffled(
  fc.tuple(
    member("metadata", fc.oneof({ weight: 20, arbitrary: METADATA }, { weight: 1, arbitrary: VALUE }))
      .map((one) => [one]),
    maybe(
      "apiVersion",
      fc.oneof({ weight: 9, arbitrary: usual('"v1"') }, { weight: 1, arbitrary: VALUE }),
    ),
    maybe(
      "kind",
      fc.oneof({ weight: 9, arbitrary: usual('"Pod"') }, { weight: 1, arbitrary: VALUE }),
    ),
    maybe("spec", VALUE),
    maybe("status", VALUE),
    fc.array(fc.tuple(NAME, VALUE), { maxLength: 1 }),
  ).map((parts) => parts.flat()),
).map(objectTokens);

/** One byte less, more or another one. */
export interface Damage {
  how: "delete" | "insert" | "flip";
  at: number;
  byte: number;
}

export const DAMAGE: fc.Arbitrary<Damage> = fc.record({
  how: fc.constantFrom("delete", "insert", "flip"),
  at: fc.nat(100_000),
  byte: fc.oneof(fc.constantFrom(...new TextEncoder().encode('{}[]",:\\ ')), fc.nat(255)),
});

export function damage(bytes: Uint8Array, { how, at, byte }: Damage): Uint8Array {
  const list = [...bytes];
  list.splice(at % list.length, how === "insert" ? 0 : 1, ...how === "delete" ? [] : [byte]);
  return new Uint8Array(list);
}
