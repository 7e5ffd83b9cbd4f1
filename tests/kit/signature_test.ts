import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { verify } from "./signature.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY = '{"test": 2432232314}';

function signed(): { headers: Record<string, string>; raw: Uint8Array } {
  const headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": new Webhook(SECRET).sign(
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      new Date(1614265330 * 1000),
      BODY,
    ),
    "x-atomist-signature": `sha1=${createHmac("sha1", SECRET).update(BODY).digest("hex")}`,
    "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(BODY).digest("hex")}`,
  };
  return { headers, raw: new TextEncoder().encode(BODY) };
}

Deno.test("three right signatures are ok, also where another secret is active beside", () => {
  assert.equal(verify(signed(), [SECRET]), "ok");
  assert.equal(verify(signed(), ["another", SECRET]), "ok");
});

for (const name of ["webhook-signature", "x-atomist-signature", "x-hub-signature-256"]) {
  Deno.test(`a wrong or missing ${name} is named`, () => {
    const wrong = signed();
    wrong.headers[name] = `${wrong.headers[name]?.slice(0, -2)}00`;
    assert.equal(verify(wrong, [SECRET]), `${name} does not verify`);
    delete wrong.headers[name];
    assert.equal(verify(wrong, [SECRET]), `${name} is missing`);
  });
}

Deno.test("a changed body verifies with none of them", () => {
  const changed = { ...signed(), raw: new TextEncoder().encode(`${BODY} `) };
  assert.equal(verify(changed, [SECRET]), "webhook-signature does not verify");
});

Deno.test("a delivery without signatures is distinguished from a forged one", () => {
  assert.equal(verify({ headers: {}, raw: new Uint8Array() }, [SECRET]), "unsigned");
});
