import type { Log } from "../runtime/log.ts";
import { parseProxy, type Proxy } from "../runtime/proxy.ts";
import type { Cluster } from "./cluster.ts";
import { KeptFile } from "./kept_file.ts";
import type { KubeconfigChoice } from "./kubeconfig.ts";
import type { KubeconfigEntry } from "./kubeconfig_entry.ts";
import { anonymous, type CredentialDeps, credentialsOf } from "./user_credentials.ts";

/**
 * The cluster that a kubeconfig's context names.
 *
 * @throws {ClusterSetupError} for fields that are broken or cannot be honoured.
 */
export function clusterOf({ cluster, user }: KubeconfigChoice, deps: CredentialDeps): Cluster {
  const server = serverOf(cluster);
  refuse(cluster, server);
  const proxy = proxyOf(cluster);
  // As kubectl: credentials are not sent in the clear.
  const credentials = user === undefined || server.protocol === "http:"
    ? anonymous
    : credentialsOf(user, cluster, deps);
  return {
    server,
    trust: trustOf(cluster, deps.log),
    credentials,
    ...(proxy === undefined ? {} : { proxy }),
  };
}

function serverOf(cluster: KubeconfigEntry): URL {
  const text = cluster.text("server");
  if (text === undefined) throw cluster.error("it has no server");
  // kubectl takes HOST:PORT as well, and completes it.
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw cluster.error("its server is no http:// or https:// URL");
  }
  return url;
}

/** Deno's fetch verifies every certificate, against the name in the URL; nothing in it can change that. */
function refuse(cluster: KubeconfigEntry, server: URL): void {
  if (server.protocol === "http:") return;
  const instead = 'Or run "kubectl proxy" and use a kubeconfig whose server is http://127.0.0.1:8001';
  if (cluster.has("insecure-skip-tls-verify")) {
    throw cluster.error(
      "insecure-skip-tls-verify is not supported. Put the certificate of the cluster's authority into " +
        `certificate-authority instead. ${instead}`,
    );
  }
  if (cluster.has("tls-server-name")) {
    throw cluster.error(
      "tls-server-name is not supported. Let the server's URL hold that name, and let the name resolve to the " +
        `server (/etc/hosts). ${instead}`,
    );
  }
}

/** As kubectl, it comes before the variables, also for what NO_PROXY names and for loopback. */
function proxyOf(cluster: KubeconfigEntry): Proxy | undefined {
  const text = cluster.text("proxy-url");
  if (text === undefined) return undefined;
  const proxy = parseProxy(text, "the kubeconfig's proxy-url", true);
  if (!text.includes("://") || "problem" in proxy) {
    throw cluster.error("its proxy-url is no http://, https:// or socks5:// URL");
  }
  return proxy;
}

/** As kubectl: the data wins over the file. */
function trustOf(cluster: KubeconfigEntry, log: Log): Cluster["trust"] {
  const inline = cluster.decoded("certificate-authority-data");
  if (inline !== undefined) return () => Promise.resolve(inline);
  const path = cluster.path("certificate-authority");
  if (path === undefined) return () => Promise.resolve(undefined);
  const file = new KeptFile(path, "certificate", log);
  return () => file.text();
}
