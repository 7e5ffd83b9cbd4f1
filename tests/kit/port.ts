import type { Server } from "node:net";

/** Ports below those that a system hands out by itself (from 32768 on Linux, from 49152 elsewhere), in blocks. */
const FIRST = 20_000;
const BLOCK = 48;
const BLOCKS = 250;

const HOST = "127.0.0.1";

/** Each file of tests has a block, as long as it runs: whoever holds the first port of one has all of it. */
const block = claimBlock();
let last = 0;

function claimBlock(): number {
  for (;;) {
    const port = FIRST + BLOCK * Math.floor(Math.random() * BLOCKS);
    if (isTaken(() => Deno.listen({ hostname: HOST, port }).unref())) continue;
    return port;
  }
}

/**
 * A port of loopback on which nothing listens, for whoever has to know it beforehand, or comes back to it later: no
 * test beside this one takes it meanwhile, be it by `port: 0`, as the near end of a connection, or from here.
 */
export function freePort(): number {
  for (;;) {
    last = last % (BLOCK - 1) + 1;
    const port = block + last;
    if (!isTaken(() => Deno.listen({ hostname: HOST, port }).close())) return port;
  }
}

function isTaken(listen: () => void): boolean {
  try {
    listen();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return true;
    throw error;
  }
}

/**
 * A server of `node:net`, `node:http` or `node:https` that a test closes and opens again: it listens on the port
 * that it had, or the first time, without one, on a free one.
 *
 * @throws when somebody else has the port by now
 */
export async function listenAgain(server: Server, port?: number): Promise<number> {
  for (;;) {
    const chosen = port ?? freePort();
    try {
      await listenOn(server, chosen);
      return chosen;
    } catch (error) {
      // Another process may have been given the same one.
      if (port !== undefined || (error as { code?: string }).code !== "EADDRINUSE") throw error;
    }
  }
}

async function listenOn(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
