import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import type { OAuth2 } from "../../src/route/endpoint_settings.ts";
import { Folder, Sending } from "../kit/sending.ts";

/*
 * The client credentials grant against a real authorization server (oidc-provider, certified by the OpenID Foundation),
 * whose tokens live for five seconds, and a receiver that asks it about each token.
 */

const SECRET = "s3cret/+: of the client";

/** What the provider's own types do not say of it. */
interface Tokens {
  find(token: string): Promise<{ isValid: boolean; scope?: string; aud?: string } | undefined>;
}

class Bench implements AsyncDisposable {
  /** Seconds that a token lives. */
  static readonly life = 5;
  readonly tokens: Tokens;
  readonly files: Folder;
  readonly #servers: Server[];
  readonly tokenUrl: URL;
  readonly receiver: string;
  /** Tokens that the receiver takes no more, though they are good. */
  readonly revoked = new Set<string>();
  readonly seen: string[] = [];
  granted = 0;
  isDown = false;

  static async open(method: "client_secret_basic" | "client_secret_post"): Promise<Bench> {
    const files = await Folder.make();
    const provider = createServer();
    const receiver = createServer();
    const ports = await Promise.all([provider, receiver].map(listen));
    return new Bench(files, [provider, receiver], ports, method);
  }

  private constructor(files: Folder, servers: Server[], [own = 0, receiver = 0]: number[], method: string) {
    const issuer = `http://127.0.0.1:${own}`;
    const provider = new Provider(issuer, {
      clients: [{
        client_id: "k8s/vent",
        client_secret: SECRET,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: method as "client_secret_basic",
      }],
      scopes: ["pods"],
      ttl: { ClientCredentials: Bench.life },
      cookies: { keys: ["of no use here"] },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context: unknown, resource: string) => ({
            scope: "pods",
            audience: resource,
            accessTokenFormat: "opaque",
          }),
        },
      },
    });
    this.files = files;
    this.#servers = servers;
    this.tokens = provider.ClientCredentials as unknown as Tokens;
    this.tokenUrl = new URL(`${issuer}/token`);
    this.receiver = `http://127.0.0.1:${receiver}/hook`;
    const grant = provider.callback() as RequestListener;
    servers[0]?.on("request", (request, response) => {
      if (this.isDown) return void response.writeHead(503).end();
      this.granted++;
      grant(request, response);
    });
    servers[1]?.on("request", (request, response) => {
      request.resume();
      const [scheme, token = ""] = (request.headers.authorization ?? "").split(" ");
      this.#check(scheme === "Bearer" ? token : "").then((status) => response.writeHead(status).end());
    });
  }

  async #check(token: string): Promise<number> {
    this.seen.push(token);
    const known = await this.tokens.find(token);
    const isRight = known?.isValid === true && known.scope === "pods" && known.aud === "urn:hooks";
    return isRight && !this.revoked.has(token) ? 200 : 401;
  }

  async auth(more: Partial<OAuth2> = {}, secret = SECRET): Promise<OAuth2> {
    return {
      kind: "oauth2",
      clientId: "k8s/vent",
      clientSecretFile: await this.files.write("client-secret", `${secret}\n`),
      tokenUrl: this.tokenUrl,
      scopes: ["pods"],
      resource: "urn:hooks",
      authStyle: "header",
      ...more,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await this.files[Symbol.asyncDispose]();
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

Deno.test("a real authorization server grants by the header and by the body, as its client is registered", async () => {
  for (
    const [method, authStyle] of [["client_secret_basic", "header"], [
      "client_secret_post",
      "params",
    ]] as const
  ) {
    await using bench = await Bench.open(method);
    await using sending = new Sending({ auth: await bench.auth({ authStyle }) }, bench.receiver);
    await sending.deliver(20);
    assert.deepEqual([bench.granted, new Set(bench.seen).size], [1, 1]);
  }
});

Deno.test("tokens of five seconds are renewed in time: the receiver never sees one that has ended", async () => {
  await using bench = await Bench.open("client_secret_basic");
  await using sending = new Sending({ auth: await bench.auth() }, bench.receiver);
  const began = performance.now();
  while (performance.now() - began < 12_000) {
    await sending.deliver();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(sending.log.lines.filter(({ level }) => level === "warn"), []);
  assert.ok(new Set(bench.seen).size >= 3, String(new Set(bench.seen).size));
  assert.ok(bench.granted <= 4, String(bench.granted));
});

Deno.test("a token that is revoked is replaced after one 401, without a failed attempt", async () => {
  await using bench = await Bench.open("client_secret_basic");
  await using sending = new Sending({ auth: await bench.auth() }, bench.receiver);
  await sending.deliver(2);
  bench.revoked.add(bench.seen[0] ?? "");
  await sending.deliver(2);
  assert.deepEqual(sending.log.lines.filter(({ level }) => level === "warn"), []);
  assert.equal(new Set(bench.seen).size, 2);
});

Deno.test("what the authorization server refuses is reported as its own, and mended without a restart", async () => {
  await using bench = await Bench.open("client_secret_basic");
  const auth = await bench.auth({}, "wrong");
  await using sending = new Sending({ auth }, bench.receiver);
  sending.add(3);
  const said = await sending.says(/^Endpoint ops fails/);
  assert.match(
    said,
    /: no token: the token server 127\.0\.0\.1:\d+ says invalid_client: check oauth2\.clientId/,
  );
  assert.doesNotMatch(JSON.stringify(sending.log.lines), /wrong|\/token/);
  assert.equal(bench.seen.length, 0);
  await bench.auth();
  await sending.until(() => sending.pending === 0, "all is accepted");
});

Deno.test("an authorization server that is down stops nothing but its endpoint, which goes on when it is back", async () => {
  await using bench = await Bench.open("client_secret_basic");
  bench.isDown = true;
  await using sending = new Sending({ auth: await bench.auth() }, bench.receiver);
  sending.add(3);
  assert.match(await sending.says(/^Endpoint ops fails/), /answers with status 503 \(check that it runs/);
  bench.isDown = false;
  await sending.until(() => sending.pending === 0, "all is accepted");
});
