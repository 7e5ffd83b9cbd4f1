import assert from "node:assert/strict";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { TestClock } from "../../tests/kit/clock.ts";
import { authority, failure, signal, textOf, trusted } from "../../tests/kit/https_server.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { readAuthorities } from "./authorities.ts";
import { type Cluster, reread } from "./cluster.ts";
import type { ClusterError } from "./error.ts";
import { HttpApiServer } from "./http_api_server.ts";
import { NodeTransport } from "./node_transport.ts";
import { pemBlocks, pemText } from "../runtime/pem.ts";

/*
 * Which certificates of an API server are trusted, and what is said of the others: kubectl is the measure (Go's
 * crypto/x509), but for what nothing in the runtime can do.
 */

const HOSTS = ["127.0.0.1", "::1"];

/** Self-signed as `openssl req -x509` makes it: an authority, though it is only shown by one server. */
const SELF = issueCertificate("self", { hosts: HOSTS });
const SELF_EXPIRED = issueCertificate("self", { hosts: HOSTS, expired: true });
const SELF_ELSEWHERE = issueCertificate("self", { hosts: ["elsewhere.example"] });
const SELF_NAMELESS = issueCertificate("127.0.0.1", { isAuthority: false });
const OTHER = issueCertificate("another authority");
/** Has the name of the authority, and another key: a cluster that was made anew. */
const NAMESAKE = issueCertificate("an authority");
const ELSEWHERE = issueCertificate("elsewhere", { issuer: authority, hosts: ["elsewhere.example"] });
const EXPIRED = issueCertificate("old", { issuer: authority, hosts: HOSTS, expired: true });
const NAMELESS = issueCertificate("127.0.0.1", { issuer: authority });

/** Ports to which fetch does not connect (fetch.spec.whatwg.org, "bad port"); one of them is free. */
const BAD_PORTS = [6566, 6000, 4190, 5061, 6697, 10_080, 6665, 6666];

interface Asked {
  tls: { cert: string; key: string };
  trust: string | undefined;
  cluster?: Partial<Cluster>;
  handler?: Deno.ServeHandler;
}

/** One server with this certificate, and one cluster that trusts this. */
async function withServer(
  { tls, trust, cluster, handler = () => new Response("{}") }: Asked,
  test: (api: HttpApiServer, log: MemoryLog) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls }, handler);
  const log = new MemoryLog();
  const api = new HttpApiServer({
    server: new URL(`https://127.0.0.1:${server.addr.port}`),
    trust: () => Promise.resolve(trust),
    trustFrom: "ca.crt",
    credentials: reread(() => Promise.resolve({ headers: {} })),
    ...cluster,
    // Certificates are judged by the machine's clock.
  }, { clock: new TestClock(Date.now()), log, userAgent: "k8svent/1" });
  try {
    await test(api, log);
  } finally {
    api.close();
    await server.shutdown();
  }
}

async function answered(asked: Asked): Promise<MemoryLog> {
  let said = new MemoryLog();
  await withServer(asked, async (api, log) => {
    assert.equal(new TextDecoder().decode(await api.get("/", signal)), "{}");
    assert.equal(new TextDecoder().decode(await api.get("/", signal)), "{}");
    said = log;
  });
  return said;
}

async function refused(asked: Asked): Promise<ClusterError> {
  let error: ClusterError | undefined;
  await withServer(asked, async (api) => {
    error = await failure(api.get("/", signal));
  });
  assert.ok(error !== undefined);
  return error;
}

const GOOD = authority.cert;
const trustedAs: [name: string, tls: Asked["tls"], trust: string][] = [
  ["the authority", trusted, GOOD],
  ["the server's own self-signed certificate, an authority (CA:TRUE)", SELF, SELF.cert],
  ["the server's own certificate, which an authority signed", trusted, trusted.cert],
  ["the server's own certificate among others", trusted, OTHER.cert + trusted.cert + NAMESAKE.cert],
  ["the authority behind a namesake", trusted, NAMESAKE.cert + GOOD],
  ["CRLF", trusted, GOOD.replaceAll("\n", "\r\n")],
  ["indentation", trusted, GOOD.replaceAll("\n", "\n    ")],
  ["no line breaks", trusted, GOOD.replace(/\n(?!$)/g, " ")],
  ["a byte order mark", trusted, `\uFEFF${GOOD}`],
  ["text around it", trusted, `subject=CN = an authority\n${GOOD}the end\n`],
];

for (const [name, tls, trust] of trustedAs) {
  Deno.test(`an API server is trusted by ${name}`, async () => {
    assert.deepEqual((await answered({ tls, trust })).lines, []);
  });
}

const BEGIN = "-----BEGIN CERTIFICATE-----\n";
const END = "\n-----END CERTIFICATE-----\n";

function derOf(pem: string): Uint8Array {
  return pemBlocks(pem)[0]?.der ?? assert.fail();
}

/** Its certificate with these bytes behind it, in the same block. */
function withBytes(pem: string, ...bytes: number[]): string {
  return pemText("CERTIFICATE", Uint8Array.from([...derOf(pem), ...bytes]));
}

const damaged: [name: string, bundle: string][] = [
  ["is not valid base64", `${BEGIN}!!!!${END}${GOOD}`],
  ["is base64 of something else", `${BEGIN}AAAA${END}${GOOD}`],
  ["has no end", `${BEGIN}AAAA\n${GOOD}`],
  ["is cut", `${GOOD.slice(0, 200)}\n${GOOD}`],
  ["is empty", `${BEGIN}${END}${GOOD}`],
  ["comes last", `${GOOD}${BEGIN}!!!!${END}`],
  ["is a key", `${authority.key}${GOOD}`],
  ["has a zero byte behind its certificate", `${withBytes(GOOD, 0)}${GOOD}`],
  ["has a new line behind its certificate", `${GOOD}${withBytes(GOOD, 10)}`],
  ["holds two certificates", `${withBytes(GOOD, ...derOf(GOOD))}${GOOD}`],
];

for (const [name, trust] of damaged) {
  Deno.test(`a block of a CA bundle that ${name} is skipped, and that is said`, async () => {
    const log = await answered({ tls: trusted, trust });
    assert.deepEqual(log.at("warn"), ["A block of ca.crt can not be read as a certificate and is skipped."]);
  });
}

const noAuthority: [name: string, trust: string, sentence: RegExp][] = [
  ["a key", authority.key, /ca\.crt holds no certificate, but a PRIVATE KEY\./],
  ["base64 twice", btoa(GOOD), /is base64 of a PEM text: decode it once \(base64 -d\)/],
  ["DER", "0\x82\x01\x02", /is in the binary form DER: openssl x509 -inform der/],
  [
    "OpenSSL's own form",
    GOOD.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"),
    /TRUSTED CERTIFICATE\): openssl x509/,
  ],
  [
    "a certificate and a zero byte",
    withBytes(GOOD, 0),
    /ca\.crt holds a certificate with bytes behind it in its block: copy/,
  ],
  [
    "a certificate and another one in its block",
    withBytes(GOOD, ...derOf(GOOD)),
    /ca\.crt holds a certificate with bytes/,
  ],
  ["a certificate and spaces", withBytes(GOOD, 32, 32), /ca\.crt holds a certificate with bytes behind it/],
  ["nothing but damage", `${BEGIN}!!!!${END}`, /holds no certificate that is whole/],
  ["white space", " \n", /is empty/],
  ["a page", "<html>Sign in</html>", /holds no certificate in PEM/],
];

for (const [name, trust, sentence] of noAuthority) {
  Deno.test(`an authority that is ${name} is refused with what it is`, async () => {
    const { fault, message } = await refused({ tls: trusted, trust });
    assert.equal(fault, "certificate");
    assert.match(message, sentence);
  });
}

const untrusted: [name: string, tls: Asked["tls"], trust: string | undefined, sentence: RegExp][] = [
  ["of another authority", trusted, OTHER.cert, /is not trusted\. Check that ca\.crt is/],
  ["of no authority that is named", trusted, undefined, /is not trusted/],
  [
    "of a namesake of the authority",
    trusted,
    NAMESAKE.cert,
    /was not signed by the authority in ca\.crt.*made anew/,
  ],
  [
    "of its own, and not the one that is named",
    SELF,
    OTHER.cert,
    /shows the certificate of an authority as its own/,
  ],
  ["of another server by the same authority", trusted, ELSEWHERE.cert, /is not trusted/],
  ["for other names", ELSEWHERE, GOOD, /other names than this one \(elsewhere\.example\).*tls-server-name/],
  ["for other names, though it is the one that is named", ELSEWHERE, ELSEWHERE.cert, /for other names/],
  ["of its own that is named, and has expired", SELF_EXPIRED, SELF_EXPIRED.cert, /has expired \(20/],
  [
    "of its own that is named, and is for other names",
    SELF_ELSEWHERE,
    SELF_ELSEWHERE.cert,
    /for other names/,
  ],
  ["of its own that is named, and names nothing", SELF_NAMELESS, SELF_NAMELESS.cert, /only a common name/],
  ["that has expired", EXPIRED, GOOD, /has expired \(20\d\d-\d\d-\d\d\)/],
  [
    "that has expired, though it is the one that is named",
    EXPIRED,
    EXPIRED.cert,
    /is not trusted|has expired/,
  ],
  ["without a name", NAMELESS, GOOD, /only a common name.*subjectAltName/],
];

for (const [name, tls, trust, sentence] of untrusted) {
  Deno.test(`a certificate ${name} is not trusted`, async () => {
    const { fault, message } = await refused({ tls, trust });
    assert.equal(fault, "certificate");
    assert.match(message, sentence);
    assert.doesNotMatch(message, /invalid peer|rustls|os error/);
  });
}

Deno.test("tls-server-name is the name that the certificate must be for", async () => {
  const cluster = { serverName: "elsewhere.example" };
  await answered({ tls: ELSEWHERE, trust: GOOD, cluster });
  await answered({ tls: ELSEWHERE, trust: ELSEWHERE.cert, cluster });
  const { fault, message } = await refused({ tls: trusted, trust: GOOD, cluster });
  assert.equal(fault, "certificate");
  assert.match(message, /is for other names than this one/);
  assert.match((await refused({ tls: ELSEWHERE, trust: OTHER.cert, cluster })).message, /is not trusted/);
});

Deno.test("insecure-skip-tls-verify takes any certificate", async () => {
  for (const tls of [ELSEWHERE, EXPIRED, SELF]) {
    await answered({ tls, trust: undefined, cluster: { isUnverified: true } });
  }
});

Deno.test("a client certificate that cannot be used is reported as such, whatever carries the requests", async () => {
  const { cert } = issueCertificate("jane", { issuer: authority });
  const certificate = { cert, key: OTHER.key, where: 'the user "me"' };
  const credentials = reread(() => Promise.resolve({ headers: {}, certificate }));
  for (const cluster of [{ isUnverified: true }, { serverName: "localhost" }]) {
    const { fault, message } = await refused({
      tls: SELF,
      trust: undefined,
      cluster: { ...cluster, credentials },
    });
    assert.equal(fault, "certificate");
    assert.match(
      message,
      /^The client certificate of the user "me" cannot be used: .*do not belong together/,
    );
  }
});

Deno.test("a stream over node:tls comes piece by piece, and ends with its signal", async () => {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const handler = ({ url }: Request): Response =>
    url.endsWith("/") ? new Response("{}") : new Response(body.readable);
  await withServer({ tls: SELF, trust: SELF.cert, handler }, async (api) => {
    const first = writer.write(new TextEncoder().encode("first"));
    const stop = new AbortController();
    const reader = (await api.stream("/watch", stop.signal)).getReader();
    await first;
    assert.equal(new TextDecoder().decode((await reader.read()).value), "first");
    const more = reader.read();
    stop.abort(new Error("enough"));
    await assert.rejects(more);
    await writer.close().catch(() => {});
    assert.equal(new TextDecoder().decode(await api.get("/", signal)), "{}");
  });
});

Deno.test("an answer over node:tls is judged as any other", async () => {
  const handler = (): Response =>
    Response.json({ kind: "Status", code: 403, message: "no" }, { status: 403 });
  await withServer({ tls: SELF, trust: SELF.cert, handler }, async (api) => {
    assert.equal((await failure(api.get("/", signal))).fault, "forbidden");
  });
});

Deno.test("an answer over node:tls that is long is whole", async () => {
  const text = "x".repeat(3_000_000);
  await withServer({ tls: SELF, trust: SELF.cert, handler: () => new Response(text) }, async (api) => {
    assert.equal(await textOf(await api.stream("/", signal)), text);
  });
});

Deno.test("requests at the same time over a pinned certificate all succeed", async () => {
  await withServer({ tls: trusted, trust: trusted.cert }, async (api) => {
    const bodies = await Promise.all([1, 2, 3, 4].map(() => api.get("/", signal)));
    assert.deepEqual(bodies.map((body) => new TextDecoder().decode(body)), ["{}", "{}", "{}", "{}"]);
  });
});

Deno.test("an API server at a port that fetch does not connect to is reached, and its absence is reported", async () => {
  const serveAt = (port: number): Deno.HttpServer<Deno.NetAddr> | undefined => {
    try {
      return Deno.serve(
        { hostname: "127.0.0.1", port, onListen: () => {}, ...trusted },
        () => new Response("{}"),
      );
    } catch {
      return undefined;
    }
  };
  let server: Deno.HttpServer<Deno.NetAddr> | undefined;
  for (const port of BAD_PORTS) server ??= serveAt(port);
  assert.ok(server !== undefined);
  const api = new HttpApiServer({
    server: new URL(`https://127.0.0.1:${server.addr.port}`),
    trust: () => Promise.resolve(GOOD),
    trustFrom: "ca.crt",
    credentials: reread(() => Promise.resolve({ headers: {} })),
  }, { clock: new TestClock(), log: new MemoryLog(), userAgent: "k8svent/1" });
  assert.equal(new TextDecoder().decode(await api.get("/", signal)), "{}");
  await server.shutdown();
  assert.match((await failure(api.get("/", signal))).message, /was refused/);
  api.close();
});

const pins: [name: string, tls: Asked["tls"], trust: string, isTaken: boolean][] = [
  ["is the one", trusted, trusted.cert, true],
  ["is another one by the same authority", trusted, ELSEWHERE.cert, false],
  ["is by the authority alone", trusted, GOOD, false],
  ["is for another name", ELSEWHERE, ELSEWHERE.cert, false],
  ["has expired", EXPIRED, EXPIRED.cert, false],
];

for (const [name, tls, trust, isTaken] of pins) {
  Deno.test(`a pinned certificate that ${name} is ${isTaken ? "taken" : "not taken"}, before anything is sent`, async () => {
    let requests = 0;
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls }, () => {
      requests++;
      return new Response("{}");
    });
    const transport = new NodeTransport({
      authorities: readAuthorities(trust, "ca.crt"),
      judgement: "pinned",
      clock: new TestClock(Date.now()),
    });
    const url = `https://127.0.0.1:${server.addr.port}/`;
    const answer = await transport.send({ url, headers: {}, isStream: false, signal }).catch(() => undefined);
    assert.equal(answer !== undefined, isTaken);
    await answer?.body?.cancel();
    await server.shutdown();
    assert.equal(requests, isTaken ? 1 : 0);
  });
}

Deno.test("an answer over node:tls that breaks off is a connection that broke off", async () => {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...SELF });
  const { port } = listener.addr;
  const answering = (async () => {
    for await (const connection of listener) {
      // What is not to be trusted by fetch ends its handshake.
      await connection.read(new Uint8Array(4096)).then(
        () => connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{")),
      ).catch(() => {});
      connection.close();
    }
  })();
  const cluster = {
    server: new URL(`https://127.0.0.1:${port}`),
    trust: () => Promise.resolve(SELF.cert),
    trustFrom: "ca.crt",
    credentials: reread(() => Promise.resolve({ headers: {} })),
  };
  const deps = { clock: new TestClock(Date.now()), log: new MemoryLog(), userAgent: "k8svent/1" };
  const api = new HttpApiServer(cluster, deps);
  const { fault, message } = await failure(api.get("/", signal));
  assert.deepEqual([fault, message], [
    "unreachable",
    "The connection to the API server broke off in the middle of an answer.",
  ]);
  api.close();
  listener.close();
  await answering;
});
