import { type Admin, AT_ONCE } from "./admin.ts";

const PATH = "/api/v1/namespaces/default/pods";

/** A pod of about 10 KB with two containers, as a service with a sidecar has it. */
export function manifest(name: string): { metadata: Record<string, unknown> } {
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
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      labels: { app: "shop", tier: "web" },
      annotations: { "example.com/config": "y".repeat(4_000) },
    },
    spec: { containers: [container("app"), container("proxy")] },
  };
  return pod;
}

/** Makes and changes pods at the API server. */
export class Pods {
  readonly #admin: Admin;
  #count = 0;
  #changes = 0;

  constructor(admin: Admin) {
    this.#admin = admin;
  }

  /** Creates pods until there are so many. */
  async grow(to: number): Promise<void> {
    const names = Array.from({ length: to - this.#count }, (_, index) => `web-${this.#count + index}`);
    this.#count = to;
    const worker = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        await this.#admin.ask("POST", PATH, "application/json", manifest(name));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /**
   * Changes one pod after the other, so many a second, whatever the server's pace. Each change carries the instant
   * at which it was asked for.
   */
  async change(count: number, rate: number): Promise<void> {
    const start = performance.now();
    const asked: Promise<unknown>[] = [];
    for (let change = 0; change < count; change++) {
      const wait = start + change * (1_000 / rate) - performance.now();
      if (wait > 0) await pause(wait);
      asked.push(this.#touch());
    }
    await Promise.all(asked);
  }

  #touch(): Promise<unknown> {
    const name = `web-${this.#changes++ % this.#count}`;
    const metadata = { annotations: { "bench/at": `${Date.now()}`, "bench/n": `${this.#changes}` } };
    return this.#admin.ask("PATCH", `${PATH}/${name}`, "application/merge-patch+json", { metadata });
  }
}

/** Resolves after so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
