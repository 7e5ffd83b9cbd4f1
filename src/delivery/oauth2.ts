import {
  allowInsecureRequests,
  type AuthorizationServer,
  clientCredentialsGrantRequest,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  type CustomFetchOptions,
  processClientCredentialsResponse,
  ResponseBodyError,
  UnsupportedOperationError,
} from "oauth4webapi";
import type { Answer, Failure, Send } from "../http/outcome.ts";
import type { OAuth2 } from "../route/endpoint_settings.ts";
import { printable } from "../runtime/printable.ts";
import { bareHost, isLoopback } from "../runtime/proxy.ts";
import { redact } from "../runtime/redact.ts";
import { parseRetryAfter } from "../runtime/retry_after.ts";

/*
 * One request for a token: what is asked and how the answer is read is `oauth4webapi`'s, the way there this program's own
 * HTTP client. Loaded only where an endpoint uses it.
 */

/** A token and how long it is good for, or why there is none. */
export type Grant =
  /** `lifetime`: milliseconds; Infinity where the server does not say. */
  | { token: string; lifetime: number }
  /**
   * `why`: a clause for people, in the program's own words. `wait`: milliseconds that the server asks to wait.
   * `explanation`: the server's own words, printable and without the client's secret.
   */
  | { why: string; wait?: number; explanation?: string };

/** What a request takes. */
export interface TokenRequest {
  send: Send;
  /** Milliseconds. */
  timeout: number;
  /** Milliseconds since the epoch. */
  now: number;
  signal: AbortSignal;
}

/** Asks once; never rejects. */
export async function requestToken(auth: OAuth2, secret: string, request: TokenRequest): Promise<Grant> {
  const { clientId, tokenUrl, authStyle } = auth;
  const isSafe = tokenUrl.protocol === "https:" || isLoopback(bareHost(tokenUrl)) || auth.allowHttp === true;
  if (!isSafe) {
    return {
      why:
        `the token server ${tokenUrl.host} would be sent the client's secret in the clear: write https:// in ` +
        "oauth2.tokenUrl, or allowHttp: true beside it",
    };
  }
  const server: AuthorizationServer = { issuer: tokenUrl.origin, "token_endpoint": tokenUrl.href };
  const client = { "client_id": clientId };
  const prove = authStyle === "header" ? ClientSecretBasic(secret) : ClientSecretPost(secret);
  const way = new Way(tokenUrl, request);
  try {
    const response = await clientCredentialsGrantRequest(server, client, prove, parametersOf(auth), {
      [customFetch]: (_url: string, options: CustomFetchOptions<string, BodyInit | null | undefined>) =>
        way.post(options),
      [allowInsecureRequests]: true,
    });
    const { access_token: token, token_type: type, expires_in: seconds } =
      await processClientCredentialsResponse(server, client, response);
    if (type !== "bearer") return { why: notBearer(tokenUrl.host) };
    if (!/^[\x21-\x7e]+$/.test(token)) return { why: notOAuth(tokenUrl.host) };
    return { token, lifetime: seconds === undefined ? Infinity : seconds * 1_000 };
  } catch (error) {
    return way.failure === undefined
      ? whyNoToken(error, way.answer, auth, secret, request.now)
      : { why: way.failure.message };
  }
}

function parametersOf({ scopes, audience, resource }: OAuth2): Record<string, string> {
  return {
    ...scopes.length > 0 && { scope: scopes.join(" ") },
    ...audience !== undefined && { audience },
    ...resource !== undefined && { resource },
  };
}

/** The way to the token server: what the library wants sent, by this program's client. */
class Way {
  /** What came last. */
  answer: Answer | undefined;
  failure: Failure | undefined;

  constructor(readonly url: URL, readonly request: TokenRequest) {}

  async post(options: CustomFetchOptions<string, BodyInit | null | undefined>): Promise<Response> {
    const { send, timeout, signal } = this.request;
    const body = new TextEncoder().encode(String(options.body ?? ""));
    const outcome = await send({ url: this.url, headers: options.headers, body }, timeout, signal);
    if (outcome.kind === "failure") {
      this.failure = outcome;
      throw new Error(outcome.message);
    }
    this.answer = outcome;
    const { status, headers } = outcome;
    const isEmpty = [101, 204, 205, 304].includes(status);
    // Only what the library needs: of a challenge it would make an error that no longer holds the body's.
    return new Response(isEmpty ? null : neededOf(outcome.body), {
      status: isGranted(status) ? 200 : status,
      headers: { "content-type": headers.get("content-type") ?? "" },
    });
  }
}

/**
 * What is of use here, in the form of RFC 6749: servers add what the library would want to check (an id token where the
 * scope is `openid`), write null or -1 for what they do not say, and explain errors in forms of their own.
 */
function neededOf(body: string): string {
  try {
    const { access_token: token, token_type: type, expires_in: life, error, error_description: why } = JSON
      .parse(body);
    const seconds = Number.parseFloat(life);
    return JSON.stringify({
      "access_token": token,
      "token_type": type ?? "bearer",
      ...seconds >= 0 && { "expires_in": seconds },
      error,
      ...typeof why === "string" && { "error_description": why },
    });
  } catch {
    return body;
  }
}

function whyNoToken(
  error: unknown,
  answer: Answer | undefined,
  { tokenUrl }: OAuth2,
  secret: string,
  now: number,
): Grant {
  const { host } = tokenUrl;
  // The program ends, or the request could not be made.
  if (answer === undefined) return { why: `the token server ${host} could not be asked` };
  const wait = answer.status < 300
    ? undefined
    : parseRetryAfter(answer.headers.get("retry-after") ?? null, now);
  const waiting = wait === undefined ? {} : { wait };
  if (error instanceof ResponseBodyError) {
    const code = /^[a-z_]{3,40}$/.test(error.error) && !error.error.includes(secret)
      ? error.error
      : undefined;
    const explanation = explanationIn(error.error_description, [secret, encodeURIComponent(secret)]);
    const advice = ADVICE[code ?? ""] ?? "see its log";
    const why = `the token server ${host} says ${code ?? "no, by an error of its own"}: ${advice}`;
    return { why, ...waiting, ...explanation !== undefined && { explanation } };
  }
  if (error instanceof UnsupportedOperationError) {
    return { why: notBearer(host) };
  }
  if (isGranted(answer.status)) return { why: notOAuth(host) };
  return {
    why: `the token server ${host} answers with status ${answer.status} (${adviceOn(answer.status)})`,
    ...waiting,
  };
}

/** RFC 6749, 5.2; RFC 8707, 2. */
const ADVICE: Record<string, string> = {
  "invalid_client":
    "check oauth2.clientId, what is in oauth2.clientSecretFile, and whether oauth2.authStyle is the right one",
  "unauthorized_client": "let it grant this client tokens by its credentials (client_credentials)",
  "unsupported_grant_type": "let it grant tokens by a client's credentials (client_credentials)",
  "invalid_scope": "check oauth2.scopes, and what this client may have",
  "invalid_target": "check oauth2.resource and oauth2.audience",
  "invalid_request": "check whether it wants oauth2.scopes, an audience, or the other oauth2.authStyle",
  "invalid_grant": "check oauth2.clientId, and what this client may have",
  "access_denied": "check what this client may have",
  "server_error": "see its log",
  "temporarily_unavailable": "check that it runs",
};

function adviceOn(status: number): string {
  if (status >= 300 && status < 400) return "it redirects, which is not followed: check oauth2.tokenUrl";
  if (status === 401 || status === 403) return ADVICE["invalid_client"] ?? "";
  if (status === 404 || status === 405) return "check oauth2.tokenUrl";
  if (status === 429) return "it is asked too often: let it take more";
  return status >= 500 ? "check that it runs: see its log" : "see its log";
}

/** RFC 6749 has 200 alone; what created a token says 201. */
function isGranted(status: number): boolean {
  return status === 200 || status === 201;
}

function notBearer(host: string): string {
  return `the token server ${host} gives a token of another kind than bearer`;
}

function notOAuth(host: string): string {
  return `what the token server ${host} answers holds no token (RFC 6749, 5.1): check oauth2.tokenUrl`;
}

function explanationIn(text: string | undefined, secrets: string[]): string | undefined {
  const clean = printable(redact(printable(text ?? ""), secrets), LONGEST);
  return clean === "" ? undefined : clean;
}

/** Characters of what the server says. */
const LONGEST = 200;
