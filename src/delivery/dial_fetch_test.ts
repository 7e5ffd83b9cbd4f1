import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { DialError, type Request } from "./dial.ts";
import { fetchDial, openFetchDial } from "./dial_fetch.ts";

const AUTHORITY = issueCertificate("Test authority");
const GOING = new AbortController().signal;

function request(url: string, body = '{"pod":{}}'): Request {
  return {
    url: new URL("/secret-path?key=secret-query", url),
    headers: { "content-type": "application/json", "webhook-id": "pod_1" },
    body: new TextEncoder().encode(body),
  };
}

/** An HTTP receiver on loopback while `use` runs. */
async function withReceiver(
  handler: (request: globalThis.Request) => Response | Promise<Response>,
  use: (url: string) => Promise<void>,
  tls: { cert?: string; key?: string } = {},
): Promise<void> {
  const stop = new AbortController();
  const options = { port: 0, hostname: "127.0.0.1", signal: stop.signal, onListen: (): void => {}, ...tls };
  const server = Deno.serve(options as Deno.ServeTcpOptions, handler);
  try {
    await use(`${tls.cert ? "https" : "http"}://localhost:${server.addr.port}`);
  } finally {
    stop.abort();
    await server.finished;
  }
}

/** A TCP server that does with each connection's data what the test says. */
async function withSocket(
  onData: (socket: Socket) => void,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => onData(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    await use(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** What the dial rejects with, checked for what no error may carry. */
async function failure(url: string, caCerts?: string[], signal = GOING): Promise<DialError> {
  const { dial, close } = openFetchDial(caCerts);
  try {
    const error: unknown = await dial(request(url), signal).then(() => undefined, (cause: unknown) => cause);
    assert.ok(error instanceof DialError, String(error));
    assert.doesNotMatch(Deno.inspect(error), /secret-/);
    return error;
  } finally {
    close();
  }
}

Deno.test("a request arrives as it was given and the answer comes back", async () => {
  let seen: unknown;
  const handler = async (received: globalThis.Request): Promise<Response> => {
    const { method, headers } = received;
    seen = [method, new URL(received.url).search, headers.get("webhook-id"), headers.get("content-type")];
    assert.equal(headers.get("content-length"), "14");
    assert.equal(await received.text(), '{"pod":"grun"}');
    return new Response('{"correlation_id":"c"}', { status: 202, headers: { "retry-after": "3" } });
  };
  await withReceiver(handler, async (url) => {
    const { dial, close } = openFetchDial();
    const reply = await dial(request(url, '{"pod":"grun"}'), GOING);
    close();
    assert.deepEqual([reply.status, reply.headers.get("retry-after")], [202, "3"]);
    assert.equal(reply.body, '{"correlation_id":"c"}');
  });
  assert.deepEqual(seen, ["POST", "?key=secret-query", "pod_1", "application/json"]);
});

Deno.test("a redirect is an answer, not a way", async () => {
  let requests = 0;
  const handler = (): Response => {
    requests++;
    return new Response(null, { status: 307, headers: { location: "/elsewhere" } });
  };
  await withReceiver(handler, async (url) => {
    const { dial, close } = openFetchDial();
    assert.equal((await dial(request(url), GOING)).status, 307);
    close();
  });
  assert.equal(requests, 1);
});

Deno.test("an endless answer is cut after 64 KiB", async () => {
  const endless = (): Response =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(30_000).fill(120)) }),
    );
  await withReceiver(endless, async (url) => {
    const { dial, close } = openFetchDial();
    assert.equal((await dial(request(url), GOING)).body.length, 65_536);
    close();
  });
});

Deno.test("small answers leave the connection for the next request", async () => {
  const connections = new Set<Socket>();
  const answer = (socket: Socket): void => {
    connections.add(socket);
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  };
  await withSocket(answer, async (url) => {
    const { dial, close } = openFetchDial();
    for (let n = 0; n < 5; n++) assert.equal((await dial(request(url), GOING)).body, "ok");
    close();
  });
  assert.equal(connections.size, 1);
});

Deno.test("a kept connection that the receiver closed fails as closed, and nothing is sent twice by itself", async () => {
  let requests = 0;
  const onceThenClose = (socket: Socket): void => {
    requests++;
    if (requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    else socket.destroy();
  };
  await withSocket(onceThenClose, async (url) => {
    const { dial, close } = openFetchDial();
    await dial(request(url), GOING);
    await assert.rejects(dial(request(url), GOING), { name: "DialError", fault: "closed" });
    close();
  });
  assert.equal(requests, 2);
});

Deno.test("an answer that breaks off in its body is an answer", async () => {
  const half = (socket: Socket): void => void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf");
  await withSocket(half, async (url) => {
    const { dial, close } = openFetchDial();
    const { status, body } = await dial(request(url), GOING);
    assert.deepEqual([status, body], [200, "half"]);
    close();
  });
});

Deno.test("an abort before the answer rejects with the signal's reason", async () => {
  const stop = new AbortController();
  const reason = new Error("timeout");
  await withSocket(() => stop.abort(reason), async (url) => {
    const { dial, close } = openFetchDial();
    await assert.rejects(dial(request(url), stop.signal), reason);
    await assert.rejects(dial(request(url), stop.signal), reason);
    close();
  });
});

Deno.test("an abort while the body comes slowly cuts it: the status line has told the outcome", async () => {
  const stop = new AbortController();
  const slow = (socket: Socket): void =>
    void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf");
  await withSocket(slow, async (url) => {
    const fetchThenAbort: typeof fetch = async (...given) => {
      const response = await fetch(...given);
      setTimeout(() => stop.abort());
      return response;
    };
    const { status, body } = await fetchDial({ fetch: fetchThenAbort })(request(url), stop.signal);
    assert.equal(status, 200);
    assert.ok("half".startsWith(body));
  });
});

Deno.test("a connection that ends before the answer is closed, whichever way it ends", async () => {
  await withSocket(
    (socket) => socket.end(),
    async (url) => assert.equal((await failure(url)).fault, "closed"),
  );
  await withSocket((socket) => void socket.resetAndDestroy(), async (url) => {
    assert.equal((await failure(url)).fault, "closed");
  });
});

Deno.test("no connection and no HTTP are faults of the network, told in a sentence with the host", async () => {
  let closed = "";
  await withSocket((socket) => socket.end("SSH-2.0-OpenSSH\r\n"), async (url) => {
    closed = url;
    const { fault, message } = await failure(url);
    assert.deepEqual([fault, /^What answers at 127\.0\.0\.1:\d+ does not speak HTTP\./.test(message)], [
      "network",
      true,
    ]);
  });
  const refused = await failure(closed);
  assert.equal(refused.fault, "network");
  assert.match(refused.message, /^127\.0\.0\.1:\d+ refused the connection\./);
  const unknown = await failure("http://secret.invalid");
  assert.equal(unknown.fault, "network");
  assert.match(unknown.message, /^The name of secret\.invalid does not resolve\./);
});

Deno.test("TLS fails as certificate, and the sentence tells an unknown issuer, another name and old age apart", async () => {
  const cases: [string, { hosts: string[]; expired?: boolean }, string[], RegExp][] = [
    ["unknown", { hosts: ["localhost"] }, [], /is not trusted/],
    ["other", { hosts: ["other.test"] }, [AUTHORITY.cert], /is for another name/],
    ["old", { hosts: ["localhost"], expired: true }, [AUTHORITY.cert], /has expired/],
  ];
  for (const [name, options, trusted, sentence] of cases) {
    const tls = issueCertificate(name, { issuer: AUTHORITY, ...options });
    await withReceiver(() => new Response(), async (url) => {
      const { fault, message } = await failure(url, trusted);
      assert.equal(fault, "certificate");
      assert.match(message, sentence);
    }, tls);
  }
});

Deno.test("https to a port that does not speak it is told as that", async () => {
  await withSocket((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"), async (url) => {
    const { fault, message } = await failure(url.replace("http:", "https:"));
    assert.equal(fault, "certificate");
    assert.match(message, /^TLS cannot be agreed on/);
  });
});

Deno.test("a certificate of a trusted authority is enough", async () => {
  const tls = issueCertificate("good", { issuer: AUTHORITY, hosts: ["localhost"] });
  await withReceiver(() => new Response("ok"), async (url) => {
    const { dial, close } = openFetchDial([AUTHORITY.cert]);
    assert.equal((await dial(request(url), GOING)).body, "ok");
    close();
  }, tls);
});
