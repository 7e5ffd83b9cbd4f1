import { REPOSITORY } from "./registry.ts";

/** What stands in for the registry's own answer. */
export type Interference =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** No answer at all, until whoever asked goes away. */
  | "hang"
  /** Tags one page at a time, so many on a page, with a relative or an absolute `Link`. */
  | { page: number; link: "relative" | "absolute" };

/** A request that came to the proxy. */
export interface ProxiedRequest {
  path: string;
  hadCredentials: boolean;
}

/**
 * Stands in front of a real registry, for what it cannot be made to show: the one of Debian gives all tags at once
 * (a page of tags came with distribution 3), and is never overloaded.
 */
export class RegistryProxy implements AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Called with each request before it is answered. */
  onRequest: ((request: ProxiedRequest) => void) | undefined;
  /** Each request's path and query, in their order, and whether credentials came along. */
  readonly requests: ProxiedRequest[] = [];
  interference: Interference | undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #registry: string;

  /** @param registry `127.0.0.1:PORT` of the real one */
  constructor(registry: string) {
    this.#registry = registry;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen(): void {} },
      (request) => this.#answer(request),
    );
    this.host = `127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const seen = { path: url.pathname + url.search, hadCredentials: request.headers.has("authorization") };
    this.requests.push(seen);
    this.onRequest?.(seen);
    const how = this.interference;
    if (how === "hang") {
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      return new Response();
    }
    if (how !== undefined && "status" in how) {
      return new Response(how.body ?? null, { status: how.status, headers: how.headers ?? {} });
    }
    const answer = await fetch(new URL(url.pathname, `http://${this.#registry}`), {
      headers: request.headers,
    });
    const isTags = how !== undefined && url.pathname === `/v2/${REPOSITORY}/tags/list`;
    if (!isTags || !answer.ok) {
      return new Response(answer.body, { status: answer.status, headers: answer.headers });
    }
    const tags = (await answer.json() as { tags: string[] }).tags.toSorted();
    return this.#page(tags, url, how);
  }

  #page(tags: string[], url: URL, { page, link }: { page: number; link: "relative" | "absolute" }): Response {
    const last = url.searchParams.get("last");
    const from = last === null ? 0 : tags.indexOf(last) + 1;
    const some = tags.slice(from, from + page);
    const path = `${url.pathname}?last=${some.at(-1)}&n=${page}`;
    const next = link === "relative" ? path : `http://${this.host}${path}`;
    const headers: Record<string, string> = from + page < tags.length
      ? { link: `<${next}>; rel="next"` }
      : {};
    return Response.json({ name: REPOSITORY, tags: some }, { headers });
  }
}
