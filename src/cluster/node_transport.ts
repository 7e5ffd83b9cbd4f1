import { type IncomingMessage, request as httpRequest } from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";
import type { Clock } from "../runtime/clock.ts";
import { bareHost, portOf, type Proxy, proxyAuthorization } from "../runtime/proxy.ts";
import { tunnelRefused } from "../runtime/proxy_status.ts";
import { shownOf } from "../runtime/client_certificate.ts";
import { bytesOf, inflated } from "./inflated.ts";
import type { Outgoing, Transport, TransportOptions } from "./transport.ts";

/**
 * How the API server's certificate is judged.
 *
 * - `authority`: it has to be signed by one of the authorities, and be for the right name.
 * - `pinned`: it has to be one of the authorities itself, be for the right name, and not have expired: Go takes an end
 *   entity's certificate for a root, rustls does not (webpki's UnknownIssuer and CaUsedAsEndEntity).
 * - `nothing`: as with kubectl's insecure-skip-tls-verify.
 */
export type Judgement = "authority" | "pinned" | "nothing";

/** What decides beside trust and client certificate. */
export interface NodeOptions extends TransportOptions {
  readonly judgement: Judgement;
  /** The name that is asked for, and that the certificate must be for, in place of the URL's. */
  readonly serverName?: string | undefined;
  readonly clock: Clock;
}

/**
 * Requests by `node:tls` and `node:http`, for what Deno's fetch cannot do: another server name, a certificate that is
 * not judged or is pinned, and client certificates of X.509 v1. Each request has a connection of its own: a handshake
 * more, and none of the pool's troubles. A SOCKS proxy is more than it can do.
 *
 * What fails before an answer is Node's error, with its code (`ECONNREFUSED`, `ERR_TLS_CERT_ALTNAME_INVALID`, …).
 */
export class NodeTransport implements Transport {
  readonly #options: NodeOptions;

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  async send({ url, headers, posted, signal }: Outgoing): Promise<Response> {
    const to = new URL(url);
    const socket = await this.#connect(to, signal);
    const end = (): void => void socket.destroy();
    signal.addEventListener("abort", end);
    socket.once("close", () => signal.removeEventListener("abort", end));
    try {
      return responseOf(await ask(to, headers, posted, socket), socket);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  close(): void {}

  async #connect(to: URL, signal: AbortSignal): Promise<TLSSocket> {
    signal.throwIfAborted();
    const { authorities, certificate, judgement, serverName, proxy, clock } = this.#options;
    const name = serverName ?? bareHost(to);
    const tcp = proxy === undefined ? await connected(bareHost(to), portOf(to), signal) : await tunnelled(
      proxy,
      `${to.hostname}:${portOf(to)}`,
      signal,
    );
    const socket = connectTls({
      socket: tcp,
      host: name,
      // An address is no server name (RFC 6066 §3).
      servername: isIP(name) === 0 ? name : "",
      ALPNProtocols: ["http/1.1"],
      rejectUnauthorized: judgement === "authority",
      ...judgement === "authority" && authorities !== undefined && { ca: [...authorities.pem] },
      ...certificate !== undefined && shownOf(certificate),
    });
    await once(socket, "secureConnect", signal);
    if (judgement !== "pinned") return socket;
    const peer = socket.getPeerCertificate();
    const fault = authorities?.includes(peer.raw) ? faultOf(peer, name, clock.now()) : "UnknownIssuer";
    if (fault === undefined) return socket;
    socket.destroy();
    throw fault instanceof Error ? fault : new Error(fault);
  }
}

/** Why a certificate that is trusted is not that of this server now; as an error or in the words of rustls. */
function faultOf(peer: PeerCertificate, name: string, now: number): Error | string | undefined {
  // Node would take the common name, at which nobody else looks any more.
  if (peer.subjectaltname === undefined) return "not valid for any names";
  if (now < Date.parse(peer.valid_from)) return "certificate not valid yet";
  if (now > Date.parse(peer.valid_to)) return "certificate expired";
  return checkServerIdentity(name, peer);
}

async function connected(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port, noDelay: true });
  await once(socket, "connect", signal);
  return socket;
}

/**
 * A way through an HTTP proxy (RFC 9110 §9.3.6), itself over TLS where it is an `https://` one. What fails here fails in the
 * words of hyper, by which `proxyFault` knows what happened.
 */
async function tunnelled(proxy: Proxy, target: string, signal: AbortSignal): Promise<Socket> {
  if (proxy.scheme !== "http" && proxy.scheme !== "https") throw new Error("unsupported proxy");
  const tcp = await connected(proxy.host, proxy.port, signal).catch((cause) => {
    signal.throwIfAborted();
    throw new Error(`tcp connect error: ${CONNECT_FAULTS[cause.code] ?? cause.code}`, { cause });
  });
  try {
    const socket = proxy.scheme === "http" ? tcp : await secured(tcp, proxy.host, signal);
    await openWay(socket, proxy, target, signal);
    return socket;
  } catch (error) {
    tcp.destroy();
    throw error;
  }
}

/** Node's codes in the words of the operating system. */
const CONNECT_FAULTS: Record<string, string> = {
  ECONNREFUSED: "Connection refused",
  ENOTFOUND: "failed to lookup address",
  EAI_AGAIN: "failed to lookup address",
};

async function secured(tcp: Socket, host: string, signal: AbortSignal): Promise<Socket> {
  const socket = connectTls({ socket: tcp, host, servername: isIP(host) === 0 ? host : "" });
  await once(socket, "secureConnect", signal);
  return socket;
}

async function openWay(socket: Socket, proxy: Proxy, target: string, signal: AbortSignal): Promise<void> {
  const authorization = proxyAuthorization(proxy);
  const credentials = authorization === undefined ? "" : `proxy-authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${credentials}\r\n`);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    await once(socket, "readable", signal).catch((cause) => {
      signal.throwIfAborted();
      throw new Error("unexpected eof while tunneling", { cause });
    });
    const chunk: Uint8Array | null = socket.read();
    if (chunk !== null) head += new TextDecoder("latin1").decode(chunk);
    if (head.length > 16_384 || !"HTTP/1.".startsWith(head.slice(0, 7))) break;
  }
  const status = /^HTTP\/1\.\d (\d{3})/.exec(head)?.[1] ?? "none";
  if (status === "200") return;
  throw new Error(status === "none" ? "unsuccessful tunnel" : tunnelRefused(Number(status)));
}

/** The first event of this name, unless the socket ends or the signal aborts before: then it is destroyed. */
function once(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: Error): void => reject(error);
  const end = (): void => reject(new Error("the connection was closed in the middle of the handshake"));
  const abort = (): void => {
    reject(signal.reason);
    socket.destroy();
  };
  socket.once(event, resolve);
  socket.on("error", fail);
  socket.once("close", end);
  signal.addEventListener("abort", abort);
  return promise.finally(() => {
    socket.off(event, resolve);
    socket.off("close", end);
    signal.removeEventListener("abort", abort);
    // An error that nobody waits for would end the program: `fail` stays, and is of no consequence any more.
  });
}

/** Bytes of an answer's head: Node's own limit is 16 KiB, which the cookies of what stands on the way can reach. */
const LONGEST_HEAD = 256 * 1024;

function linesOf(headers: Outgoing["headers"]): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
}

function ask(
  to: URL,
  headers: Outgoing["headers"],
  posted: string | undefined,
  socket: TLSSocket,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: to.hostname,
      method: posted === undefined ? "GET" : "POST",
      path: `${to.pathname}${to.search}`,
      headers: { ...linesOf(headers), host: to.host, connection: "close" },
      maxHeaderSize: LONGEST_HEAD,
      createConnection: () => socket,
    }, resolve);
    request.on("error", reject);
    // A server that switches protocols, which nobody asked for, gives no answer, and that is no error to Node.
    request.on("upgrade", (_message, upgraded) => upgraded.destroy());
    request.on("close", () => reject(new Error("the connection was closed before an answer")));
    request.end(posted);
  });
}

function responseOf(message: IncomingMessage, socket: TLSSocket): Response {
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] ?? "", message.rawHeaders[at + 1] ?? "");
  }
  message.once("close", () => socket.destroy());
  const isEmpty = status === 204 || status === 205 || status === 304;
  if (isEmpty) message.resume();
  return new Response(isEmpty ? null : bytesOf(inflated(message, message.headers["content-encoding"])), {
    status,
    headers,
  });
}
