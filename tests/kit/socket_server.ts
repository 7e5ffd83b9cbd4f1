import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";

/** An answer after which the connection is kept, and what gives it to each request. */
export const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
export const accept = (socket: Socket): void => void socket.write(OK);

/** A request as it came over a socket. */
export interface Arrived {
  /** The request line and the fields. */
  head: string;
  body: string;
  /** Which connection, and which request of it; both from 1. */
  connection: number;
  number: number;
}

/** What a server does. Each is called with the socket, to write or to break whatever it likes. */
export interface Behaviour {
  /** A whole request has come. */
  onRequest?: (socket: Socket, request: Arrived) => void;
  /** Some bytes have come, whole request or not. */
  onData?: (socket: Socket) => void;
  onConnection?: (socket: Socket) => void;
  /** In PEM; undefined: plain. */
  tls?: { cert: string; key: string; requestCert?: boolean; ca?: string; ALPNProtocols?: string[] };
}

/** A server on loopback that speaks only as much HTTP as it takes to see where a request ends. */
export class SocketServer implements AsyncDisposable {
  readonly requests: Arrived[] = [];
  connections = 0;
  readonly sockets = new Set<Socket>();
  readonly port: number;
  readonly #server: Server;

  static async listen(behaviour: Behaviour): Promise<SocketServer> {
    const accept = (socket: Socket): void => self?.accept(socket, behaviour);
    const server = behaviour.tls === undefined
      ? createServer(accept)
      : createTlsServer(behaviour.tls, accept).on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const self: SocketServer | undefined = new SocketServer(server);
    return self;
  }

  private constructor(server: Server) {
    this.#server = server;
    const address = server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
  }

  private accept(socket: Socket, { onRequest, onData, onConnection }: Behaviour): void {
    const connection = ++this.connections;
    this.sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    socket.setNoDelay(true);
    let text = "";
    let number = 0;
    socket.on("data", (data) => {
      onData?.(socket);
      text += data.toString("latin1");
      for (;;) {
        const end = text.indexOf("\r\n\r\n");
        if (end === -1) return;
        const head = text.slice(0, end);
        const length = Number(/^content-length: (\d+)$/m.exec(head)?.[1] ?? 0);
        if (text.length < end + 4 + length) return;
        const request = { head, body: text.slice(end + 4, end + 4 + length), connection, number: ++number };
        text = text.slice(end + 4 + length);
        this.requests.push(request);
        onRequest?.(socket, request);
      }
    });
    onConnection?.(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Waits until something holds of sockets, which no test's clock moves. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn++) await pause(5);
  assert.ok(holds());
}
