import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { encode } from "./json_bytes.ts";
import { MASK } from "./located.ts";
import { compileSecretMask } from "./own_secrets.ts";

function masked(body: string, ...secrets: string[]): string {
  return new TextDecoder().decode(compileSecretMask(secrets)(encode(body)));
}

const SECRET = "our own secret, 24 bytes";

Deno.test("a secret goes wherever it stands, names of members included", () => {
  const body = JSON.stringify({ [`a ${SECRET}`]: { b: [`${SECRET}!`, 1] } });
  assert.equal(masked(body, SECRET), body.replaceAll(SECRET, MASK));
});

Deno.test("a body without one is given back as it is, JSON or not", () => {
  const mask = compileSecretMask([SECRET]);
  for (const text of ['{"pod":{}}', "no JSON"]) {
    const body = encode(text);
    assert.equal(mask(body), body);
  }
});

Deno.test("a secret of fewer than 16 bytes is left alone; so is a key of fewer in whsec_", () => {
  assert.equal(masked('{"a":"short, 15 bytes"}', "short, 15 bytes"), '{"a":"short, 15 bytes"}');
  assert.equal(masked('{"a":"whsec_c2hvcnQ="}', "whsec_c2hvcnQ="), '{"a":"whsec_c2hvcnQ="}');
  assert.equal(masked('{"a":"just 16 bytes.."}', "just 16 bytes.."), '{"a":"just 16 bytes.."}');
  assert.equal(masked('{"a":"just 16 bytes..."}', "just 16 bytes..."), `{"a":"${MASK}"}`);
});

Deno.test("base64 of it goes as a whole, whatever stands before and behind it, in both alphabets", () => {
  for (let before = 0; before < 4; before++) {
    for (let behind = 0; behind < 4; behind++) {
      const text = Buffer.from("x".repeat(before) + SECRET + "y".repeat(behind));
      for (const encoding of ["base64", "base64url"] as const) {
        assert.equal(masked(`{"a":"Basic ${text.toString(encoding)}."}`, SECRET), `{"a":"Basic ${MASK}."}`);
      }
    }
  }
});

Deno.test("of a whsec_ secret go the text, the base64 without its mark, and the key itself", () => {
  const key = "the key of 24 bytes here";
  const secret = `whsec_${Buffer.from(key).toString("base64")}`;
  const forms = [secret, secret.slice(6), key, Buffer.from(secret).toString("base64")];
  for (const form of forms) assert.equal(masked(`{"a":"= ${form} ;"}`, secret), `{"a":"= ${MASK} ;"}`, form);
});

Deno.test("a plain secret is found as a receiver's whsec_", () => {
  const body = `{"a":"whsec_${Buffer.from(SECRET).toString("base64")}"}`;
  assert.equal(masked(body, SECRET), `{"a":"${MASK}"}`);
});

Deno.test("however JSON escapes it, and in JSON within a text, and in a URL", () => {
  const secret = 'a"b\\c/d<é>&f 0123456789';
  const inside = JSON.stringify({ x: secret });
  const bodies = [
    JSON.stringify({ a: secret }),
    JSON.stringify({ a: secret }).replaceAll("<", "\\u003c").replaceAll("&", "\\u0026").replaceAll(
      "/",
      "\\/",
    ),
    JSON.stringify({ a: inside }),
    JSON.stringify({ a: `https://h/?t=${encodeURIComponent(secret)}` }),
  ];
  for (const body of bodies) {
    const after = JSON.parse(masked(body, secret)).a as string;
    assert(after.includes(MASK) && !after.includes("0123456789"), after);
  }
});

Deno.test("what is left is JSON, whatever the secret", () => {
  const digits = "9223372036854775";
  const body = `{"n":${digits}807,"a":"${digits}","b":"\\n1234567890abcdef","c":"\\u0041234567890abcdef"}`;
  const after = masked(
    body,
    digits,
    "n1234567890abcdef",
    '","a":"9223372036854775","b":"',
    "041234567890abcdef",
  );
  assert.equal(
    after,
    `{"n":${digits}807,"a":"${MASK}","b":"\\n1234567890abcdef","c":"\\u0041234567890abcdef"}`,
  );
});

Deno.test("a secret goes though U+FFFD stands in it, which a key that is no text would be read as", () => {
  const secret = `\uFFFD, ${SECRET}`;
  assert.equal(masked(`{"a":"${secret}"}`, secret), `{"a":"${MASK}"}`);
});

Deno.test("after the mask no text holds the secret, and all others are what they were", () => {
  const text = fc.string({ unit: "binary", maxLength: 10 });
  fc.assert(
    fc.property(fc.string({ minLength: 16, unit: "grapheme" }), text, text, (secret, before, behind) => {
      const value = [before, before + secret + behind, behind];
      const [first, middle, last] = JSON.parse(masked(JSON.stringify(value), secret));
      if (before.length < 10 && !before.includes(MASK)) assert.equal(first, before);
      assert(!middle.includes(secret) || MASK.includes(secret));
      assert(middle.includes(MASK));
      assert.equal(last, behind);
    }),
  );
});
