import type { Client } from "../http/client.ts";
import type { Failure } from "../http/outcome.ts";
import type { OAuth2 } from "../route/endpoint_settings.ts";
import { type Backoff, backoffDelay } from "../runtime/backoff.ts";
import type { Clock } from "../runtime/clock.ts";
import type { CredentialFiles } from "../runtime/credential_files.ts";
import type { Log } from "../runtime/log.ts";

/**
 * The tokens of one endpoint, from its token server (OAuth 2.0, client credentials). One request is under way at a time,
 * whoever waits for it.
 *
 * ```
 * none ──asked──▶ good ──30 s, or a tenth of its life, before its end──▶ good, a new one asked for beside
 *   ▲               │                                                        │
 *   └──401, ended───┴────────────────────────────────────────────────────────┘
 * ```
 *
 * A token that is still good goes on being used while its renewal fails; that is tried again after a backoff. Once there is
 * none, each attempt at the endpoint asks: the endpoint's own circuit sees to it that those become few. Only a server that
 * says when to come back (`Retry-After`) is left alone until then.
 */
export class TokenSource {
  readonly #auth: OAuth2;
  readonly #deps: TokenSourceDeps;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #token: { value: string; renewAt: number; endsAt: number } | undefined;
  #asking: Promise<string | Failure> | undefined;
  /** Renewals that failed in a row, and when the next one is due. */
  #failures = 0;
  #renewNotBefore = -Infinity;
  /** What the server said when it asked to wait, and until when. */
  #held: { until: number; failure: Failure } | undefined;
  /** When a token was last given up because the endpoint refused it. */
  #refusedAt = -Infinity;
  #isExplained = false;

  constructor(auth: OAuth2, deps: TokenSourceDeps) {
    this.#auth = auth;
    this.#deps = deps;
    this.#signal = AbortSignal.any([deps.signal, this.#closing.signal]);
  }

  /** One that is good now; a promise where it must be asked for. */
  token(): string | Failure | Promise<string | Failure> {
    const now = this.#deps.clock.monotonic();
    const token = this.#token;
    if (token !== undefined && now < token.endsAt) {
      // What it comes to is seen when the token has ended.
      if (now >= token.renewAt && now >= this.#renewNotBefore) this.#ask().catch(() => {});
      return token.value;
    }
    if (this.#held !== undefined && now < this.#held.until) return this.#held.failure;
    return this.#ask();
  }

  /**
   * The endpoint answered 401 to this token: another one is asked for. Returns false where it refused a new one just now:
   * whatever is wrong with it, one more is not better.
   */
  refused(value: string): boolean {
    // Somebody else has given it up meanwhile.
    if (this.#token?.value !== value) return true;
    const now = this.#deps.clock.monotonic();
    if (now - this.#refusedAt < REFUSED_AGAIN) return false;
    this.#refusedAt = now;
    this.#token = undefined;
    return true;
  }

  close(): void {
    this.#closing.abort();
    this.#deps.client.close();
  }

  #ask(): Promise<string | Failure> {
    this.#asking ??= this.#request().finally(() => this.#asking = undefined);
    return this.#asking;
  }

  async #request(): Promise<string | Failure> {
    const { clock, random, timeout, client, files } = this.#deps;
    const secret = files.line(this.#auth.clientSecretFile, "oauth2.clientSecretFile");
    if ("problem" in secret) return failed(secret.problem);
    // Late: most programs run without it.
    const { requestToken } = await import("./oauth2.ts");
    const began = clock.monotonic();
    const now = clock.now();
    const grant = await requestToken(this.#auth, secret.text, {
      send: client.send,
      timeout,
      now,
      signal: this.#signal,
    });
    const ended = clock.monotonic();
    if ("why" in grant) {
      this.#failures++;
      this.#renewNotBefore = ended + backoffDelay(RENEWAL, this.#failures, random());
      const failure = failed(grant.why);
      this.#held = grant.wait === undefined ? undefined : { until: ended + grant.wait, failure };
      this.#explain(grant.explanation);
      return failure;
    }
    const { token, lifetime } = grant;
    this.#failures = 0;
    this.#renewNotBefore = -Infinity;
    this.#held = undefined;
    this.#isExplained = false;
    const endsAt = began + lifetime;
    this.#token = { value: token, endsAt, renewAt: endsAt - Math.min(EARLY, lifetime / 10) };
    return token;
  }

  /** The server's own words, which somebody else wrote: a field of the log, once for each time that it fails. */
  #explain(answer: string | undefined): void {
    const { log, endpoint } = this.#deps;
    if (answer === undefined || this.#isExplained) return;
    this.#isExplained = true;
    log.warn(`The token server of ${endpoint} says why it gives no token.`, { endpoint, answer });
  }
}

/** What it takes. */
export interface TokenSourceDeps {
  endpoint: string;
  files: CredentialFiles;
  /** The way to the token server; closed with the source. */
  client: Client;
  /** Milliseconds, of one request for a token. */
  timeout: number;
  clock: Clock;
  random: () => number;
  log: Log;
  signal: AbortSignal;
}

/** Milliseconds before its end at which a token is renewed at the latest. */
const EARLY = 30_000;

/** Milliseconds within which a second refusal says that it is not the token's age. */
const REFUSED_AGAIN = 10_000;

const RENEWAL: Backoff = { base: 1_000, cap: 60_000 };

function failed(why: string): Failure {
  return { kind: "failure", when: "before", stale: false, fault: "credentials", message: `no token: ${why}` };
}
