import assert from "node:assert/strict";
import fc from "fast-check";
import { UsageError } from "./usage_error.ts";
import { parseWebhookUrl } from "./webhook_url.ts";

const MARK = "c0nfidential";

function complaint(text: string): string {
  try {
    return `accepted as ${parseWebhookUrl(text, "--url, entry 1").href}`;
  } catch (error) {
    assert(error instanceof UsageError, String(error));
    return error.message;
  }
}

const REFUSED: [text: string, message: RegExp][] = [
  ["", /entry 1 is not a URL: it is empty/],
  ["token", /entry 1 is not a URL: write https:\/\/host\/path, or NAME=/],
  ["hooks.example.com/x", /entry 1 is not a URL: write https:\/\/host\/path, with the scheme in front/],
  ["//hooks.example.com/x", /entry 1 is not a URL: write https:\/\/host\/path, with the scheme/],
  ["hooks.example.com:8443/x", /entry 1 is not a URL: write https:\/\/host\/path, with the scheme/],
  ["10.0.0.1?x=y", /entry 1 is not a URL: write https:\/\/host\/path, with the scheme/],
  ["null", /entry 1 is not a URL: it holds what a template writes/],
  ["$WEBHOOK", /entry 1 is not a URL: it is a placeholder/],
  [
    "https://hooks.example.com/$TOKEN_OF_IT/x",
    /\(hooks\.example\.com\) holds a variable that was not filled in/,
  ],
  ["https//hooks.example.com/x", /entry 1 is not a URL/],
  ['"https://hooks.example.com/x"', /entry 1 begins with a quotation mark/],
  ["“https://hooks.example.com/x”", /entry 1 begins with a quotation mark: give the URL without what stands/],
  ["'https://hooks.example.com/x'", /entry 1 begins with a "'"/],
  ['["https://hooks.example.com/x"]', /entry 1 begins with a "\["/],
  ["- https://hooks.example.com/x", /entry 1 begins with a "-"/],
  ["# hooks", /entry 1 begins with a "#"/],
  ["<https://hooks.example.com/x>", /entry 1 begins with a "<"/],
  ["(https://hooks.example.com/x)", /entry 1 begins with a "\("/],
  ["https://hooks.example.com/x”", /its character 28 is a quotation mark/],
  [
    "https://hooks.example.com/services/…",
    /its character 36 is a "…" \(was it copied from where it is short/,
  ],
  ["https://hooks.example.com/x，https://b.example/y", /holds two webhooks/],
  ["https://hooks.example.com/x、b=https://b.example/y", /holds two webhooks/],
  ["https://hooks.example.com/x；https://b.example/y", /holds two webhooks/],
  ["localhost:8080/x", /entry 1 is not a URL: write https:\/\/host\/path, with the scheme/],
  ["user:password@hooks.example.com/x", /entry 1 does not begin with/],
  ["htps://hooks.example.com/x", /entry 1 does not begin with https:\/\/ or http:\/\//],
  ["wss://hooks.example.com/x", /entry 1 does not begin with https:\/\/ or http:\/\//],
  ["file:///etc/passwd", /entry 1 does not begin with https:\/\/ or http:\/\//],
  ["http:/hooks.example.com/x", /entry 1 has no host: .* two slashes/],
  ["https:hooks.example.com/x", /entry 1 has no host: .* two slashes/],
  ["https:///hooks.example.com/x", /entry 1 has no host: .* two slashes/],
  ["https://", /entry 1 has no host/],
  ["https://?x", /entry 1 has no host/],
  ["https://:8443/x", /entry 1 has a port and no host/],
  ["https:\\\\hooks.example.com\\x", /entry 1 cannot be a URL: its character 7 is a backslash/],
  ["https://hooks.example.com\\x", /entry 1 cannot be a URL: its character 26 is a backslash/],
  [
    `https://hooks.example.com/a b`,
    /entry 1 \(hooks\.example\.com\) cannot be a URL: its character 28 is a space/,
  ],
  [`https://hooks.example.com/a\tb`, /\(hooks\.example\.com\) cannot be a URL: its character 28 is a tab/],
  [
    `https://hooks.example.com/a\nb`,
    /\(hooks\.example\.com\) cannot be a URL: its character 28 is a line break/,
  ],
  [`https://hooks.exam\nple.com/a`, /cannot be a URL: its character 19 is a line break/],
  [`https://hooks.example.com/a\u0000b`, /its character 28 is one that cannot be seen \(U\+0000\)/],
  [`https://hooks.example.com/a\u200Bb`, /its character 28 is one that cannot be seen \(U\+200B\)/],
  [`https://hooks.example.com/a\u202Eb`, /its character 28 is one that cannot be seen \(U\+202E\)/],
  [`https://hooks.exam\u00ADple.com/`, /its character 19 is one that cannot be seen \(U\+00AD\)/],
  [`https://hooks.example.com/a\u00A0b`, /its character 28 is one that cannot be seen \(U\+00A0\)/],
  [`https://hooks.example.com/a\uFFFDb`, /its character 28 is one that cannot be seen/],
  ["https://hooks.example.com/${TOKEN}", /its character 28 is a "\{" \(was a placeholder not filled in\?\)/],
  ["https://<host>/x", /its character 9 is a "<" \(was a placeholder/],
  ["https://$HOST/x", /entry 1 has a "\$" in its host/],
  ["https://hooks.example.com/$(TOKEN)", /holds \$\(…\), a variable that was not filled in/],
  ['https://hooks.example.com/x"', /its character 28 is a quotation mark/],
  ["https://hooks.example.com/a|b", /its character 28 is a "\|"/],
  [
    "https://hooks.example.com/x,https://b.example/y",
    /\(hooks\.example\.com\) holds two webhooks: give --url once for each/,
  ],
  ["https://hooks.example.com/x, b=https://b.example/y", /holds two webhooks/],
  ["https://hooks.example.com/x https://b.example/y", /holds two webhooks/],
  ["https://hooks.example.com/x;https://b.example/y", /holds two webhooks/],
  [
    "https://hooks.example.com/%zz",
    /\(hooks\.example\.com\) has a "%" without two hexadecimal digits at character 27/,
  ],
  ["https://hooks.example.com/?a=100%", /has a "%" without two hexadecimal digits at character 33/],
  ["https://hooks.example.com/%u0041", /has a "%" without two hexadecimal digits/],
  ["https://hooks%2Eexample.com/x", /entry 1 has a "%" in its host/],
  ["https://*.example.com/x", /entry 1 has a "\*" in its host/],
  [
    "https://hooks.example.com/x#token",
    /\(hooks\.example\.com\) has a "#", and what follows that is never sent/,
  ],
  ["https://::1/x", /more than one colon in its host: an IPv6 address stands in brackets/],
  ["http://::1:8080/x", /an IPv6 address stands in brackets/],
  ["http://fd00::1/x", /an IPv6 address stands in brackets/],
  ["http://[::1/x", /has a bracket in its host that is not closed/],
  ["http://[::g]/x", /has something in brackets that is no IPv6 address/],
  ["http://[fe80::1%25eth0]/x", /in its host/],
  ["https://xn--a/x", /entry 1 \(xn--a\) has a host that cannot be one: what stands behind "xn--" is no enc/],
  ["https://300.1.1.1/x", /has a number at the end of its host, as addresses have, and is none/],
  ["https://hooks.example.1/x", /has a number at the end of its host/],
  ["https://-hooks.example.com/x", /\(-hooks\.example\.com\) has a hyphen at an end of a part of its host/],
  ["http://hooks-.example.com/x", /has a hyphen at an end of a part of its host/],
  ["https://hooks..example.com/x", /entry 1 \(hooks\.\.example\.com\) has a dot too many in its host/],
  ["https://.example.com/x", /has a dot too many in its host/],
  ["https://hooks.example.com../x", /has a dot too many in its host/],
  ["https://./x", /has a dot too many in its host/],
  [`https://${"a".repeat(64)}.example.com/x`, /has a part of 64 characters in its host, and 63/],
  [
    `https://${"a.".repeat(128)}/x`,
    /^--url, entry 1 has 255 characters in its host, and a name has 253 at the most/,
  ],
  ["https://hooks.example.com:0/x", /\(hooks\.example\.com\) has a port that is not between 1 and 65535/],
  ["https://hooks.example.com:65536/x", /has a port that is not between 1 and 65535/],
  ["https://hooks.example.com:https/x", /has a port that is not a number/],
  ["https://hooks.example.com:80 80/x", /is a space/],
  [
    `https://user:${MARK}/x@hooks.example.com/`,
    /entry 1 has a port that is not a number \(inside a password, "\/" is written %2F/,
  ],
  [
    `https://user:${MARK}@x@hooks.example.com/`,
    /entry 1 has an @ in its user or password: there it is written %40/,
  ],
];

for (const [text, message] of REFUSED) {
  Deno.test(`${JSON.stringify(text)} is no webhook, which is said with the place`, () => {
    assert.match(complaint(text), message);
  });
}

for (
  const [text, href] of [
    ["https://hooks.example.com/a/b?c=d,e&f[]=g;h", "https://hooks.example.com/a/b?c=d,e&f[]=g;h"],
    ["HTTPS://Hooks.Example.COM/A", "https://hooks.example.com/A"],
    ["https://hooks.example.com:443/", "https://hooks.example.com/"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080/"],
    ["http://[::1]:8080/x", "http://[::1]:8080/x"],
    ["http://[FD00::1]/x", "http://[fd00::1]/x"],
    ["https://user:pa%2Fss@hooks.example.com/", "https://user:pa%2Fss@hooks.example.com/"],
    [`https://${"a.".repeat(127)}/x`, `https://${"a.".repeat(127)}/x`],
    ["https://my_service.shop.svc:8080/x", "https://my_service.shop.svc:8080/x"],
    ["https://münchen.example/x", "https://xn--mnchen-3ya.example/x"],
    ["https://xn--mnchen-3ya.example/x", "https://xn--mnchen-3ya.example/x"],
    ["https://hooks.example.com/é", "https://hooks.example.com/%C3%A9"],
    ["https://hooks.example.com/a@b", "https://hooks.example.com/a@b"],
    [
      "https://hooks.example.com/?to=https://b.example/%20x",
      "https://hooks.example.com/?to=https://b.example/%20x",
    ],
    ["https://hooks.example.com./x", "https://hooks.example.com./x"],
    // What curl makes of them, too; a proxy, the guard and the log have the address in its usual form.
    ["http://127.1/x", "http://127.0.0.1/x"],
    ["http://0x7f.1/x", "http://127.0.0.1/x"],
    ["http://2130706433/x", "http://127.0.0.1/x"],
    ["http://0177.0.0.1/x", "http://127.0.0.1/x"],
  ] as const
) {
  Deno.test(`${text} is a webhook`, () => assert.equal(parseWebhookUrl(text, "--url").href, href));
}

Deno.test("no complaint shows more of a URL than its host", () => {
  const piece = fc.constantFrom(
    "",
    "/",
    "@",
    ":",
    "#",
    "%",
    " ",
    "\n",
    "\\",
    "?",
    "{",
    ",https://",
    "[",
    "$(X)",
    "x",
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.boolean(), (pieces, isUser) => {
      const rest = pieces.map((one) => `${one}${MARK}`).join("");
      const text = isUser ? `https://u:${rest}@hooks.example.com/` : `https://hooks.example.com/${rest}`;
      const message = complaint(text);
      if (!message.startsWith("accepted")) assert.doesNotMatch(message, new RegExp(MARK));
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("what is accepted is what was written", () => {
  // Without what the parser rightly writes otherwise: dots that lead to another folder, and quotes in a query.
  const text = fc.stringMatching(
    /^https:\/\/[a-z]{1,5}(\.[a-z]{1,5}){1,2}(:[1-9][0-9]{3})?\/[!-$&(-\-/-~]{0,20}$/,
  );
  fc.assert(fc.property(text, (url) => {
    const message = complaint(url);
    if (message.startsWith("accepted")) assert.equal(message, `accepted as ${url}`);
  }));
});
