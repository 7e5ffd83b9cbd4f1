import type { ControlPlane } from "./control_plane.ts";
import { realCluster, realUser } from "./kubeconfig.ts";

/** The API server over plain HTTP, as the administrator: none of the code under test takes part. */
export class RawApi implements Disposable {
  readonly #origin: string;
  readonly #client: Deno.HttpClient;

  static async open(plane: ControlPlane): Promise<RawApi> {
    const { "certificate-authority-data": ca } = await realCluster(plane);
    const user = await realUser(plane);
    const client = Deno.createHttpClient({
      caCerts: [decode(ca)],
      cert: decode(user["client-certificate-data"]),
      key: decode(user["client-key-data"]),
    });
    return new RawApi(plane.server, client);
  }

  private constructor(origin: string, client: Deno.HttpClient) {
    this.#origin = origin;
    this.#client = client;
  }

  /** The answer of a GET as it comes; the caller reads it to its end or aborts. */
  async stream(path: string, signal: AbortSignal): Promise<Response> {
    return await fetch(`${this.#origin}${path}`, { signal, client: this.#client });
  }

  /** One request. Throws where the server says no. */
  async call(method: string, path: string, body?: unknown): Promise<string> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const response = await fetch(`${this.#origin}${path}`, {
      method,
      client: this.#client,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": type } }),
    });
    const text = await response.text();
    if (!response.ok) throw new RefusedError(response.status, `${method} ${path}: ${text}`);
    return text;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** The API server said no. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

function decode(base64: unknown): string {
  return atob(String(base64));
}
