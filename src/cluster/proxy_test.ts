import assert from "node:assert/strict";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { TestClock } from "../../tests/kit/clock.ts";
import { testInOwnProcess } from "../../tests/kit/own_process.ts";
import { type Cluster, reread } from "./cluster.ts";
import { ClusterError } from "./error.ts";
import { HttpApiServer } from "./http_api_server.ts";

const authority = issueCertificate("an authority");
const trusted = issueCertificate("a server", { issuer: authority, hosts: ["127.0.0.1"] });

/** A proxy that knows CONNECT alone, answers with `reply`, and keeps the requests that it got. */
class ConnectProxy {
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

  async close(): Promise<void> {
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

async function get(cluster: Partial<Cluster>): Promise<{ port: number; answer: string | ClusterError }> {
  const options = { hostname: "127.0.0.1", port: 0, onListen: (): void => {}, ...trusted };
  const server = Deno.serve(options, () => new Response("the body"));
  const { port } = server.addr;
  const api = new HttpApiServer({
    server: new URL(`https://127.0.0.1:${port}`),
    trust: () => Promise.resolve(authority.cert),
    credentials: reread(() => Promise.resolve({ headers: {} })),
    ...cluster,
  }, { clock: new TestClock(), userAgent: "k8svent/1" });
  const signal = new AbortController().signal;
  const answer = await api.get("/a-path", signal).then(
    (bytes) => new TextDecoder().decode(bytes),
    (error) => error,
  );
  api.close();
  await server.shutdown();
  return { port, answer };
}

const test = testInOwnProcess(import.meta.url);

async function withEnv(variables: Record<string, string>, work: () => Promise<void>): Promise<void> {
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await work();
  } finally {
    for (const [name, value] of before) {
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    }
  }
}

test("a kubeconfig's proxy carries the request through a tunnel, with its user and password", async () => {
  const proxy = new ConnectProxy();
  await withEnv({ NO_PROXY: "" }, async () => {
    const { port, answer } = await get({ proxy: `http://me:a-password@${proxy.host}` });
    assert.equal(answer, "the body");
    assert.match(proxy.requests[0] ?? "", new RegExp(`^CONNECT 127.0.0.1:${port} `));
    assert.match(proxy.requests[0] ?? "", /proxy-authorization: Basic bWU6YS1wYXNzd29yZA==/i);
  });
  await proxy.close();
});

test("HTTPS_PROXY carries the request, and NO_PROXY excepts a server from it", async () => {
  const proxy = new ConnectProxy();
  await withEnv({ HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: "" }, async () => {
    assert.equal((await get({})).answer, "the body");
    assert.equal(proxy.requests.length, 1);
  });
  await withEnv({ HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: "127.0.0.0/8" }, async () => {
    assert.equal((await get({})).answer, "the body");
    assert.equal(proxy.requests.length, 1);
  });
  await proxy.close();
});

test("a proxy that wants a password is told from the server, without its own being shown", async () => {
  const proxy = new ConnectProxy("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
  await withEnv({ NO_PROXY: "" }, async () => {
    const { answer } = await get({ proxy: `http://me:a-password@${proxy.host}/a-proxy-path` });
    assert.ok(answer instanceof ClusterError);
    assert.equal(answer.fault, "unreachable");
    assert.match(answer.message, new RegExp(`through the proxy ${proxy.host}.*wants a user and a password`));
    assert.doesNotMatch(answer.message, /a-password|a-path|a-proxy-path/);
  });
  await proxy.close();
});
