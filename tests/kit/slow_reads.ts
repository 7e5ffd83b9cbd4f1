import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { request } from "node:https";
import type { ControlPlane } from "./control_plane.ts";
import { realCluster, realUser, writeKubeconfig } from "./kubeconfig.ts";

/** A way to the API server on which reads of single pods take their time, and nothing else does. */
export class SlowReads implements AsyncDisposable {
  /** Leads there, as an administrator. */
  readonly kubeconfig: string;
  readonly #server: Server;
  readonly #reads: { underWay: number; most: number };

  /** @param delay milliseconds */
  static async open(plane: ControlPlane, delay: number): Promise<SlowReads> {
    const pem = (data: unknown): string => atob(String(data));
    const user = await realUser(plane);
    const credentials = {
      ca: pem((await realCluster(plane))["certificate-authority-data"]),
      cert: pem(user["client-certificate-data"]),
      key: pem(user["client-key-data"]),
    };
    const reads = { underWay: 0, most: 0 };
    const server = createServer(async (near, answer) => {
      if (/\/pods\/[^/?]+$/.test(near.url ?? "")) {
        reads.most = Math.max(reads.most, ++reads.underWay);
        await new Promise((resolve) => setTimeout(resolve, delay));
        reads.underWay--;
      }
      forward(near, answer, new URL(near.url ?? "/", plane.server), credentials);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const kubeconfig = await writeKubeconfig(plane, { server: `http://127.0.0.1:${port}` }, {});
    return new SlowReads(server, reads, kubeconfig);
  }

  private constructor(server: Server, reads: { underWay: number; most: number }, kubeconfig: string) {
    this.#server = server;
    this.#reads = reads;
    this.kubeconfig = kubeconfig;
  }

  /** How many reads of single pods were under way at a time, at the most. */
  get most(): number {
    return this.#reads.most;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function forward(
  near: IncomingMessage,
  answer: ServerResponse,
  url: URL,
  credentials: { ca: string; cert: string; key: string },
): void {
  const headers = { ...near.headers, host: url.host };
  const far = request(url, { method: near.method, headers, ...credentials, agent: false }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    answer.flushHeaders();
    reply.pipe(answer);
    reply.on("error", () => answer.destroy());
  });
  far.on("error", () => answer.destroy());
  answer.on("close", () => far.destroy());
  near.pipe(far);
}
