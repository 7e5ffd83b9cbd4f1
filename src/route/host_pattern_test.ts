import assert from "node:assert/strict";
import fc from "fast-check";
import { matchesHost, parseHostPattern } from "./host_pattern.ts";

function matches(pattern: string, url: string): boolean {
  return matchesHost(parseHostPattern(pattern), new URL(url));
}

Deno.test("a pattern without a star names one host", () => {
  assert.equal(matches("hooks.example.com", "https://hooks.example.com/a"), true);
  assert.equal(matches("hooks.example.com", "https://a.hooks.example.com/a"), false);
  assert.equal(matches("hooks.example.com", "https://example.com/a"), false);
  assert.equal(matches("hooks.example.com", "https://hooks.example.com.evil.test/a"), false);
});

Deno.test("a star names every host below a domain, but not the domain and not its neighbours", () => {
  assert.equal(matches("*.example.com", "https://a.example.com/"), true);
  assert.equal(matches("*.example.com", "https://a.b.example.com/"), true);
  assert.equal(matches("*.example.com", "https://example.com/"), false);
  assert.equal(matches("*.example.com", "https://notexample.com/"), false);
  assert.equal(matches("*.example.com", "https://a.example.com./"), false);
});

Deno.test("a host matches however its letters are written", () => {
  assert.equal(matches("Hooks.Example.COM", "https://hooks.example.com/"), true);
  assert.equal(matches("hooks.example.com", "https://HOOKS.example.com/"), true);
  assert.equal(matches("bücher.example", "https://xn--bcher-kva.example/"), true);
});

Deno.test("only the port that the pattern names is allowed, 443 where it names none", () => {
  assert.equal(matches("hooks.example.com", "https://hooks.example.com:443/"), true);
  assert.equal(matches("hooks.example.com", "https://hooks.example.com:6443/"), false);
  assert.equal(matches("hooks.example.com:6443", "https://hooks.example.com:6443/"), true);
  assert.equal(matches("hooks.example.com:443", "https://hooks.example.com/"), true);
  assert.equal(matches("*.example.com:6443", "https://a.example.com/"), false);
});

Deno.test("what is not a host name is refused with a sentence", () => {
  const strings = [
    "",
    "*",
    "*.",
    "*.com",
    "a.*.com",
    "https://a.example.com",
    "a.example.com/x",
    "a.example.com.",
    "a example.com",
    "me@example.com",
    "a.example.com:x",
    "a.example.com:99999",
    "a.example.com\\x",
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "*.0.0.1",
    "[::1]",
  ];
  for (const text of strings) {
    assert.throws(
      () => parseHostPattern(text),
      { name: "TypeError", message: /^".*" (is|covers).*\.$/s },
      text,
    );
  }
});

Deno.test("no pattern lets a host through that is neither its own nor below it", () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  fc.assert(
    fc.property(
      fc.array(label, { minLength: 2, maxLength: 4 }),
      fc.domain(),
      fc.boolean(),
      (labels, host, below) => {
        const domain = labels.join(".");
        const url = URL.parse(`https://${host}/`);
        fc.pre(url !== null);
        const expected = below ? url.hostname.endsWith(`.${domain}`) : url.hostname === domain;
        assert.equal(matchesHost(parseHostPattern(below ? `*.${domain}` : domain), url), expected);
        assert.equal(matches(below ? `*.${domain}` : `x.${domain}`, `https://x.${domain}/`), true);
      },
    ),
  );
});
