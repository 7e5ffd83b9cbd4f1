/** Where to listen. Without a host: on all addresses of the machine. */
export interface Address {
  host?: string;
  port: number;
}

/** A server that runs. */
export interface Listening {
  /** The port that it got, of use where 0 was asked for. */
  readonly port: number;
  /** Ends it, with what it has under way. Called once, last. */
  close(): Promise<void>;
}

/** Nobody can listen there; the message says what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/**
 * Serves HTTP until it is closed. Never answers a request with a fault's own text.
 *
 * @throws {ListenError} where the address is taken, not this machine's, or not allowed.
 */
export function listen(address: Address, handler: (request: Request) => Response): Listening {
  const abort = new AbortController();
  const server = bind(address, handler, abort.signal);
  return {
    port: server.addr.port,
    async close(): Promise<void> {
      abort.abort();
      await server.finished;
    },
  };
}

/** All addresses are those of IPv6, which take IPv4 along, but for a machine that has IPv6 switched off. */
const ALL = ["::", "0.0.0.0"];

function bind(
  { host, port }: Address,
  handler: (request: Request) => Response,
  signal: AbortSignal,
): Deno.HttpServer<Deno.NetAddr> {
  let cause: unknown;
  for (const hostname of host === undefined ? ALL : [host]) {
    try {
      return Deno.serve({
        hostname,
        port,
        signal,
        onListen(): void {},
        onError: () => new Response(null, { status: 500 }),
      }, handler);
    } catch (error) {
      cause = error;
      if (error instanceof Deno.errors.AddrInUse) break;
    }
  }
  throw new ListenError(`--listen: ${why(cause, port)} Choose another address with --listen HOST:PORT.`, {
    cause,
  });
}

function why(cause: unknown, port: number): string {
  if (cause instanceof Deno.errors.AddrInUse) return `something else listens on port ${port}.`;
  if (cause instanceof Deno.errors.AddrNotAvailable) return "its host is no address of this machine.";
  if (cause instanceof Deno.errors.PermissionDenied) {
    return `port ${port} is below 1024 and needs rights that this user lacks.`;
  }
  return "its host cannot be found, or is no address to listen on.";
}
