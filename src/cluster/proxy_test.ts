import assert from "node:assert/strict";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import { testInOwnProcess } from "../../tests/kit/own_process.ts";
import { openEnvironment } from "../runtime/environment.ts";
import { connectCluster } from "./connect.ts";
import { ClusterError } from "./error.ts";
import { ClusterSetupError } from "./setup_error.ts";

const authority = issueCertificate("an authority");
const trusted = issueCertificate("a server", { issuer: authority, hosts: ["127.0.0.1", "api.test"] });

/** A proxy that knows CONNECT alone, leads to 127.0.0.1 whoever is asked for, and keeps the requests that it got. */
class ConnectProxy implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #tunnels: Promise<void>[] = [];
  readonly #accepting: Promise<void>;

  constructor(readonly reply = "HTTP/1.1 200 OK\r\n\r\n") {
    this.#accepting = this.#accept();
  }

  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#tunnels);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) this.#tunnels.push(this.#tunnel(connection));
  }

  async #tunnel(client: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(4096);
    const request = new TextDecoder().decode(buffer.subarray(0, await client.read(buffer) ?? 0));
    this.requests.push(request);
    await client.write(new TextEncoder().encode(this.reply));
    if (!this.reply.includes(" 200 ")) return client.close();
    const port = Number(/^CONNECT [^:]+:(\d+)/.exec(request)?.[1]);
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  }
}

interface Setup {
  /** The variables of proxies. */
  env?: Record<string, string>;
  proxyUrl?: string;
  /** Of the API server, as the kubeconfig names it; `api.test` is known to the proxy alone. */
  host?: string;
  scheme?: string;
  /** Makes `node:tls` carry the request in place of fetch. */
  serverName?: string;
  /** Called while the answer is waited for. */
  meanwhile?: (clock: TestClock) => Promise<void>;
}

/** What a GET by a kubeconfig came to, and the port of the API server. */
async function get(
  { env = {}, proxyUrl, host = "127.0.0.1", scheme = "https", serverName, meanwhile }: Setup,
): Promise<{ port: number; answer: unknown }> {
  const options = { hostname: "127.0.0.1", port: 0, onListen: (): void => {}, ...trusted };
  const server = Deno.serve(options, () => new Response("the body"));
  const { port } = server.addr;
  const file = await Deno.makeTempFile();
  const cluster = {
    server: `${scheme}://${host}:${port}`,
    "certificate-authority-data": btoa(authority.cert),
    ...proxyUrl !== undefined && { "proxy-url": proxyUrl },
    ...serverName !== undefined && { "tls-server-name": serverName },
  };
  const contexts = [{ name: "here", context: { cluster: "it" } }];
  const config = { "current-context": "here", contexts, clusters: [{ name: "it", cluster }] };
  await Deno.writeTextFile(file, JSON.stringify(config));
  try {
    const clock = new TestClock();
    const deps = { env: (name: string) => env[name], clock, log: new MemoryLog(), version: "1" };
    const api = await connectCluster({ kubeconfig: file }, deps);
    const asked = api.get("/a-path", new AbortController().signal).then(
      (bytes) => new TextDecoder().decode(bytes),
      (error) => error,
    );
    await meanwhile?.(clock);
    const answer = await asked;
    api.close();
    return { port, answer };
  } catch (error) {
    return { port, answer: error };
  } finally {
    await server.shutdown();
    await Deno.remove(file);
  }
}

function sentenceOf(answer: unknown): string {
  assert.ok(answer instanceof ClusterError, String(answer));
  assert.equal(answer.fault, "unreachable");
  assert.doesNotMatch(answer.message, /a-password|a-path|a-proxy-path|os error/);
  return answer.message;
}

const CONFIGURED: [why: string, setup: (proxy: string) => Setup][] = [
  ["the variable", (proxy) => ({ env: { HTTPS_PROXY: proxy } })],
  ["the variable in lower case, before the other", (proxy) => ({
    env: { "https_proxy": proxy, HTTPS_PROXY: "http://127.0.0.1:1" },
  })],
  ["the variable without a scheme", (proxy) => ({ env: { HTTPS_PROXY: proxy.replace("http://", "") } })],
  ["NO_PROXY names others", (proxy) => ({
    env: { HTTPS_PROXY: proxy, NO_PROXY: ".api.test,other.test,api.test:1,127.0.0.0/8" },
  })],
  ["the kubeconfig, before the variables", (proxy) => ({
    proxyUrl: proxy,
    env: { HTTPS_PROXY: "http://127.0.0.1:1", NO_PROXY: "*" },
  })],
];

for (const [why, setup] of CONFIGURED) {
  Deno.test(`the API server is reached through a tunnel with the user and the password: ${why}`, async () => {
    await using proxy = new ConnectProxy();
    const { port, answer } = await get({
      ...setup(`http://me:a%2Dpassword%40@${proxy.host}`),
      host: "api.test",
    });
    assert.equal(answer, "the body");
    assert.match(proxy.requests[0] ?? "", new RegExp(`^CONNECT api.test:${port} `));
    const basic = btoa("me:a-password@");
    assert.ok(proxy.requests[0]?.toLowerCase().includes(`proxy-authorization: basic ${basic.toLowerCase()}`));
  });
}

Deno.test("node:tls goes through the same tunnel, and tells the same of a proxy that refuses", async () => {
  const asked = async (reply?: string): Promise<[answer: unknown, request: string]> => {
    await using proxy = new ConnectProxy(reply);
    const { answer } = await get({
      proxyUrl: `http://me:a%2Dpassword%40@${proxy.host}`,
      host: "api.test",
      serverName: "127.0.0.1",
    });
    return [answer, proxy.requests[0] ?? ""];
  };
  const [answer, request] = await asked();
  assert.equal(answer, "the body");
  assert.match(request, /^CONNECT api\.test:\d+ [^]*proxy-authorization: Basic bWU6YS1wYXNzd29yZEA=\r\n/i);
  const refused = async (status: string): Promise<string> =>
    sentenceOf((await asked(`HTTP/1.1 ${status}\r\n\r\n`))[0]);
  assert.match(
    await refused("407 Proxy Authentication Required"),
    /wants a user and a password \(status 407\)/,
  );
  assert.match(await refused("403 Forbidden"), /refused to open a way there/);
  const socks = await get({ proxyUrl: "socks5://127.0.0.1:1", host: "api.test", serverName: "127.0.0.1" });
  assert.match(sentenceOf(socks.answer), /only an http:\/\/ or https:\/\/ proxy will do/);
});

const DIRECT: Record<string, string>[] = [
  {},
  { NO_PROXY: "other.test" },
  { NO_PROXY: "*" },
  { NO_PROXY: "foo,*" },
  { "no_proxy": "127.0.0.1" },
];

for (const env of DIRECT) {
  Deno.test(`an API server on loopback is never asked through a variable's proxy: ${JSON.stringify(env)}`, async () => {
    await using proxy = new ConnectProxy();
    const { answer } = await get({ env: { HTTPS_PROXY: `http://${proxy.host}`, ...env } });
    assert.equal(answer, "the body");
    assert.deepEqual(proxy.requests, []);
  });
}

Deno.test("a kubeconfig's proxy-url counts for loopback and for what NO_PROXY names, as with kubectl", async () => {
  await using proxy = new ConnectProxy();
  const { answer } = await get({ proxyUrl: `http://${proxy.host}`, env: { NO_PROXY: "*" } });
  assert.equal(answer, "the body");
  assert.equal(proxy.requests.length, 1);
});

testInOwnProcess(import.meta.url)(
  "what the environment says of proxies is kept from the runtime",
  async () => {
    await using proxy = new ConnectProxy("HTTP/1.1 403 Forbidden\r\n\r\n");
    for (const name of ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) {
      Deno.env.set(name, `http://${proxy.host}`);
    }
    const env = openEnvironment();
    assert.equal(env("HTTPS_PROXY"), `http://${proxy.host}`);
    assert.equal((await get({})).answer, "the body");
    assert.deepEqual(proxy.requests, []);
  },
);

testInOwnProcess(import.meta.url)(
  "NO_PROXY in the environment does not overrule a kubeconfig's proxy",
  async () => {
    await using proxy = new ConnectProxy();
    Deno.env.set("NO_PROXY", "*,127.0.0.1");
    openEnvironment();
    assert.equal((await get({ proxyUrl: `http://${proxy.host}` })).answer, "the body");
    assert.equal(proxy.requests.length, 1);
  },
);

const REFUSING: [reply: string, sentence: RegExp][] = [
  [
    "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
    /wants a user and a password \(status 407\): put them into HTTPS_PROXY/,
  ],
  [
    "HTTP/1.1 403 Forbidden\r\n\r\n",
    /refused to open a way there \(status 403\)\. Let it allow that, or except the host in NO_PROXY\.$/,
  ],
  [
    "HTTP/1.0 403 Forbidden\r\nvia: x\r\ncontent-length: 2\r\n\r\nno",
    /refused to open a way there \(status 403\)/,
  ],
  ["HTTP/1.1 401 Unauthorized\r\n\r\n", /\(status 401\)\. Let it allow that/],
  ["HTTP/1.1 404 Not Found\r\n\r\n", /\(status 404\)\. Check that it is an HTTP proxy, and HTTPS_PROXY\.$/],
  [
    "HTTP/1.1 405 Method Not Allowed\r\n\r\n",
    /\(status 405\)\. Check that it is an HTTP proxy, and HTTPS_PROXY\.$/,
  ],
  ["HTTP/1.1 302 Found\r\nlocation: /login\r\n\r\n", /\(status 302\)\. Check that it is an HTTP proxy/],
  ["HTTP/1.1 429 Too Many Requests\r\n\r\n", /\(status 429\)\. It is overloaded: raise its limits\.$/],
  ["HTTP/1.1 502 Bad Gateway\r\n\r\n", /\(status 502\)\. Check that it can reach that host\.$/],
  ["HTTP/1.1 503 Service Unavailable\r\n\r\n", /\(status 503\)\. Check that it can reach that host\.$/],
  ["HTTP/1.1 504 Gateway Timeout\r\n\r\n", /\(status 504\)\. Check that it can reach that host\.$/],
  ["SSH-2.0-OpenSSH\r\n", /is not an HTTP proxy/],
  ["", /closed the connection\. Check that it is an HTTP proxy, and HTTPS_PROXY\.$/],
];

/** By the runtime's fetch, and by node:tls. */
const WAYS: Partial<Setup>[] = [{}, { serverName: "127.0.0.1" }];

for (const [reply, sentence] of REFUSING) {
  Deno.test(`a proxy that answers CONNECT with ${JSON.stringify(reply.trim())} is reported as a fault of the proxy`, async () => {
    for (const way of WAYS) {
      await using proxy = new ConnectProxy(reply);
      const env = { HTTPS_PROXY: `http://me:a-password@${proxy.host}/a-proxy-path` };
      const { port, answer } = await get({ env, host: "api.test", ...way });
      assert.match(sentenceOf(answer), sentence);
      const begin = `The API server at api.test:${port} cannot be reached: the proxy ${proxy.host} `;
      assert.ok(sentenceOf(answer).startsWith(begin), sentenceOf(answer));
    }
  });
}

const ABSENT: [proxy: string, sentence: RegExp][] = [
  [
    "http://127.0.0.1:1",
    /the proxy 127\.0\.0\.1:1 refused the connection\. Check that it runs, and HTTPS_PROXY\.$/,
  ],
  ["https://127.0.0.1:1", /the proxy 127\.0\.0\.1:1 refused the connection/],
  ["proxy.invalid:3128", /the name of the proxy proxy\.invalid:3128 does not resolve\. Check HTTPS_PROXY\.$/],
];

for (const [value, sentence] of ABSENT) {
  Deno.test(`a proxy that is not there is reported as a fault of the proxy: ${value}`, async () => {
    for (const way of WAYS) {
      const { answer } = await get({ env: { HTTPS_PROXY: value }, host: "api.test", ...way });
      assert.match(sentenceOf(answer), sentence);
    }
  });
}

Deno.test("a kubeconfig's proxy that forbids the way is reported with its status, and NO_PROXY is no way around it", async () => {
  for (const way of WAYS) {
    await using proxy = new ConnectProxy("HTTP/1.1 403 Forbidden\r\n\r\n");
    const { answer } = await get({ proxyUrl: `http://${proxy.host}`, host: "api.test", ...way });
    assert.match(
      sentenceOf(answer),
      /\(status 403\)\. Let it allow that, or name another one in the kubeconfig's proxy-url\.$/,
    );
  }
});

Deno.test("a plain proxy that is named as https:// is reported as such", async () => {
  await using proxy = new ConnectProxy("HTTP/1.1 400 Bad Request\r\n\r\n");
  const env = { HTTPS_PROXY: `https://${proxy.host}` };
  assert.match(
    sentenceOf((await get({ env, host: "api.test" })).answer),
    /does not speak TLS\. Check that it is an HTTP proxy, HTTPS_PROXY \(http:\/\/ where it is a plain one\)/,
  );
});

Deno.test("a proxy that hangs is reported as a fault of the proxy, or what is behind it", async () => {
  const asked = Promise.withResolvers<void>();
  await using hung = await SocketServer.listen({ onRequest: () => asked.resolve() });
  const meanwhile = async (clock: TestClock): Promise<void> => {
    await asked.promise;
    await clock.advance(15_000);
  };
  const env = { HTTPS_PROXY: `127.0.0.1:${hung.port}` };
  assert.match(
    sentenceOf((await get({ env, host: "api.test", meanwhile })).answer),
    /^Neither the proxy 127\.0\.0\.1:\d+ nor the API server at api\.test:\d+ behind it answered within 15 s\./,
  );
});

Deno.test("what takes every request for its own and opens no way is reported as no proxy", async () => {
  await using server = await SocketServer.listen({
    onData: (socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\n"),
  });
  const env = { HTTPS_PROXY: `127.0.0.1:${server.port}` };
  assert.match(
    sentenceOf((await get({ env, host: "api.test" })).answer),
    /what answers through the proxy 127\.0\.0\.1:\d+ does not speak TLS\. Check that it is an HTTP proxy, HTTPS_PROXY/,
  );
});

Deno.test("a proxy that wants a password for a request without a tunnel is not taken for the API server", async () => {
  await using proxy = new ConnectProxy("HTTP/1.1 407 P\r\ncontent-length: 0\r\n\r\n");
  const env = { HTTP_PROXY: `http://${proxy.host}` };
  const { answer } = await get({ env, host: "api.test", scheme: "http" });
  assert.match(sentenceOf(answer), /the proxy 127\.0\.0\.1:\d+ wants a user and a password/);
});

const NO_PROXIES = [
  "socks5://a-password:1080",
  "ftp://a-password",
  "http://",
  "http://me:a/password@p:1",
  "://",
  "http:/a-password:1",
  "http:a-password",
];

for (const value of NO_PROXIES) {
  Deno.test(`a value that is no proxy is an error that names the variable: ${value}`, async () => {
    const { answer } = await get({ env: { "https_proxy": value }, host: "api.test" });
    assert.ok(answer instanceof ClusterSetupError, String(answer));
    assert.match(
      answer.message,
      /^Cannot reach the API server at api\.test:\d+: https_proxy (is not a proxy URL: |names a SOCKS proxy)/,
    );
    assert.doesNotMatch(answer.message, /a-password|ftp|me:a/);
  });
}

Deno.test("a value that is no proxy does no harm where it does not count", async () => {
  assert.equal((await get({ env: { HTTPS_PROXY: "ftp://x" } })).answer, "the body");
});
