import { createHash } from "node:crypto";
import { Authority } from "./authority.ts";
import type { Keyring } from "./docker_config.ts";
import type { Answer, HttpGet } from "./http_get.ts";
import { DOCKER_HUB, type Image } from "./image.ts";
import { nextPage } from "./link.ts";
import { readManifest } from "./manifest.ts";
import { judge } from "./reply.ts";
import { RegistryError } from "./registry_error.ts";

/** What a registry is asked with. */
export interface RegistryDeps {
  get: HttpGet;
  /** Credentials, read anew for each image that is asked about. */
  keyring: () => Promise<Keyring>;
  /** `HOST[:PORT]` of those that are asked by http. */
  insecure: readonly string[];
  userAgent: string;
  /** The wall clock, for a `Retry-After` that is a date. */
  now: () => number;
}

/** Tags asked for at once; a registry may give fewer. */
const PAGE = 1_000;

/** More than this, and it is no registry of versions. */
const MOST_TAGS = 100_000;

/** A registry may give fewer tags at once than it is asked for: 50 and 100 are common. */
const MOST_PAGES = 2_000;

/** An index names a manifest for each platform. */
const MOST_MANIFESTS = 20;

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;

const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/**
 * The registry of one image, by the OCI distribution specification 1.1, for as long as one look takes. Every
 * method throws {RegistryError}, or the signal's reason after an abort.
 */
export class Registry {
  readonly #deps: RegistryDeps;
  readonly #image: Image;
  readonly #origin: URL;
  readonly #authority: Authority;

  constructor(image: Image, deps: RegistryDeps) {
    this.#deps = deps;
    this.#image = image;
    // The API of Docker Hub has a host of its own.
    const host = image.registry === DOCKER_HUB ? "registry-1.docker.io" : image.registry;
    this.#origin = new URL(`${this.#isInsecure(host) ? "http" : "https"}://${host}`);
    this.#authority = new Authority(image, this.#origin, {
      ...deps,
      isAllowed: (url) => this.#isAllowed(url),
    });
  }

  /** All tags, in the registry's order. */
  async tags(signal: AbortSignal): Promise<string[]> {
    let tags: string[] = [];
    const asked = new Set<string>();
    let page: URL | undefined = this.#url(`tags/list?n=${PAGE}`);
    while (page !== undefined) {
      if (asked.has(page.href)) throw this.#odd("repeats a page of its tags");
      if (asked.size === MOST_PAGES) throw this.#odd(`has more than ${MOST_PAGES} pages of tags`);
      asked.add(page.href);
      const { headers, body } = await this.#get(page, "application/json", signal);
      const more = readTags(parseJson(body));
      if (more === undefined) throw this.#odd("does not answer with a list of tags");
      tags = tags.concat(more);
      if (tags.length > MOST_TAGS) throw this.#odd(`has more than ${MOST_TAGS} tags of this image`);
      page = nextPage(headers.get("link"), page);
      if (page !== undefined && page.origin !== this.#origin.origin) {
        throw this.#odd("has tags at another host");
      }
    }
    return tags;
  }

  /**
   * Whether the image's tag names what this digest names. A container runtime reports the digest of the index,
   * of a platform's manifest, or of the image's configuration: any of them counts.
   */
  async isTagged(digest: string, signal: AbortSignal): Promise<boolean> {
    const top = await this.#manifest(this.#image.tag ?? "latest", signal);
    if ([top.digest, top.config, ...top.manifests].includes(digest)) return true;
    for (const child of top.manifests.slice(0, MOST_MANIFESTS)) {
      if ((await this.#manifest(child, signal)).config === digest) return true;
    }
    return false;
  }

  async #manifest(
    reference: string,
    signal: AbortSignal,
  ): Promise<{ digest: string; config: string | undefined; manifests: string[] }> {
    const { headers, body } = await this.#get(this.#url(`manifests/${reference}`), MANIFESTS, signal);
    const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    const claimed = headers.get("docker-content-digest") ?? digest;
    if (claimed.startsWith("sha256:") && claimed !== digest) {
      throw this.#odd("sends a manifest that is not what its digest says");
    }
    const manifest = readManifest(parseJson(body));
    if (manifest === undefined) throw this.#odd("does not answer with a manifest");
    return { digest, ...manifest };
  }

  /** Follows redirects by hand: credentials are for the registry alone, and no way leads from https to http. */
  async #get(from: URL, accept: string, signal: AbortSignal): Promise<Answer> {
    let url = from;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const answer = await this.#ask(url, accept, signal);
      if (!REDIRECTS.includes(answer.status)) {
        const fault = judge(answer, url, this.#deps.now());
        if (fault !== undefined) throw fault;
        return answer;
      }
      const target = URL.parse(answer.headers.get("location") ?? "", url);
      if (target === null || !this.#isAllowed(target)) throw this.#odd("redirects to where it may not");
      url = target;
    }
    throw this.#odd("redirects again and again");
  }

  async #ask(url: URL, accept: string, signal: AbortSignal): Promise<Answer> {
    const { get, userAgent } = this.#deps;
    const headers = { accept, "user-agent": userAgent };
    if (url.origin !== this.#origin.origin) return await get(url, headers, signal);
    const answer = await get(url, { ...headers, ...this.#authority.headers }, signal);
    if (answer.status !== 401 || !await this.#authority.satisfy(answer.headers, signal)) return answer;
    return await get(url, { ...headers, ...this.#authority.headers }, signal);
  }

  #url(path: string): URL {
    return new URL(`/v2/${this.#image.repository}/${path}`, this.#origin);
  }

  #isAllowed(url: URL): boolean {
    return url.protocol === "https:" || (url.protocol === "http:" && this.#isInsecure(url.host));
  }

  #isInsecure(host: string): boolean {
    return this.#deps.insecure.some((one) => hostByHttp(one) === hostByHttp(host));
  }

  #odd(what: string): RegistryError {
    return new RegistryError("protocol", `the registry ${this.#image.registry} ${what}`);
  }
}

/** As URLs have it: in lower case, without port 80. */
function hostByHttp(host: string): string | undefined {
  return URL.parse(`http://${host}`)?.host;
}

/** Some registries say `null` where there are none. */
function readTags(value: unknown): string[] | undefined {
  if (typeof value !== "object" || value === null || !("tags" in value)) return undefined;
  const tags = value.tags ?? [];
  return Array.isArray(tags) && tags.every((tag) => typeof tag === "string") ? tags : undefined;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
