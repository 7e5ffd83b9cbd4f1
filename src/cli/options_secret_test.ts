import assert from "node:assert/strict";
import { complaint, LONG, parse, URL_FLAG } from "../../tests/kit/command_line.ts";

Deno.test("an empty secret on the command line is refused", () => {
  for (const empty of ["", " \n"]) {
    assert.match(complaint([...URL_FLAG, "--secret", empty]), /^--secret is set but empty/);
    assert.match(complaint([...URL_FLAG, "--secret-file", empty]), /^--secret-file is set but empty/);
  }
});

for (
  const name of [
    "K8SVENT_WEBHOOK_SECRET",
    "K8SVENT_SECRET",
    "K8SVENT_WEBHOOK_SECRET_FILE",
    "K8SVENT_SECRET_FILE",
  ]
) {
  Deno.test(`an empty ${name} is wrong usage, where nothing else signs what is sent`, () => {
    for (const value of ["", " \n"]) {
      assert.throws(() => parse(URL_FLAG, { [name]: value }), {
        name: "UsageError",
        message: `${name} is set but empty: give it a secret, or unset it to send unsigned.`,
      });
    }
    assert.deepEqual(parse([...URL_FLAG, "-s", LONG], { [name]: "" }).warnings, []);
    assert.deepEqual(parse(["--once"], { [name]: "" }).secrets, []);
  });
}

Deno.test("that nothing signs is said once, where anything is sent to a webhook of the operator's", () => {
  assert.deepEqual(parse(URL_FLAG).warnings, [
    "No secret is given, so messages are sent unsigned: name one with --secret-file FILE.",
  ]);
  assert.deepEqual(parse([...URL_FLAG, "--secret-file", "/f"]).warnings, []);
  assert.deepEqual(parse(["--once"]).warnings, []);
  assert.deepEqual(parse(["--pod-webhooks", "a.example"]).warnings, []);
});

Deno.test("a secret from the flag and from the variable is read by one rule", () => {
  for (const text of [`${LONG}\n`, ` ${LONG}\r\n`, `\uFEFF${LONG}`]) {
    assert.deepEqual(parse([...URL_FLAG, "--secret", text]).secrets, [LONG]);
    assert.deepEqual(parse(URL_FLAG, { K8SVENT_WEBHOOK_SECRET: text }).secrets, [LONG]);
  }
  const two = parse(URL_FLAG, { K8SVENT_WEBHOOK_SECRET: `new-${LONG}\nold-${LONG}\n` });
  assert.deepEqual(two.secrets, [`new-${LONG}`, `old-${LONG}`]);
  for (const text of [`"${LONG}"`, `v1,whsec_${LONG}`, "x", "whsec_T0PSECRE!"]) {
    const flag = complaint([...URL_FLAG, "--secret", text]);
    const variable = complaint(URL_FLAG, { K8SVENT_WEBHOOK_SECRET: text });
    assert.match(flag, /^--secret: the secret /);
    assert.equal(variable.replace("K8SVENT_WEBHOOK_SECRET", "--secret"), flag);
  }
});

Deno.test("a secret that could not sign is refused without being shown", () => {
  const message = complaint([...URL_FLAG, "--secret", "whsec_T0PSECRE!"]);
  assert.match(message, /^--secret: the secret begins with whsec_/);
  assert.doesNotMatch(message, /T0PSECRE/);
});

Deno.test("a short secret is taken with a warning that does not show it", () => {
  const { secrets, warnings } = parse([...URL_FLAG, "--secret", "T0PSECRET"]);
  assert.deepEqual(secrets, ["T0PSECRET"]);
  assert.deepEqual(warnings, [
    "--secret: the secret has 9 bytes only: use 16 or more (openssl rand -hex 32).",
  ]);
});

Deno.test("a secret and a secret file exclude each other, but a flag wins over a variable", () => {
  const both = { K8SVENT_WEBHOOK_SECRET: LONG, K8SVENT_WEBHOOK_SECRET_FILE: "/f" };
  assert.match(complaint(URL_FLAG, both), /exclude each other/);
  assert.match(complaint([...URL_FLAG, "-s", LONG, "--secret-file", "/f"]), /exclude each other/);
  const file = parse([...URL_FLAG, "--secret-file", "/f"], { K8SVENT_WEBHOOK_SECRET: "" });
  assert.deepEqual([file.secrets, file.secretFile], [[], "/f"]);
  const secret = parse([...URL_FLAG, "-s", LONG], { K8SVENT_WEBHOOK_SECRET_FILE: "/f" });
  assert.deepEqual([secret.secrets, secret.secretFile], [[LONG], undefined]);
});
