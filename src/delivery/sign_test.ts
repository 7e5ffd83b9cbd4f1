import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import type { Scheme } from "../route/endpoint_settings.ts";
import { HmacKey, SCHEMES, Signer } from "./sign.ts";

const utf8 = new TextEncoder();

let contents = 0;

function signatureHeaders(
  id: string,
  seconds: number,
  body: Uint8Array,
  secrets: string[],
  schemes: readonly Scheme[] = SCHEMES,
): Record<string, string> {
  return new Signer(new Set(schemes)).sign({ id, body, content: `${contents++}` }, seconds, secrets);
}

Deno.test("the Standard Webhooks signature is that of the specification's example", () => {
  const headers = signatureHeaders(
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1614265330,
    utf8.encode('{"test": 2432232314}'),
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  );
  assert.equal(headers["webhook-timestamp"], "1614265330");
  assert.equal(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

Deno.test("x-hub-signature-256 is that of GitHub's example", () => {
  const headers = signatureHeaders("id", 1, utf8.encode("Hello, World!"), ["It's a Secret to Everybody"]);
  assert.equal(
    headers["x-hub-signature-256"],
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
  );
});

Deno.test("x-atomist-signature is the HMAC-SHA1 of RFC 2202's example", () => {
  const headers = signatureHeaders("id", 1, utf8.encode("what do ya want for nothing?"), ["Jefe"]);
  assert.equal(headers["x-atomist-signature"], "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
});

Deno.test("without a secret nothing is signed", () => {
  assert.deepEqual(signatureHeaders("id", 1, utf8.encode("x"), []), {});
});

Deno.test("during a rotation every secret has its token, and the single signatures are the first one's", () => {
  const body = utf8.encode("x");
  const [both, first, second] = [["first", "second"], ["first"], ["second"]].map((secrets) =>
    signatureHeaders("id", 1, body, secrets)
  );
  assert.equal(
    both?.["webhook-signature"],
    `${first?.["webhook-signature"]} ${second?.["webhook-signature"]}`,
  );
  assert.equal(both?.["x-atomist-signature"], first?.["x-atomist-signature"]);
  assert.equal(both?.["x-hub-signature-256"], first?.["x-hub-signature-256"]);
});

Deno.test("the legacy signatures take a whsec_ secret as it is written", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const headers = signatureHeaders("id", 1, utf8.encode("x"), [secret]);
  assert.equal(
    headers["x-atomist-signature"],
    `sha1=${createHmac("sha1", secret).update("x").digest("hex")}`,
  );
  assert.equal(
    headers["x-hub-signature-256"],
    `sha256=${createHmac("sha256", secret).update("x").digest("hex")}`,
  );
});

Deno.test("the standardwebhooks package signs every message the same way", () => {
  const id = fc.stringMatching(/^pod_[a-z2-7]{52}$/);
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  const body = fc.string({ unit: "grapheme" });
  const key = fc.uint8Array({ minLength: 1, maxLength: 80 });
  fc.assert(fc.property(id, seconds, body, key, (messageId, at, text, bytes) => {
    const secret = `whsec_${bytes.toBase64()}`;
    const headers = signatureHeaders(messageId, at, utf8.encode(text), [secret]);
    const oracle = new Webhook(secret).sign(messageId, new Date(at * 1000), text);
    assert.equal(headers["webhook-signature"], oracle);
  }));
});

Deno.test("the standardwebhooks package signs with a plain text secret the same way", () => {
  const plain = fc.string({ minLength: 1 }).filter((text) =>
    text.trim() !== "" && !text.startsWith("whsec_")
  );
  fc.assert(fc.property(plain, (secret) => {
    const headers = signatureHeaders("id", 1614265330, utf8.encode("{}"), [secret]);
    const oracle = new Webhook(secret, { format: "raw" }).sign("id", new Date(1614265330_000), "{}");
    assert.equal(headers["webhook-signature"], oracle);
  }));
});

Deno.test("the standardwebhooks package verifies with the old and with the new secret of a rotation", () => {
  const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"];
  const now = Math.floor(Date.now() / 1000);
  const headers = { "webhook-id": "id", ...signatureHeaders("id", now, utf8.encode('{"a":1}'), secrets) };
  for (const secret of secrets) assert.deepEqual(new Webhook(secret).verify('{"a":1}', headers), { a: 1 });
  assert.throws(() => new Webhook(secrets[0] ?? "").verify('{"a":2}', headers));
});

Deno.test("only the schemes that are asked for are used", () => {
  const names = (schemes: Scheme[]): string[] =>
    Object.keys(signatureHeaders("id", 1, utf8.encode("x"), ["secret"], schemes));
  assert.deepEqual(names(["standard"]), ["webhook-timestamp", "webhook-signature"]);
  assert.deepEqual(names(["github"]), ["x-hub-signature-256"]);
  assert.deepEqual(names(["atomist"]), ["x-atomist-signature"]);
  assert.deepEqual(names(["standard", "github", "atomist"]).length, 4);
});

Deno.test("what has no timestamp is signed once for a body and a secret", () => {
  const signer = new Signer();
  const body = utf8.encode("x");
  const timeless = (secret: string, content: string): (string | undefined)[] => {
    const headers = signer.sign({ id: "id", body, content }, 1, [secret]);
    return [headers["x-atomist-signature"], headers["x-hub-signature-256"]];
  };
  const first = timeless("first", "1");
  // The bytes changed behind its back: it did not look at them again.
  body.set(utf8.encode("y"));
  assert.deepEqual(timeless("first", "1"), first);
  assert.notDeepEqual(timeless("first", "2"), first);
  assert.notDeepEqual(timeless("second", "1"), first);
});

Deno.test("signatures of no more than a few hundred bodies are kept", () => {
  const signer = new Signer(new Set<Scheme>(["github"]));
  const body = utf8.encode("x");
  const sign = (content: string): string | undefined =>
    signer.sign({ id: "id", body, content }, 1, ["secret"])["x-hub-signature-256"];
  const first = sign("0");
  for (let content = 1; content <= 256; content++) sign(`${content}`);
  body.set(utf8.encode("y"));
  assert.notEqual(sign("0"), first);
});

Deno.test("an HMAC is the runtime's own, whatever the key and the parts", () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(fc.constantFrom("sha1", "sha256"), bytes, bytes, bytes, (algorithm, key, one, other) => {
      const hmac = new HmacKey(algorithm as "sha1", key);
      const oracle = createHmac(algorithm, key).update(one).update(other).digest("hex");
      assert.equal(hmac.sign("hex", one, other), oracle);
      assert.equal(hmac.sign("hex", one, other), oracle, "a key can be used again");
    }),
  );
});

Deno.test("secrets come and go without end", () => {
  const signer = new Signer(new Set<Scheme>(["github"]));
  for (let secret = 0; secret < 100; secret++) {
    const body = utf8.encode("x");
    const headers = signer.sign({ id: "id", body, content: `${secret}` }, 1, [`secret-${secret}`]);
    const oracle = createHmac("sha256", `secret-${secret}`).update("x").digest("hex");
    assert.equal(headers["x-hub-signature-256"], `sha256=${oracle}`);
  }
});
