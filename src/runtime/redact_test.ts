import assert from "node:assert/strict";
import fc from "fast-check";
import { redact } from "./redact.ts";

Deno.test("a URL keeps its scheme, host and port only", () => {
  const cases: [string, string][] = [
    ["POST https://hooks.example.com/T0/B0?k=v failed", "POST https://hooks.example.com/… failed"],
    ["at https://user:pass@h.example:8443/x#y", "at https://h.example:8443/…"],
    ["a https://user:p@ss@h.example", "a https://h.example"],
    ["via socks5://u:p@[::1]:1080/", "via socks5://[::1]:1080/"],
    ["for url (https://h.example/x'y): refused", "for url (https://h.example/…): refused"],
    ["https://h.example?token=1", "https://h.example/…"],
    ["write https://, not http://.", "write https://, not http://."],
    ['"https://h.example/x"', '"https://h.example/…"'],
    ["HTTPS://h.example\\path", "HTTPS://h.example/…"],
  ];
  for (const [text, expected] of cases) assert.equal(redact(text, []), expected);
});

Deno.test("an origin, a file URL and plain text stay as they are", () => {
  for (const text of ["https://127.0.0.1:6443", "http://[::1]:80/", "file:///src/main.ts:1:2", "a: b/c?d"]) {
    assert.equal(redact(text, []), text);
  }
});

Deno.test("a password that holds a slash does not pass for a host", () => {
  assert.doesNotMatch(redact("https://user:T0P/SECRET@h.example/", []), /T0P|SECRET/);
});

Deno.test("known secrets disappear, with and without their prefix", () => {
  assert.equal(redact("key s3cret.", ["s3cret"]), "key [redacted].");
  assert.equal(
    redact("raw TWZLUTly and whsec_TWZLUTly", ["whsec_TWZLUTly"]),
    "raw [redacted] and [redacted]",
  );
  assert.equal(redact("a.c abc", ["a.c"]), "[redacted] abc");
  assert.equal(redact("l0nger", ["l0ng", "l0nger"]), "[redacted]");
});

Deno.test("bearer tokens, basic credentials, JWTs and unknown webhook secrets disappear", () => {
  const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
  assert.equal(redact(`token ${jwt}, expired`, []), "token [redacted], expired");
  assert.equal(redact("authorization: Bearer abcdef0123", []), "authorization: Bearer [redacted]");
  assert.equal(redact("authorization: basic dXNlcjpwYXNz", []), "authorization: basic [redacted]");
  assert.equal(redact("is whsec_AAAA right?", []), "is [redacted] right?");
  assert.equal(redact("the bearer token is old", []), "the bearer token is old");
});

Deno.test("no path, query or userinfo of any URL survives", () => {
  const part = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:@%/?#|\\^{}[\]-]{0,20}$/);
  const user = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:%-]{0,10}$/);
  fc.assert(fc.property(user, part, part, (userinfo, path, query) => {
    const url = `https://T0P${userinfo}SECRET@h.example/T0P${path}SECRET?T0P${query}SECRET`;
    const redacted = redact(`dial ${url} failed`, []);
    assert.doesNotMatch(redacted, /T0P|SECRET/);
    assert.equal(redact(redacted, []), redacted);
  }));
});

Deno.test("no known secret survives, whatever it is made of", () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.string(), (secret, around) => {
    fc.pre(!"[redacted]".includes(secret) && !/^[A-Za-z]{0,15}$/.test(secret));
    assert(!redact(`${around}${secret}${around}`, [secret]).includes(secret));
  }));
});

for (
  const [kind, secrets] of [
    ["a long secret", ["0".repeat(60_000)]],
    ["many secrets", Array.from({ length: 2_000 }, (_, index) => `s3cret-number-${index}-of-many`)],
  ] as const
) {
  Deno.test(`${kind} disappears, the longest first`, () => {
    const [first = ""] = secrets;
    const last = secrets.at(-1) ?? "";
    assert.equal(redact(`a ${first} b ${last} c`, [...secrets]), "a [redacted] b [redacted] c");
    assert.equal(redact(`a ${first}-more`, [...secrets, `${first}-more`]), "a [redacted]");
  });
}

Deno.test("a secret that is a word makes no [redacted] of the log", () => {
  const text = "The endpoint a answers again.";
  for (const secret of ["a", "endpoint", "answers", "The"]) assert.equal(redact(text, [secret]), text);
  assert.equal(redact("key correcthorsebatterystaple", ["correcthorsebatterystaple"]), "key [redacted]");
});
