import assert from "node:assert/strict";
import fc from "fast-check";
import { parseSecrets } from "./secret.ts";

const LONG = "0123456789abcdef";
const MARK = "c0nfidential";

function secretsOf(text: string): string[] {
  const parsed = parseSecrets(text);
  assert.equal(parsed.kind, "secrets", JSON.stringify(parsed));
  return parsed.kind === "secrets" ? parsed.secrets : [];
}

function problemOf(text: string): string {
  const parsed = parseSecrets(text);
  return parsed.kind === "problem" ? `${parsed.line}: ${parsed.problem}` : parsed.kind;
}

for (
  const [what, text] of [
    ["a newline at the end", `${LONG}\n`],
    ["a newline of another system", `${LONG}\r\n`],
    ["the newline of an old system", `${LONG}\r`],
    ["spaces and a tab around it", ` \t${LONG}  `],
    ["a byte order mark before it", `\uFEFF${LONG}`],
    ["empty lines around it", `\n\n  \n${LONG}\n\n`],
    ["a space that does not break", `\u00A0${LONG}\u00A0`],
    ["itself on a second line", `${LONG}\n${LONG}\n`],
  ] as const
) {
  Deno.test(`a secret with ${what} is the secret without it`, () => {
    assert.deepEqual(secretsOf(text), [LONG]);
  });
}

for (
  const [secret, problem] of [
    [MARK.repeat(400), /^1: has more than 4096 bytes: is this a secret, and the right file\?$/],
    [`"${MARK}-0123"`, /^1: stands in quotes/],
    [`'${MARK}-0123'`, /^1: stands in quotes/],
    [`\`${MARK}-0123\``, /^1: stands in quotes/],
    [`“${MARK}-0123”`, /^1: stands in quotes/],
    ['""', /^1: stands in quotes/],
    [`v1,whsec_${MARK}0123`, /^1: begins with v1, as a signature does: give what follows the comma/],
    [`v1a,whsk_${MARK}0123`, /^1: begins with v1/],
    [`whsk_${MARK}0123`, /^1: is a key of the asymmetric scheme/],
    [`whpk_${MARK}0123`, /^1: is a key of the asymmetric scheme/],
    ["whsec_", /^1: begins with whsec_, but the rest is not base64/],
    [`whsec_${MARK}!`, /^1: begins with whsec_, but the rest is not base64/],
    [`whsec_${MARK}-_0123456789012345`, /^1: begins with whsec_, but the rest is not base64/],
    [
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
      /^1: begins with whsec_, but the rest is base64 for URLs: write \+/,
    ],
    [`whsec_${MARK}0123456789012`, /^1: begins with whsec_, but the rest is not base64: .* whole/],
    [`"whsec_${MARK}0123"`, /^1: stands in quotes/],
    [`-----BEGIN PRIVATE KEY-----\n${MARK}`, /^1: is a PEM block/],
    [`K8SVENT_WEBHOOK_SECRET=${MARK}-0123`, /^1: begins with a name/],
    [`export WEBHOOK_SECRET=${MARK}-0123`, /^1: begins with a name/],
    [`secret: ${MARK}-0123`, /^1: begins with a name/],
    [`# ${MARK} is the old one\n${LONG}`, /^1: holds a comment/],
    [`${MARK}-0123 # the old one`, /^1: holds a comment/],
    [`V1,whsec_${MARK}0123`, /^1: begins with v1/],
    [`v1=whsec_${MARK}0123`, /^1: holds whsec_ in other letters or behind something/],
    [`WHSEC_${MARK}0123`, /^1: holds whsec_ in other letters/],
    [`whsec-${MARK}0123`, /^1: holds whsec_ in other letters/],
    [`Bearer whsec_${MARK}0123`, /^1: holds whsec_ .* from whsec_ on/],
    ["<the-webhook-secret>", /^1: is a placeholder that was not filled in/],
    ["$(WEBHOOK_SECRET)", /^1: is a placeholder/],
    ["${WEBHOOK_SECRET:-}", /^1: is a placeholder/],
    ["{{ .Values.webhook.secret }}", /^1: is a placeholder/],
    ["%WEBHOOK_SECRET%", /^1: is a placeholder/],
    ["undefined", /^1: holds what a template writes where it has no value/],
    ["<no value>", /^1: holds what a template writes/],
    [`/run/secrets/${MARK}`, /^1: is the path of a file: give it to --secret-file/],
    [`@/etc/${MARK}/secret`, /^1: is the path of a file/],
    [`file:///var/${MARK}`, /^1: is the path of a file/],
    [`{"secret":"${MARK}-0123"}`, /^1: is JSON/],
    [`["${MARK}-0123"]`, /^1: is JSON/],
    [`apiVersion: v1\nkind: Secret\ndata:\n  webhook: ${MARK}`, /^1: begins with a name/],
    [`${MARK}\0-0123456`, /^1: contains characters/],
    [`${MARK}\u200B-0123456`, /^1: contains characters/],
    [`${MARK}\uFFFD-0123456`, /^1: contains characters/],
    ["x", /^1: has 1 byte only, and can be guessed: use 16 or more/],
    ["s3cret!", /^1: has 7 bytes only, and can be guessed/],
    ["whsec_YQ==", /^1: has 1 byte only, and can be guessed/],
    [`${LONG}\n\nx`, /^3: has 1 byte only/],
    [Array.from({ length: 11 }, (_, n) => `${LONG}-${n}`).join("\n"), /^11: is one more than 10/],
  ] as const
) {
  Deno.test(`the secret ${JSON.stringify(secret.slice(0, 30))} is refused without being shown`, () => {
    assert.match(problemOf(secret), problem);
    assert.doesNotMatch(problemOf(secret), new RegExp(MARK));
  });
}

for (
  const secret of [
    "#0123456789abcde",
    "v1.0123456789abc",
    "{0123456789abcde}",
    "<0123<456789>abc>",
    "$2b$12$0123456789",
    "a:0123456789abcd",
    "two words and more",
    "A=0123456789abcdef",
    "/9j/0123456789abcdef==",
    "AB_CD01234567890=",
    "pass:word:pass:word",
    '"0123456789abcdef',
    "it's a secret to everybody",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "ключ-ключ-ключ",
  ]
) {
  Deno.test(`the secret ${secret} is taken as it is`, () => assert.deepEqual(secretsOf(secret), [secret]));
}

Deno.test("each line is a secret, the first one first", () => {
  assert.deepEqual(secretsOf(`new-${LONG}\r\n\r\n old-${LONG} \n`), [`new-${LONG}`, `old-${LONG}`]);
});

Deno.test("no text at all is no secret", () => {
  for (const text of ["", " ", "\n\n", "\uFEFF", "\u00A0"]) {
    assert.deepEqual(parseSecrets(text), { kind: "empty" });
  }
});

Deno.test("a secret of 8 to 15 bytes is taken and said to be weak, a longer one is not", () => {
  const weak = (text: string): string | undefined => {
    const parsed = parseSecrets(text);
    return parsed.kind === "secrets" ? parsed.weak : parsed.kind;
  };
  assert.match(weak("12345678") ?? "", /^has 8 bytes only: use 16 or more/);
  assert.match(weak(`${LONG}\n123456789012345`) ?? "", /^has 15 bytes only/);
  // 12 bytes in base64: what counts is the key.
  assert.match(weak("whsec_AAAAAAAAAAAAAAAA") ?? "", /^has 12 bytes only/);
  assert.equal(weak(LONG), undefined);
  assert.equal(weak("ключ-ключ-ключ"), undefined);
});

Deno.test("whatever a text holds, what is taken has no line ends and no white space around it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.constantFrom("\n", "\r\n", " ", ""), (text, end) => {
      const parsed = parseSecrets(`${text}-0123456${end}`);
      if (parsed.kind !== "secrets") return;
      for (const secret of parsed.secrets) assert.ok(secret === secret.trim() && !/[\r\n]/.test(secret));
      assert.deepEqual(parseSecrets(parsed.secrets.join("\n")), parsed);
    }),
  );
});
