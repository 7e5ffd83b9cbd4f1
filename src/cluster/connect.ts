import { join } from "node:path";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { proxyFor } from "../runtime/proxy.ts";
import { enumerated } from "../runtime/wording.ts";
import type { ApiServer } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { HttpApiServer } from "./http_api_server.ts";
import { inCluster, SERVICE_ACCOUNT_FOLDER } from "./in_cluster.ts";
import { exists } from "./named_file.ts";
import { ClusterSetupError } from "./setup_error.ts";

/** Which cluster, where the user named one. */
export interface ConnectOptions {
  /** `--kubeconfig`: this file and no other. */
  kubeconfig?: string;
  /** `--context`: of the kubeconfig that would be used outside a cluster. */
  context?: string;
}

/** What finding a cluster needs of the world. */
export interface ConnectDeps {
  /**
   * Reads KUBECONFIG, HOME (USERPROFILE), KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT, the variables of proxies,
   * and K8SVENT_SERVICE_ACCOUNT: another folder than the one that the kubelet mounts, for tests.
   */
  env: (name: string) => string | undefined;
  clock: Clock;
  log: Log;
  /** Sent as `k8svent/VERSION`. */
  version: string;
}

/**
 * Finds the cluster: a kubeconfig that was asked for (options, KUBECONFIG), else the one that this pod runs in,
 * else `~/.kube/config`. Sends nothing yet. Whoever calls it closes what it gives.
 *
 * @throws {ClusterSetupError} where none is found or what is found cannot be used.
 */
export async function connectCluster(options: ConnectOptions, deps: ConnectDeps): Promise<ApiServer> {
  const asked = await askedFiles(options, deps);
  if (asked.length > 0) return await byKubeconfig(asked, options.context, deps);
  const mounted = await serviceAccount(deps);
  if (mounted.host !== undefined && mounted.exists) {
    const port = deps.env("KUBERNETES_SERVICE_PORT") || "443";
    const foundIn = `the service account in ${mounted.folder}`;
    return open(inCluster(mounted.host, port, mounted.folder, deps.log), { ...deps, foundIn });
  }
  const home = homeKubeconfig(deps);
  if (home !== undefined && await exists(home)) return await byKubeconfig([home], undefined, deps);
  throw new ClusterSetupError(
    `No cluster found. Tried: KUBECONFIG (not set), the service account of a pod (${mounted.reason}), ` +
      `${home ?? "~/.kube/config (HOME is not set)"}${home === undefined ? "" : " (does not exist)"}. ` +
      "Name a kubeconfig with --kubeconfig FILE or KUBECONFIG, or run k8svent in a cluster.",
  );
}

/** The kubeconfig files that somebody asked for, none where nobody did. */
async function askedFiles({ kubeconfig, context }: ConnectOptions, deps: ConnectDeps): Promise<string[]> {
  if (kubeconfig !== undefined) return [kubeconfig];
  const listed = (deps.env("KUBECONFIG") ?? "").split(Deno.build.os === "windows" ? ";" : ":").filter(
    Boolean,
  );
  // As kubectl: a file of the list may be missing. But not all of them, or the answer would be puzzling.
  const there = (await Promise.all(listed.map(async (file) => await exists(file) ? [file] : []))).flat();
  if (listed.length > 0 && there.length === 0) {
    throw new ClusterSetupError(
      `KUBECONFIG names ${enumerated(listed)}, which ${listed.length === 1 ? "does" : "do"} not exist. ` +
        "Correct or unset it.",
    );
  }
  if (there.length > 0 || context === undefined) return there;
  const home = homeKubeconfig(deps);
  if (home === undefined || !await exists(home)) {
    throw new ClusterSetupError(
      `There is no kubeconfig that could hold the context "${context}": KUBECONFIG is not set and ` +
        `${home ?? "~/.kube/config"} does not exist. Name one with --kubeconfig FILE.`,
    );
  }
  return [home];
}

/** Lazily: a pod never loads what reads a kubeconfig. */
async function byKubeconfig(
  files: string[],
  context: string | undefined,
  deps: ConnectDeps,
): Promise<ApiServer> {
  const { chooseContext, readKubeconfig } = await import("./kubeconfig.ts");
  const { clusterOf } = await import("./kubeconfig_cluster.ts");
  const lifetime = new AbortController();
  const choice = chooseContext(await readKubeconfig(files), context);
  const foundIn = `the context "${choice.context}" of ${enumerated(files)}`;
  return open(
    clusterOf(choice, { ...deps, signal: lifetime.signal }),
    { ...deps, foundIn },
    () => lifetime.abort(),
  );
}

function open(cluster: Cluster, deps: ConnectDeps & { foundIn: string }, onClose?: () => void): ApiServer {
  return new HttpApiServer(throughProxy(cluster, deps.env), {
    clock: deps.clock,
    log: deps.log,
    userAgent: `k8svent/${deps.version}`,
    foundIn: deps.foundIn,
    ...(onClose === undefined ? {} : { onClose }),
  });
}

/** @throws {ClusterSetupError} where the variable that counts holds no proxy. */
function throughProxy(cluster: Cluster, env: ConnectDeps["env"]): Cluster {
  const proxy = cluster.proxy ?? proxyFor(cluster.server, env);
  if (proxy === undefined) return cluster;
  if (!("problem" in proxy)) return { ...cluster, proxy };
  throw new ClusterSetupError(
    `Cannot reach the API server at ${cluster.server.host}: ${proxy.problem}. Where it needs no proxy, add its host ` +
      "to NO_PROXY.",
  );
}

interface ServiceAccount {
  folder: string;
  host: string | undefined;
  exists: boolean;
  /** Why it cannot be used, for a person. */
  reason: string;
}

async function serviceAccount(deps: ConnectDeps): Promise<ServiceAccount> {
  const folder = deps.env("K8SVENT_SERVICE_ACCOUNT") || SERVICE_ACCOUNT_FOLDER;
  const host = deps.env("KUBERNETES_SERVICE_HOST") || undefined;
  const found = await exists(`${folder}/token`);
  const reason = host === undefined
    ? "KUBERNETES_SERVICE_HOST is not set"
    : `${folder}/token does not exist: is automountServiceAccountToken false?`;
  return { folder, host, exists: found, reason };
}

function homeKubeconfig(deps: ConnectDeps): string | undefined {
  const home = deps.env("HOME") || deps.env("USERPROFILE");
  return home ? join(home, ".kube", "config") : undefined;
}
