import assert from "node:assert/strict";
import { parseSize } from "./size.ts";
import { UsageError } from "./usage_error.ts";

Deno.test("a size is bytes, or a number of Kubernetes' units", () => {
  const sizes = {
    "1048576": 2 ** 20,
    "1024Ki": 2 ** 20,
    "1Mi": 2 ** 20,
    "64Mi": 2 ** 26,
    "1Gi": 2 ** 30,
    "1Ti": 2 ** 40,
  };
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseSize(text, "--buffer"), bytes, text);
  assert.equal(parseSize("0001Gi", "--buffer"), 2 ** 30);
});

Deno.test("anything else is refused with the flag, the text and two examples", () => {
  const wrong = [
    "",
    "Mi",
    "1.5Gi",
    "-1Gi",
    "64MB",
    "64mi",
    "64 Mi",
    "1Pi",
    "1e9",
    "0x100000",
    "Infinity",
    "1Mi\n",
  ];
  for (const text of wrong) {
    assert.throws(
      () => parseSize(text, "K8SVENT_BUFFER"),
      (error) =>
        error instanceof UsageError &&
        /^K8SVENT_BUFFER must be a size of at least 1Mi, such as 64Mi or 1Gi, not /.test(error.message),
      JSON.stringify(text),
    );
  }
});

Deno.test("less than 1Mi is refused, and what no number can hold", () => {
  for (const text of ["0", "0Gi", "1048575", "1023Ki", "999999999999Gi"]) {
    assert.throws(() => parseSize(text, "--state-max"), UsageError, text);
  }
});

Deno.test("a size in other units, and a fraction of one, is met with what to write", () => {
  const meant = {
    "2G": "2Gi",
    "64 Mi": "64Mi",
    "1TB": "1Ti",
    "1.5Gi": "1536Mi",
    "0.5T": "512Gi",
    "64.5MiB": "66048Ki",
  };
  for (const [text, size] of Object.entries(meant)) {
    assert.throws(() => parseSize(text, "--state-max"), new RegExp(` Did you mean ${size}\\?$`), text);
    parseSize(size, "--state-max");
  }
  for (const text of ["1e9", "512Ki", "-1Gi", "1.5", "1.5Ki"]) {
    assert.throws(
      () => parseSize(text, "--state-max"),
      (error: Error) => !/Did you mean/.test(error.message),
      text,
    );
  }
});
