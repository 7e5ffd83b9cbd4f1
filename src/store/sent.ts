/**
 * Which version of each pod was recorded last for the endpoints that do not want each: their filters leave some out, so
 * that an inventory of the newest versions would name what they were never sent.
 */
import type { Journal } from "./journal.ts";

/** By endpoint and pod, by their ids. Endpoints that want everything are not in it. */
export class Sent {
  readonly #journal: Journal;
  readonly #versions = new Map<number, Map<number, { key: number; resourceVersion: string }>>();
  #last = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  set(pod: number, endpoint: number, resourceVersion: string): void {
    const key = this.#versions.get(endpoint)?.get(pod)?.key ?? ++this.#last;
    this.#journal.sent.put(key, { endpoint, pod, resourceVersion });
    this.#keep(key, pod, endpoint, resourceVersion);
  }

  get(pod: number, endpoint: number): string | undefined {
    return this.#versions.get(endpoint)?.get(pod)?.resourceVersion;
  }

  /** @param endpoint undefined: all of them */
  forget(pod: number, endpoint?: number): void {
    const endpoints = endpoint === undefined ? [...this.#versions.keys()] : [endpoint];
    for (const one of endpoints) {
      const kept = this.#versions.get(one)?.get(pod);
      if (kept === undefined) continue;
      this.#journal.sent.delete(kept.key);
      this.#versions.get(one)?.delete(pod);
    }
  }

  forgetEndpoint(endpoint: number): void {
    for (const { key } of this.#versions.get(endpoint)?.values() ?? []) this.#journal.sent.delete(key);
    this.#versions.delete(endpoint);
  }

  /** @param isAlive whether the store still knows both */
  load(isAlive: (pod: number, endpoint: number) => boolean): void {
    const rows = this.#journal.scan<[number, number, number, string]>(
      "sent",
      "endpoint, pod, resourceVersion",
    );
    for (const [key, endpoint, pod, resourceVersion] of rows) {
      this.#last = Math.max(this.#last, key);
      if (isAlive(pod, endpoint)) this.#keep(key, pod, endpoint, resourceVersion);
      else this.#journal.sent.delete(key);
    }
  }

  #keep(key: number, pod: number, endpoint: number, resourceVersion: string): void {
    let versions = this.#versions.get(endpoint);
    if (versions === undefined) this.#versions.set(endpoint, versions = new Map());
    versions.set(pod, { key, resourceVersion });
  }
}
