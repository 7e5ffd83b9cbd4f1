import { type Clock, sleep } from "../runtime/clock.ts";
import { NO_MORE_FILES, RAISE_FILES } from "../runtime/open_files.ts";
import type { Service } from "./answer.ts";
import { Server } from "./server.ts";

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

/** What names an address, in short and with its values. */
interface Flag {
  name: string;
  spelled: string;
}

/** Nobody can listen there; the message says what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Milliseconds until the next try where a connection cannot be accepted: the process may have no file left to open. */
const RETRY_AFTER = 100;

/**
 * Serves HTTP until it is closed (see `server.ts`, whose bounds hold).
 *
 * @param flag what names the address, for the error
 * @throws {ListenError} where the address is taken, not this machine's, or not allowed.
 */
export function listen(
  address: Address,
  service: Service,
  clock: Clock,
  flag: Flag = { name: "--listen", spelled: "--listen HOST:PORT" },
): Listening {
  const listener = bind(address, flag);
  const server = new Server(service, clock);
  const abort = new AbortController();
  const ended = accept(listener, server, clock, abort.signal);
  return {
    port: listener.addr.port,
    async close(): Promise<void> {
      abort.abort();
      listener.close();
      await server.close();
      await ended;
    },
  };
}

/** Takes connections until the listener is closed. What one does, or that one more cannot be had, ends nothing. */
async function accept(
  listener: Deno.TcpListener,
  server: Server,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      server.serve(await listener.accept());
    } catch {
      if (signal.aborted) return;
      server.makeRoom();
      await sleep(clock, RETRY_AFTER, signal);
    }
  }
}

/** All addresses are those of IPv6, which take IPv4 along, but for a machine that has IPv6 switched off. */
const ALL = ["::", "0.0.0.0"];

function bind({ host, port }: Address, flag: Flag): Deno.TcpListener {
  let cause: unknown;
  for (const hostname of host === undefined ? ALL : [host]) {
    try {
      return Deno.listen({ hostname, port });
    } catch (error) {
      cause = error;
      if (error instanceof Deno.errors.AddrInUse) break;
    }
  }
  const { name, spelled } = flag;
  if (cause instanceof Error && NO_MORE_FILES.test(cause.message)) {
    throw new ListenError(`${name}: ${RAISE_FILES}.`, { cause });
  }
  throw new ListenError(`${name}: ${why(cause, port)} Choose another address with ${spelled}.`, {
    cause,
  });
}

function why(cause: unknown, port: number): string {
  if (cause instanceof Deno.errors.AddrInUse) return `something else listens on port ${port}.`;
  if (cause instanceof Deno.errors.AddrNotAvailable) return "its host is not an address of this machine.";
  if (cause instanceof Deno.errors.PermissionDenied) {
    return `port ${port} is below 1024 and needs rights that this user lacks.`;
  }
  return "its host cannot be found, or is not an address to listen on.";
}
