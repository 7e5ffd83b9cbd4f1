import { type Admin, AT_ONCE } from "./admin.ts";
import { manifest, nameOf } from "./manifest.ts";

const PATH = "/api/v1/namespaces/default/pods";
const JSON_TYPE = "application/json";
const PATCH_TYPE = "application/merge-patch+json";

/** Makes and changes pods at the API server. */
export class Pods {
  readonly #admin: Admin;
  readonly #padding: number;
  #count = 0;
  #changes = 0;

  /** @param padding bytes that each pod has besides what an ordinary one has */
  constructor(admin: Admin, padding = 0) {
    this.#admin = admin;
    this.#padding = padding;
  }

  /** Creates pods until there are so many, all of them running and ready. */
  async grow(to: number): Promise<void> {
    const worker = async (): Promise<void> => {
      while (this.#count < to) {
        const { name, pod, status } = manifest(this.#count++, this.#padding);
        await this.#admin.ask("POST", `${PATH}?fieldManager=kube-controller-manager`, JSON_TYPE, pod);
        // A patch of the same costs the API server a quarter more.
        const whole = { ...pod, status };
        await this.#admin.ask("PUT", `${PATH}/${name}/status?fieldManager=kubelet`, JSON_TYPE, whole);
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
      const touched = this.#touch();
      // It is looked at below; until then nobody handles it, which would end the benchmark without any cleaning up.
      touched.catch(() => {});
      asked.push(touched);
    }
    await Promise.all(asked);
  }

  #touch(): Promise<unknown> {
    const name = nameOf(this.#changes++ % this.#count);
    const metadata = { annotations: { "bench/at": `${Date.now()}`, "bench/n": `${this.#changes}` } };
    return this.#admin.ask("PATCH", `${PATH}/${name}?fieldManager=bench`, PATCH_TYPE, { metadata });
  }
}

/** Resolves after so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
