import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { run } from "../../tests/kit/command.ts";
import { systemClock } from "../runtime/clock.ts";
import { type Routes, serviceOf } from "./answer.ts";
import { listen, type Listening } from "./listen.ts";
import { readHead } from "./request.ts";
import { HEAD_WITHIN, MOST_CONNECTIONS, REST_FOR } from "./server.ts";

const ROUTES: Routes = {
  "/livez": () => ({ status: 200, text: "ok" }),
  "/late": () => new Promise(() => {}),
  "/broken": () => {
    throw new Error("a secret of the program");
  },
  "/large": () => ({ status: 200, text: "x".repeat(100_000), type: "text/x-metrics" }),
};

const GOOD = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST = "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/** What a raw client sends, and the statuses that it gets before the connection ends by itself. */
const REQUESTS: Record<string, [sent: string, statuses: number[]]> = {
  "of the kubelet": [
    "GET /livez HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\nConnection: close\r\n\r\n",
    [200],
  ],
  "of a client that asks and ends its half": [GOOD, [200]],
  "with bare line feeds": ["GET /livez HTTP/1.1\nHost: a\nConnection: close\n\n", [200]],
  "behind an empty line": ["\r\n\r\n" + LAST, [200]],
  "of HTTP/1.0": ["GET /livez HTTP/1.0\r\n\r\n", [200]],
  "of HTTP/1.0 that keeps the connection": ["GET /livez HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + LAST, [
    200,
    200,
  ]],
  "in all spellings of the fields": [
    "GET /livez HTTP/1.1\r\nHOST: a\r\ncOnNeCtIoN: Foo , CLOSE\r\n\r\n" + GOOD,
    [200],
  ],
  "in absolute form": ["GET http://a:8080/livez?x=1 HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n", [200]],
  "in absolute form, without a path": ["GET HTTP://a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [
    404,
  ]],
  "with a query": ["GET /livez?verbose HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [200]],
  "for another path": ["GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [404]],
  "for what every object has": ["GET constructor HTTP/1.1\r\nHost: a\r\n\r\n", [400]],
  "for what every object has, by a path": [
    "GET /__proto__ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    [404],
  ],
  "for a path in upper case": ["GET /LIVEZ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [404]],
  "to which something throws": ["GET /broken HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [500]],
  "by a method in lower case": ["get /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [405]],
  "by POST, with a body": ["POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", [405]],
  "by GET, with a body that looks like another": [
    `GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: ${GOOD.length}\r\n\r\n${GOOD}`,
    [200],
  ],
  "by GET, with a body in chunks": [
    "GET /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + GOOD,
    [200],
  ],
  "with a body of nothing, and another one": [
    "GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" + LAST,
    [200, 200],
  ],
  "with two lengths": ["GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n", [
    200,
  ]],
  "by OPTIONS *": ["OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [405]],
  "by CONNECT": ["CONNECT a:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [405]],
  "to upgrade": ["GET /livez HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n", [
    200,
  ]],
  "three at a time": [GOOD + GOOD + LAST, [200, 200, 200]],
  "three at a time, of which the second is broken": [GOOD + "GET\r\n\r\n" + LAST, [200, 400]],
  "without Host": ["GET /livez HTTP/1.1\r\n\r\n", [400]],
  "with two Hosts": ["GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", [400]],
  "with a Host that is none": ["GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n", [400]],
  "with a user in its Host": ["GET /livez HTTP/1.1\r\nHost: me@a\r\n\r\n", [400]],
  "in absolute form, with a user": ["GET http://me:pass@a/livez HTTP/1.1\r\nHost: a\r\n\r\n", [400]],
  "in absolute form of HTTP/1.0, without Host": ["GET http://a/livez HTTP/1.0\r\n\r\n", [200]],
  "with an address of IPv6": ["GET /livez HTTP/1.1\r\nHost: [fd00::1]:8080\r\nConnection: close\r\n\r\n", [
    200,
  ]],
  "with an empty Host": ["GET /livez HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", [200]],
  "with a space before the colon": ["GET /livez HTTP/1.1\r\nHost : a\r\n\r\n", [400]],
  "with a control character in a field": ["GET /livez HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", [400]],
  "with a tab and bytes beyond ASCII in a field": [
    "GET /livez HTTP/1.1\r\nHost: a\r\nX: a\tb\xe9\r\nConnection: close\r\n\r\n",
    [200],
  ],
  "with a folded field": ["GET /livez HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", [400]],
  "without a colon": ["GET /livez HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", [400]],
  "with two spaces": ["GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n", [400]],
  "of HTTP/0.9": ["GET /livez\r\n\r\n", [400]],
  "of HTTP/2": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505]],
  "of HTTP/3.1": ["GET /livez HTTP/3.1\r\nHost: a\r\n\r\n", [505]],
  "of TLS": ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400]],
  "that is random": ["\x00\xff\x13\x37\r\n\r\n", [400]],
  "whose head is too large": [`GET /livez HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, [431]],
  "whose head never ends": [`GET /livez HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(20_000)}`, [431]],
  "that ends in its head": ["GET /livez HTTP/1.1\r\nHost:", []],
  "that never comes": ["", []],
};

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function connect(server: Listening): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port: server.port });
}

/** All that comes until the server ends the connection, or resets it. */
async function readAll(connection: Deno.Conn): Promise<string> {
  let text = "";
  const into = new Uint8Array(64 * 1024);
  try {
    for (;;) {
      const count = await connection.read(into);
      if (count === null) return text;
      text += new TextDecoder("latin1").decode(into.subarray(0, count));
    }
  } catch {
    return text;
  }
}

async function send(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = bytesOf(text);
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

function statusesIn(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, status]) => Number(status));
}

/** Whether a probe is answered. */
async function isAnswered(server: Listening): Promise<boolean> {
  const connection = await connect(server);
  try {
    await send(connection, LAST);
    return (await readAll(connection)).startsWith("HTTP/1.1 200 OK\r\n");
  } catch {
    return false;
  } finally {
    connection.close();
  }
}

/** A server whose time the test moves. */
async function withServer(test: (server: Listening, clock: TestClock) => Promise<void>): Promise<void> {
  const clock = new TestClock();
  const server = listen({ host: "127.0.0.1", port: 0 }, serviceOf(ROUTES), clock);
  try {
    await test(server, clock);
  } finally {
    await server.close();
    assert.equal(clock.pending, 0, "no timer is left behind");
  }
}

Deno.test("each kind of request is answered or closed, and the next client is served", async (context) => {
  await withServer(async (server) => {
    for (const [kind, [sent, statuses]] of Object.entries(REQUESTS)) {
      await context.step(`a request ${kind}: ${statuses.join(", ") || "closed"}`, async () => {
        const connection = await connect(server);
        try {
          await send(connection, sent);
          await connection.closeWrite();
          assert.deepEqual(statusesIn(await readAll(connection)), statuses);
        } finally {
          connection.close();
        }
        assert.ok(await isAnswered(server));
      });
    }
  });
});

Deno.test("an answer says what it is and how long, and HEAD gets the same without the body", async () => {
  await withServer(async (server) => {
    const ask = async (method: string): Promise<string> => {
      const connection = await connect(server);
      await send(connection, `${method} /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      const text = await readAll(connection);
      connection.close();
      return text;
    };
    const head = "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncache-control: no-store\r\n" +
      "x-content-type-options: nosniff\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n" +
      "content-length: 3\r\n\r\n";
    assert.equal(await ask("GET"), `${head}ok\n`);
    assert.equal(await ask("HEAD"), head);
  });
});

Deno.test("a client that sends a large body reads its answer all the same", async () => {
  await withServer(async (server) => {
    const body = "x".repeat(200_000);
    const answer = await fetch(`http://127.0.0.1:${server.port}/livez`, { method: "POST", body });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get("allow"), "GET, HEAD");
    await answer.text();
  });
});

Deno.test("a large answer comes whole", async () => {
  await withServer(async (server) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/large`);
    assert.equal(answer.headers.get("content-type"), "text/x-metrics");
    assert.equal((await answer.text()).length, 100_001);
  });
});

Deno.test("curl is answered, over a connection that it keeps", async () => {
  const server = listen({ host: "127.0.0.1", port: 0 }, serviceOf(ROUTES), systemClock);
  const url = `http://127.0.0.1:${server.port}/livez`;
  const said = await run("curl", [
    "-sS",
    "--noproxy",
    "*",
    "-w",
    "%{http_code} %{num_connects}\\n",
    url,
    url,
  ]);
  assert.equal(said, "ok\n200 1\nok\n200 0\n");
  await server.close();
});

/** Heads that fill 16 KiB, made up to take long to read. */
const LONG: Record<string, string> = {
  "white space within a value": `X: a${" ".repeat(16_000)}b\r\n`,
  "a field as often as it fits": "a:\n".repeat(5_300),
};

for (const [kind, fields] of Object.entries(LONG)) {
  Deno.test(`a head with ${kind} is read in no time`, () => {
    const head = bytesOf(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    const began = performance.now();
    for (let times = 0; times < 20; times++) assert.equal(readHead(head).kind, "head");
    // Of milliseconds it takes some ten; a pattern that goes back and forth took some thousands.
    assert.ok(performance.now() - began < 1_000);
  });
}

/** A client that has sent this much, and how long it is let be. */
const SLOW: Record<string, [sent: string, milliseconds: number]> = {
  "that sends nothing": ["", HEAD_WITHIN],
  "that sends half of a head": ["GET /livez HTTP/1.1\r\nHo", HEAD_WITHIN],
  "that asked once and rests": [GOOD, REST_FOR],
  "that asked once and sends half of another head": [GOOD + "GET", HEAD_WITHIN],
  "whose answer does not come": ["GET /late HTTP/1.1\r\nHost: a\r\n\r\n", 5_000],
  "that does not end after its last request": [LAST, 1_000],
};

for (const [kind, [sent, milliseconds]] of Object.entries(SLOW)) {
  Deno.test(`a client ${kind} is closed after ${milliseconds / 1_000} s`, async () => {
    await withServer(async (server, clock) => {
      const connection = await connect(server);
      await send(connection, sent);
      while (clock.pending === 0) await settle();
      // What was sent has been read when the next one is answered.
      assert.ok(await isAnswered(server));
      await settle();
      await clock.advance(milliseconds - 1);
      const closed = new AbortController();
      const reading = connection.readable.pipeTo(new WritableStream()).catch(() => {}).finally(() =>
        closed.abort()
      );
      await settle();
      if (sent !== LAST) assert.ok(!closed.signal.aborted, "not sooner");
      await clock.advance(1);
      await reading;
    });
  });
}

Deno.test("a connection is closed after a thousand requests, so that others come, too", async () => {
  await withServer(async (server) => {
    const connection = await connect(server);
    const answers = readAll(connection);
    await send(connection, GOOD.repeat(1_001)).then(() => connection.closeWrite()).catch(() => {});
    const text = await answers;
    assert.equal(statusesIn(text).length, 1_000);
    assert.match(text.slice(-300), /\r\nconnection: close\r\n/);
    connection.close();
  });
});

Deno.test("a head that comes a byte every second is cut after five", async () => {
  await withServer(async (server, clock) => {
    const connection = await connect(server);
    const reading = readAll(connection);
    for (const letter of "GET /") {
      await send(connection, letter);
      await settle();
      await clock.advance(1_000);
    }
    assert.equal(await reading, "");
    connection.close();
  });
});

Deno.test("a head that comes in two pieces is answered", async () => {
  await withServer(async (server) => {
    for (let at = 1; at < LAST.length; at++) {
      const connection = await connect(server);
      await send(connection, LAST.slice(0, at));
      await settle();
      await send(connection, LAST.slice(at));
      assert.deepEqual(statusesIn(await readAll(connection)), [200], `cut at ${at}`);
      connection.close();
    }
  });
});

Deno.test("one more than there may be takes the place of the oldest that has sent no request", async () => {
  await withServer(async (server, clock) => {
    const late = await connect(server);
    await send(late, "GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    while (clock.pending === 0) await settle();
    assert.ok(await isAnswered(server));
    const idle = [];
    for (let count = 0; count < MOST_CONNECTIONS; count++) idle.push(await connect(server));
    assert.ok(await isAnswered(server));
    assert.equal(await readAll(idle[0] ?? late), "");
    const answering = late.readable.pipeTo(new WritableStream()).catch(() => {});
    await clock.advance(5_000);
    await answering;
    for (const connection of idle) connection.close();
  });
});
