import { lookup } from "node:dns/promises";
import type { Clock } from "../runtime/clock.ts";

/** What tests replace. */
export interface NetworkDeps {
  clock: Clock;
  /** Opens a TCP connection to an address, a literal; the signal gives it up. By default `Deno.connect`. */
  connect?: (address: string, port: number, signal: AbortSignal) => Promise<Deno.TcpConn>;
  /** All addresses of a host name, as literals, in the order to try them. By default the operating system's resolver. */
  resolve?: (host: string) => Promise<string[]>;
}

/**
 * The way out of the machine that all clients of the process share, with what has to be bounded over all of them:
 *
 * - **Look-ups**: one of a host in flight, whoever asks; 16 in all. The system's resolver cannot be stopped, only left
 *   alone, and a DNS that hangs must not pile them up. But names that hang (anybody may annotate pods with them) must not
 *   keep others from being found: whoever has waited a second begins nevertheless, up to 128 in all.
 * - **TLS connections**: 64. One costs 124 to 230 KB, a plain one 3. Beyond that a client may still have one, so that an
 *   endpoint which holds many in vain never keeps another from being reached.
 */
export class Network {
  readonly clock: Clock;
  readonly #connect: (address: string, port: number, signal: AbortSignal) => Promise<Deno.TcpConn>;
  readonly #resolve: (host: string) => Promise<string[]>;
  readonly #lookUps = new Map<string, Promise<string[]>>();
  readonly #waiting: (() => void)[] = [];
  #resolving = 0;
  #tls = 0;

  constructor({ clock, connect = connectBySystem, resolve = resolveBySystem }: NetworkDeps) {
    this.clock = clock;
    this.#connect = connect;
    this.#resolve = resolve;
  }

  /** All addresses of a host name. Rejects as the resolver does. */
  lookUp(host: string): Promise<string[]> {
    const running = this.#lookUps.get(host);
    if (running !== undefined) return running;
    const found = this.#resolveInTurn(host).finally(() => this.#lookUps.delete(host));
    this.#lookUps.set(host, found);
    return found;
  }

  async #resolveInTurn(host: string): Promise<string[]> {
    if (this.#resolving < MOST_LOOK_UPS) this.#resolving++;
    else await this.#takePlace();
    try {
      return await this.#resolve(host);
    } finally {
      this.#resolving--;
      this.#waiting.shift()?.();
    }
  }

  /** Waits for a place for a look-up, and takes it. */
  #takePlace(): Promise<void> {
    return new Promise((resolve) => {
      const take = (): void => {
        cancel();
        this.#resolving++;
        resolve();
      };
      const cancel = this.clock.after(PATIENCE, () => {
        if (this.#resolving >= MOST_LOOK_UPS_EVER) return;
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        take();
      });
      this.#waiting.push(take);
    });
  }

  /**
   * Takes a place for a TLS connection, if there is one.
   *
   * @param own how many the client has already
   */
  takeTls(own: number): boolean {
    if (this.#tls >= MOST_TLS && own > 0) return false;
    this.#tls++;
    return true;
  }

  giveTlsBack(): void {
    this.#tls--;
  }

  /**
   * Connects to the first of several addresses that accepts: one after another, the next as soon as one refuses or has
   * been silent for 250 ms (RFC 8305 §5), the families in turn. Rejects with what the first of them said.
   */
  connect(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
    const ordered = inTurn(addresses).slice(0, MOST_ADDRESSES);
    const done = new AbortController();
    const stop = AbortSignal.any([signal, done.signal]);
    return new Promise((resolve, reject) => {
      const errors: unknown[] = [];
      let next = 0;
      let cancel = (): void => {};
      const settle = (): void => {
        cancel();
        done.abort();
      };
      const start = (): void => {
        cancel();
        const address = ordered[next++];
        if (address === undefined) return;
        if (next < ordered.length) cancel = this.clock.after(NEXT_ADDRESS, start);
        this.#connect(address, port, stop).then((connection) => {
          if (done.signal.aborted) return connection.close();
          prepare(connection);
          settle();
          resolve(connection);
        }).catch((error) => {
          errors.push(error);
          if (errors.length < ordered.length && !signal.aborted) return start();
          settle();
          reject(errors[0]);
        });
      };
      start();
    });
  }
}

const MOST_LOOK_UPS = 16;
const MOST_LOOK_UPS_EVER = 128;
/** Milliseconds that a look-up waits for those before it. */
const PATIENCE = 1_000;
const MOST_TLS = 64;
/** Milliseconds after which the next address is tried beside one that is silent. */
const NEXT_ADDRESS = 250;
/** Of a name: one with hundreds would otherwise be dialled for as long as the deadline allows. */
const MOST_ADDRESSES = 16;

/** @throws where it has ended already (on macOS; Linux says so with the first read) */
function prepare(connection: Deno.TcpConn): void {
  try {
    connection.setNoDelay(true);
    // What nobody can close any more (see `isSuspect` in dial.ts) ends with its peer at last.
    connection.setKeepAlive(true);
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** IPv6 and IPv4 by turns, beginning with the resolver's first (RFC 8305 §4), each family in its order. */
function inTurn(addresses: readonly string[]): string[] {
  const isSix = (address: string): boolean => address.includes(":");
  const first = addresses.filter((address) => isSix(address) === isSix(addresses[0] ?? ""));
  const second = addresses.filter((address) => !first.includes(address));
  const ordered: string[] = [];
  for (let at = 0; at < addresses.length; at++) {
    ordered.push(...first.slice(at, at + 1), ...second.slice(at, at + 1));
  }
  return ordered;
}

/**
 * Of the names below `localhost`, which are this machine too (RFC 6761 §6.3; so for curl), many resolvers know none, and of
 * `localhost` none does without /etc/hosts.
 */
export async function resolveBySystem(host: string): Promise<string[]> {
  if (/(^|\.)localhost\.?$/i.test(host)) return ["127.0.0.1", "::1"];
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/**
 * When the signal aborts just as the connection is there, `Deno.connect` (2.9.6) drops it unclosed: it asks the signal
 * once more, last of all, and throws. So it gets a signal of its own that does not throw; whoever gave it up closes it.
 */
export async function connectBySystem(
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  signal.throwIfAborted();
  const own = new AbortController();
  own.signal.throwIfAborted = (): void => {};
  const stop = (): void => own.abort();
  signal.addEventListener("abort", stop);
  try {
    return await Deno.connect({ hostname: address, port, signal: own.signal });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
