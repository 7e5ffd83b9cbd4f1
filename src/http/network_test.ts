import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { SocketServer } from "../../tests/kit/socket_server.ts";
import { systemClock } from "../runtime/clock.ts";
import { Network } from "./network.ts";

const GOING = new AbortController().signal;

/** What was dialled, and how each address behaves: `ok`, `refuse`, `silent`, or `ok` after so many milliseconds. */
function dialling(clock: TestClock, behaviour: Record<string, "ok" | "refuse" | "silent" | number>): {
  network: Network;
  tried: [string, number][];
  open: Set<string>;
} {
  const tried: [string, number][] = [];
  const open = new Set<string>();
  const connect = (address: string, _port: number, signal: AbortSignal): Promise<Deno.TcpConn> => {
    tried.push([address, clock.monotonic()]);
    const made = (): Deno.TcpConn => {
      open.add(address);
      return {
        setNoDelay: (): void => {},
        setKeepAlive: (): void => {},
        close: () => open.delete(address),
        address,
      } as unknown as Deno.TcpConn;
    };
    const does = behaviour[address] ?? "refuse";
    if (does === "ok") return Promise.resolve(made());
    if (does === "refuse") return Promise.reject(new Deno.errors.ConnectionRefused(address));
    return new Promise((resolve, reject) => {
      // One that is there already when it is given up cannot be given up.
      if (typeof does === "number") clock.after(does, () => resolve(made()));
      else signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
  return { network: new Network({ clock, connect }), tried, open };
}

Deno.test("of several addresses the next is tried at once where one refuses", async () => {
  const clock = new TestClock();
  const { network, tried, open } = dialling(clock, { "10.0.0.3": "ok" });
  await network.connect(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], 80, GOING);
  assert.deepEqual(tried, [["10.0.0.1", 0], ["10.0.0.2", 0], ["10.0.0.3", 0]]);
  assert.deepEqual([[...open], clock.pending], [["10.0.0.3"], 0]);
});

Deno.test("of several addresses the next is tried after 250 ms where one is silent", async () => {
  const clock = new TestClock();
  const { network, tried } = dialling(clock, { a1: "silent", a2: "silent", a3: "ok" });
  const connection = network.connect(["a1", "a2", "a3"], 80, GOING);
  await clock.advance(500);
  assert.equal((await connection as unknown as { address: string }).address, "a3");
  assert.deepEqual(tried, [["a1", 0], ["a2", 250], ["a3", 500]]);
  assert.equal(clock.pending, 0);
});

Deno.test("the first that accepts wins, and one that accepts later is closed", async () => {
  const clock = new TestClock();
  const { network, open } = dialling(clock, { slow: 400, slower: 300 });
  const connection = network.connect(["slow", "slower"], 80, GOING);
  await clock.advance(1_000);
  assert.equal((await connection as unknown as { address: string }).address, "slow");
  assert.deepEqual([...open], ["slow"]);
});

Deno.test("the families take turns, beginning with the resolver's first", async () => {
  const clock = new TestClock();
  const { network, tried } = dialling(clock, {});
  await assert.rejects(network.connect(["fd00::1", "fd00::2", "fd00::3", "10.0.0.1"], 80, GOING));
  assert.deepEqual(tried.map(([address]) => address), ["fd00::1", "10.0.0.1", "fd00::2", "fd00::3"]);
});

Deno.test("where none accepts it fails with what the first said; of hundreds 16 are tried", async () => {
  const clock = new TestClock();
  const { network, tried } = dialling(clock, {});
  const many = Array.from({ length: 300 }, (_, at) => `10.0.1.${at}`);
  await assert.rejects(network.connect(many, 80, GOING), { message: "10.0.1.0" });
  assert.deepEqual([tried.length, clock.pending], [16, 0]);
});

Deno.test("an abort ends all that are being tried", async () => {
  const clock = new TestClock();
  const { network, tried } = dialling(clock, { a1: "silent", a2: "silent" });
  const stop = new AbortController();
  const connection = network.connect(["a1", "a2", "a3"], 80, stop.signal);
  connection.catch(() => {});
  await clock.advance(300);
  stop.abort(new Error("enough"));
  await assert.rejects(connection, { message: "enough" });
  await clock.advance(1_000);
  assert.deepEqual([tried.length, clock.pending], [2, 0]);
});

Deno.test("a host is looked up once at a time, whoever asks, and 16 hosts at a time", async () => {
  const running = new Map<string, (addresses: string[]) => void>();
  const network = new Network({
    clock: new TestClock(),
    resolve: (host) => new Promise((resolve) => running.set(host, resolve)),
  });
  const found = Array.from({ length: 40 }, (_, at) => network.lookUp(`host-${at % 20}`));
  await settle();
  assert.equal(running.size, 16);
  for (let turn = 0; turn < 20; turn++) {
    for (const [host, resolve] of running) resolve([host]);
    await settle();
  }
  assert.deepEqual((await Promise.all(found)).map(([host]) => host), found.map((_, at) => `host-${at % 20}`));
  assert.equal(running.size, 20);
  running.clear();
  void network.lookUp("host-1");
  assert.equal(running.size, 1, "and anew afterwards");
});

Deno.test("names that hang keep no other from being found for more than a second, and are 128 at the most", async () => {
  const clock = new TestClock();
  const asked: string[] = [];
  let free = (): void => {};
  const network = new Network({
    clock,
    resolve: (host) => {
      asked.push(host);
      if (host === "good") return Promise.resolve([host]);
      return new Promise((resolve) => free = () => resolve([host]));
    },
  });
  for (let host = 0; host < 16; host++) void network.lookUp(`hangs-${host}`);
  assert.deepEqual([asked.length, clock.pending], [16, 0]);
  const good = network.lookUp("good");
  await clock.advance(999);
  assert.equal(asked.length, 16);
  await clock.advance(1);
  assert.deepEqual([await good, clock.pending], [["good"], 0]);

  for (let host = 16; host < 200; host++) void network.lookUp(`hangs-${host}`);
  await clock.advance(5_000);
  assert.deepEqual([asked.length - 1, clock.pending], [128, 0]);
  free();
  await settle();
  assert.equal(asked.length - 1, 129, "and the next as soon as one is over");
});

Deno.test("a connection that has ended as soon as it is there is a failure of its address, and the next is tried", async () => {
  const clock = new TestClock();
  let closed = 0;
  const connect = (address: string): Promise<Deno.TcpConn> =>
    Promise.resolve({
      setNoDelay: (): void => {
        if (address === "ended") throw new Error("Invalid argument (os error 22)");
      },
      setKeepAlive: (): void => {},
      close: () => closed++,
      address,
    } as unknown as Deno.TcpConn);
  const network = new Network({ clock, connect });
  const made = await network.connect(["ended", "good"], 80, GOING) as unknown as { address: string };
  assert.deepEqual([made.address, closed, clock.pending], ["good", 1, 0]);
  await assert.rejects(network.connect(["ended"], 80, GOING), { message: "Invalid argument (os error 22)" });
});

Deno.test("a connection that is there just as it is given up is closed", async () => {
  await using server = await SocketServer.listen({});
  const network = new Network({ clock: systemClock });
  let made = 0;
  for (let turn = 0; turn < 100; turn++) {
    const stop = new AbortController();
    const connection = network.connect(["127.0.0.1"], server.port, stop.signal).then(
      (connection) => (made++, connection.close()),
      () => {},
    );
    // The kernel connects meanwhile; then the timer, and what the connection says, wait for the same turn.
    for (const end = performance.now() + 1; performance.now() < end;);
    setTimeout(() => stop.abort());
    await connection;
  }
  for (let turn = 0; turn < 400 && server.sockets.size > 0; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(server.sockets.size, 0, `${made} were made`);
});

for (const host of ["localhost", "LocalHost.", "hooks.localhost", "a.b.localhost.", "A.LocalHost"]) {
  Deno.test(`${host} is this machine, whatever the resolver knows`, async () => {
    assert.deepEqual(await new Network({ clock: systemClock }).lookUp(host), ["127.0.0.1", "::1"]);
  });
}
