import { dialled, type World } from "../../src/app/world.ts";
import { parseWebhookUrl } from "../../src/config/webhook_url.ts";
import { Workers } from "../../src/delivery/workers.ts";
import type { EndpointSettings } from "../../src/route/endpoint_settings.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { CredentialFiles } from "../../src/runtime/credential_files.ts";
import type { Store } from "../../src/store/store.ts";
import { MemoryLog } from "./memory_log.ts";
import { openTestStore, record } from "./store.ts";
import { Until } from "./until.ts";
import { deliveryDeps } from "./worker_rig.ts";
import { SETTINGS } from "./endpoint.ts";

/** One endpoint with settings of its own, served by the real workers over the real network, in real time. */
export class Sending implements AsyncDisposable {
  readonly log = new MemoryLog();
  readonly #kill = new AbortController();
  readonly #store: Store;
  readonly #workers: Workers;
  readonly #faults: unknown[] = [];
  #pods = 0;

  /** @param url absent where the settings name its file */
  constructor(settings: Partial<EndpointSettings>, url?: string, env: Record<string, string> = {}) {
    const clock = systemClock;
    const files = new CredentialFiles({ clock, mayRead: () => undefined });
    const world = { clock, files, env: (name: string) => env[name] } as World & { files: CredentialFiles };
    const openClient = dialled();
    this.#store = openTestStore({ clock, onReady: (endpoints) => this.#workers.wake(endpoints) });
    this.#workers = new Workers({
      ...deliveryDeps(this.#store.pending, clock, this.log),
      files,
      parseUrl: (text, place) => parseWebhookUrl(text, place),
      openClient: (endpoint, peer) => openClient(endpoint, world, peer),
      secrets: () => ["the-secret-of-the-program"],
      fail: (error) => this.#faults.push(error),
    }, this.#kill.signal);
    this.#workers.open({
      name: "ops",
      trusted: true,
      ...url !== undefined && { url: new URL(url) },
      settings: { ...SETTINGS, ...settings },
    });
  }

  /** Pods become pending. */
  add(count = 1): void {
    for (let pod = 0; pod < count; pod++) record(this.#store, ["ops"], { name: `pod-${this.#pods++}` });
    this.#store.commit();
  }

  /** Messages that are pending. */
  get pending(): number {
    return this.#store.pending.counts("ops").pending;
  }

  /** Adds pods, and waits until all that is pending was accepted. */
  async deliver(count = 1): Promise<void> {
    this.add(count);
    await this.until(() => this.pending === 0, "all is accepted");
  }

  /** Waits until a line of the log matches. */
  async says(pattern: RegExp): Promise<string> {
    const found = (): string | undefined =>
      this.log.lines.map(({ message }) => message).find((one) => pattern.test(one));
    await this.until(() => found() !== undefined, String(pattern));
    return found() ?? "";
  }

  /** Has what waits tried at once. */
  retry(): void {
    this.#workers.retry();
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    const until = new Until(() => JSON.stringify(this.log.lines, undefined, 1));
    const timer = setInterval(() => until.look(), 10);
    try {
      await until.wait(isSo, what, 30_000);
    } finally {
      clearInterval(timer);
    }
    if (this.#faults.length > 0) throw this.#faults[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill.abort();
    await this.#workers.finish("drained");
    this.#store.close();
    if (this.#faults.length > 0) throw this.#faults[0];
  }
}

/** A folder of files that a test writes and rotates. */
export class Folder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<Folder> {
    return new Folder(await Deno.makeTempDir({ prefix: "k8svent-files-" }));
  }

  /** Writes a file and returns its path. */
  async write(name: string, text: string): Promise<string> {
    const path = `${this.path}/${name}`;
    // As the kubelet does: there is never half of it.
    await Deno.writeTextFile(`${path}.new`, text);
    await Deno.rename(`${path}.new`, path);
    return path;
  }

  async remove(name: string): Promise<void> {
    await Deno.remove(`${this.path}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
