import { createHash, timingSafeEqual } from "node:crypto";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { FileText } from "../runtime/credential_files.ts";
import type { Log } from "../runtime/log.ts";
import type { Answer } from "./answer.ts";
import { crossSiteFault, crossSiteReadFault, hostFault, isByTls } from "./origin.ts";
import { problem } from "./problem.ts";
import type { Head } from "./request.ts";
import { SESSION_FOR, Sessions } from "./sessions.ts";

/**
 * Who may see page and API, and act by them.
 *
 * ```
 * Host ──no token, and not ours──▶ 421
 *  ▼
 * a token in the URL ─────────────▶ 400
 *  ▼
 * a page of another site ─────────▶ 403
 *  ▼
 * no token is asked for (loopback) ──▶ in
 *  ▼
 * Authorization: Bearer ──right──▶ in
 *  │ none                 wrong──▶ 401, a second later
 *  ▼
 * a session's cookie ──▶ in, else 401
 * ```
 *
 * While the file of the token cannot be used, nobody gets in: whoever took a token out of it meant that.
 */
export class Access {
  readonly #deps: AccessDeps;
  readonly #sessions: Sessions;
  #isFailing = false;
  /** Wrong tokens since that was last logged, and when that was. */
  #wrong = 0;
  #saidAt = -Infinity;

  constructor(deps: AccessDeps) {
    this.#deps = deps;
    this.#sessions = new Sessions(deps.clock, deps.randomBytes);
  }

  /** Whether a token is asked for. */
  get asksForToken(): boolean {
    return this.#deps.token !== undefined;
  }

  /** Why a request is refused whoever sends it; undefined: it is not. */
  refused({ method, path, fields, query }: Head): Answer | undefined {
    const host = this.asksForToken ? undefined : hostFault(fields.get("host") ?? "", this.#deps.host);
    if (host !== undefined) return problem(421, host);
    if (this.#holdsToken(path, query)) {
      return problem(
        400,
        "A token does not belong into a URL, which is kept in logs and histories: send it as Authorization: Bearer TOKEN.",
      );
    }
    const isReading = method === "GET" || method === "HEAD" || method === "OPTIONS";
    const site = isReading ? crossSiteReadFault(fields) : crossSiteFault(fields);
    return site === undefined ? undefined : problem(403, site);
  }

  /** Who sends a request. */
  async identify({ fields }: Head): Promise<Identity> {
    if (!this.asksForToken) return { kind: "let in", hasSession: false };
    const token = this.#token();
    if (token === undefined) return { kind: "refused", answer: problem(503, UNUSABLE) };
    const proof = this.#proofIn(fields, token);
    if (proof !== undefined) return { kind: "let in", hasSession: proof === "session" };
    if (fields.has("authorization")) {
      await this.#punish();
      return { kind: "refused", answer: unauthorized("This is not the token of --admin-token-file.") };
    }
    return {
      kind: "refused",
      answer: unauthorized(
        "This needs the token of --admin-token-file: send it as Authorization: Bearer TOKEN.",
      ),
    };
  }

  /** Whether who was let in would be so now, too: a session may have ended since, or the token be another. */
  stillLetsIn({ fields }: Head): boolean {
    if (!this.asksForToken) return true;
    const token = this.#token();
    return token !== undefined && this.#proofIn(fields, token) !== undefined;
  }

  /** The field Set-Cookie of a browser that has shown the right token; else why it gets none, a second later. */
  async login(shown: string, fields: Head["fields"]): Promise<{ cookie: string } | { problem: string }> {
    const token = this.#token();
    if (token === undefined) return { problem: UNUSABLE };
    if (isEqual(shown.trim(), token)) {
      return { cookie: cookie(this.#sessions.open(token), SESSION_FOR / 1_000, fields) };
    }
    await this.#punish();
    return { problem: "This is not the token." };
  }

  /** Ends a browser's session. Returns the field Set-Cookie. */
  logout(fields: Head["fields"]): string {
    this.#sessions.close(cookieOf(fields));
    return cookie("", 0, fields);
  }

  /** By what a request may come in; undefined: by nothing. A token that is wrong is not mended by a cookie. */
  #proofIn(fields: Head["fields"], token: string): "token" | "session" | undefined {
    const given = fields.get("authorization");
    if (given === undefined) return this.#sessions.has(cookieOf(fields), token) ? "session" : undefined;
    const [, shown] = /^bearer +(\S+)$/i.exec(given) ?? [];
    return shown !== undefined && isEqual(shown, token) ? "token" : undefined;
  }

  #token(): string | undefined {
    const { token, log } = this.#deps;
    const found = token?.();
    if (found === undefined || "text" in found) {
      this.#isFailing = false;
      return found?.text;
    }
    if (!this.#isFailing) log.warn(`Nobody gets in to page and API: ${found.problem}.`);
    this.#isFailing = true;
    return undefined;
  }

  /** By the names that people give it, or as it is: a parameter, or a part of the path. */
  #holdsToken(path: string, query: string): boolean {
    const parameters = [...new URLSearchParams(query)];
    if (parameters.some(([name]) => TOKEN_NAME.test(name))) return true;
    const token = this.#deps.token?.();
    if (token === undefined || "problem" in token) return false;
    // By a set, which compares no letters unless it has found it; to hash thousands of parts would hold up the program.
    return new Set([...path.split("/"), ...parameters.map(([, value]) => value)]).has(token.text);
  }

  /** Makes a wrong token cost time, and says now and then that there were some. */
  async #punish(): Promise<void> {
    const { clock, log, stop } = this.#deps;
    this.#wrong++;
    if (clock.monotonic() - this.#saidAt >= SAY_EVERY) {
      log.warn("Somebody asked for page or API with a wrong token.", { times: this.#wrong });
      this.#saidAt = clock.monotonic();
      this.#wrong = 0;
    }
    await sleep(clock, DELAY, stop);
  }
}

/** What access is decided by. */
export interface AccessDeps {
  clock: Clock;
  log: Log;
  /** Bytes that nobody can guess. */
  randomBytes: (count: number) => Uint8Array;
  /** The token as its file holds it now (see `token.ts`); absent: none is asked for. Asked at each request. */
  token?: () => FileText;
  /** What the port listens on by its flag; absent: all addresses. */
  host?: string;
  /** Aborts when the port is closed. */
  stop: AbortSignal;
}

/** Who sends a request. `answer`: what it gets unless it is for everybody. */
export type Identity = { kind: "let in"; hasSession: boolean } | { kind: "refused"; answer: Answer };

/** What people call a token in a URL. */
const TOKEN_NAME = /^(access_?|admin_?|auth_?|api_?)?(token|key|bearer|authorization|password|secret)$/i;

/** Milliseconds that a wrong token waits for its answer. */
const DELAY = 1_000;

/** Milliseconds between two lines of the log about wrong tokens. */
const SAY_EVERY = 60_000;

const UNUSABLE = "The file of --admin-token-file cannot be used, so nobody gets in: the log says why.";

function unauthorized(detail: string): Answer {
  return problem(401, detail, { "www-authenticate": 'Bearer realm="k8svent"' });
}

/** Compares in a time that says nothing of where they differ, nor of how long the right one is. */
function isEqual(one: string, other: string): boolean {
  const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/**
 * By the port that the browser asks, since all ports of a host share their cookies: two forwarded ports are two
 * programs. `__Host-` and Secure only over TLS, as a browser takes them on nothing else.
 */
function cookieName(fields: Head["fields"], isSecure: boolean): string {
  const port = /:(\d+)$/.exec(fields.get("host") ?? "")?.[1] ?? "";
  return `${isSecure ? "__Host-" : ""}k8svent-session${port}`;
}

function cookie(id: string, maxAge: number, fields: Head["fields"]): string {
  const isSecure = isByTls(fields);
  return `${cookieName(fields, isSecure)}=${id}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${
    isSecure ? "; Secure" : ""
  }`;
}

/** The id of a session; empty: there is none. */
function cookieOf(fields: Head["fields"]): string {
  const pairs = (fields.get("cookie") ?? "").split(/[;,]\s*/).map((pair) => pair.split("=", 2));
  const named = (wanted: string): string | undefined => pairs.find(([name]) => name === wanted)?.[1];
  return named(cookieName(fields, true)) ?? named(cookieName(fields, false)) ?? "";
}
