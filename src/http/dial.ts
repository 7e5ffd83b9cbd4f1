import { isIP } from "node:net";
import { type Proxy, proxyAuthorization } from "../runtime/proxy.ts";
import { adviceOnRefusal } from "../runtime/proxy_fault.ts";
import type { Wire } from "./connection.ts";
import { dialFailure, failedBefore, hostLabel, needsLook, type Place } from "./failure.ts";
import type { Network } from "./network.ts";
import type { Look } from "./node_tls.ts";
import type { Failure } from "./outcome.ts";
import { ResponseReader } from "./response.ts";
import type { Tls } from "./tls.ts";

/** Where a connection is to lead, and how. */
export interface Way {
  /** A name or an address, without brackets. */
  host: string;
  port: number;
  isTls: boolean;
  proxy: Proxy | undefined;
  /** Only addresses that this allows are dialled, and none if one of the host's is not; undefined: all. */
  allowed: ((address: string) => boolean) | undefined;
  tls: Tls;
  /**
   * Whether TLS is to be made by `node:tls` though `Deno.startTls` would do. A connection of Deno's that is closed in the
   * middle of its handshake, or while it cannot write, keeps its socket until the *peer* ends it (Deno 2.9.6): with a
   * receiver that hangs, one more at each attempt.
   */
  isSuspect: boolean;
}

/** What a dial waits for now; for a sentence when the time is over. */
export interface Progress {
  place: Place;
  waitsFor: "place" | "name" | "connection" | "tunnel" | "tls";
}

/**
 * Makes a connection over which a request can be sent:
 *
 * ```
 * name ──▶ addresses ──▶ (guard) ──▶ TCP ──▶ (TLS to the proxy) ──▶ (CONNECT) ──▶ (TLS)
 * ```
 *
 * What fails here fails before the request, so it says nothing about the message. Behind a proxy it says who is at fault:
 * what fails on the way to the proxy, and a CONNECT that is refused, names the proxy; TLS behind the tunnel the receiver.
 * An `http:` URL takes no tunnel: the request itself goes to the proxy (see `client.ts`).
 *
 * Where the error of a handshake does not tell what a person should do, a second connection looks at what the server shows.
 *
 * @param progress is kept up to date
 * @param signal gives it up: it then resolves to a failure of no meaning, at once, and leaves nothing open
 */
export async function dial(
  way: Way,
  network: Network,
  progress: Progress,
  signal: AbortSignal,
): Promise<Wire | Failure> {
  const made = await reach(way, network, progress, signal, secureLast);
  if (!("error" in made)) return made;
  const { place, waitsFor } = progress;
  const isReceivers = waitsFor === "tls" && place.proxyFrom === undefined;
  const look = isReceivers && needsLook(made.error) ? await lookAgain(way, network, signal) : undefined;
  return dialFailure(made.error, place, look);
}

/** What is done last with a connection to an https server, once there is a way to it. `taken` as in `secure`. */
type Last = (
  reached: { wire: Wire; tcp: Deno.TcpConn },
  way: Way,
  taken: (wire: Wire) => void,
) => Promise<Wire>;

const secureLast: Last = async ({ wire, tcp }, way, taken) => {
  // TLS of Deno's needs the socket itself.
  const isPlain = wire === tcp;
  if (isPlain && way.tls.certificate === undefined && !way.isSuspect) {
    return await secure(tcp, serverName(way), way.tls.caCerts, taken);
  }
  const { secureByNode } = await import("./node_tls.ts");
  return await secureByNode(wire, serverName(way), way.tls);
};

/** Whom the receiver's certificate must name. */
function serverName({ host, tls }: Way): string {
  return tls.serverName ?? host;
}

/** What the server shows in a handshake of which nothing is believed; undefined: it was not reached. */
export async function lookAgain(way: Way, network: Network, signal: AbortSignal): Promise<Look | undefined> {
  const enough = new AbortController();
  const cancel = network.clock.after(LONGEST_LOOK, () => enough.abort());
  const both = AbortSignal.any([signal, enough.signal]);
  const progress: Progress = { place: placeOf(way), waitsFor: "place" };
  let look: Look | undefined;
  const { lookByNode } = await import("./node_tls.ts");
  await reach(way, network, progress, both, async ({ wire }) => {
    look = await lookByNode(wire, serverName(way));
    return wire;
  });
  cancel();
  return look;
}

/** Milliseconds. It is for a better sentence alone. */
const LONGEST_LOOK = 2_000;

/** The receiver's, for what is said of it. */
export function placeOf({ host, port, isTls, proxy, tls }: Way): Place {
  return { label: hostLabel(host, port), proxyFrom: undefined, via: proxy, isTls, tls };
}

async function reach(
  way: Way,
  network: Network,
  progress: Progress,
  signal: AbortSignal,
  last: Last,
): Promise<Wire | Failure | { error: unknown }> {
  const { proxy } = way;
  const receiver = placeOf(way);
  const first: Place = proxy === undefined ? receiver : {
    label: proxy.label,
    proxyFrom: proxy.from,
    via: undefined,
    isTls: proxy.scheme === "https",
    tls: way.tls,
  };
  const { host, port } = proxy ?? way;
  let wire: Wire | undefined;
  const stop = (): void => {
    try {
      wire?.close();
    } catch {
      // Closed already: by the signal, in the middle of a step that then failed.
    }
  };
  signal.addEventListener("abort", stop);
  progress.place = first;
  try {
    progress.waitsFor = "name";
    const addresses = isIP(host) === 0 ? await unlessAborted(network.lookUp(host), signal) : [host];
    const refused = check(addresses, way, first);
    if (refused !== undefined) return refused;
    progress.waitsFor = "connection";
    const tcp = await network.connect(addresses, port, signal);
    wire = tcp;
    if (proxy?.scheme === "https") {
      progress.waitsFor = "tls";
      wire = await secure(tcp, host, way.tls.caCerts, (made) => wire = made);
    }
    if (!way.isTls) return signal.aborted ? givenUp(stop) : wire;
    if (proxy !== undefined) {
      progress.waitsFor = "tunnel";
      const failure = await openTunnel(wire, proxy, receiver.label);
      if (failure !== undefined) {
        stop();
        return failure;
      }
    }
    progress.place = receiver;
    progress.waitsFor = "tls";
    wire = await last({ wire, tcp }, way, (made) => wire = made);
    return signal.aborted ? givenUp(stop) : wire;
  } catch (error) {
    stop();
    return { error };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** One that was given up in its last step is of no use to anybody. */
function givenUp(stop: () => void): Failure {
  stop();
  return failedBefore("timeout", "given up");
}

function check(addresses: string[], { allowed }: Way, place: Place): Failure | undefined {
  if (addresses.length === 0) {
    return failedBefore("name", `the name of ${place.label} has no address. Check its spelling`);
  }
  if (allowed === undefined) return undefined;
  // One that is refused refuses all: a public host has no business with a private address.
  const refused = addresses.find((address) => !allowed(address));
  if (refused === undefined) return undefined;
  return failedBefore(
    "blocked",
    `${place.label} is not dialled: its address ${refused} is not public, and the webhook of a pod must be`,
  );
}

/**
 * `Deno.connectTls` would do it in one call, but cannot be given up and hides when the handshake is over.
 *
 * @param taken gets the connection before the handshake, so that it can be closed meanwhile
 */
async function secure(
  tcp: Deno.TcpConn,
  hostname: string,
  caCerts: readonly string[],
  taken: (wire: Wire) => void,
): Promise<Wire> {
  const connection = await Deno.startTls(tcp, {
    hostname,
    caCerts: [...caCerts],
    alpnProtocols: ["http/1.1"],
  });
  taken(connection);
  await connection.handshake();
  return connection;
}

/** Asks the proxy for a way through (RFC 9110 §9.3.6). Reads piece by piece, so that no read is pending afterwards. */
async function openTunnel(wire: Wire, proxy: Proxy, target: string): Promise<Failure | undefined> {
  const authorization = proxyAuthorization(proxy);
  const credentials = authorization === undefined ? "" : `proxy-authorization: ${authorization}\r\n`;
  const request = new TextEncoder().encode(
    `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${credentials}\r\n`,
  );
  for (let at = 0; at < request.length;) at += await wire.write(request.subarray(at));
  const reader = new ResponseReader(true);
  const buffer = new Uint8Array(4_096);
  while (reader.phase === "head") {
    const count = await wire.read(buffer);
    if (count === null) reader.end();
    else reader.push(buffer.subarray(0, count));
  }
  if (reader.phase === "broken") {
    const advice = `Check that it is an HTTP proxy, and ${proxy.from}`;
    return failedBefore("proxy", `the proxy ${proxy.label} ${reader.flaw}. ${advice}`);
  }
  const { status } = reader;
  if (status === 407) {
    return failedBefore(
      "proxy",
      `the proxy ${proxy.label} wants a user and a password (status 407): put them into ${proxy.from}`,
    );
  }
  if (status >= 300) {
    return failedBefore(
      "proxy",
      `the proxy ${proxy.label} refused to connect to ${target} (status ${status}). ${
        adviceOnRefusal(status, proxy)
      }`,
    );
  }
  // A server waits for the client's hello: who speaks first is not the receiver.
  if (reader.hasExcess) {
    return failedBefore("proxy", `the proxy ${proxy.label} sent bytes behind its answer to CONNECT`);
  }
  return undefined;
}

/** What the promise comes to, unless the signal aborts first: a resolver cannot be stopped, only left alone. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
