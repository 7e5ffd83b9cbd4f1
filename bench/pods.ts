import type { ControlPlane } from "../tests/kit/control_plane.ts";

/** Requests at a time to the API server. */
const AT_ONCE = 32;

/** A pod of about 10 KB with two containers, as a service with a sidecar has it. */
function manifest(name: string): unknown {
  const variables = Array.from({ length: 30 }, (_, index) => ({
    name: `SETTING_${index}`,
    value: `value-${index}-${"x".repeat(40)}`,
  }));
  const container = (role: string): unknown => ({
    name: role,
    image: `registry.example.com/shop/${role}:1.2.3`,
    env: variables,
    resources: { requests: { cpu: "100m", memory: "128Mi" } },
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      labels: { app: "shop", tier: "web" },
      annotations: { "example.com/config": "y".repeat(4_000) },
    },
    spec: { containers: [container("app"), container("proxy")] },
  };
}

/** Makes and changes pods at the API server, over connections of its own. */
export class Pods implements Disposable {
  readonly #server: string;
  readonly #client: Deno.HttpClient;
  #count = 0;
  #changes = 0;

  private constructor(server: string, client: Deno.HttpClient) {
    this.#server = server;
    this.#client = client;
  }

  static async open({ server, dir }: ControlPlane): Promise<Pods> {
    const read = (name: string): Promise<string> => Deno.readTextFile(`${dir}/pki/${name}`);
    const [cert, key, ca] = [await read("admin.crt"), await read("admin.key"), await read("ca.crt")];
    return new Pods(server, Deno.createHttpClient({ cert, key, caCerts: [ca], poolMaxIdlePerHost: AT_ONCE }));
  }

  /** Creates pods until there are so many. */
  async grow(to: number): Promise<void> {
    const names = Array.from({ length: to - this.#count }, (_, index) => `web-${this.#count + index}`);
    this.#count = to;
    const worker = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        await this.#ask("POST", "", "application/json", manifest(name));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /**
   * Changes one pod after the other, so many a second, whatever the server's pace. Each change carries the instant
   * at which it was asked for.
   */
  async change(rate: number, seconds: number): Promise<void> {
    const start = performance.now();
    const asked: Promise<void>[] = [];
    for (let change = 0; change < rate * seconds; change++) {
      const wait = start + change * (1_000 / rate) - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      asked.push(this.#touch());
    }
    await Promise.all(asked);
  }

  #touch(): Promise<void> {
    const name = `web-${this.#changes++ % this.#count}`;
    const metadata = { annotations: { "bench/at": `${Date.now()}`, "bench/n": `${this.#changes}` } };
    return this.#ask("PATCH", `/${name}`, "application/merge-patch+json", { metadata });
  }

  async #ask(method: string, path: string, type: string, body: unknown): Promise<void> {
    const response = await fetch(`${this.#server}/api/v1/namespaces/default/pods${path}`, {
      method,
      headers: { "content-type": type },
      body: JSON.stringify(body),
      client: this.#client,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} was answered ${response.status}: ${text.slice(0, 200)}`);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
