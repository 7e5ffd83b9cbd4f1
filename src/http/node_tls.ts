import { X509Certificate } from "node:crypto";
import { Duplex } from "node:stream";
import { connect, getCACertificates, type PeerCertificate, type TLSSocket } from "node:tls";
import type { Wire } from "./connection.ts";
import type { Tls } from "./tls.ts";

/**
 * TLS by `node:tls` over a wire, for the two things that `Deno.startTls` cannot do: TLS within TLS (https through an
 * `https://` proxy) and client certificates. Three times the price of a request, so for nothing else.
 *
 * Where authorities are given, those that `DENO_CERT` names do not count: this API has no way to add to them.
 *
 * @param host the name or address that the certificate must be for
 * @throws what the handshake ended with
 */
export async function secureByNode(wire: Wire, host: string, tls: Tls): Promise<Wire> {
  const { caCerts, certificate } = tls;
  const socket = connect({
    socket: streamOf(wire),
    ...addressed(host),
    ...caCerts.length > 0 && { ca: [...getCACertificates("default"), ...caCerts] },
    ...certificate !== undefined && { cert: certificate.cert, key: certificate.key },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("ECONNRESET: closed during the handshake")));
  });
  return new SocketWire(socket);
}

/** What a server shows to whoever does not ask whether to trust it. */
export interface Look {
  /** What it sent, its own certificate first. */
  chain: X509Certificate[];
  /** Bytes that came from it. */
  received: number;
}

/**
 * A handshake for its own sake, of which nothing is believed: to find out why an earlier one failed. Closes the wire. Never
 * rejects: where it fails too, what came until then is the answer.
 */
export async function lookByNode(wire: Wire, host: string): Promise<Look> {
  let received = 0;
  const counting: Wire = {
    read: async (into) => {
      const count = await wire.read(into);
      received += count ?? 0;
      return count;
    },
    write: (from) => wire.write(from),
    close: () => wire.close(),
  };
  const socket = connect({ socket: streamOf(counting), ...addressed(host), rejectUnauthorized: false });
  await new Promise<void>((resolve) => {
    for (const event of ["secureConnect", "error", "close"]) socket.on(event, () => resolve());
  });
  const chain = chainOf(socket.getPeerCertificate(true));
  socket.destroy();
  return { chain, received };
}

/** Node chains them by a property, Deno repeats the first (2.9.6), and the last may name itself. */
function chainOf(own: PeerCertificate): X509Certificate[] {
  const found = new Map<string, X509Certificate>();
  let at: PeerCertificate | undefined = own;
  for (let links = 0; at?.raw !== undefined && links < LONGEST_CHAIN; links++) {
    const certificate = new X509Certificate(at.raw);
    found.set(certificate.fingerprint256, certificate);
    at = "issuerCertificate" in at ? at.issuerCertificate as PeerCertificate : undefined;
  }
  return [...found.values()];
}

const LONGEST_CHAIN = 12;

/** An address is no server name (RFC 6066 §3). */
function addressed(host: string): { host: string; servername: string; ALPNProtocols: string[] } {
  return { host, servername: /^[\d.]+$|:/.test(host) ? "" : host, ALPNProtocols: ["http/1.1"] };
}

function streamOf(wire: Wire): Duplex {
  return new Duplex({
    read(): void {
      const buffer = new Uint8Array(16_384);
      wire.read(buffer).then(
        (count) => void this.push(count === null ? null : buffer.subarray(0, count)),
        (error) => void this.destroy(error),
      );
    },
    write(chunk: Uint8Array, _encoding, done): void {
      writeAll(wire, chunk).then(() => done(), done);
    },
    destroy(error, done): void {
      wire.close();
      done(error);
    },
  });
}

async function writeAll(wire: Wire, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await wire.write(bytes.subarray(at));
}

/** A socket of Node's as a wire: one read and one write at a time. */
class SocketWire implements Wire {
  readonly #socket: TLSSocket;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array(0);

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    // An error that nobody waits for would end the program.
    socket.on("error", () => {});
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return null;
      this.#rest = new Uint8Array(value);
    }
    const piece = this.#rest.subarray(0, into.length);
    into.set(piece);
    this.#rest = this.#rest.subarray(piece.length);
    return piece.length;
  }

  write(from: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      // A copy: it may be sent after the caller has written over it.
      this.#socket.write(from.slice(), (error) => error ? reject(error) : resolve(from.length));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
