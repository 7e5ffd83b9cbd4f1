import type { Clock } from "../runtime/clock.ts";
import { type Env, proxyVariables } from "../runtime/environment.ts";
import { type Access, bearer, type Credentials } from "./cluster.ts";
import { ClusterError } from "./error.ts";
import type { ExecPlugin } from "./exec_plugin.ts";
import { isRecord } from "./kubeconfig_entry.ts";

/** Long enough for a person who signs in with a browser (kubelogin waits 3 minutes). */
const RUN_TIMEOUT = 300_000;

/** A token is not used in its last minute, nor in its last tenth where it lives shorter than ten minutes. */
const LEEWAY = 60_000;

/** What running a plugin needs of the world. */
interface ExecDeps {
  clock: Clock;
  signal: AbortSignal;
  /** For the variables of proxies; none by default. */
  env?: Env;
}

interface Issued {
  readonly access: Access;
  /** Milliseconds since the epoch; Infinity where the plugin says nothing: until the server refuses it. */
  readonly renewAt: number;
}

/**
 * Credentials that a plugin prints. It is run at the first request, before what it printed expires, and after a
 * 401; requests that need it at the same time share one run.
 */
export class ExecCredentials implements Credentials {
  readonly #plugin: ExecPlugin;
  readonly #headers: Access["headers"];
  readonly #deps: ExecDeps;
  #issued: Issued | undefined;
  #running: Promise<Issued> | undefined;

  /** @param headers to send beside the token */
  constructor(
    plugin: ExecPlugin,
    headers: Access["headers"],
    deps: ExecDeps,
  ) {
    this.#plugin = plugin;
    this.#headers = headers;
    this.#deps = deps;
  }

  async current(): Promise<Access> {
    if (this.#issued !== undefined && this.#deps.clock.now() < this.#issued.renewAt) {
      return this.#issued.access;
    }
    return (await this.#run()).access;
  }

  async renew(refused: Access): Promise<Access> {
    // Another request's 401 may have renewed it meanwhile.
    if (this.#issued !== undefined && this.#issued.access !== refused) return this.#issued.access;
    return (await this.#run()).access;
  }

  #run(): Promise<Issued> {
    this.#running ??= this.#issue().finally(() => this.#running = undefined);
    return this.#running;
  }

  async #issue(): Promise<Issued> {
    const output = await runPlugin(this.#plugin, this.#deps);
    return this.#issued = readCredential(output, this.#plugin, this.#headers, this.#deps.clock.now());
  }
}

async function runPlugin(
  plugin: ExecPlugin,
  { clock, signal, env = () => undefined }: ExecDeps,
): Promise<string> {
  const deadline = new AbortController();
  const cancel = clock.after(RUN_TIMEOUT, () => deadline.abort());
  try {
    const { success, code, stdout } = await new Deno.Command(plugin.command, {
      args: plugin.args,
      // It inherits the rest. These were taken out of the environment, and it may have to go through a proxy too.
      env: { ...proxyVariables(env), ...plugin.env },
      stdin: "null",
      stdout: "piped",
      // What the plugin says is for the person at the terminal, as with kubectl: how to sign in, for one.
      stderr: "inherit",
      signal: AbortSignal.any([signal, deadline.signal]),
    }).output();
    if (deadline.signal.aborted) throw failed(plugin, `did not end within ${RUN_TIMEOUT / 1000} s`);
    if (!success) throw failed(plugin, `ended with code ${code}; its own output says why`);
    return new TextDecoder().decode(stdout);
  } catch (cause) {
    throw cause instanceof ClusterError ? cause : failed(plugin, whyNotStarted(cause), cause);
  } finally {
    cancel();
  }
}

function whyNotStarted(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "was not found";
  if (cause instanceof Deno.errors.NotCapable) return "may not be run: this program lacks --allow-run";
  if (cause instanceof Deno.errors.PermissionDenied) return "is not executable";
  return "could not be started";
}

function readCredential(
  output: string,
  plugin: ExecPlugin,
  headers: Access["headers"],
  now: number,
): Issued {
  const credential = parse(output);
  if (!isRecord(credential) || credential.kind !== "ExecCredential" || !isRecord(credential.status)) {
    throw failed(plugin, "did not print an ExecCredential");
  }
  if (credential.apiVersion !== plugin.apiVersion) {
    throw failed(
      plugin,
      `printed another apiVersion than ${plugin.apiVersion}, which the kubeconfig asks for`,
    );
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = credential.status;
  const certificate = typeof cert === "string" && typeof key === "string" ? { cert, key } : {};
  if (typeof token !== "string" && !("cert" in certificate)) {
    throw failed(plugin, "printed neither a token nor a client certificate with its key");
  }
  const authorization = typeof token === "string" ? bearer(token) : {};
  return {
    access: { headers: { ...authorization, ...headers }, ...certificate },
    renewAt: renewAt(expirationTimestamp, now),
  };
}

function renewAt(expirationTimestamp: unknown, now: number): number {
  const expires = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : NaN;
  if (Number.isNaN(expires)) return Infinity;
  return expires - Math.min(LEEWAY, Math.max(0, expires - now) / 10);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause is left out: it quotes the text, which may hold the token.
    return undefined;
  }
}

function failed(plugin: ExecPlugin, what: string, cause?: unknown): ClusterError {
  const hint = plugin.installHint === "" ? "" : ` ${plugin.installHint}`;
  return new ClusterError(
    "unauthorized",
    `The credential plugin ${plugin.command} of the kubeconfig ${what}.${hint}`,
    { cause },
  );
}
