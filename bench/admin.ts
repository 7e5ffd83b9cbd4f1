import type { ControlPlane } from "../tests/kit/control_plane.ts";

/** Requests at a time to the API server. */
export const AT_ONCE = 32;

/** What the API server did for whoever reads pods in all namespaces; the benchmark's own requests name one. */
export interface Share {
  /** Lists that were answered. Watches are left out: it counts them when they end, its own among them. */
  lists: number;
  /** Bytes of these answers, as they went out. */
  bytes: number;
  /** Seconds of the processor, for everything. */
  cpu: number;
}

/** The API server, for the administrator, over connections of the benchmark's own. */
export class Admin implements Disposable {
  readonly #server: string;
  readonly #client: Deno.HttpClient;

  private constructor(server: string, client: Deno.HttpClient) {
    this.#server = server;
    this.#client = client;
  }

  static async open({ server, dir }: ControlPlane): Promise<Admin> {
    const read = (name: string): Promise<string> => Deno.readTextFile(`${dir}/pki/${name}`);
    const [cert, key, ca] = [await read("admin.crt"), await read("admin.key"), await read("ca.crt")];
    return new Admin(
      server,
      Deno.createHttpClient({ cert, key, caCerts: [ca], poolMaxIdlePerHost: AT_ONCE }),
    );
  }

  /** Asks for something that must succeed; gives the answer's text. */
  async ask(method: string, path: string, type?: string, body?: unknown): Promise<string> {
    const response = await fetch(`${this.#server}${path}`, {
      method,
      ...type && { headers: { "content-type": type }, body: JSON.stringify(body) },
      client: this.#client,
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 200)}`);
    }
    return text;
  }

  /** What it did so far, by its own metrics. */
  async share(): Promise<Share> {
    const metrics = await this.ask("GET", "/metrics");
    return {
      lists: sum(metrics, lineOf("apiserver_request_total")),
      bytes: sum(metrics, lineOf("apiserver_response_sizes_sum")),
      cpu: sum(metrics, /^process_cpu_seconds_total (\S+)$/gm),
    };
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** The lists of pods in all namespaces, in one of the API server's metrics. */
function lineOf(metric: string): RegExp {
  return new RegExp(`^${metric}\\{.*resource="pods",scope="cluster",.*verb="LIST".*\\} (\\S+)$`, "gm");
}

function sum(metrics: string, line: RegExp): number {
  return [...metrics.matchAll(line)].reduce((total, [, value]) => total + Number(value), 0);
}
