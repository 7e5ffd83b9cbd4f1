import { REPOSITORY } from "./registry.ts";

/** What stands in for the registry's own answer. */
export type Interference =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** No answer at all, until whoever asked goes away. */
  | "hang"
  /** Tags one page at a time, so many on a page, with a relative or an absolute `Link`, or one to a host inside. */
  | { page: number; link: "relative" | "absolute" | "inside" }
  /** No list of tags: it answers with this status. */
  | { unlisted: number }
  /** No more than so many tags at once: 400, as distribution 3 has it. */
  | { most: number };

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
    const isTags = url.pathname === `/v2/${REPOSITORY}/tags/list`;
    if (isTags && how !== undefined && "unlisted" in how) {
      return new Response(null, { status: how.unlisted });
    }
    if (isTags && how !== undefined && "most" in how && Number(url.searchParams.get("n")) > how.most) {
      return Response.json({ errors: [{ code: "PAGINATION_NUMBER_INVALID" }] }, { status: 400 });
    }
    const answer = await fetch(new URL(url.pathname, `http://${this.#registry}`), {
      headers: request.headers,
    });
    if (!isTags || how === undefined || !("page" in how) || !answer.ok) {
      return new Response(answer.body, { status: answer.status, headers: answer.headers });
    }
    const tags = (await answer.json() as { tags: string[] }).tags.toSorted();
    return this.#page(tags, url, how);
  }

  #page(tags: string[], url: URL, { page, link }: Extract<Interference, { page: number }>): Response {
    const last = url.searchParams.get("last");
    const from = last === null ? 0 : tags.indexOf(last) + 1;
    const some = tags.slice(from, from + page);
    const path = `${url.pathname}?last=${some.at(-1)}&n=${page}`;
    const next = {
      relative: path,
      absolute: `http://${this.host}${path}`,
      inside: `https://registry.internal:5000${path}`,
    }[link];
    const headers: Record<string, string> = from + page < tags.length
      ? { link: `<${next}>; rel="next"` }
      : {};
    return Response.json({ name: REPOSITORY, tags: some }, { headers });
  }
}
