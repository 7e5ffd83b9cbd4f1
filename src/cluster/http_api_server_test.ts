import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { TestClock } from "../../tests/kit/clock.ts";
import { Until } from "../../tests/kit/until.ts";
import { PieceReader } from "../runtime/piece_reader.ts";
import { type Access, bearer, type Cluster, reread } from "./cluster.ts";
import { ClusterError } from "./error.ts";
import { HttpApiServer } from "./http_api_server.ts";

const authority = issueCertificate("an authority");
const trusted = issueCertificate("a server", { issuer: authority, hosts: ["127.0.0.1", "::1"] });
const signal = new AbortController().signal;

interface Setup {
  handler?: Deno.ServeHandler;
  /** null: plain http. */
  tls?: { cert: string; key: string } | null;
  cluster?: Partial<Cluster>;
  hostname?: string;
}

/** Runs a test against a server of its own on loopback. */
async function withServer(
  { handler = () => new Response("{}"), tls = trusted, cluster = {}, hostname = "127.0.0.1" }: Setup,
  test: (api: HttpApiServer, clock: TestClock, port: number) => Promise<void>,
): Promise<void> {
  const options = { hostname, port: 0, onListen: (): void => {} };
  const server = Deno.serve(tls === null ? options : { ...options, ...tls }, handler);
  const scheme = tls === null ? "http" : "https";
  const host = hostname === "::1" ? "[::1]" : hostname;
  const clock = new TestClock();
  const api = new HttpApiServer({
    server: new URL(`${scheme}://${host}:${server.addr.port}`),
    trust: () => Promise.resolve(authority.cert),
    credentials: reread(() => Promise.resolve({ headers: bearer("a-token") })),
    ...cluster,
  }, { clock, userAgent: "k8svent/1.2.3" });
  try {
    await test(api, clock, server.addr.port);
  } finally {
    api.close();
    await server.shutdown();
  }
}

async function failure(answer: Promise<string>): Promise<ClusterError> {
  const error = await answer.then(() => undefined, (error) => error);
  assert.ok(error instanceof ClusterError, String(error));
  return error;
}

function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return new Response(stream).text();
}

/** Resolves at the next look at a clock: who reads an answer takes one as it begins, and at each piece. */
async function look(clock: TestClock): Promise<void> {
  let looked = false;
  const until = new Until(() => "nobody looked at the clock");
  clock.monotonic = (): number => {
    looked = true;
    until.look();
    return TestClock.prototype.monotonic.call(clock);
  };
  await until.wait(() => looked, "a piece of an answer");
}

/** Sends a piece of an answer, until it has come. */
async function send(
  piece: string,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  clock: TestClock,
): Promise<void> {
  const come = look(clock);
  await writer.write(new TextEncoder().encode(piece));
  try {
    await come;
  } catch (error) {
    // The server waits for the rest otherwise, and the test with it.
    await writer.abort();
    throw error;
  }
}

Deno.test("a request asks for JSON, says who asks and names the program", async () => {
  const seen: { url?: string; headers?: Headers } = {};
  const handler = (request: Request): Response => {
    Object.assign(seen, { url: request.url, headers: request.headers });
    return new Response("the body");
  };
  await withServer({ handler }, async (api) => {
    assert.equal(await api.get("/api/v1/pods?limit=100", signal), "the body");
  });
  assert.match(seen.url ?? "", /^https:\/\/127\.0\.0\.1:\d+\/api\/v1\/pods\?limit=100$/);
  assert.equal(seen.headers?.get("accept"), "application/json");
  assert.equal(seen.headers?.get("authorization"), "Bearer a-token");
  assert.equal(seen.headers?.get("user-agent"), "k8svent/1.2.3");
});

Deno.test("a stream is asked for uncompressed, a list is not", async () => {
  const encodings: (string | null)[] = [];
  const handler = (request: Request): Response => {
    encodings.push(request.headers.get("accept-encoding"));
    return new Response("");
  };
  await withServer({ handler }, async (api) => {
    await textOf(await api.stream("/", signal));
    await api.get("/", signal);
  });
  assert.equal(encodings[0], "identity");
  assert.match(encodings[1] ?? "", /gzip/);
});

Deno.test("requests share a connection, each stream has its own", async () => {
  const ports = new Set<number>();
  const handler = (_: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>): Response => {
    ports.add(info.remoteAddr.port);
    return new Response("");
  };
  const count = async (streaming: boolean): Promise<number> => {
    ports.clear();
    await withServer({ handler: handler as Deno.ServeHandler }, async (api) => {
      for (let n = 0; n < 3; n++) {
        if (streaming) await textOf(await api.stream("/", signal));
        else await api.get("/", signal);
      }
    });
    return ports.size;
  };
  assert.equal(await count(false), 1);
  assert.equal(await count(true), 3);
});

Deno.test("a server behind a path is asked below that path", async () => {
  const handler = (request: Request): Response => new Response(new URL(request.url).pathname);
  await withServer({ handler }, async (_, clock, port) => {
    const api = new HttpApiServer({
      server: new URL(`https://127.0.0.1:${port}/k8s/clusters/c-1/`),
      trust: () => Promise.resolve(authority.cert),
      credentials: reread(() => Promise.resolve({ headers: {} })),
    }, { clock, userAgent: "k8svent/1" });
    assert.equal(await api.get("/api/v1/pods", signal), "/k8s/clusters/c-1/api/v1/pods");
    assert.equal(api.origin, `https://127.0.0.1:${port}`);
    api.close();
  });
});

Deno.test("a server at an IPv6 address is reached", async () => {
  await withServer({ hostname: "::1" }, async (api) => {
    assert.equal(await api.get("/", signal), "{}");
  });
});

Deno.test("a 401 is answered once with fresh credentials", async () => {
  let token = "old";
  const seen: (string | null)[] = [];
  const credentials = {
    current: (): Promise<Access> => Promise.resolve({ headers: bearer(token) }),
    renew: (): Promise<Access> => Promise.resolve({ headers: bearer(token = "new") }),
  };
  const handler = (request: Request): Response => {
    seen.push(request.headers.get("authorization"));
    return new Response(null, { status: seen.length > 1 ? 200 : 401 });
  };
  await withServer({ handler, cluster: { credentials } }, async (api) => {
    assert.equal(await api.get("/", signal), "");
  });
  assert.deepEqual(seen, ["Bearer old", "Bearer new"]);
});

Deno.test("a 401 is final when there is nothing fresher", async () => {
  let requests = 0;
  const handler = (): Response => {
    requests++;
    return new Response(null, { status: 401 });
  };
  await withServer({ handler }, async (api) => {
    assert.equal((await failure(api.get("/", signal))).fault, "unauthorized");
  });
  assert.equal(requests, 1);
});

Deno.test("a second 401, to fresh credentials, is final", async () => {
  let tokens = 0;
  const next = (): Promise<Access> => Promise.resolve({ headers: bearer(`token-${tokens++}`) });
  const handler = (): Response => new Response(null, { status: 401 });
  await withServer({ handler, cluster: { credentials: reread(next) } }, async (api) => {
    assert.equal((await failure(api.get("/", signal))).fault, "unauthorized");
  });
  assert.equal(tokens, 2);
});

Deno.test("a redirect is a fault and is not followed with the credentials", async () => {
  let requests = 0;
  const handler = (): Response => {
    requests++;
    return new Response(null, { status: 302, headers: { location: "/secret-path" } });
  };
  await withServer({ handler }, async (api) => {
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "protocol");
    assert.equal(error.details.status, 302);
    assert.doesNotMatch(error.message, /secret-path/);
  });
  assert.equal(requests, 1);
});

Deno.test("a server that accepts and says nothing is given up after 15 s", async () => {
  const asked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<Response>();
  const handler = (): Promise<Response> => {
    asked.resolve();
    return release.promise;
  };
  await withServer({ handler }, async (api, clock) => {
    const answer = failure(api.get("/a-path", signal));
    await asked.promise;
    await clock.advance(14_999);
    assert.equal(clock.pending, 1);
    await clock.advance(1);
    const error = await answer;
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, /did not answer within 15 s/);
    release.resolve(new Response(""));
  });
});

Deno.test("the 15 s end with the headers: a body may take its time", async () => {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  await withServer({ handler: () => new Response(body.readable) }, async (api, clock) => {
    const first = writer.write(new TextEncoder().encode("first "));
    const stream = await api.stream("/", signal);
    assert.equal(clock.pending, 0);
    await clock.advance(3_600_000);
    await first;
    const rest = writer.write(new TextEncoder().encode("second")).then(() => writer.close());
    assert.equal(await textOf(stream), "first second");
    await rest;
  });
});

Deno.test("an answer that falls silent in the middle is given up, one that is only slow is not", async () => {
  let body = new TransformStream<Uint8Array, Uint8Array>();
  await withServer({ handler: () => new Response(body.readable) }, async (api, clock) => {
    const writer = body.writable.getWriter();
    const slow = api.get("/", signal);
    await look(clock);
    for (const piece of ["first ", "second ", "third"]) {
      await clock.advance(14_000);
      await send(piece, writer, clock);
    }
    await clock.advance(14_000);
    await writer.close();
    assert.equal(await slow, "first second third");
    assert.equal(clock.pending, 0);

    body = new TransformStream();
    const stuck = body.writable.getWriter();
    const silent = failure(api.get("/", signal));
    await look(clock);
    await clock.advance(14_000);
    await send("first ", stuck, clock);
    await clock.advance(14_999);
    assert.equal(clock.pending, 1);
    await clock.advance(1);
    assert.equal((await silent).fault, "unreachable");
    assert.equal(clock.pending, 0);
    await stuck.abort().catch(() => {});
  });
});

Deno.test("an abort ends an answer in its middle with the signal's own reason", async () => {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  await withServer({ handler: () => new Response(body.readable) }, async (api, clock) => {
    const stop = new AbortController();
    const first = writer.write(new TextEncoder().encode("first "));
    const answer = assert.rejects(api.get("/", stop.signal), /the program stops/);
    await first;
    stop.abort(new Error("the program stops"));
    await answer;
    assert.equal(clock.pending, 0);
    await writer.closed.catch(() => {});
  });
});

Deno.test("an abort ends a request with the signal's own reason", async () => {
  const asked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<Response>();
  const handler = (): Promise<Response> => {
    asked.resolve();
    return release.promise;
  };
  await withServer({ handler }, async (api, clock) => {
    const stop = new AbortController();
    const answer = api.get("/", stop.signal);
    await asked.promise;
    const reason = new Error("the program stops");
    stop.abort(reason);
    await assert.rejects(answer, (error) => error === reason);
    assert.equal(clock.pending, 0);
    release.resolve(new Response(""));
  });
});

Deno.test("an abort does not wait for credentials that hang", async () => {
  const credentials = reread(() => new Promise(() => {}));
  await withServer({ cluster: { credentials } }, async (api) => {
    const stop = new AbortController();
    const answer = api.get("/", stop.signal);
    stop.abort(new Error("the program stops"));
    await assert.rejects(answer, /the program stops/);
  });
});

Deno.test("an abort ends the reading of a stream", async () => {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  await withServer({ handler: () => new Response(body.readable) }, async (api) => {
    const stop = new AbortController();
    const first = writer.write(new TextEncoder().encode("first"));
    using reader = new PieceReader(await api.stream("/", stop.signal), stop.signal);
    await first;
    await reader.read(new ArrayBuffer(5));
    const more = reader.read(new ArrayBuffer(5));
    stop.abort(new Error("the program stops"));
    await assert.rejects(more, /the program stops/);
    await writer.closed.catch(() => {});
  });
});

Deno.test("a changed authority is trusted at once, and a stream that is open goes on", async () => {
  const other = issueCertificate("another authority");
  let trust = authority.cert;
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const handler = (): Response => new Response(body.readable);
  await withServer({ handler, cluster: { trust: () => Promise.resolve(trust) } }, async (api) => {
    const first = writer.write(new TextEncoder().encode("first "));
    const stream = await api.stream("/", signal);
    await first;
    trust = other.cert;
    assert.equal((await failure(api.get("/", signal))).fault, "certificate");
    const rest = writer.write(new TextEncoder().encode("second")).then(() => writer.close());
    assert.equal(await textOf(stream), "first second");
    await rest;
  });
});

Deno.test("a certificate by an unknown authority is not trusted, and the sentence says what to check", async () => {
  await withServer({ cluster: { trust: () => Promise.resolve(undefined) } }, async (api, _, port) => {
    const error = await failure(api.get("/a-path?a-query", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, new RegExp(`127.0.0.1:${port} is not trusted.*certificate-authority`));
    assert.doesNotMatch(error.message, /a-path|a-query/);
    assert.ok(error.cause instanceof Error);
  });
});

Deno.test("a certificate for another name is not trusted", async () => {
  const tls = issueCertificate("elsewhere", { issuer: authority, hosts: ["elsewhere.example"] });
  await withServer({ tls }, async (api) => {
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, /is for other names/);
  });
});

Deno.test("a certificate that has expired is not trusted", async () => {
  const tls = issueCertificate("a server", { issuer: authority, hosts: ["127.0.0.1"], expired: true });
  await withServer({ tls }, async (api) => {
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, /has expired/);
  });
});

Deno.test("an authority that is no certificate is refused, not taken for none", async () => {
  await withServer({ cluster: { trust: () => Promise.resolve("garbage") } }, async (api) => {
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, /no PEM certificate/);
  });
});

Deno.test("a client certificate that does not belong to its key is refused with a sentence", async () => {
  const credentials = reread(() => Promise.resolve({ headers: {}, cert: authority.cert, key: trusted.key }));
  await withServer({ cluster: { credentials } }, async (api) => {
    const error = await failure(api.get("/", signal));
    assert.match(error.message, /client certificate and key .* cannot be used/);
    assert.doesNotMatch(error.message, /BEGIN/);
  });
});

Deno.test("https:// to a server without TLS: the sentence suggests http://", async () => {
  await withServer({ tls: null }, async (_, clock, port) => {
    const api = new HttpApiServer({
      server: new URL(`https://127.0.0.1:${port}`),
      trust: () => Promise.resolve(undefined),
      credentials: reread(() => Promise.resolve({ headers: {} })),
    }, { clock, userAgent: "k8svent/1" });
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, /does not speak TLS.*http:\/\//);
    api.close();
  });
});

Deno.test("a refused connection names host and port", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const cluster = { server: new URL(`https://127.0.0.1:${port}`) };
  await withServer({ cluster }, async (api) => {
    const error = await failure(api.get("/a-path?a-query", signal));
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, new RegExp(`127.0.0.1:${port} was refused. Check`));
    assert.doesNotMatch(error.message, /a-path|a-query/);
  });
});

Deno.test("a name that does not resolve is said to be so", async () => {
  const cluster = { server: new URL("https://no-such-host.invalid/a-prefix") };
  await withServer({ cluster }, async (api) => {
    const error = await failure(api.get("/a-path", signal));
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, /no-such-host.invalid:443 cannot be resolved/);
    assert.doesNotMatch(error.message, /a-path|a-prefix/);
  });
});

Deno.test("a connection that closes before an answer is a failed connection", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(1000));
      connection.close();
    }
  })();
  const cluster = { server: new URL(`http://127.0.0.1:${listener.addr.port}`) };
  await withServer({ cluster }, async (api) => {
    const error = await failure(api.get("/a-path", signal));
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, new RegExp(`127.0.0.1:${listener.addr.port} failed`));
    assert.doesNotMatch(error.message, /a-path/);
  });
  listener.close();
  await accepting;
});

Deno.test("a client certificate is shown, changes with the credentials, and its absence is told", async () => {
  const options = { ca: authority.cert, requestCert: true, rejectUnauthorized: true, ...trusted };
  const server = createServer(options, (request, response) => {
    response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  let certificate: Partial<Access> = issueCertificate("jane", { issuer: authority });
  const cluster = {
    server: new URL(`https://127.0.0.1:${port}`),
    credentials: reread(() => Promise.resolve({ headers: {}, ...certificate })),
  };
  await withServer({ cluster }, async (api) => {
    assert.equal(await api.get("/", signal), "jane");
    certificate = issueCertificate("john", { issuer: authority });
    assert.equal(await api.get("/", signal), "john");
    certificate = {};
    const error = await failure(api.get("/", signal));
    assert.equal(error.fault, "certificate");
    assert.match(error.message, /does not accept the client certificate, or none was sent/);
  });
  await new Promise((resolve) => server.close(resolve));
});
