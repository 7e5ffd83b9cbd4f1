import assert from "node:assert/strict";
import fc from "fast-check";
import type { Answer } from "../http/outcome.ts";
import { firstLine, whyNot } from "./refusal.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");

function answer(status: number, { body = "", location }: { body?: string; location?: string } = {}): Answer {
  const headers = new Map(location === undefined ? [] : [["location", location]]);
  return { kind: "answer", status, headers, body };
}

const SAID: [status: number, advice: RegExp][] = [
  [100, /which no HTTP server should answer/],
  [304, /check its URL/],
  [306, /a redirect that is none/],
  [400, /see its log, and what body it expects/],
  [401, /check the secret that it expects/],
  [403, /check the secret that it expects, and who may reach it/],
  [404, /check its URL/],
  [405, /does not take POST there/],
  [407, /credentials of the proxy/],
  [409, /see its log/],
  [410, /gone: check its URL/],
  [413, /let it accept larger bodies/],
  [415, /content-type application\/json/],
  [418, /see its log/],
  [421, /does not serve that host .* and serverName in its tls/],
  [422, /cannot use the body/],
  [426, /let it speak HTTP\/1\.1/],
  [429, /raise its limit, or lower --concurrency/],
  [431, /larger headers/],
  [496, /wants a client certificate/],
  [497, /write https:\/\/ in its URL/],
  [500, /see its log/],
  [501, /does not know POST/],
  [502, /the proxy in front of it cannot reach it/],
  [503, /is down or overloaded/],
  [504, /in front of it timed out/],
  [522, /Cloudflare cannot reach it/],
  [599, /a fault of its own/],
  [600, /which no HTTP server should answer/],
  [999, /which no HTTP server should answer/],
];

for (const [status, advice] of SAID) {
  Deno.test(`of status ${status} it is said what to do`, () => {
    const why = whyNot(answer(status), NOW);
    assert.ok(why.startsWith(`status ${status} (`) && why.endsWith(")"), why);
    assert.match(why, advice);
  });
}

Deno.test("every status that is no acceptance has something to do, as a part of one sentence", () => {
  for (let status = 100; status < 1000; status++) {
    if (status >= 200 && status < 300) continue;
    assert.match(whyNot(answer(status), NOW), /^status \d{3} \([^.]+(\.1)?[^.]*\)$/);
  }
});

const CLOCKS: [status: number, date: string, advice: RegExp][] = [
  [
    401,
    "Sat, 31 Jan 2026 11:48:00 GMT",
    /its clock is 12 min behind this machine's, and a signature is good for 5 min: .*; else check the secret/,
  ],
  [400, "Sat, 31 Jan 2026 14:00:00 GMT", /its clock is 2 h ahead of this machine's/],
  [403, "Sun Jan 25 12:00:00 2026", /its clock is 6 d behind/],
  [401, "Sat, 31 Jan 2026 12:04:59 GMT", /check the secret/],
  [401, "2026", /check the secret/],
  [404, "Sat, 31 Jan 2026 11:48:00 GMT", /check its URL/],
];

for (const [status, date, advice] of CLOCKS) {
  Deno.test(`of status ${status} at ${date} it is said whether the clocks are the reason`, () => {
    const answered: Answer = { kind: "answer", status, headers: new Map([["date", date]]), body: "" };
    assert.match(whyNot(answered, NOW), advice);
  });
}

const REDIRECTS: [location: string | undefined, where: RegExp][] = [
  ["https://login.example/secret-path?next=secret-query", /redirects to https:\/\/login\.example, which/],
  [
    "https://me:secret-pw@other.example:8443/secret-path",
    /redirects to https:\/\/other\.example:8443, which/,
  ],
  ["//cdn.example/secret-path", /redirects to cdn\.example, which/],
  ["/secret-path/", /another path of its own, which is not followed: check its URL, also a slash at its end/],
  ["secret-path", /another path of its own/],
  [undefined, /does not say where to/],
  ["", /not a URL/],
  ["http://[secret-path", /not a URL/],
  ["javascript:alert('secret-path')", /not a URL/],
  ["mailto:secret-path@a.example", /not a URL/],
  ["data:text/html,secret-path", /not a URL/],
  ["https://evil\u202e.example/secret-path", /not a URL|redirects to https:\/\/[!-~]+, which/],
];

for (const [location, where] of REDIRECTS) {
  Deno.test(`a redirect to ${JSON.stringify(location)} is reported by its host alone`, () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const why = whyNot(answer(status, { ...location !== undefined && { location } }), NOW);
      assert.match(why, where);
      assert.doesNotMatch(why, /secret-/);
    }
  });
}

Deno.test("a server that was spoken to in the clear and wants TLS is reported as such, whoever made it", () => {
  const bodies = [
    "Client sent an HTTP request to an HTTPS server.\n",
    "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>",
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
    "Bad Request\nThis combination of host and port requires TLS.",
  ];
  for (const body of bodies) {
    assert.match(whyNot(answer(400, { body }), NOW), /it speaks https: write https:\/\/ in its URL/);
  }
});

const URL_OF_IT = new URL(
  "https://me:pass%2Fword1@hooks.example/services/T0PSECRET/B%C3%A4cker00?key=QUERYSECRET",
);
const TO_IT = { url: URL_OF_IT, secrets: ["whsec_U0VDUkVUS0VZ", "s3cr3t-of-ours"] };

const LINES: [what: string, body: string, line: string | undefined][] = [
  ["nothing", "", undefined],
  ["white space", " \r\n\t\n", undefined],
  ["a line", "no such token\nmore of it", "no such token"],
  ["an empty line first", "\n\n  second line \n", "second line"],
  ["JSON with a message", '{"ok":false,"message":"invalid token"}', "invalid token"],
  ["JSON over several lines", '{\n  "error": {\n    "message": "quota"\n  }\n}', "quota"],
  ["a problem of RFC 9457", '{"type":"about:blank","title":"T","detail":"what it is"}', "what it is"],
  ["a list of errors", '{"errors":[{"message":"first"},{"message":"second"}]}', "first"],
  ["JSON without a field for people", '{"ok":false}', '{"ok":false}'],
  ["broken JSON", '{"message":', '{"message":'],
  ["HTML", "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>", "502 Bad Gateway"],
  ["HTML without a title", "<html><body><style>x{}</style><div>Just so</div></body>", "Just so"],
  [
    "the page of Express",
    "<!DOCTYPE html><pre>Cannot POST /services/T0PSECRET/B%C3%A4cker00</pre>",
    "Cannot POST …",
  ],
  ["a part of the path", "unknown token T0PSECRET", "unknown token …"],
  ["a part of the path, decoded", "unknown Bäcker00, or b\u00c4CKER00", "unknown …, or …"],
  ["the query", "key QUERYSECRET is revoked", "key … is revoked"],
  ["the password", "me may not log in with pass/word1", "me may not log in with …"],
  ["the secret", "expected s3cr3t-of-ours", "expected [redacted]"],
  ["the key of the secret", "expected U0VDUkVUS0VZ", "expected [redacted]"],
  ["a URL", "see https://other.example/T0P", "see https://other.example/…"],
  ["a token", "authorization: Bearer abcdef0123456789", "authorization: Bearer [redacted]"],
  [
    "what was compressed",
    new TextDecoder().decode(Uint8Array.fromBase64("H4sIAAAAAAAC/8tIzcnJV0grys9VSK/KLAAAjXyF")),
    undefined,
  ],
  ["UTF-16", new TextDecoder().decode(new Uint8Array([0xff, 0xfe, 0x6e, 0, 0x6f, 0])), undefined],
  ["Latin-1", "Zugriff verweigert f\uFFFDr alle", "Zugriff verweigert f\uFFFDr alle"],
  [
    "HTML with entities",
    "<html><title>Sign  in &amp; go &lt;now&gt;&#39; &eacute;</title>",
    "Sign in & go <now>' &eacute;",
  ],
  ["HTML that hides a control", "<html><title>a&#155;b&#x202e;c</title>", "a&#155;b&#x202e;c"],
  ["a colour", "\x1b[31mred\x1b[0m", "[31mred [0m"],
  ["a C1 control", "\u009b31mred", "31mred"],
  ["right to left", "\u202etxt.exe\u202c", "txt.exe"],
  ["a line separator", "first\u2028second", "first"],
  ["a secret with holes", "expected s3cr\u200b3t-of\u2060-ours", "expected [redacted]"],
  ["JSON that escapes them", '{"message":"a\\u001b[31mb\\u202ec\\nd"}', "a [31mbc d"],
];

for (const [what, body, line] of LINES) {
  Deno.test(`of an answer that says ${what}, people see ${JSON.stringify(line)}`, () => {
    assert.equal(firstLine(body, TO_IT), line);
  });
}

Deno.test("an answer is cut at 200 characters, and no part of a secret is left at the cut", () => {
  for (let before = 170; before < 200; before++) {
    const line = firstLine("x".repeat(before) + " s3cr3t-of-ours T0PSECRET and so on".repeat(3), TO_IT) ?? "";
    assert.ok([...line].length <= 200, line);
    assert.doesNotMatch(line, /s3cr|T0P/);
  }
});

Deno.test("whatever an answer says: one printable line of at most 200 characters without a secret", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (before, after) => {
    const line = firstLine(`${before}s3cr3t-of-ours${after}`, TO_IT) ?? "";
    assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]|s3cr3t-of-ours/u);
    assert.ok([...line].length <= 200);
  }));
});

Deno.test("a URL whose path is a word of a credential hides it not from being redacted", () => {
  const to = { url: new URL("https://hooks.example/bearer/authorization"), secrets: [] };
  assert.equal(firstLine("wrong: Bearer abcdef0123456789", to), "wrong: … [redacted]");
});
