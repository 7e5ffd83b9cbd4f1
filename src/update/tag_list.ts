import { nextPage } from "./link.ts";
import type { Arrival } from "./redirect.ts";
import { RegistryError } from "./registry_error.ts";

/*
 * All tags of a repository, page by page ("Listing Tags" of the OCI distribution specification 1.1), as registries
 * really give them:
 *
 * - Many tags at once may be refused: ECR and distribution 3.1 do (405, 400), others set a bound of their own. Then
 *   fewer are asked for, at last without a number.
 * - The next page is where `Link` says, by its path and query, at the host that was asked: behind a proxy, many name
 *   themselves by another scheme, host or port, or by a path that is theirs alone (Nexus's connector), in which case
 *   the query is put to the path that worked. The query is the registry's own affair: ECR, quay and Artifactory have
 *   cursors that nobody else can make.
 * - The last page may have a link too: to an empty one, or to itself. A page may be empty before the last one.
 * - A registry need not give links at all ("MAY"): a page of just as many tags as were asked for may have one after it,
 *   which begins behind its last tag.
 * - What goes round or has no end ends in an error: whoever misses a tag may miss the newest.
 */

/** Gets a path at the registry; throws {RegistryError}. */
export type GetPage = (pathAndQuery: string) => Promise<Arrival>;

/** How many tags are asked for at once, before no number is named. */
const SIZES = ["?n=1000", "?n=100"];

/** What registries say to a number of tags that is too large for them. */
const TOO_MANY = [400, 403, 405, 413, 414, 416, 422, 500];

/** What they say to a path that is not theirs. */
const NO_SUCH_PAGE = [400, 404, 405];

/** More than this, and it is no registry of versions. */
const MOST_TAGS = 100_000;

/** A registry may give fewer tags at once than it is asked for: 50 and 100 are common. */
const MOST_PAGES = 2_000;

/**
 * All tags, in the registry's order, each once.
 *
 * @param path of the list
 * @throws {RegistryError}
 */
export async function listTags(path: string, get: GetPage): Promise<string[]> {
  const tags = new Set<string>();
  const asked = new Set<string>();
  let count = 0;
  let page = await first(path, get);
  let here = pathAndQuery(page.at);
  let hasLinks = false;
  for (;;) {
    asked.add(here);
    const more = readTags(page);
    count += more.length;
    if (count > MOST_TAGS) throw odd(page.at, `has more than ${MOST_TAGS} tags of this image`);
    const known = tags.size;
    for (const tag of more) tags.add(tag);
    const isNews = tags.size > known;
    const linked = nextPage(page.answer.headers.get("link"), page.at);
    hasLinks ||= linked !== undefined;
    const next = hasLinks || !isNews ? linked : behind(page.at, more);
    if (next === undefined) return [...tags];
    const there = pathAndQuery(next);
    if (asked.has(there)) {
      const isLast = there === here && (more.length === 0 || isNews);
      if (isLast) return [...tags];
      throw odd(page.at, "repeats a page of its tags");
    }
    if (asked.size === MOST_PAGES) throw odd(page.at, `has more than ${MOST_PAGES} pages of tags`);
    const followed = hasLinks ? await follow(next, path, get) : await unlessRefused(there, get);
    if (followed === undefined) return [...tags];
    page = followed;
    here = there;
  }
}

/** Where more tags are, if there are any: only a page that is full, and no fuller than was asked, has one after it. */
function behind(at: URL, tags: string[]): URL | undefined {
  const last = tags.at(-1);
  if (last === undefined || at.searchParams.get("n") !== String(tags.length)) return undefined;
  const next = new URL(at);
  next.searchParams.set("last", last);
  return next;
}

/** Undefined from a registry that does not know the question, which nothing but the number of its tags led to. */
async function unlessRefused(pathAndQuery: string, get: GetPage): Promise<Arrival | undefined> {
  try {
    return await get(pathAndQuery);
  } catch (error) {
    if (isStatus(error, NO_SUCH_PAGE)) return undefined;
    throw error;
  }
}

function pathAndQuery({ pathname, search }: URL): string {
  return pathname + search;
}

async function first(path: string, get: GetPage): Promise<Arrival> {
  for (const size of SIZES) {
    try {
      return await get(path + size);
    } catch (error) {
      if (!isStatus(error, TOO_MANY)) throw error;
    }
  }
  return await get(path);
}

async function follow({ pathname, search }: URL, path: string, get: GetPage): Promise<Arrival> {
  try {
    return await get(pathname + search);
  } catch (error) {
    if (pathname === path || !isStatus(error, NO_SUCH_PAGE)) throw error;
    return await get(path + search);
  }
}

function isStatus(error: unknown, some: number[]): boolean {
  return error instanceof RegistryError && some.includes(error.details.status ?? 0);
}

/** Some registries say `null` where there are none, or nothing. */
function readTags({ answer: { headers, body }, at }: Arrival): string[] {
  const value = parseJson(body);
  if (typeof value === "object" && value !== null && ("tags" in value || "name" in value)) {
    const tags = "tags" in value ? value.tags ?? [] : [];
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string")) return tags;
  }
  // A login page, or that of a proxy: they answer 200 to everything.
  const isPage = /^text\/html\b/i.test(headers.get("content-type") ?? "");
  throw odd(at, `does not answer with a list of tags${isPage ? ", but with a web page" : ""}`);
}

function odd(at: URL, what: string): RegistryError {
  return new RegistryError("protocol", `the registry ${at.host} ${what}`);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
