import type { Client } from "../http/client.ts";
import type { Failure } from "../http/outcome.ts";
import type { Auth, EndpointSettings } from "../route/endpoint_settings.ts";
import type { Clock } from "../runtime/clock.ts";
import type { CredentialFiles } from "../runtime/credential_files.ts";
import type { Log } from "../runtime/log.ts";
import { areSame, parseSecrets } from "../runtime/secret.ts";
import { TokenSource } from "./token_source.ts";

/**
 * What an attempt at an endpoint is made with beside its message: the URL, the operator's headers, the proof of who asks,
 * the secrets that sign. One function gives all of it, and is asked at each attempt, so that whatever is rotated (a
 * password, the kubelet's projected token, the URL itself) is used from the next attempt on.
 *
 * ```
 * settings ──▶ (a token, from its server) ──▶ the files, at most once a second ──▶ URL, headers, secrets
 *                          └────────────────────────────┴──▶ or a failure: nothing is sent
 * ```
 *
 * A file that is missing, empty or of no use, and a token server that gives no token, are the endpoint's fault: it says
 * nothing about the message, so it fails before anything is sent, the circuit opens, and the next probe asks again. That is
 * how it is mended without a restart. What is said names the file, never what is in it.
 *
 * Where the settings name no file and no token server there is nothing to wait for, and `resolve` answers at once.
 */
export interface Credentials {
  /** For one attempt. */
  resolve(): Resolved | Failure | Promise<Resolved | Failure>;
  /** What came of `resolve` was answered with 401. Whether there is a better one, so that it is of use to ask once more. */
  refused(resolved: Resolved): boolean;
  /** What must not be shown where it comes back in an answer: of what was last resolved. */
  readonly confidential: Confidential;
  /** Called after the last attempt has ended. */
  close(): void;
}

/** What an attempt is made with. */
export interface Resolved {
  url: URL;
  /** Added to the message's own; names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The active ones, the first one first; none: the request is not signed. */
  secrets: readonly string[];
  /** The token among the headers, where it comes from a token server. */
  token?: string;
}

/** What only the two ends know. */
export interface Confidential {
  url: URL | undefined;
  /** Secrets, passwords, tokens, and the headers that are made of them. */
  secrets: readonly string[];
}

/** What it takes. */
export interface CredentialsDeps {
  endpoint: string;
  /** Where the settings name no file for it. */
  url: URL | undefined;
  /** The program's active secrets, for an endpoint without `secretFiles`. */
  secrets: () => readonly string[];
  files: CredentialFiles;
  /** By the rule of all webhooks. @param place what it is called in the problem, which never shows it */
  parseUrl: (text: string, place: string) => URL | { problem: string };
  /** Makes the way to the token server; called once, and not where there is none. */
  openTokenClient: () => Client;
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  log: Log;
  /** Aborts when the program ends: nothing is asked for any more. */
  signal: AbortSignal;
}

/** Of one endpoint, by its settings. */
export class EndpointCredentials implements Credentials {
  readonly #settings: EndpointSettings;
  readonly #deps: CredentialsDeps;
  readonly #tokens: TokenSource | undefined;
  /** What a file held when it was last looked at, and what that means. */
  #url: { text: string; url: URL } | undefined;
  readonly #secrets = new Map<string, { text: string; secrets: readonly string[] }>();
  #confidential: Confidential;

  constructor(settings: EndpointSettings, deps: CredentialsDeps) {
    const { auth, timeout } = settings;
    this.#settings = settings;
    this.#deps = deps;
    this.#tokens = auth?.kind !== "oauth2"
      ? undefined
      : new TokenSource(auth, { ...deps, timeout, client: deps.openTokenClient() });
    this.#confidential = { url: deps.url, secrets: [] };
  }

  get confidential(): Confidential {
    return this.#confidential;
  }

  resolve(): Resolved | Failure | Promise<Resolved | Failure> {
    const token = this.#tokens?.token();
    return token instanceof Promise ? token.then((one) => this.#with(one)) : this.#with(token);
  }

  refused({ token }: Resolved): boolean {
    return token !== undefined && this.#tokens !== undefined && this.#tokens.refused(token);
  }

  close(): void {
    this.#tokens?.close();
  }

  #with(token: string | Failure | undefined): Resolved | Failure {
    if (isFailure(token)) return token;
    const url = this.#currentUrl();
    if (isFailure(url)) return url;
    const secrets = this.#currentSecrets();
    if (isFailure(secrets)) return secrets;
    const headers: Record<string, string> = {};
    const hidden: string[] = [];
    for (const header of this.#settings.headers) {
      const value = "file" in header ? this.#line(header.file, `headers.${header.name}`) : header.value;
      if (isFailure(value)) return value;
      headers[header.name] = value;
      if ("file" in header) hidden.push(value);
    }
    const proof = this.#authorization(token);
    if (isFailure(proof)) return proof;
    if (proof !== undefined) headers["authorization"] = proof.value;
    const confidential = [...secrets, ...hidden, ...proof?.hidden ?? []];
    // The same object while nothing changes: what takes these out of an answer is made once for it.
    if (this.#confidential.url !== url || !areSame(this.#confidential.secrets, confidential)) {
      this.#confidential = { url, secrets: confidential };
    }
    return { url, headers, secrets, ...token !== undefined && { token } };
  }

  #currentUrl(): URL | Failure {
    const { urlFile } = this.#settings;
    const { url, files, parseUrl, endpoint } = this.#deps;
    if (urlFile === undefined) {
      if (url === undefined) throw new TypeError(`The endpoint ${endpoint} has no URL.`);
      return url;
    }
    const found = files.text(urlFile, "urlFile");
    if ("problem" in found) return unusable(found.problem);
    // The same object for the same text: connections are kept by it.
    if (this.#url?.text === found.text) return this.#url.url;
    const parsed = parseUrl(found.text, `what the file ${urlFile} (urlFile) holds`);
    if ("problem" in parsed) return unusable(parsed.problem.replace(/\.$/, ""));
    this.#url = { text: found.text, url: parsed };
    return parsed;
  }

  #currentSecrets(): readonly string[] | Failure {
    const { secretFiles } = this.#settings;
    if (secretFiles === undefined) return this.#deps.secrets();
    const all: string[] = [];
    for (const file of secretFiles) {
      const secrets = this.#secretsOf(file);
      if (isFailure(secrets)) return secrets;
      all.push(...secrets);
    }
    return all;
  }

  #secretsOf(file: string): readonly string[] | Failure {
    const { files, log, endpoint } = this.#deps;
    const found = files.text(file, "secretFiles");
    if ("problem" in found) return unusable(found.problem);
    const { text } = found;
    const known = this.#secrets.get(file);
    if (known?.text === text) return known.secrets;
    const parsed = parseSecrets(text);
    if (parsed.kind === "empty") return unusable(files.reported(file, "secretFiles", "it is empty"));
    if (parsed.kind === "problem") {
      const problem = `the secret in its line ${parsed.line} ${parsed.problem.replace(/\.$/, "")}`;
      return unusable(files.reported(file, "secretFiles", problem));
    }
    const { secrets, weak } = parsed;
    if (known !== undefined) {
      log.info(`The secret file of ${endpoint} has changed and signs from now on.`, { endpoint, file });
    }
    if (weak !== undefined) log.warn(`A secret in ${file} ${weak}`, { endpoint });
    this.#secrets.set(file, { text, secrets });
    return secrets;
  }

  /** The value of `authorization`, and what of it is not shown where it comes back. */
  #authorization(
    token: string | undefined,
  ): { value: string; hidden: readonly string[] } | Failure | undefined {
    const { auth } = this.#settings;
    switch (auth?.kind) {
      case undefined:
        return undefined;
      case "basic": {
        const password = this.#line(auth.passwordFile, "basicAuth.passwordFile", "any");
        if (isFailure(password)) return password;
        const credentials = new TextEncoder().encode(`${auth.username}:${password}`).toBase64();
        return { value: `Basic ${credentials}`, hidden: [password, credentials] };
      }
      case "authorization": {
        const credentials = this.#credentials(auth);
        return isFailure(credentials)
          ? credentials
          : { value: `${auth.type} ${credentials}`, hidden: [credentials] };
      }
      case "oauth2":
        return { value: `Bearer ${token}`, hidden: [token ?? ""] };
    }
  }

  #credentials({ type, credentialsFile }: Auth & { kind: "authorization" }): string | Failure {
    const option = "authorization.credentialsFile";
    const credentials = this.#line(credentialsFile, option);
    if (isFailure(credentials)) return credentials;
    if (!credentials.toLowerCase().startsWith(`${type.toLowerCase()} `)) return credentials;
    const problem = `it begins with ${type}, which authorization.type says already`;
    return unusable(this.#deps.files.reported(credentialsFile, option, problem));
  }

  /** @param kind what may stand in it: what a header can hold, or anything on one line */
  #line(file: string, option: string, kind: "header" | "any" = "header"): string | Failure {
    const { files } = this.#deps;
    const found = files.line(file, option);
    if ("problem" in found) return unusable(found.problem);
    const { text } = found;
    if (kind === "any" || !UNPRINTABLE.test(text)) return text;
    const problem = "it holds what a header cannot: anything but printable ASCII";
    return unusable(files.reported(file, option, problem));
  }
}

const UNPRINTABLE = /[^\t\x20-\x7e]/;

function unusable(message: string): Failure {
  return { kind: "failure", when: "before", stale: false, fault: "credentials", message };
}

function isFailure<T>(value: T | Failure): value is Failure {
  return typeof value === "object" && value !== null && "kind" in value;
}
