import assert from "node:assert/strict";
import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { testInOwnProcess } from "../../tests/kit/own_process.ts";
import { DialError, type Request } from "./dial.ts";
import { guardedDial, type GuardedDialOptions } from "./dial_guarded.ts";

const AUTHORITY = issueCertificate("Test authority");
const GOOD = issueCertificate("good", { issuer: AUTHORITY, hosts: ["hooks.test", "127.0.0.1"] });
const OTHER = issueCertificate("other", { issuer: AUTHORITY, hosts: ["other.test"] });
const GOING = new AbortController().signal;

/** Lets the dial reach a server of the test, and nothing else. */
const LOOPBACK: GuardedDialOptions = {
  resolve: () => Promise.resolve(["127.0.0.1"]),
  allowed: (address) => address === "127.0.0.1",
  ca: AUTHORITY.cert,
};

function request(origin: string): Request {
  return {
    url: new URL("/secret-path?key=secret-query", origin),
    headers: { "content-type": "application/json", "webhook-id": "pod_1" },
    body: new TextEncoder().encode("{}"),
  };
}

/** What the dial rejects with, checked for what no error may carry. */
async function failure(origin: string, options: GuardedDialOptions): Promise<DialError> {
  const error: unknown = await guardedDial(options)(request(origin), GOING).then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.ok(error instanceof DialError, String(error));
  assert.doesNotMatch(Deno.inspect(error), /secret-/);
  return error;
}

/** Runs `use` with a TLS server that hands each request's text to `answer`; waits for its connections to end. */
async function withReceiver(
  answer: (socket: TLSSocket, text: string) => void,
  use: (origin: string, port: number) => Promise<void>,
  certificate = GOOD,
): Promise<void> {
  const server = createServer(certificate, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => answer(socket, data.toString()));
  });
  server.on("tlsClientError", () => {});
  await listening(server, use);
}

async function listening(
  server: Server,
  use: (origin: string, port: number) => Promise<void>,
): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await use(`https://hooks.test:${port}`, port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

Deno.test("a request reaches an allowed address as it was given, by the name of the URL", async () => {
  let seen = "";
  const answer = (socket: TLSSocket, text: string): void => {
    seen += text;
    if (seen.endsWith("{}")) {
      socket.end('HTTP/1.1 202 Accepted\r\nretry-after: 3\r\ncontent-length: 7\r\n\r\n{"a":1}');
    }
  };
  await withReceiver(answer, async (origin, port) => {
    const { status, headers, body } = await guardedDial(LOOPBACK)(request(origin), GOING);
    assert.deepEqual([status, headers.get("retry-after"), body], [202, "3", '{"a":1}']);
    assert.match(seen, /^POST \/secret-path\?key=secret-query HTTP\/1\.1\r\n/);
    assert.match(seen, new RegExp(`\r\nhost: hooks\\.test:${port}\r\n`));
    assert.match(seen, /\r\nwebhook-id: pod_1\r\ncontent-length: 2\r\n/);
  });
});

Deno.test("the guard as it is refuses every address that is not public, before anything is dialled", async () => {
  const hosts = [
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0177.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "169.254.169.254",
  ];
  await withReceiver((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"), async (_origin, port) => {
    for (const host of hosts) {
      const { fault, message } = await failure(`https://${host}:${port}`, { ca: AUTHORITY.cert });
      assert.equal(fault, "blocked", host);
      assert.match(message, /is not dialled: its address .* is not public/);
    }
    assert.equal((await failure(`https://localhost:${port}`, { ca: AUTHORITY.cert })).fault, "blocked");
  });
});

Deno.test("an address in the URL is checked without asking the resolver", async () => {
  const resolve = (): Promise<string[]> => Promise.resolve(["8.8.8.8"]);
  assert.equal((await failure("https://10.0.0.1", { resolve })).fault, "blocked");
});

Deno.test("one private address among public ones refuses the name", async () => {
  const resolve = (): Promise<string[]> => Promise.resolve(["8.8.8.8", "10.0.0.1"]);
  const { fault, message } = await failure("https://hooks.test", { resolve });
  assert.equal(fault, "blocked");
  assert.match(message, /10\.0\.0\.1/);
});

Deno.test("what is checked is what is dialled: a name that turns private after the check gains nothing", async () => {
  let asked = 0;
  let connections = 0;
  // First the address that the check allows, where the receiver listens; then one that nobody may reach.
  const hostile = (): Promise<string[]> => Promise.resolve(asked++ === 0 ? ["127.0.0.1"] : ["127.0.0.2"]);
  const answer = (socket: TLSSocket): void => {
    connections++;
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  };
  await withReceiver(answer, async (origin) => {
    const dial = guardedDial({ ...LOOPBACK, resolve: hostile });
    assert.equal((await dial(request(origin), GOING)).status, 200);
    assert.equal(asked, 1);
    await assert.rejects(dial(request(origin), GOING), { name: "DialError", fault: "blocked" });
    assert.equal(connections, 1);
  });
});

Deno.test("the system's own idea of a name does not count: only the addresses that were checked are dialled", async () => {
  let connections = 0;
  await withReceiver(() => connections++, async (_origin, port) => {
    // The system would say 127.0.0.1, where the receiver listens; nobody does at the address that was checked.
    const resolve = (): Promise<string[]> => Promise.resolve(["127.0.0.2"]);
    const options = { resolve, allowed: () => true, ca: AUTHORITY.cert };
    assert.equal((await failure(`https://localhost:${port}`, options)).fault, "network");
  });
  assert.equal(connections, 0);
});

Deno.test("https is the only scheme", async () => {
  const { fault, message } = await failure("http://hooks.test", LOOPBACK);
  assert.equal(fault, "blocked");
  assert.match(message, /must be https/);
});

Deno.test("a redirect is an answer, not a way", async () => {
  let requests = 0;
  const answer = (socket: TLSSocket): void => {
    requests++;
    socket.end("HTTP/1.1 302 Found\r\nlocation: https://169.254.169.254/\r\ncontent-length: 0\r\n\r\n");
  };
  await withReceiver(answer, async (origin) => {
    assert.equal((await guardedDial(LOOPBACK)(request(origin), GOING)).status, 302);
  });
  assert.equal(requests, 1);
});

Deno.test("a certificate for another name and one of an unknown authority are refused", async () => {
  let requests = 0;
  await withReceiver(() => requests++, async (origin) => {
    const { fault, message } = await failure(origin, LOOPBACK);
    assert.equal(fault, "certificate");
    assert.match(message, /is for another name/);
  }, OTHER);
  await withReceiver(() => requests++, async (origin) => {
    const { fault, message } = await failure(origin, { ...LOOPBACK, ca: issueCertificate("Stranger").cert });
    assert.equal(fault, "certificate");
    assert.match(message, /is not trusted/);
  });
  assert.equal(requests, 0);
});

Deno.test("a connection that ends before the answer is closed", async () => {
  await withReceiver((socket) => socket.end(), async (origin) => {
    assert.equal((await failure(origin, LOOPBACK)).fault, "closed");
  });
});

Deno.test("no connection, no address and no HTTP are faults of the network", async () => {
  let gone = "";
  await withReceiver((socket) => socket.end("SSH-2.0-OpenSSH\r\n\r\n"), async (origin) => {
    gone = origin;
    assert.match((await failure(origin, LOOPBACK)).message, /does not speak HTTP/);
  });
  assert.match((await failure(gone, LOOPBACK)).message, /refused the connection/);
  const empty = await failure(gone, { ...LOOPBACK, resolve: () => Promise.resolve([]) });
  assert.deepEqual([empty.fault, /has no address/.test(empty.message)], ["network", true]);
  const unknown = await failure("https://secret.invalid", {});
  assert.deepEqual([unknown.fault, /does not resolve/.test(unknown.message)], ["network", true]);
});

Deno.test("an endless answer is cut after 64 KiB and its connection ended", async () => {
  const ended = Promise.withResolvers<void>();
  const endless = (socket: TLSSocket): void => {
    const more = (): void => void (socket.writable && socket.write("x".repeat(30_000), more));
    socket.once("close", () => ended.resolve());
    socket.write("HTTP/1.1 200 OK\r\n\r\n", more);
  };
  await withReceiver(endless, async (origin) => {
    assert.equal((await guardedDial(LOOPBACK)(request(origin), GOING)).body, "x".repeat(65_536));
    await ended.promise;
  });
});

Deno.test("headers that came twice or in no known encoding do not break an answer", async () => {
  const answer = (socket: TLSSocket): void =>
    void socket.end(
      "HTTP/1.1 200 OK\r\nx-a: 1\r\nx-a: \u4e00\r\nretry-after: 3\r\ncontent-length: 0\r\n\r\n",
    );
  await withReceiver(answer, async (origin) => {
    const { headers } = await guardedDial(LOOPBACK)(request(origin), GOING);
    assert.equal(headers.get("retry-after"), "3");
    assert.match(headers.get("x-a") ?? "", /^1, /);
  });
});

Deno.test("an abort before the answer ends an attempt in each of its phases with the signal's reason", async () => {
  const reason = new Error("timeout");
  const abortedBy = async (start: (stop: () => void) => [GuardedDialOptions, string]): Promise<void> => {
    const controller = new AbortController();
    const [options, origin] = start(() => controller.abort(reason));
    await assert.rejects(guardedDial(options)(request(origin), controller.signal), reason);
  };
  await abortedBy((stop) => [(stop(), LOOPBACK), "https://hooks.test"]);
  const never = (stop: () => void): Promise<string[]> => (queueMicrotask(stop), new Promise(() => {}));
  await abortedBy((stop) => [{ ...LOOPBACK, resolve: () => never(stop) }, "https://hooks.test"]);
  let stopNow = (): void => {};
  await withReceiver(
    () => stopNow(),
    (origin) => abortedBy((stop) => [(stopNow = stop, LOOPBACK), origin]),
  );
});

Deno.test("an abort ends an attempt whose TLS handshake is never answered", async () => {
  const controller = new AbortController();
  const reason = new Error("timeout");
  const silent = createPlainServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.on("data", () => controller.abort(reason));
  });
  await listening(silent, async (origin) => {
    await assert.rejects(guardedDial(LOOPBACK)(request(origin), controller.signal), reason);
  });
});

testInOwnProcess(import.meta.url)("a proxy of the environment is not used", async () => {
  let proxied = 0;
  const proxy = createPlainServer((socket: Socket) => {
    proxied++;
    socket.destroy();
  });
  const variables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY", "NODE_USE_ENV_PROXY"];
  const before = variables.map((name) => [name, Deno.env.get(name)] as const);
  await listening(proxy, async (_origin, port) => {
    for (const name of variables) Deno.env.set(name, `http://127.0.0.1:${port}`);
    Deno.env.set("NODE_USE_ENV_PROXY", "1");
    try {
      await withReceiver((socket) => socket.end("HTTP/1.1 204 No Content\r\n\r\n"), async (origin) => {
        assert.equal((await guardedDial(LOOPBACK)(request(origin), GOING)).status, 204);
      });
    } finally {
      for (const [name, value] of before) {
        value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
      }
    }
  });
  assert.equal(proxied, 0);
});
