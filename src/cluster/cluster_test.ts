import assert from "node:assert/strict";
import { bearer } from "./cluster.ts";
import { ClusterError } from "./error.ts";

const TOKEN = "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl-_~+/=";

/** What stands where a token should, and what is said of it. */
const NO_TOKENS: [what: string, text: string, sentence: RegExp][] = [
  ["in quotes", `"${TOKEN}"`, /stands in quotes, which are part of it there: take them out\.$/],
  ["in single quotes", `'${TOKEN}'`, /stands in quotes/],
  ["in backquotes", `\`${TOKEN}\``, /stands in quotes/],
  ["in a word processor's quotes", `“${TOKEN}”`, /stands in quotes/],
  [
    "with the word before it",
    `Bearer ${TOKEN}`,
    /begins with "Bearer", which is put before it anyway: take that word out\.$/,
  ],
  ["with its header", `Authorization: Bearer ${TOKEN}`, /begins with "Bearer"/],
  ["in JSON", `{"status":{"token":"${TOKEN}"}}`, /is JSON: give only the token/],
  ["with its name", `token: ${TOKEN}`, /begins with its name/],
  ["with its name of an env file", `TOKEN=${TOKEN}`, /begins with its name/],
  ["that was not filled in", "${TOKEN}", /is a placeholder that was not filled in/],
  ["of a template without a value", "<no value>", /what a template writes where it has no value/],
  ["of two lines", `${TOKEN}\n${TOKEN}`, /holds white space/],
  ["that is empty", "", /is empty/],
];

for (const [what, text, sentence] of NO_TOKENS) {
  Deno.test(`a token ${what} is reported as such, with where it comes from, and is not shown`, () => {
    assert.throws(() => bearer(text, "the file /run/token"), (error) => {
      assert.ok(error instanceof ClusterError);
      assert.equal(error.fault, "unauthorized");
      assert.match(error.message, /^The token for the API server, from the file \/run\/token, /);
      assert.match(error.message, sentence);
      assert.doesNotMatch(error.message, /eyJ/);
      return true;
    });
  });
}

for (const token of [TOKEN, "abcdef.0123456789abcdef", "token-of-a-csv-file", "k8s-aws-v1.aHR0cHM6Ly9z"]) {
  Deno.test(`${token.slice(0, 12)}… is a token`, () => {
    assert.deepEqual(bearer(token, "a test"), { authorization: `Bearer ${token}` });
  });
}
