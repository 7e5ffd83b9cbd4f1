import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { EndpointSettings } from "../../src/route/endpoint_settings.ts";
import { issueCertificate } from "../kit/certificates.ts";
import { Folder, Sending } from "../kit/sending.ts";

/*
 * Every option of an endpoint that is about the delivery, against a receiver that checks it and answers 401 to what is not
 * as it should be. Each is tried twice: with the option, which is taken, and without it, which is not.
 */

/** A request as the receiver judges it. */
interface Arrived {
  request: IncomingMessage;
  body: Uint8Array;
  /** The common name of the client certificate. */
  client: string | undefined;
  /** What was asked for by SNI. */
  serverName: string | undefined;
}

/** Where a row's receiver and its files are. */
interface Place {
  http: string;
  https: string;
  proxy: string;
  tokens: string;
  file: (name: string, text: string) => Promise<string>;
}

interface Row {
  /** Where the endpoint's URL leads, if it has one. */
  url: (place: Place) => string | undefined;
  /** What every attempt of the row needs, so that the option is all that is missing. */
  given?: (place: Place) => Promise<Partial<EndpointSettings>>;
  settings: (place: Place) => Promise<Partial<EndpointSettings>>;
  isRight: (arrived: Arrived) => boolean;
}

const AUTHORITY = issueCertificate("Test authority");
const SERVER = issueCertificate("a server", { issuer: AUTHORITY, hosts: ["localhost", "hooks.internal"] });
const OWN = issueCertificate("k8svent", { issuer: AUTHORITY });
const SECRET = "a-secret-of-this-endpoint";
const http = ({ http }: Place): string => `${http}/hook`;
const https = ({ https }: Place): string => `${https}/hook`;
const withCa = async ({ file }: Place): Promise<Partial<EndpointSettings>> => ({
  tls: { caFile: await file("ca.crt", AUTHORITY.cert) },
});

const signatureOf = (body: Uint8Array): string =>
  `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
const isSigned = ({ headers }: IncomingMessage): boolean =>
  Object.keys(headers).some((name) => name.includes("signature"));

const ROWS: Record<string, Row> = {
  "headers, by value": {
    url: http,
    settings: () => Promise.resolve({ headers: [{ name: "x-team", value: "platform" }] }),
    isRight: ({ request }) => request.headers["x-team"] === "platform",
  },
  "headers, by file": {
    url: http,
    settings: async ({ file }) => ({ headers: [{ name: "x-api-key", file: await file("key", "k-1\n") }] }),
    isRight: ({ request }) => request.headers["x-api-key"] === "k-1",
  },
  basicAuth: {
    url: http,
    settings: async ({ file }) => ({
      auth: { kind: "basic", username: "me", passwordFile: await file("password", "pä:ss\n") },
    }),
    isRight: ({ request }) =>
      request.headers.authorization === `Basic ${new TextEncoder().encode("me:pä:ss").toBase64()}`,
  },
  authorization: {
    url: http,
    settings: async ({ file }) => ({
      auth: { kind: "authorization", type: "GenieKey", credentialsFile: await file("token", "t-1\n") },
    }),
    isRight: ({ request }) => request.headers.authorization === "GenieKey t-1",
  },
  oauth2: {
    url: http,
    settings: async ({ file, tokens }) => ({
      auth: {
        kind: "oauth2",
        clientId: "k8svent",
        clientSecretFile: await file("client-secret", "c-1\n"),
        tokenUrl: new URL(`${tokens}/token`),
        scopes: ["a", "b"],
        audience: "the-audience",
        resource: "urn:hooks",
        authStyle: "params",
      },
    }),
    isRight: ({ request }) => request.headers.authorization === "Bearer a+b/the-audience/urn:hooks/c-1",
  },
  secretFiles: {
    url: http,
    settings: async ({ file }) => ({ secretFiles: [await file("secret", `${SECRET}\n`)] }),
    isRight: ({ request, body }) => request.headers["x-hub-signature-256"] === signatureOf(body),
  },
  "signatures, one of them": {
    url: http,
    settings: () => Promise.resolve({ signatures: ["standard"] }),
    isRight: ({ request }) =>
      "webhook-signature" in request.headers && !("x-hub-signature-256" in request.headers),
  },
  "signatures, none": {
    url: http,
    settings: () => Promise.resolve({ signatures: [] }),
    isRight: ({ request }) => !isSigned(request),
  },
  urlFile: {
    url: ({ http }) => `${http}/another`,
    settings: async ({ file, http }) => ({ urlFile: await file("url", `${http}/t0ken?key=1\n`) }),
    isRight: ({ request }) => request.url === "/t0ken?key=1",
  },
  "tls.caFile": {
    url: https,
    settings: withCa,
    isRight: () => true,
  },
  "tls.certFile and tls.keyFile": {
    url: https,
    given: withCa,
    settings: async ({ file }) => ({
      tls: {
        caFile: await file("ca.crt", AUTHORITY.cert),
        certFile: await file("tls.crt", OWN.cert),
        keyFile: await file("tls.key", OWN.key),
      },
    }),
    isRight: ({ client }) => client === "k8svent",
  },
  "tls.serverName": {
    url: https,
    given: withCa,
    settings: async ({ file }) => ({
      tls: { caFile: await file("ca.crt", AUTHORITY.cert), serverName: "hooks.internal" },
    }),
    isRight: ({ serverName }) => serverName === "hooks.internal",
  },
  proxyUrl: {
    url: http,
    settings: ({ proxy }) => Promise.resolve({ proxyUrl: new URL(proxy) }),
    isRight: ({ request }) => request.headers["x-seen-by"] === "the proxy",
  },
};

for (const [option, row] of Object.entries(ROWS)) {
  Deno.test(`the receiver sees ${option}, and refuses what comes without`, async () => {
    await using bench = await Bench.open(row.isRight);
    const { place } = bench;
    const given = await row.given?.(place) ?? {};
    const settings = await row.settings(place);
    const url = row.url(place);
    await using without = new Sending(given, url);
    without.add();
    await without.says(/status 401|certificate of .* is not trusted/);
    await using sending = new Sending(
      { ...given, ...settings },
      settings.urlFile === undefined ? url : undefined,
    );
    await sending.deliver(2);
    assert.deepEqual(sending.log.lines.filter(({ level }) => level === "warn"), []);
  });
}

Deno.test("timeout: an attempt at a receiver that hangs ends after it", async () => {
  await using bench = await Bench.open(() => true);
  bench.hangs = true;
  await using sending = new Sending({ timeout: 300 }, http(bench.place));
  sending.add();
  assert.match(await sending.says(/did not answer/), /did not answer within 0\.3 s/);
});

Deno.test("concurrency: so many requests are under way, and no more", async () => {
  await using bench = await Bench.open(() => true);
  bench.takes = 20;
  await using sending = new Sending({ concurrency: 3 }, http(bench.place));
  await sending.deliver(40);
  assert.equal(bench.most, 3);
});

Deno.test("rate: so many requests a second begin, and no more", async () => {
  await using bench = await Bench.open(() => true);
  await using sending = new Sending({ rate: 10 }, http(bench.place));
  await sending.deliver(25);
  const first = bench.at[0] ?? 0;
  const within = (milliseconds: number): number => bench.at.filter((at) => at < first + milliseconds).length;
  // One second's worth at once; the clock of the test and that of the worker may differ by a request.
  assert.ok(
    within(950) <= 20 && within(500) <= 16,
    JSON.stringify(bench.at.map((at) => Math.round(at - first))),
  );
  assert.ok((bench.at.at(-1) ?? 0) - first >= 1_300);
});

/** The receiver on two ports, a proxy before it, and a token server that grants what it was asked for. */
class Bench implements AsyncDisposable {
  readonly at: number[] = [];
  most = 0;
  hangs = false;
  /** Milliseconds that an answer takes. */
  takes = 0;
  #underWay = 0;
  readonly #isRight: Row["isRight"];
  readonly #servers: ReturnType<typeof createServer>[] = [];
  readonly #sockets = new Set<Socket>();
  #folder: Folder | undefined;
  place: Place = { http: "", https: "", proxy: "", tokens: "", file: () => Promise.resolve("") };

  static async open(isRight: Row["isRight"]): Promise<Bench> {
    const bench = new Bench(isRight);
    const folder = await Folder.make();
    bench.#folder = folder;
    const tls = { ...SERVER, ca: AUTHORITY.cert, requestCert: true, rejectUnauthorized: false };
    const plain = await bench.#listen(createServer((request, response) => {
      bench.#judge(request).then((status) => response.writeHead(status).end());
    }));
    bench.place = {
      http: `http://127.0.0.1:${plain}`,
      https: `https://localhost:${await bench.#listen(createTlsServer(tls, (request, response) => {
        bench.#judge(request).then((status) => response.writeHead(status).end());
      }))}`,
      proxy: `http://127.0.0.1:${await bench.#listen(
        createServer((request) => bench.#pass(request, plain)),
      )}`,
      tokens: `http://127.0.0.1:${await bench.#listen(createServer((request, response) => {
        bodyOf(request).then((body) =>
          response.setHeader("content-type", "application/json").end(grant(body))
        );
      }))}`,
      file: (name, text) => folder.write(name, text),
    };
    return bench;
  }

  private constructor(isRight: Row["isRight"]) {
    this.#isRight = isRight;
  }

  async #listen(server: ReturnType<typeof createServer>): Promise<number> {
    this.#servers.push(server);
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async #judge(request: IncomingMessage): Promise<number> {
    this.at.push(performance.now());
    this.most = Math.max(this.most, ++this.#underWay);
    const body = await bodyOf(request);
    if (this.hangs) await new Promise(() => {});
    if (this.takes > 0) await new Promise((resolve) => setTimeout(resolve, this.takes));
    this.#underWay--;
    const socket = request.socket as TLSSocket;
    const name = socket.getPeerCertificate?.()?.subject?.CN;
    const client = Array.isArray(name) ? name[0] : name;
    const serverName = typeof socket.servername === "string" ? socket.servername : undefined;
    return this.#isRight({ request, body, client, serverName }) ? 204 : 401;
  }

  /** As a forward proxy: it gets the whole URL, and passes the request on with a mark of its own. */
  #pass(request: IncomingMessage, port: number): void {
    const { pathname } = new URL(request.url ?? "", "http://none");
    const fields = Object.entries({ ...request.headers, "x-seen-by": "the proxy" });
    const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const far = connect(port, "127.0.0.1", () => {
      far.write(`POST ${pathname} HTTP/1.1\r\n${head}\r\n`);
      request.pipe(far, { end: false });
    });
    far.on("error", () => request.socket.destroy());
    request.socket.on("close", () => far.destroy());
    far.pipe(request.socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) await new Promise((resolve) => server.close(resolve));
    await this.#folder?.[Symbol.asyncDispose]();
  }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** A token that names what was asked for, so that the receiver can check that. */
function grant(body: Uint8Array): string {
  const asked = new URLSearchParams(new TextDecoder().decode(body));
  const parts = ["scope", "audience", "resource", "client_secret"].map((name) => asked.get(name) ?? "none");
  return JSON.stringify({
    access_token: parts.join("/").replaceAll(" ", "+"),
    token_type: "Bearer",
    expires_in: 60,
  });
}
