import type { Clock } from "../runtime/clock.ts";
import { type Env, proxyVariables } from "../runtime/environment.ts";
import { type Access, bearer, type Credentials } from "./cluster.ts";
import { ClusterError } from "./error.ts";
import type { ExecPlugin } from "./exec_plugin.ts";
import { isRecord } from "./kubeconfig_entry.ts";
import { readYaml } from "./yaml.ts";

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
): Promise<Uint8Array> {
  const deadline = new AbortController();
  const cancel = clock.after(RUN_TIMEOUT, () => deadline.abort());
  try {
    const { success, code, stdout } = await new Deno.Command(plugin.command, {
      args: plugin.args,
      // It inherits the rest. Those of proxies were taken out of the environment, and it may have to go through one too.
      env: { ...proxyVariables(env), ...plugin.env, KUBERNETES_EXEC_INFO: await plugin.info() },
      stdin: "null",
      stdout: "piped",
      // What the plugin says is for the person at the terminal, as with kubectl: how to sign in, for one.
      stderr: "inherit",
      signal: AbortSignal.any([signal, deadline.signal]),
    }).output();
    if (deadline.signal.aborted) throw failed(plugin, `did not end within ${RUN_TIMEOUT / 1000} s`);
    if (!success) throw failed(plugin, `ended with code ${code}; its own output says why`);
    return stdout;
  } catch (cause) {
    throw cause instanceof ClusterError ? cause : failed(plugin, await whyNotStarted(plugin, cause), cause);
  } finally {
    cancel();
  }
}

async function whyNotStarted({ command, installHint }: ExecPlugin, cause: unknown): Promise<string> {
  if (cause instanceof Deno.errors.NotCapable) {
    return "may not be run: this build, for a cluster, runs no programs";
  }
  if (cause instanceof Deno.errors.PermissionDenied) return "may not be run: it is not executable (chmod +x)";
  if (!(cause instanceof Deno.errors.NotFound)) {
    return "could not be started: it is not a program for this machine";
  }
  if (!command.includes("/")) return `was not found in PATH${installHint === "" ? ": install it" : ""}`;
  const isThere = await Deno.stat(command).then(() => true, () => false);
  return isThere
    ? "could not be started: the program that its first line (#!) names is not there"
    : "does not exist";
}

function readCredential(
  output: Uint8Array,
  plugin: ExecPlugin,
  headers: Access["headers"],
  now: number,
): Issued {
  // client-go decodes by its universal decoder, which takes YAML, too, and a kind that is left out for the one it wants.
  const read = readYaml(output);
  const credential = "fault" in read ? undefined : read.value;
  if (!isRecord(credential) || (credential.kind || "ExecCredential") !== "ExecCredential") {
    const found = output.length === 0 ? "nothing" : "something else";
    throw failed(
      plugin,
      `printed ${found} where an ExecCredential should be, alone, on stdout (messages: on stderr)`,
    );
  }
  if (credential.apiVersion !== plugin.apiVersion) {
    throw failed(
      plugin,
      `printed another apiVersion than ${plugin.apiVersion}, which the kubeconfig asks for: change one of the two`,
    );
  }
  if (!isRecord(credential.status)) throw failed(plugin, "printed an ExecCredential without a status");
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = credential.status;
  const isToken = typeof token === "string" && token !== "";
  const hasCert = typeof cert === "string" && cert !== "";
  const hasKey = typeof key === "string" && key !== "";
  if (hasCert !== hasKey) throw failed(plugin, "printed only one of a client certificate and its key");
  if (!isToken && !hasCert) {
    throw failed(plugin, "printed neither a token nor a client certificate with its key");
  }
  const where = `the credential plugin ${plugin.command}`;
  return {
    access: {
      headers: { ...isToken ? bearer(token, where) : {}, ...headers },
      ...hasCert && hasKey && { certificate: { cert, key, where } },
    },
    renewAt: renewAt(expirationTimestamp, now),
  };
}

const GO_ZERO = Date.parse("0001-01-01T00:00:00Z");

function renewAt(expirationTimestamp: unknown, now: number): number {
  const expires = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : NaN;
  // Go's zero time is what a plugin prints that knows of no end.
  if (Number.isNaN(expires) || expires === GO_ZERO) return Infinity;
  return expires - Math.min(LEEWAY, Math.max(0, expires - now) / 10);
}

function failed(plugin: ExecPlugin, what: string, cause?: unknown): ClusterError {
  const hint = plugin.installHint === "" ? "" : ` ${plugin.installHint}`;
  return new ClusterError(
    "unauthorized",
    `The credential plugin ${plugin.command} of the kubeconfig ${what}.${hint}`,
    { cause },
  );
}
