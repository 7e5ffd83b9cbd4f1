import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { ControlPlane } from "./control_plane.ts";
import { realCluster, realUser, writeKubeconfig } from "./kubeconfig.ts";
import { listenAgain } from "./port.ts";

/** A way of its own from one program to the API server, which can be cut without anybody else noticing. */
export class Tunnel implements AsyncDisposable {
  /** Leads through the tunnel. */
  readonly kubeconfig: string;
  readonly #server: Server;
  readonly #port: number;
  readonly #sockets: Set<Socket>;
  readonly #flow: { isSwallowing: boolean };

  static async open(plane: ControlPlane): Promise<Tunnel> {
    const target = new URL(plane.server);
    const sockets = new Set<Socket>();
    const flow = { isSwallowing: false };
    const server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      for (const [one, other] of [[near, far], [far, near]] as const) {
        sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
        one.on("end", () => other.end());
        one.on("data", (bytes) => {
          if (flow.isSwallowing || other.write(bytes)) return;
          one.pause();
          other.once("drain", () => one.resume());
        });
      }
    });
    const port = await listenAgain(server);
    const cluster = { ...await realCluster(plane), server: `https://127.0.0.1:${port}` };
    const kubeconfig = await writeKubeconfig(plane, cluster, await realUser(plane));
    return new Tunnel(kubeconfig, { server, port, sockets, flow });
  }

  private constructor(
    kubeconfig: string,
    { server, port, sockets, flow }: {
      server: Server;
      port: number;
      sockets: Set<Socket>;
      flow: { isSwallowing: boolean };
    },
  ) {
    this.kubeconfig = kubeconfig;
    this.#flow = flow;
    this.#server = server;
    this.#port = port;
    this.#sockets = sockets;
  }

  /** Connections stay and new ones are accepted, and no byte gets through either way, until it is called with false. */
  swallow(isSwallowing = true): void {
    this.#flow.isSwallowing = isSwallowing;
    // What lacks bytes in the middle is of no use any more.
    if (!isSwallowing) { for (const socket of [...this.#sockets]) socket.destroy(); }
  }

  /** Connections break and new ones are refused. */
  async cut(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of [...this.#sockets]) socket.destroy();
    await closed;
  }

  async mend(): Promise<void> {
    await listenAgain(this.#server, this.#port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.cut();
  }
}
