import { daemon } from "./bare_control_plane.ts";
import { type ControlPlane, kill } from "./control_plane.ts";
import { freePort } from "./port.ts";

/**
 * Another kube-apiserver on the same etcd, as a cluster with several of them has: the one that the program talks to
 * can end, while the cluster lives on and is looked at through the other.
 */
export class SecondApiServer implements AsyncDisposable {
  /** The administrator's, for this server. */
  readonly kubeconfig: string;
  readonly #plane: ControlPlane;
  readonly #port: number;
  #pid: string | undefined;

  /** Resolves when it is ready. */
  static async start(plane: ControlPlane): Promise<SecondApiServer> {
    const server = new SecondApiServer(plane, freePort());
    const kubeconfig = await Deno.readTextFile(plane.kubeconfig);
    await Deno.writeTextFile(server.kubeconfig, kubeconfig.replaceAll(plane.server, server.#origin));
    await server.start();
    return server;
  }

  private constructor(plane: ControlPlane, port: number) {
    this.#plane = plane;
    this.#port = port;
    this.kubeconfig = `${plane.dir}/kubeconfig-second`;
  }

  async start(): Promise<void> {
    const { dir } = this.#plane;
    const commandLine = (await Deno.readTextFile(`${dir}/log/kube-apiserver.cmd`))
      .replace(/--secure-port \S+/, `--secure-port ${this.#port}`)
      .replace(/--cert-dir \S+/, `--cert-dir ${dir}/second`);
    this.#pid = await daemon(commandLine, `${dir}/log/second-kube-apiserver.log`);
    for (let attempt = 1; !await this.#isReady(); attempt++) {
      if (attempt === 300) throw new Error(`No API server at ${this.#origin}; see ${dir}/log`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    await kill(this.#pid);
    this.#pid = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #origin(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  async #isReady(): Promise<boolean> {
    try {
      await this.#plane.kubectl(["--server", this.#origin, "get", "--raw", "/readyz"]);
      return true;
    } catch {
      return false;
    }
  }
}
