import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { authority, failure, signal, textOf, withServer } from "../../tests/kit/https_server.ts";
import { type Access, bearer, reread } from "./cluster.ts";
import { HttpApiServer } from "./http_api_server.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

Deno.test("a request asks for JSON, says who asks and names the program", async () => {
  const seen: { url?: string; headers?: Headers } = {};
  const handler = (request: Request): Response => {
    Object.assign(seen, { url: request.url, headers: request.headers });
    return new Response("the body");
  };
  await withServer({ handler }, async (api) => {
    assert.equal(decode(await api.get("/api/v1/pods?limit=100", signal)), "the body");
  });
  assert.match(seen.url ?? "", /^https:\/\/127\.0\.0\.1:\d+\/api\/v1\/pods\?limit=100$/);
  assert.equal(seen.headers?.get("accept"), "application/json");
  assert.equal(seen.headers?.get("authorization"), "Bearer a-token");
  assert.equal(seen.headers?.get("user-agent"), "k8svent/1.2.3");
});

Deno.test("a stream is asked for uncompressed, and a list within a cluster or where a kubeconfig says so", async () => {
  const encodings: (string | null)[] = [];
  const handler = (request: Request): Response => {
    encodings.push(request.headers.get("accept-encoding"));
    return new Response("");
  };
  for (const isUncompressed of [false, true]) {
    await withServer({ handler, cluster: { isUncompressed } }, async (api) => {
      await textOf(await api.stream("/", signal));
      await api.get("/", signal);
    });
  }
  assert.deepEqual(encodings.map((encoding) => encoding === "identity"), [true, false, true, true]);
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
      trustFrom: "ca.crt",
      credentials: reread(() => Promise.resolve({ headers: {} })),
    }, { clock, log: new MemoryLog(), userAgent: "k8svent/1" });
    assert.equal(decode(await api.get("/api/v1/pods", signal)), "/k8s/clusters/c-1/api/v1/pods");
    assert.equal(api.origin, `https://127.0.0.1:${port}`);
    api.close();
  });
});

Deno.test("a server at an IPv6 address is reached", async () => {
  await withServer({ hostname: "::1" }, async (api) => {
    assert.equal(decode(await api.get("/", signal)), "{}");
  });
});

Deno.test("a 401 is answered once with fresh credentials", async () => {
  let token = "old";
  const seen: (string | null)[] = [];
  const credentials = {
    current: (): Promise<Access> => Promise.resolve({ headers: bearer(token, "a test") }),
    renew: (): Promise<Access> => Promise.resolve({ headers: bearer(token = "new", "a test") }),
  };
  const handler = (request: Request): Response => {
    seen.push(request.headers.get("authorization"));
    return new Response(null, { status: seen.length > 1 ? 200 : 401 });
  };
  await withServer({ handler, cluster: { credentials } }, async (api) => {
    assert.equal(decode(await api.get("/", signal)), "");
  });
  assert.deepEqual(seen, ["Bearer old", "Bearer new"]);
});

Deno.test("a 401 that a gateway puts into a page is answered with fresh credentials, too", async () => {
  const credentials = {
    current: (): Promise<Access> => Promise.resolve({ headers: bearer("old", "a test") }),
    renew: (): Promise<Access> => Promise.resolve({ headers: bearer("new", "a test") }),
  };
  const handler = ({ headers }: Request): Response =>
    headers.get("authorization") === "Bearer new"
      ? new Response("{}")
      : new Response("<html>", { status: 401, headers: { "content-type": "text/html" } });
  await withServer({ handler, cluster: { credentials } }, async (api) => {
    assert.equal(decode(await api.get("/", signal)), "{}");
  });
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
  const next = (): Promise<Access> => Promise.resolve({ headers: bearer(`token-${tokens++}`, "a test") });
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
