import type { Server } from "node:net";

/**
 * A port of loopback on which nothing listens, for whoever has to know it beforehand, or comes back to it later.
 *
 * It is below those that a system hands out by itself (from 32768 on Linux, from 49152 elsewhere), so that no test
 * beside this one takes it meanwhile by `port: 0` or as the near end of a connection.
 */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
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
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
