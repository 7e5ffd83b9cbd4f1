import assert from "node:assert/strict";
import schema from "../../docs/config.schema.json" with { type: "json" };
import { MARK } from "../kit/confidential.ts";
import { sentencesOf } from "./book.ts";

/** Keys of an endpoint under which a person may have put a secret, by mistake too. */
const CONFIDENTIAL = [
  ...["url", "urlFile", "proxyUrl", "secretFiles", "headers", "basicAuth", "authorization", "oauth2", "tls"],
];

/** What a person may write in place of what belongs there. */
const MISTAKES: unknown[] = [
  ...[
    "",
    "whsec_",
    "Bearer ",
    "https:/",
    "htp://",
    "https://user:pass@h.example/",
    "https://h.example:99999/",
    "https://[::1/",
    "https://1.2.3.4.5/",
    "<",
    "'",
    "$",
    "{{ ",
  ].map(
    (before) => before + MARK,
  ),
  ...["${$}", " $", "$\n$", "$\u0000", "$\u00e9", "$=$", "$, $", "$/../$"].map((form) =>
    form.replaceAll("$", MARK)
  ),
  ...[[MARK], [[MARK]], { [MARK]: MARK }, [{ [MARK]: MARK }], { value: MARK, file: MARK }],
];

/** As far as they are looked into. */
interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
}

Deno.test("no sentence about a wrong file shows what stands in place of a URL, a header or a credential", async () => {
  const endpoint = resolve(resolve(schema as Schema).properties?.["endpoints"]).items;
  // Of authStyle there are two words; one that is neither is shown.
  const places = placesIn(endpoint).filter((place) =>
    CONFIDENTIAL.includes(String(place[0])) && place.at(-1) !== "authStyle"
  );
  assert(places.length > 25, `${places.length} places`);
  let wrong = 0;
  for (const place of places) {
    for (const mistake of MISTAKES) {
      for (
        const file of [{ endpoints: [{ name: "ops", ...at(place, mistake) }] }, {
          defaults: at(place, mistake),
        }]
      ) {
        const sentences = await sentencesOf(JSON.stringify({ version: 1, ...file }));
        wrong += sentences.length;
        for (const sentence of sentences) assert(!sentence.includes(MARK), `${place.join(".")}: ${sentence}`);
      }
    }
  }
  assert(wrong > 1_000, `${wrong} sentences`);
});

/** The ways to every key and item. */
function placesIn(given: Schema | undefined): (string | number)[][] {
  const { properties = {}, additionalProperties, items, anyOf = [] } = resolve(given);
  const under = (key: string | number, schema: Schema): (string | number)[][] => [
    [key],
    ...placesIn(schema).map((place) => [key, ...place]),
  ];
  return [
    ...anyOf.flatMap(placesIn),
    ...Object.entries(properties).flatMap(([key, schema]) => under(key, schema)),
    ...typeof additionalProperties === "object" ? under("x-any", additionalProperties) : [],
    ...items === undefined ? [] : under(0, items),
  ];
}

function resolve(given: Schema | undefined): Schema {
  if (given?.$ref === undefined) return given ?? {};
  const [, ...way] = given.$ref.split("/");
  return resolve(
    way.reduce((found, key) => (found as Record<string, unknown>)[key], schema as unknown) as Schema,
  );
}

/** The value there, in lists and maps that hold nothing else. */
function at([key, ...rest]: (string | number)[], value: unknown): Record<string, unknown> {
  if (key === undefined) return value as Record<string, unknown>;
  const inner = at(rest, value);
  return (typeof key === "number" ? [inner] : { [key]: inner }) as Record<string, unknown>;
}
