import assert from "node:assert/strict";
import {
  BARE,
  BODY,
  bytes,
  ENCODED,
  HEX,
  NOW,
  PLAIN,
  signed,
  WRONG,
} from "../../tests/kit/wrong_signatures.ts";
import { type Verdict, verify } from "./verify.ts";

function judge(headers: Record<string, string>, secrets: string[], body = BODY, now = NOW): Verdict[] {
  return verify({ headers: new Map(Object.entries(headers)), body: bytes(body) }, secrets, { now });
}

Deno.test("what k8svent signs holds in all three schemes, with a secret of either kind", () => {
  for (const secret of [PLAIN, ENCODED, HEX]) {
    const verdicts = judge(signed([secret]), [secret]);
    assert.deepEqual(verdicts.map(({ header, holds, secret }) => [header, holds, secret]), [
      ["webhook-signature", true, 1],
      ["x-hub-signature-256", true, 1],
      ["x-atomist-signature", true, 1],
    ]);
  }
});

Deno.test("without a signature there is no verdict", () => {
  assert.deepEqual(judge(BARE, [PLAIN]), []);
});

Deno.test("in a rotation each signature is judged by itself, and the secret is named by its place", () => {
  const verdicts = judge(signed([ENCODED, PLAIN]), [PLAIN, HEX]);
  assert.deepEqual(verdicts.map(({ number, holds, secret }) => [number, holds, secret]), [
    [1, false, undefined],
    [2, true, 1],
    [1, false, undefined],
    [1, false, undefined],
  ]);
  assert.match(verdicts[0]?.why ?? "", /by a secret that is not in the file, as in the middle of a rotation/);
  assert.match(verdicts[2]?.why ?? "", /the body is right, as webhook-signature shows/);
});

for (const [what, headers, secret, why] of WRONG) {
  Deno.test(`a signature fails and says why: ${what}`, () => {
    const [verdict] = judge(headers, [secret]);
    assert.equal(verdict?.holds, false);
    assert.match(verdict?.why ?? "", why);
    assert.ok(!verdict?.why.includes(secret));
  });
}

Deno.test("a message of another time fails, and says by how much and in which direction", () => {
  const why = (now: number): string => judge(signed([PLAIN]), [PLAIN], BODY, now)[0]?.why ?? "";
  assert.equal(why(NOW + 300_999), "by the secret");
  assert.match(why(NOW + 720_000), /right, but it was signed 12 min ago, more than 5 min/);
  assert.match(why(NOW - 7_200_000), /right, but it was signed 2 h in the future: the clock/);
  assert.match(judge(signed([PLAIN], BODY, NOW), [PLAIN])[0]?.why ?? "", /counts milliseconds/);
});
