import { Alarms } from "./alarms.ts";
import { Connection } from "./connection.ts";
import { dial, placeOf, type Progress, type Way } from "./dial.ts";
import { exchangeFailure, failedAfter, failedBefore, nameOf, type Place, tooLate } from "./failure.ts";
import { headOf } from "./head.ts";
import type { Network } from "./network.ts";
import type { Failure, Outcome, Request, Send } from "./outcome.ts";
import { makeRoute, type Route, type RouteOptions } from "./route.ts";
import { type AskTls, USUAL } from "./tls.ts";

/**
 * HTTP/1.1 for one endpoint: its connections, and one attempt after another on each.
 *
 * ```
 * send ──▶ a kept connection ──────────────────▶ exchange ──▶ answer ──▶ kept again, or closed
 *     └──▶ a place for one more ──▶ dial ──▶───────┘    └──▶ failure
 * ```
 *
 * - Nothing is ever sent twice by itself. A kept connection that turns out to be dead is a failure that says so
 *   (`stale`); from then on no connection that is as old is used.
 * - A connection is kept for 4 s of rest, or as long as the peer says less a second, and for 5 minutes in all: then the
 *   name is resolved anew, else a Service never rebalances and a rotated certificate goes unseen.
 * - The deadline is one for everything. It closes the connection: HTTP/1.1 knows no other way to give up.
 *
 * **Guarded** is the mode for URLs that a pod's annotation named, which means: that anybody who may create pods chose.
 * https only; every address of the host must be public, and one of just these is dialled, so that a name which resolves
 * differently a moment later gains nothing; no proxy, since that would resolve the name anew; two connections at a time,
 * none of them kept, so that a hundred such endpoints cost little.
 */
export interface Client {
  send: Send;
  /** Closes all connections; called after the last attempt has ended. */
  close(): void;
}

/** What a client is opened with. */
export interface ClientOptions extends RouteOptions {
  network: Network;
  /** What TLS is made with, asked at each dial. By default what is usual: the runtime's authorities, no certificate. */
  tls?: AskTls;
}

/** Opens nothing yet. */
export function openClient(options: ClientOptions): Client {
  const pool = new Pool(options);
  return {
    send: (request, deadline, signal) => pool.send(request, deadline, signal),
    close: () => pool.close(),
  };
}

/** A connection and what the pool knows of it. */
interface Pooled {
  connection: Connection;
  origin: string;
  /** Before which failure it was opened. */
  generation: number;
  /** Its receiver's, for what is said of it. */
  place: Place;
  /** While it rests: when it is closed, by the monotonic clock. */
  until: number;
}

class Pool {
  readonly #options: ClientOptions;
  readonly #network: Network;
  readonly #alarms: Alarms;
  readonly #most: number;
  readonly #all = new Set<Pooled>();
  /** Those that rest; the one that was used last is the last. */
  #idle: Pooled[] = [];
  /** Connections, those that are being made included. */
  #open = 0;
  /** Attempts that wait for a connection. */
  readonly #waiting = new Set<() => void>();
  #generation = 0;
  /** Whether the peer last left a connection hanging; see `Way`. */
  #isSuspect = false;
  /** The origin that answered last. */
  #answered: string | undefined;
  #sweepAt = Infinity;
  #route: Route | undefined;
  #isClosed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#network = options.network;
    this.#alarms = new Alarms(options.network.clock);
    this.#most = options.guard === undefined ? Infinity : MOST_GUARDED;
  }

  async send(request: Request, deadline: number, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new TypeError("The client is closed.");
    const route = this.#routeTo(request.url);
    if ("kind" in route) return route;
    const head = headOf(route.prefix, route.authorization, request);
    const now = this.#network.clock.monotonic();
    const attempt: Attempt = { route, due: now + deadline, deadline, signal };
    const connection = this.#takeIdle(route, now) ?? await this.#openOne(attempt);
    if ("kind" in connection) return connection;
    return await this.#exchange(connection, head, request.body, attempt);
  }

  close(): void {
    this.#isClosed = true;
    for (const { connection } of [...this.#all]) connection.close();
    this.#alarms.close();
  }

  async #exchange(pooled: Pooled, head: string, body: Uint8Array, attempt: Attempt): Promise<Outcome> {
    const { route: { origin, way, isProxied }, due, deadline, signal } = attempt;
    const { connection, place } = pooled;
    const wasKept = connection.served > 0;
    const give = (): void => connection.close();
    const cancel = this.#alarms.at(due, give);
    signal.addEventListener("abort", give);
    const exchange = await connection.exchange(head, body);
    cancel();
    signal.removeEventListener("abort", give);
    if (connection.isReady) this.#rest(pooled);
    switch (exchange.kind) {
      case "answer":
        this.#isSuspect = false;
        this.#answered = origin;
        if (isProxied && exchange.answer.status === 407) return proxyWantsPassword(way);
        return exchange.answer;
      case "malformed":
        return failedAfter("malformed", malformed(nameOf(place), exchange.flaw));
      case "ended": {
        const stale = wasKept && exchange.received === 0;
        if (stale) this.#renew();
        const hasAnswered = this.#answered === origin;
        return exchangeFailure(exchange.error, exchange.flaw, place, { stale, hasAnswered });
      }
      case "cut":
        if (!exchange.isWritten) this.#isSuspect = true;
        signal.throwIfAborted();
        // One that a firewall has forgotten looks like this, and then its neighbours do.
        if (wasKept) this.#renew();
        return failedAfter("timeout", tooLate(nameOf(place), "did not answer", deadline));
    }
  }

  /** A kept connection, or a new one. */
  async #openOne({ route, due, deadline, signal }: Attempt): Promise<Pooled | Failure> {
    const stop = new AbortController();
    const give = (): void => stop.abort();
    const cancel = this.#alarms.at(due, give);
    signal.addEventListener("abort", give);
    const progress: Progress = { place: route.place, waitsFor: "place" };
    try {
      while (!this.#takePlace(route)) {
        await this.#turn(stop.signal);
        const kept = stop.signal.aborted ? undefined : this.#takeIdle(route, this.#network.clock.monotonic());
        if (kept !== undefined) return kept;
        if (stop.signal.aborted) break;
      }
      const made = stop.signal.aborted ? undefined : await this.#dial(route, progress, stop.signal);
      if (stop.signal.aborted && progress.waitsFor === "tls") this.#isSuspect = true;
      signal.throwIfAborted();
      if (made === undefined || stop.signal.aborted) return late(progress, deadline);
      return made;
    } finally {
      cancel();
      signal.removeEventListener("abort", give);
      // Its turn may have come as its time was over: it is the next one's then.
      if (stop.signal.aborted) this.#wakeOne();
    }
  }

  async #dial(route: Route, progress: Progress, signal: AbortSignal): Promise<Pooled | Failure> {
    const tls = usesTls(route.way) ? this.#options.tls?.() ?? USUAL : USUAL;
    if ("kind" in tls) {
      this.#givePlaceBack(route);
      return tls;
    }
    const way = { ...route.way, tls, isSuspect: this.#isSuspect };
    const wire = await dial(way, this.#network, progress, signal);
    if ("kind" in wire) {
      this.#givePlaceBack(route);
      return wire;
    }
    const connection = new Connection(wire, this.#network.clock.monotonic(), () => {
      this.#all.delete(pooled);
      this.#idle = this.#idle.filter((other) => other !== pooled);
      this.#givePlaceBack(route);
    });
    const [{ origin }, place, generation] = [route, placeOf(way), this.#generation];
    const pooled: Pooled = { connection, origin, generation, place, until: 0 };
    this.#all.add(pooled);
    // One that nobody waits for any more must not stay behind.
    if (signal.aborted || this.#isClosed) connection.close();
    return pooled;
  }

  #takePlace({ way }: Route): boolean {
    if (this.#open >= this.#most || (usesTls(way) && !this.#network.takeTls(this.#open))) return false;
    this.#open++;
    return true;
  }

  #givePlaceBack({ way }: Route): void {
    this.#open--;
    if (usesTls(way)) this.#network.giveTlsBack();
    this.#wakeOne();
  }

  /** Resolves when a connection of this client has become free or has ended; or the signal aborts. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done);
    });
  }

  #wakeOne(): void {
    for (const wake of this.#waiting) return wake();
  }

  #takeIdle({ origin }: Route, now: number): Pooled | undefined {
    for (let at = this.#idle.length - 1; at >= 0; at--) {
      const pooled = this.#idle[at];
      if (pooled === undefined || pooled.origin !== origin || pooled.until <= now) continue;
      this.#idle.splice(at, 1);
      return pooled;
    }
    return undefined;
  }

  #rest(pooled: Pooled): void {
    const { connection, generation } = pooled;
    const now = this.#network.clock.monotonic();
    pooled.until = Math.min(now + idleTime(connection.idleLimit), connection.openedAt + MOST_AGE);
    const isOfUse = this.#options.guard === undefined && generation === this.#generation &&
      pooled.until > now;
    if (!isOfUse || this.#isClosed) return connection.close();
    this.#idle.push(pooled);
    if (pooled.until < this.#sweepAt) this.#sweepLater(pooled.until);
    this.#wakeOne();
  }

  #sweepLater(at: number): void {
    this.#sweepAt = at;
    this.#alarms.at(at, () => this.#sweep());
  }

  #sweep(): void {
    const now = this.#network.clock.monotonic();
    if (now < this.#sweepAt) return;
    for (const { connection, until } of [...this.#idle]) if (until <= now) connection.close();
    this.#sweepAt = Infinity;
    const next = Math.min(...this.#idle.map(({ until }) => until));
    if (next < Infinity) this.#sweepLater(next);
  }

  /** What was opened before this moment is not used again. */
  #renew(): void {
    this.#generation++;
    for (const { connection } of [...this.#idle]) connection.close();
  }

  /** Nearly always the same URL: a client is for one endpoint. */
  #routeTo(url: URL): Route | Failure {
    if (this.#route?.url === url) return this.#route;
    const route = makeRoute(url, this.#options);
    if (!("kind" in route)) this.#route = route;
    return route;
  }
}

interface Attempt {
  route: Route;
  /** The monotonic instant at which its time is over. */
  due: number;
  /** Milliseconds, for people. */
  deadline: number;
  signal: AbortSignal;
}

/** Connections of a guarded client. */
const MOST_GUARDED = 2;

/** Milliseconds that a connection rests where the peer says nothing: the shortest that is common is Node's five seconds. */
const IDLE = 4_000;
const MOST_IDLE = 30_000;

/** Milliseconds that a connection is used at all. */
const MOST_AGE = 300_000;

/** The peer's own time less a second for the way; of a second or two, half. */
function idleTime(limit: number | undefined): number {
  if (limit === undefined) return IDLE;
  return Math.min(MOST_IDLE, Math.max(limit - 1_000, limit / 2));
}

function usesTls({ isTls, proxy }: Way): boolean {
  return isTls || proxy?.scheme === "https";
}

function late({ place, waitsFor }: Progress, deadline: number): Failure {
  const what = {
    place: "had no connection free",
    name: "was not resolved",
    connection: "did not accept the connection",
    tunnel: "did not answer to CONNECT",
    tls: "did not complete the TLS handshake",
  }[waitsFor];
  const who = waitsFor === "name" ? `the name of ${nameOf(place)}` : nameOf(place);
  const message = tooLate(who, what, deadline);
  if (place.proxyFrom === undefined) return failedBefore("timeout", message);
  return failedBefore("proxy", `${message}. Check that it runs, and ${place.proxyFrom}`);
}

function malformed(who: string, flaw: string): string {
  return `${who} ${flaw}. Check the port, and whether it is http or https`;
}

function proxyWantsPassword({ proxy }: Way): Failure {
  return failedBefore(
    "proxy",
    `the proxy ${proxy?.label} wants a user and a password (status 407): put them into ${proxy?.from}`,
  );
}
