import { createHash } from "node:crypto";
import { Authority } from "./authority.ts";
import type { Keyring } from "./docker_config.ts";
import type { HttpGet } from "./http_get.ts";
import { DOCKER_HUB, type Image } from "./image.ts";
import { labelOf, type Manifest, platformOf, readManifest } from "./manifest.ts";
import { type Arrival, follow, isSameServer } from "./redirect.ts";
import { judge } from "./reply.ts";
import { RegistryError } from "./registry_error.ts";
import { listTags } from "./tag_list.ts";

/*
 * The registry of one image, by the OCI distribution specification 1.1. It only ever GETs: some refuse HEAD (Nexus
 * answers 404), and a digest is that of the body, whether or not `Docker-Content-Digest` comes along (ECR's does not).
 *
 * A refusal goes to the authority, which may know how to get further; what is left of it becomes a RegistryError, as
 * does every answer that makes no sense. Nothing is retried here: the updater's next look does that.
 */

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
  /** Of this program, `OS/ARCHITECTURE` in Go's words: which image of an index is its own. */
  platform: string;
}

/** An index names a manifest for each platform; more requests than this no tag is worth. */
const MOST_MANIFESTS = 20;

/** An index may name indexes. */
const DEEPEST = 3;

/** More than one credential may be refused, and a token may run out, but not again and again. */
const MOST_TRIES = 12;

/** What is answered to whoever may pull, but not list, and by registries that have no lists. */
const UNLISTED = [401, 403, 404, 405, 501];

const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** What an image is called by those who built it (OCI, "Pre-Defined Annotation Keys"). */
const VERSION = "org.opencontainers.image.version";

/** What was got by a digest or a tag. */
interface Stored {
  digest: string;
  body: Uint8Array<ArrayBuffer>;
}

/**
 * For as long as one look takes: what a tag names is asked once. Every method throws {RegistryError}, or the signal's
 * reason after an abort.
 */
export class Registry {
  readonly #deps: RegistryDeps;
  readonly #image: Image;
  readonly #origin: URL;
  readonly #authority: Authority;
  readonly #stored = new Map<string, Stored>();

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
    try {
      const path = `/v2/${this.#image.repository}/tags/list`;
      return await listTags(path, (page) => this.#get(page, "application/json", signal));
    } catch (error) {
      if (!(error instanceof RegistryError) || !UNLISTED.includes(error.details.status ?? 0)) throw error;
      const isThere = await this.digestOf(this.#tag, signal).catch(() => undefined) !== undefined;
      signal.throwIfAborted();
      throw isThere ? this.#unlisted(error) : error;
    }
  }

  /**
   * Whether the image's tag names what this digest names. A container runtime reports the digest of the index,
   * of a platform's manifest, or of the image's configuration: any of them counts.
   */
  async isTagged(digest: string, signal: AbortSignal): Promise<boolean> {
    let level = [this.#tag];
    let budget = MOST_MANIFESTS;
    for (let depth = 0; depth < DEEPEST; depth++) {
      const below: string[] = [];
      for (const reference of level) {
        const manifest = await this.#manifest(reference, signal);
        const children = manifest.manifests.map((child) => child.digest);
        if ([manifest.digest, manifest.config, ...children].includes(digest)) return true;
        below.push(...children);
      }
      level = below.slice(0, budget);
      budget -= level.length;
    }
    return false;
  }

  /** What a tag of the image names; undefined where it names nothing. */
  async digestOf(tag: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.#read("manifests", tag, signal)).digest;
    } catch (error) {
      if (error instanceof RegistryError && error.fault === "missing") return undefined;
      throw error;
    }
  }

  /** What the image that the tag names for this platform says of its own version; undefined where it says nothing. */
  async label(signal: AbortSignal): Promise<string | undefined> {
    let reference = this.#tag;
    // An index may say it of all of its images.
    let annotated: string | undefined;
    for (let depth = 0; depth < DEEPEST; depth++) {
      const { manifests, config, annotations } = await this.#manifest(reference, signal);
      const annotation = annotations[VERSION];
      if (typeof annotation === "string" && annotation !== "") annotated = annotation;
      if (config !== undefined) {
        return labelOf(parseJson((await this.#read("blobs", config, signal)).body), VERSION) ?? annotated;
      }
      const own = manifests.find(({ platform }) => platform === this.#deps.platform) ?? manifests[0];
      if (own === undefined) return annotated;
      reference = own.digest;
    }
    return annotated;
  }

  /**
   * The platform of this program, where no node of it can pull what the tag names; undefined: it can. An index may get the
   * images of some platforms later than others, and what does not say its platform is taken for any.
   */
  async lacking(signal: AbortSignal): Promise<string | undefined> {
    const { platform } = this.#deps;
    const { manifests, config } = await this.#manifest(this.#tag, signal);
    const platforms = config === undefined
      ? manifests.map((child) => child.platform)
      : [platformOf(parseJson((await this.#read("blobs", config, signal)).body))];
    return platforms.some((one) => one === undefined || one === platform) ? undefined : platform;
  }

  get #tag(): string {
    return this.#image.tag ?? "latest";
  }

  async #manifest(reference: string, signal: AbortSignal): Promise<Manifest & { digest: string }> {
    const { digest, body } = await this.#read("manifests", reference, signal);
    const manifest = readManifest(parseJson(body));
    if (manifest === undefined) throw this.#odd("does not answer with a manifest");
    if (manifest === "schema 1") {
      throw this.#odd("has the image as a manifest of schema 1, which says too little: push it anew");
    }
    return { digest, ...manifest };
  }

  async #read(kind: "manifests" | "blobs", reference: string, signal: AbortSignal): Promise<Stored> {
    const known = this.#stored.get(reference);
    if (known !== undefined) return known;
    const path = `/v2/${this.#image.repository}/${kind}/${reference}`;
    const { answer: { headers, body } } = await this.#get(path, kind === "blobs" ? "*/*" : MANIFESTS, signal);
    const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    // A tag may be of another digest's kind, and a store that blobs are kept in knows nothing of the header.
    const claims = [headers.get("docker-content-digest")?.trim(), reference];
    if (claims.some((claim) => claim?.startsWith("sha256:") && claim !== digest)) {
      throw this.#odd("sends a manifest that is not what its digest says");
    }
    const stored = { digest, body };
    this.#stored.set(reference, stored);
    return stored;
  }

  async #get(pathAndQuery: string, accept: string, signal: AbortSignal): Promise<Arrival> {
    const { get, userAgent, now } = this.#deps;
    const from = new URL(this.#origin.origin + pathAndQuery);
    const headers = { accept, "user-agent": userAgent };
    for (let tries = 1;; tries++) {
      const { authorization } = this.#authority;
      const isAllowed = (url: URL): boolean => this.#isAllowed(url);
      const arrival = await follow(from, { get, headers, authorization, isAllowed }, signal);
      const { answer, at } = arrival;
      const isOwn = isSameServer(this.#origin, at);
      const isRefused = answer.status === 401 || answer.status === 403;
      if (isRefused && isOwn && tries < MOST_TRIES && await this.#authority.satisfy(answer.headers, signal)) {
        continue;
      }
      const fault = judge(answer, at, now(), isOwn ? this.#authority.advice : this.#noneOfThose());
      // What another host forbids says nothing of what the registry does.
      if (isRefused && !isOwn) throw new RegistryError("forbidden", fault?.message ?? "");
      if (fault !== undefined) throw fault;
      if (isOwn) this.#authority.accepted();
      return arrival;
    }
  }

  #isAllowed(url: URL): boolean {
    return url.protocol === "https:" || (url.protocol === "http:" && this.#isInsecure(url.host));
  }

  #isInsecure(host: string): boolean {
    return this.#deps.insecure.some((one) => hostByHttp(one) === hostByHttp(host));
  }

  #noneOfThose(): string {
    return `the registry ${this.#image.registry} redirects there, and its credentials are for itself alone`;
  }

  #unlisted({ fault, details }: RegistryError): RegistryError {
    const way = fault === "forbidden"
      ? ": give credentials that may do both with --registry-config (Azure calls it metadata/read, Harbor List Tag, " +
        "AWS ecr:ListImages)"
      : ", by which newer versions are found";
    const message = `${this.#origin.host} lets the image be pulled, but not its tags be listed`;
    return new RegistryError(fault, `${message} (${details.status})${way}`, details);
  }

  #odd(what: string): RegistryError {
    return new RegistryError("protocol", `the registry ${this.#image.registry} ${what}`);
  }
}

/** As URLs have it: in lower case, without port 80. */
function hostByHttp(host: string): string | undefined {
  return URL.parse(`http://${host}`)?.host;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
