import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Credentials, Found, Keyring } from "./docker_config.ts";
import type { HttpGet } from "./http_get.ts";
import type { Image } from "./image.ts";
import { follow } from "./redirect.ts";
import { judge } from "./reply.ts";
import { RegistryError } from "./registry_error.ts";

/** What it takes to be let in. */
export interface AuthorityDeps {
  get: HttpGet;
  keyring: () => Promise<Keyring>;
  userAgent: string;
  now: () => number;
  /** Whether a URL may be dialled: https, or a host that was named as insecure. */
  isAllowed: (url: URL) => boolean;
}

/** Actions that let nobody change anything. `metadata_read` is what Azure's registry wants for a list of tags. */
const READING = ["pull", "metadata_read", "content_read"];

const ASK_FOR_CREDENTIALS = "give credentials that may pull the image with --registry-config";

/**
 * Gets past a registry's 401 as docker does: a token of the server that the registry names, for reading this image
 * alone, or the user's name and password (distribution's "Token Authentication Specification"; RFC 7617).
 *
 * Of several credentials each is tried in turn, as the kubelet does. Whatever is refused before it was of use once
 * counts as wrong; what was of use and is refused now has run out, and is replaced.
 */
export class Authority {
  readonly #deps: AuthorityDeps;
  readonly #image: Image;
  readonly #origin: URL;
  #found: Found | undefined;
  /** What is left to be tried, the one in use first; undefined: as nobody. */
  #candidates: (Credentials | undefined)[] = [];
  #challenges: Challenge[] = [];
  #hasAskedRoot = false;
  #authorization: string | undefined;
  /** What the authorization in use was made from. */
  #askedFor = "";
  #wasOfUse = false;

  /** @param origin where the registry is */
  constructor(image: Image, origin: URL, deps: AuthorityDeps) {
    this.#image = image;
    this.#origin = origin;
    this.#deps = deps;
  }

  /** For a request to the registry, and to nobody else. */
  get authorization(): string | undefined {
    return this.#authorization;
  }

  /** What a person can do about a refusal, as a clause. */
  get advice(): string {
    if (this.#found?.unusable !== undefined) {
      return `what --registry-config has for the image cannot be used: ${this.#found.unusable}`;
    }
    return this.#found?.credentials.length
      ? "the credentials that --registry-config has for the image are wrong, or may not read it"
      : ASK_FOR_CREDENTIALS;
  }

  /** The registry let somebody in with what `authorization` is. */
  accepted(): void {
    this.#wasOfUse = true;
  }

  /**
   * The registry refused, with these headers. Resolves to whether `authorization` may get further now.
   *
   * @throws {RegistryError} where the token's server does not give one; the signal's reason after an abort.
   */
  async satisfy(refused: Headers, signal: AbortSignal): Promise<boolean> {
    if (this.#found === undefined) {
      this.#found = (await this.#deps.keyring())(this.#image);
      this.#candidates = this.#found.credentials.length > 0 ? [...this.#found.credentials] : [undefined];
    }
    await this.#learn(refused, signal);
    if (this.#challenges.length === 0) return false;
    const isWrong = this.#authorization !== undefined && !this.#wasOfUse &&
      this.#askedFor === this.#wanted();
    if (isWrong) this.#candidates.shift();
    const before = this.#authorization;
    let fault: unknown;
    for (; this.#candidates.length > 0; this.#candidates.shift()) {
      try {
        this.#authorization = await this.#obtain(this.#candidates[0], signal);
        this.#askedFor = this.#wanted();
        this.#wasOfUse = false;
        return this.#authorization !== undefined && this.#authorization !== before;
      } catch (error) {
        if (!(error instanceof RegistryError) || error.fault !== "forbidden") throw error;
        fault ??= error;
      }
    }
    if (fault !== undefined) throw fault;
    return false;
  }

  /** Some say only at the root what they ask for, or not with a 403. */
  async #learn(refused: Headers, signal: AbortSignal): Promise<void> {
    const offered = parseChallenges(refused.get("www-authenticate") ?? "");
    if (offered.length > 0) this.#challenges = offered;
    if (this.#challenges.length > 0 || this.#hasAskedRoot) return;
    this.#hasAskedRoot = true;
    const { answer } = await this.#ask(new URL("/v2/", this.#origin), undefined, signal);
    if (answer.status !== 401) return;
    this.#challenges = parseChallenges(answer.headers.get("www-authenticate") ?? "");
  }

  /** Undefined: none of the challenges can be met. */
  async #obtain(credentials: Credentials | undefined, signal: AbortSignal): Promise<string | undefined> {
    const isBasic = credentials !== undefined && this.#challenges.some(({ scheme }) => scheme === "basic");
    const url = this.#tokenUrl();
    if (url === undefined) {
      if (isBasic) return basic(credentials);
      if (this.#bearer() === undefined) return undefined;
      throw this.#odd(`names no server for tokens that may be asked${this.#whyNot()}`);
    }
    try {
      return `Bearer ${await this.#token(url, credentials, signal)}`;
    } catch (error) {
      if (isBasic && error instanceof RegistryError) return basic(credentials);
      throw error;
    }
  }

  async #token(url: URL, credentials: Credentials | undefined, signal: AbortSignal): Promise<string> {
    const { answer, at } = await this.#ask(url, credentials && basic(credentials), signal);
    const fault = judge(answer, at, this.#deps.now(), this.advice);
    // Its status is not the registry's, from which more would follow.
    if (fault !== undefined) {
      throw new RegistryError(fault.fault, fault.message, { ...fault.details, status: undefined });
    }
    const token = readToken(answer.body);
    if (token === undefined) throw this.#odd("names a server for tokens that gives none");
    return token;
  }

  #ask(url: URL, authorization: string | undefined, signal: AbortSignal): ReturnType<typeof follow> {
    const { get, isAllowed, userAgent } = this.#deps;
    const headers = { accept: "application/json", "user-agent": userAgent };
    return follow(url, { get, isAllowed, headers, authorization }, signal);
  }

  /** What an authorization is made from: when it changes, the one in use is not wrong but too little. */
  #wanted(): string {
    return this.#tokenUrl()?.href ?? "";
  }

  #tokenUrl(): URL | undefined {
    const bearer = this.#bearer();
    const url = bearer && this.#realm(bearer);
    if (url === undefined || bearer === undefined) return undefined;
    const service = bearer.parameters.get("service");
    if (service !== undefined) url.searchParams.set("service", service);
    const named = readingScopes(bearer.parameters.get("scope") ?? "");
    const own = `repository:${this.#image.repository}:`;
    const actions = named.filter((scope) => scope.startsWith(own)).map((scope) => scope.slice(own.length));
    // One with all actions, since some read the first scope alone; what stands before this image is a proxy's name.
    const scopes = [
      `${own}${[...new Set(["pull", ...actions.flatMap((some) => some.split(","))])].join(",")}`,
      ...named.filter((scope) => !scope.startsWith(own)),
    ];
    url.searchParams.delete("scope");
    for (const scope of scopes) url.searchParams.append("scope", scope);
    return url;
  }

  /** The first whose server may be asked, else any. */
  #bearer(): Challenge | undefined {
    const all = this.#challenges.filter(({ scheme }) => scheme === "bearer");
    return all.find((one) => this.#realm(one) !== undefined) ?? all[0];
  }

  #realm({ parameters }: Challenge): URL | undefined {
    const text = parameters.get("realm") ?? "";
    const url = URL.parse(text, /^\/(?!\/)/.test(text) ? this.#origin : undefined);
    if (url === null) return undefined;
    // Behind what ends its TLS, a registry may believe that it is reached by http.
    const isOwn = url.protocol === "http:" && url.hostname === this.#origin.hostname;
    if (isOwn && !this.#deps.isAllowed(url) && ["", this.#origin.port].includes(url.port)) {
      return new URL(url.pathname + url.search, this.#origin);
    }
    return this.#deps.isAllowed(url) ? url : undefined;
  }

  #whyNot(): string {
    const url = URL.parse(this.#bearer()?.parameters.get("realm") ?? "");
    if (url?.protocol !== "http:") return "";
    return `: if http is meant for ${url.host}, name it with --insecure-registry`;
  }

  #odd(what: string): RegistryError {
    return new RegistryError("protocol", `the registry ${this.#origin.host} ${what}`);
  }
}

/** Of the scopes that a challenge names, those of repositories, with what they let read of them. */
function readingScopes(text: string): string[] {
  return text.split(/\s+/).flatMap((scope) => {
    const [, name, actions = ""] = /^(repository:[^\s]+):([^:]*)$/.exec(scope) ?? [];
    const reading = actions.split(",").filter((action) => READING.includes(action));
    return name === undefined || reading.length === 0 ? [] : [`${name}:${reading.join(",")}`];
  });
}

/** Its two names are of the specification and of OAuth 2. What cannot stand in a header is no token. */
function readToken(body: Uint8Array): string | undefined {
  try {
    const { token, access_token: accessToken } = JSON.parse(new TextDecoder().decode(body));
    const isToken = (one: unknown): one is string => typeof one === "string" && /^[\x21-\x7e]+$/.test(one);
    return [token, accessToken].find(isToken);
  } catch {
    return undefined;
  }
}

function basic({ user, password }: Credentials): string {
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}
