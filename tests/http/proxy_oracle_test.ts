import assert from "node:assert/strict";
import { proxyFor } from "../../src/runtime/proxy.ts";

/**
 * What Go (`golang.org/x/net/http/httpproxy` 0.34) and curl (7.88) answered, recorded: for each environment and URL whether
 * the request goes to the proxy. curl was given every variable in both cases where none of the cases is about that.
 */
interface Recorded {
  env: Record<string, string | undefined>;
  url: string;
  go: string;
  curl: string;
}

const RECORDED = Deno.readTextFileSync(new URL("./proxy_oracle.tsv", import.meta.url)).trimEnd().split("\n")
  .map((line): Recorded => {
    const [go = "", curl = "", url = "", env = ""] = line.split("\t");
    return { go, curl, url, env: JSON.parse(env) };
  });

/** Where the two differ and it is curl's that counts: what Go takes for nothing, though it is plain what was meant. */
const AS_CURL: [why: string, is: (row: Recorded) => boolean][] = [
  ["white space separates", ({ env }) => /\S\s+\S/.test(env.NO_PROXY ?? "") && !env.NO_PROXY?.includes(",")],
  ["a dot that ends a name", ({ env, url }) => url.endsWith(".") || env.NO_PROXY === "hooks.test."],
  ["lower case comes first", ({ env }) => env["no_proxy"] !== undefined && env.NO_PROXY !== undefined],
  ["lower case comes first", ({ env }) => env["https_proxy"] !== undefined && env.HTTPS_PROXY !== undefined],
];

/** Where both send to the proxy what was plainly meant to be excepted. */
const DIRECT: [why: string, is: (row: Recorded) => boolean][] = [
  ["loopback in capital letters", ({ url }) => /LOCALHOST/.test(url)],
  ["an address in brackets without a port", ({ env, url }) => url === `https://${env.NO_PROXY}`],
];

function expectedOf(row: Recorded): { who: string; expected: string } {
  const direct = row.go === "proxy" && row.curl === "proxy" && DIRECT.find(([, is]) => is(row));
  if (direct) return { who: direct[0], expected: "direct" };
  const asCurl = row.go !== row.curl && AS_CURL.find(([, is]) => is(row));
  return asCurl ? { who: `as curl: ${asCurl[0]}`, expected: row.curl } : { who: "as Go", expected: row.go };
}

function ours({ env, url }: Recorded): string {
  const choice = proxyFor(new URL(url), (name) => env[name]);
  if (choice === undefined) return "direct";
  assert.ok(!("problem" in choice), JSON.stringify(choice));
  return choice.port === 3128 ? "proxy" : "other proxy";
}

for (const row of RECORDED) {
  const given = Object.entries(row.env).map(([name, value]) => `${name}=${value}`).join(" ");
  const { who, expected } = expectedOf(row);
  Deno.test(`${row.url} with ${given}: ${expected}, ${who}`, () => assert.equal(ours(row), expected));
}
