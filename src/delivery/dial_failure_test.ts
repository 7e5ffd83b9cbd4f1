import assert from "node:assert/strict";
import fc from "fast-check";
import { dialFailure } from "./dial_failure.ts";

const URL_ = new URL("https://hooks.example.com/secret-path?key=secret-query");

/** As Deno 2.7 reports: the URL in the message and no cause. */
function deno27(words: string): Error {
  return new TypeError(`error sending request for url (${URL_.href}): ${words}`);
}

/** As Deno 2.9 reports. */
function deno29(words: string): Error {
  return new TypeError("fetch failed", {
    cause: new Error(`error sending request for ${URL_.href} (1.2.3.4:443): ${words}`),
  });
}

/** As `node:net`, `node:tls` and undici report. */
function coded(code: string, words: string): Error {
  return Object.assign(new Error(words), { code });
}

Deno.test("the same fault is found in the words of each version of the runtime", () => {
  const cases: [string, string][] = [
    ["client error (Connect): dns error: failed to lookup address information: Try again", "network"],
    ["client error (Connect): tcp connect error: Connection refused (os error 111)", "network"],
    ["client error (Connect): invalid peer certificate: UnknownIssuer", "certificate"],
    ["client error (Connect): received corrupt message of type InvalidContentType", "certificate"],
    ["client error (SendRequest): connection closed before message completed", "closed"],
    ["client error (SendRequest): connection error: Connection reset by peer (os error 104)", "closed"],
    ["client error (SendRequest): invalid HTTP version parsed", "network"],
    ["something that nobody has seen yet", "network"],
  ];
  for (const [words, fault] of cases) {
    assert.equal(dialFailure(deno27(words), URL_).fault, fault, words);
    assert.equal(dialFailure(deno29(words), URL_).fault, fault, words);
  }
});

Deno.test("codes are told apart", () => {
  const cases: [Error, string][] = [
    [coded("ENOTFOUND", "getaddrinfo ENOTFOUND hooks.example.com"), "network"],
    [coded("EAI_AGAIN", "getaddrinfo EAI_AGAIN hooks.example.com"), "network"],
    [coded("ECONNREFUSED", "connect ECONNREFUSED 1.2.3.4:443"), "network"],
    [coded("ETIMEDOUT", "connect ETIMEDOUT 1.2.3.4:443"), "network"],
    [coded("CERT_HAS_EXPIRED", "certificate has expired"), "certificate"],
    [coded("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"), "certificate"],
    [coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"), "certificate"],
    [coded("UND_ERR_SOCKET", "other side closed"), "closed"],
    [coded("ECONNRESET", "read ECONNRESET"), "closed"],
    [new Deno.errors.NotCapable('Requires net access to "169.254.169.254:80"'), "blocked"],
  ];
  for (const [error, fault] of cases) assert.equal(dialFailure(error, URL_).fault, fault, error.message);
});

Deno.test("the words of a URL's path decide nothing", () => {
  const url = new URL("https://hooks.example.com/invalid-peer-certificate/ECONNREFUSED/dns%20error");
  const error = new TypeError(`error sending request for url (${url.href}): connection reset`);
  assert.equal(dialFailure(error, url).fault, "closed");
});

Deno.test("neither path nor query is in the error or its cause, whatever the words around them", () => {
  fc.assert(fc.property(fc.webPath(), fc.webQueryParameters(), fc.string(), (path, query, words) => {
    const url = new URL(`https://hooks.example.com/secret-${path}?secret-${query}`);
    for (
      const text of [`${words} ${url.href} `, `(${url.href}): ${words}`, `${url.pathname} ${url.search}`]
    ) {
      const error = dialFailure(new TypeError(text, { cause: new Error(text) }), url);
      assert.doesNotMatch(Deno.inspect(error).replaceAll(import.meta.url, ""), /secret-/);
      assert.match(error.message, /hooks\.example\.com/);
    }
  }));
});
