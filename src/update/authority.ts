import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Credentials, Keyring } from "./docker_config.ts";
import type { HttpGet } from "./http_get.ts";
import type { Image } from "./image.ts";
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

/**
 * Gets past a registry's 401 as docker does: a token of the server that the registry names, for pulling this
 * image alone, or the user's name and password (distribution's "Token Authentication Specification"; RFC 7617).
 */
export class Authority {
  readonly #deps: AuthorityDeps;
  readonly #image: Image;
  readonly #origin: URL;
  #headers: Record<string, string> = {};

  /** @param origin where the registry is */
  constructor(image: Image, origin: URL, deps: AuthorityDeps) {
    this.#image = image;
    this.#origin = origin;
    this.#deps = deps;
  }

  /** For a request to the registry, and to nobody else. */
  get headers(): Record<string, string> {
    return this.#headers;
  }

  /**
   * The registry answered 401 with these headers. Resolves to whether `headers` may get further now.
   *
   * @throws {RegistryError} where the token's server does not give one; the signal's reason after an abort.
   */
  async satisfy(challenged: Headers, signal: AbortSignal): Promise<boolean> {
    const challenges = parseChallenges(challenged.get("www-authenticate") ?? "");
    const credentials = (await this.#deps.keyring()).get(this.#image.registry);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    const before = this.#headers["authorization"];
    if (bearer !== undefined) {
      this.#headers = { authorization: `Bearer ${await this.#token(bearer, credentials, signal)}` };
    } else if (credentials !== undefined && challenges.some(({ scheme }) => scheme === "basic")) {
      this.#headers = { authorization: basic(credentials) };
    }
    return this.#headers["authorization"] !== before;
  }

  async #token(
    { parameters }: Challenge,
    credentials: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const { get, isAllowed, now, userAgent } = this.#deps;
    const url = URL.parse(parameters.get("realm") ?? "");
    if (url === null || !isAllowed(url)) {
      throw this.#odd("names no server for tokens that may be asked");
    }
    const service = parameters.get("service");
    if (service !== undefined) url.searchParams.set("service", service);
    // Not what the challenge names: more than this is never needed.
    url.searchParams.set("scope", `repository:${this.#image.repository}:pull`);
    const headers = { accept: "application/json", "user-agent": userAgent };
    const answer = await get(
      url,
      credentials === undefined ? headers : { ...headers, authorization: basic(credentials) },
      signal,
    );
    const fault = judge(answer, url, now());
    if (fault !== undefined) throw fault;
    const token = readToken(answer.body);
    if (token === undefined) throw this.#odd("names a server for tokens that gives none");
    return token;
  }

  #odd(what: string): RegistryError {
    return new RegistryError("protocol", `the registry ${this.#origin.host} ${what}`);
  }
}

/** Its two names are of the specification and of OAuth 2. What cannot stand in a header is no token. */
function readToken(body: Uint8Array): string | undefined {
  try {
    const { token, access_token: accessToken } = JSON.parse(new TextDecoder().decode(body));
    const found: unknown = token ?? accessToken;
    return typeof found === "string" && /^[\w.~+/=-]+$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function basic({ user, password }: Credentials): string {
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}
