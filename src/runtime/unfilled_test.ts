import assert from "node:assert/strict";
import { dressFault, isQuoted, pathFault, placeholderFault } from "./unfilled.ts";

Deno.test("a pair of quotes around a value is seen, and one inside is not", () => {
  for (const text of ['"a"', "'a b'", "`a`", "“a”", "„a“", "‘a’", "«a»", '""']) {
    assert.ok(isQuoted(text), text);
  }
  for (const text of ["a", '"', "a'b'", "'a", 'a"', `'a"`]) assert.ok(!isQuoted(text), text);
});

Deno.test("what a template, a manifest or a shell left in place of a value is a placeholder", () => {
  for (
    const [text, said] of [
      ["<nil>", /no value/],
      ["<no value>", /no value/],
      ["%!s(<nil>)", /no value/],
      ["[object Object]", /no value/],
      ["$TOKEN", /placeholder/],
      ["${TOKEN}", /placeholder/],
      ["${TOKEN:-}", /placeholder/],
      ["$(TOKEN)", /placeholder/],
      ["$env:TOKEN", /placeholder/],
      ["%TOKEN%", /placeholder/],
      ["{{ .Values.token }}", /placeholder/],
      ["<your-token>", /placeholder/],
    ] as const
  ) assert.match(placeholderFault(text, true) ?? "", said, text);
});

Deno.test("a word for nothing is one only where it can be no name", () => {
  for (const word of ["null", "nil", "undefined", "None"]) {
    assert.match(placeholderFault(word, false) ?? "", /no value/, word);
    assert.equal(placeholderFault(word, true), undefined, word);
  }
});

Deno.test("a value that merely holds such signs is none", () => {
  for (const text of ["a$TOKEN", "$1,000", "50%", "a<b>c", "nullable", "{a}", "$", "100%sure%", "a{{b}}"]) {
    assert.equal(placeholderFault(text, false), undefined, text);
  }
});

Deno.test("what a file of settings or a manifest leaves around a value is named", () => {
  for (
    const [text, said] of [
      ['"2m"', /quotes/],
      ['["shop","team"]', /list/],
      ["[ 'shop' ]", /list/],
      ["- shop\n- team", /list/],
      ["[https://a.example](https://a.example)", /list/],
      ["K8SVENT_INTERVAL=2m", /own name/],
      ["15s # not more", /comment/],
      ["# none", /comment/],
      ["<nil>", /template/],
    ] as const
  ) assert.match(dressFault(text, ["K8SVENT_INTERVAL"]) ?? "", said, text);
  for (const text of ["2m", "[::1]:5000", "a=b", "app in (web)", "-x", "prod #1", "null", "OTHER=1"]) {
    assert.equal(dressFault(text, ["K8SVENT_INTERVAL"]), undefined, text);
  }
});

Deno.test("a path that begins with a variable is one that no shell has seen", () => {
  for (const path of ["$HOME/x", "${HOME}/x", "%USERPROFILE%\\x"]) {
    assert.match(pathFault(path) ?? "", /shell/);
  }
  for (const path of ["/a/$HOME", "~/x", "$", "a%b/c", "./x"]) assert.equal(pathFault(path), undefined, path);
});
