import assert from "node:assert/strict";
import fc from "fast-check";
import { endpointName } from "../route/endpoint.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseWebhooks } from "./webhooks.ts";

/** The message of the UsageError that the entries cause. */
function complaint(...entries: string[]): string {
  try {
    parseWebhooks(entries, "--url");
  } catch (error) {
    assert(error instanceof UsageError);
    return error.message;
  }
  assert.fail("the entries were accepted");
}

Deno.test("a webhook without a name is called after its host and a hash", () => {
  const [endpoint] = parseWebhooks(["https://hooks.example.com/a/b"], "--url");
  assert.equal(endpoint?.name, endpointName(new URL("https://hooks.example.com/a/b")));
});

Deno.test("a name stands before the URL, and an = inside the URL is none", () => {
  const [named, unnamed] = parseWebhooks(["ops=http://a.example/?k=v", "https://b.example?x=y"], "--url");
  assert.equal(named?.name, "ops");
  assert.equal(named?.url?.href, "http://a.example/?k=v");
  assert.match(unnamed?.name ?? "", /^b\.example-[0-9a-f]{8}$/);
});

Deno.test("a URL that does not parse is refused by its number", () => {
  assert.match(complaint("https://a.example/", "not a url/T0PSECRET"), /^--url, entry 2 is not a URL/);
  assert.match(complaint(""), /entry 1 is not a URL/);
});

Deno.test("a URL that is not http or https is refused", () => {
  for (const url of ["ftp://a.example/", "file:///etc/passwd", "gopher:x"]) {
    assert.match(complaint(url), /entry 1 does not begin with https:\/\/ or http:\/\//);
  }
});

Deno.test("a name that is not a plain word is refused", () => {
  assert.match(complaint("a b=https://a.example/"), /must be a name/);
  assert.match(complaint("=https://a.example/"), /must be a name/);
});

Deno.test("two endpoints with one name are refused, and so is one URL twice", () => {
  assert.match(
    complaint("x=https://a.example/", "y=https://c.example", "x=https://b.example/"),
    /entries 1 and 3/,
  );
  assert.match(
    complaint("https://a.example/p", "https://a.example/p"),
    /entries 1 and 2 are both named a\.example-/,
  );
});

Deno.test("no error shows a URL's path, query or credentials", () => {
  const word = fc.string({ minLength: 1, maxLength: 8 }).map((text) => `T0PSECRET${text}`);
  const bad = fc.constantFrom("ftp://", "http://[", "https://u:", "a b=https://", "", "https://:0");
  fc.assert(fc.property(bad, word, (prefix, secret) => {
    try {
      parseWebhooks([`${prefix}${secret}@h.example/${secret}?${secret}`, `${prefix}${secret}`], "--url");
    } catch (error) {
      assert.doesNotMatch((error as Error).message, /T0PSECRET/i);
    }
  }));
  const twice = "https://user:T0PSECRET@a.example/T0PSECRET?T0PSECRET";
  assert.doesNotMatch(complaint(twice, twice), /T0PSECRET/i);
});
