import { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import type { Wire } from "./connection.ts";

/** A certificate by which a client shows who it is, and its key; PEM texts. */
export interface ClientCertificate {
  cert: string;
  key: string;
}

/**
 * TLS by `node:tls` over a wire, for the two things that `Deno.startTls` cannot do: TLS within TLS (https through an
 * `https://` proxy) and client certificates. Three times the price of a request, so for nothing else.
 *
 * @param host the name or address that the certificate must be for
 * @param caCerts PEM: where any are given, the only authorities that are trusted; else those of the runtime
 * @throws what the handshake ended with
 */
export async function secureByNode(
  wire: Wire,
  host: string,
  caCerts: readonly string[],
  certificate?: ClientCertificate,
): Promise<Wire> {
  const socket = connect({
    socket: streamOf(wire),
    host,
    // An address is no server name (RFC 6066 §3).
    servername: /^[\d.]+$|:/.test(host) ? "" : host,
    ALPNProtocols: ["http/1.1"],
    ...caCerts.length > 0 && { ca: [...caCerts] },
    ...certificate,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("ECONNRESET: closed during the handshake")));
  });
  return new SocketWire(socket);
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
