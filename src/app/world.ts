import type { Options } from "../cli/options.ts";
import type { connectCluster } from "../cluster/connect.ts";
import { fileFault } from "../config/named_file.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseWebhookUrl } from "../config/webhook_url.ts";
import type { Peer } from "../delivery/workers.ts";
import { type Client, openClient } from "../http/client.ts";
import { Network } from "../http/network.ts";
import { tlsOf } from "../http/tls_files.ts";
import type { Endpoint } from "../route/endpoint.ts";
import type { Clock } from "../runtime/clock.ts";
import { CredentialFiles } from "../runtime/credential_files.ts";
import type { Log } from "../runtime/log.ts";
import type { Secrets } from "../runtime/secret_file.ts";
import type { watchPods } from "../source/watch.ts";
import type { Disk } from "../store/database.ts";
import type { Actions } from "./actions.ts";
import type { ConfigurationFile } from "./reload.ts";

/*
 * What is around the program, and the ways out of it.
 */

/** What the program needs of the world; `main.ts` gives the real thing. */
export interface World {
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  env: (name: string) => string | undefined;
  log: Log;
  secrets: Secrets;
  /** Takes what an operator can do from outside, beside what is served: SIGUSR1 is `retry`. */
  operate: (actions: Actions) => void;
  /** Writes a piece of the data that `--once` prints. */
  print: (text: string) => Promise<void>;
  /** Shows how far the first lists, or `--once`, are, in place of what it showed before; undefined: takes it away. Absent: to nobody. */
  show?: (line: string | undefined) => void;
  /** The configuration file and the text that the options were read from; absent: there is none. */
  configuration?: { file: ConfigurationFile; text: string };
  /** Takes what is to be done when somebody asks for the configuration to be read again (SIGHUP). */
  onReload?: (run: () => void) => void;
  /** A path without links; throws where there is no such file. */
  realPath: (path: string) => string;
  /** Aborts when the program is to end: what is pending is then tried once more. */
  stop: AbortSignal;
}

/** The ways out of the machine; the real ones, but for a test that has the world in memory. */
export interface Ways {
  connect: typeof connectCluster;
  /** How each endpoint gets its way out, and the way to the server that gives tokens for it. */
  openClient: (
    endpoint: Endpoint,
    world: Pick<World, "clock" | "env"> & { files: CredentialFiles },
    peer: Peer,
  ) => Client;
  /** How the file of `--state` is opened, if not as the store does it. */
  openDisk?: (file: string) => Disk;
  /** How pods are watched, if not as the source does it. */
  watchPods?: typeof watchPods;
}

/** Connections of its own for each endpoint, over a network that all share. */
export function dialled(): Ways["openClient"] {
  let network: Network | undefined;
  return ({ trusted, settings }, { clock, env, files }, peer) => {
    network ??= new Network({ clock });
    const { tls: given, proxyUrl } = trusted ? settings : {};
    // The client certificate and the server's name are the receiver's business alone.
    const tls = peer === "receiver"
      ? given
      : given?.caFile === undefined
      ? undefined
      : { caFile: given.caFile };
    return openClient({
      network,
      env,
      ...proxyUrl !== undefined && { proxyUrl },
      ...tls !== undefined && { tls: tlsOf(tls, files) },
      ...!trusted && { guard: {} },
    });
  };
}

/** The files that endpoints name, as far as the configuration may name them: also where their links lead by now. */
export function credentialFiles(
  { state }: Pick<Options, "state">,
  { clock, env, realPath }: Pick<World, "clock" | "env" | "realPath">,
): CredentialFiles {
  const folders = { serviceAccount: env("K8SVENT_SERVICE_ACCOUNT"), state, realPath };
  return new CredentialFiles({
    clock,
    mayRead: (path) => fileFault(path, folders)?.replace(/^names/, "it leads to"),
  });
}

/** The rule of `--url`, with the problem as a value. */
export function webhookUrl(text: string, place: string): URL | { problem: string } {
  try {
    return parseWebhookUrl(text, place);
  } catch (error) {
    if (error instanceof UsageError) return { problem: error.message };
    throw error;
  }
}

/** The variables that the older payload carries. */
export function envOf({ payload, payloadEnv }: Options, { env }: World): Record<string, string> | undefined {
  if (payload !== "k8vent") return undefined;
  return Object.fromEntries(payloadEnv.flatMap((name) => {
    const value = env(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
