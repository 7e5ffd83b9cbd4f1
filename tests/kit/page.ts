import type { Answer } from "../../src/admin/answer.ts";
import { openPage } from "../../src/admin/page/page.ts";
import { Routes } from "../../src/admin/routes.ts";
import type { FakeAdmin } from "./admin.ts";
import { TestClock } from "./clock.ts";

/** When the page is looked at: three minutes after everything in `FakeAdmin` happened. */
export const NOW = Date.parse("2026-11-27T12:03:00.000Z");

/** What the page answers, without the server before it. */
export class PageRig {
  readonly #routes: Routes;

  constructor(admin: FakeAdmin) {
    this.#routes = new Routes(openPage({ admin, clock: new TestClock(NOW) }).routes);
  }

  /** The text of a page. @throws {Error} where it is not there */
  async read(path: string, { status = 200 } = {}): Promise<string> {
    const answer = await this.#ask("GET", path, "");
    if (answer.status !== status) throw new Error(`GET ${path} answered ${answer.status}, not ${status}`);
    return answer.text;
  }

  /** Sends a form. Returns the path that the browser is sent to. */
  async send(path: string, fields: Record<string, string> = {}): Promise<string> {
    const { status, headers } = await this.#ask("POST", path, String(new URLSearchParams(fields)));
    if (status !== 303) throw new Error(`POST ${path} answered ${status}`);
    return headers?.["location"] ?? "";
  }

  async #ask(method: string, address: string, body: string): Promise<Answer> {
    const { pathname: path, searchParams: query } = new URL(address, "http://127.0.0.1");
    const found = this.#routes.find(method, path);
    if (found.kind !== "route") throw new Error(`There is no route for ${method} ${path}`);
    const answer = await found.route.handle({
      method,
      path,
      params: found.params,
      query,
      fields: new Map([["content-type", "application/x-www-form-urlencoded"]]),
      body: new TextEncoder().encode(body),
      hasSession: false,
    });
    if ("run" in answer) throw new Error(`${method} ${path} answered with a stream`);
    return answer;
  }
}

/** What somebody reads: the text between the tags of what is in the page's middle. */
export function readable(page: string): string {
  const main = page.slice(page.indexOf("<main"), page.indexOf("</main>"));
  const text = main.replace(/<\/?(time|code)\b[^>]*>/g, "").replace(/<[^>]*>/g, " ").replace(
    /&#(\d+);/g,
    (_, code) => String.fromCharCode(Number(code)),
  );
  return text.replace(/\s+/g, " ").trim();
}
