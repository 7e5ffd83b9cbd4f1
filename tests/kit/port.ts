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
