import { hostFault } from "../runtime/host_name.ts";
import type { Log } from "../runtime/log.ts";
import { parseProxy } from "../runtime/proxy.ts";
import type { Cluster } from "./cluster.ts";
import type { ResolvedCluster } from "./exec_plugin.ts";
import { KeptFile } from "./kept_file.ts";
import type { KubeconfigChoice } from "./kubeconfig.ts";
import { isRecord, type KubeconfigEntry } from "./kubeconfig_entry.ts";
import { anonymous, type CredentialDeps, credentialsOf } from "./user_credentials.ts";

/**
 * The cluster that a kubeconfig's context names.
 *
 * @throws {ClusterSetupError} for fields that are broken, contradict each other or cannot be honoured.
 */
export function clusterOf({ cluster, user }: KubeconfigChoice, deps: CredentialDeps): Cluster {
  const server = serverOf(cluster, user);
  const resolved = {
    server,
    ...trustOf(cluster, deps.log),
    ...verificationOf(cluster, server),
    ...proxyOf(cluster),
    isUncompressed: cluster.flag("disable-compression"),
  };
  // As kubectl: credentials are not sent in the clear.
  const credentials = user === undefined || server.protocol === "http:"
    ? anonymous
    : credentialsOf(user, { ...resolved, ...asWritten(cluster) }, deps);
  return { ...resolved, credentials };
}

/** What a credential plugin is given beside what the fields come to. */
function asWritten(
  cluster: KubeconfigEntry,
): Required<Pick<ResolvedCluster, "server" | "proxy" | "config">> {
  return {
    server: cluster.text("server") ?? "",
    proxy: cluster.text("proxy-url"),
    config: execConfigOf(cluster),
  };
}

function serverOf(cluster: KubeconfigEntry, user: KubeconfigEntry | undefined): URL {
  const text = cluster.text("server");
  if (text === undefined) throw cluster.error("it has no server");
  // kubectl takes HOST:PORT as well, and completes it by whether anything of TLS is configured (rest.DefaultServerURL).
  const isTls = TLS_OF_CLUSTER.some((field) => cluster.has(field)) ||
    TLS_OF_USER.some((field) => user?.has(field));
  const url = URL.parse(
    /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${isTls ? "https" : "http"}://${text}`,
  );
  // `https:/near` would be a host called https.
  const isCut = /^https?:\/?(?!\/)/i.test(text) && !/^https?:\d/i.test(text);
  // The URL parser takes quotes and ${NAME} for a host, which Go refuses.
  const isHost = /^[\w.:[\]-]+$/.test(url?.hostname ?? "");
  if (url === null || isCut || !isHost || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw cluster.error("its server is not an http:// or https:// URL");
  }
  const fault = hostFault(url.hostname);
  if (fault !== undefined) throw cluster.error(`its server ${fault}`);
  if (url.username !== "" || url.password !== "") {
    throw cluster.error(
      "its server holds a user or a password. Put them into username and password of the user",
    );
  }
  // As kubectl: to many proxies two slashes are another path than one.
  url.pathname = url.pathname.replace(/\/{2,}/g, "/");
  return url;
}

const TLS_OF_CLUSTER = ["certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"];
const TLS_OF_USER = ["client-certificate", "client-certificate-data"];

function verificationOf(
  cluster: KubeconfigEntry,
  { protocol }: URL,
): Pick<Cluster, "serverName" | "isUnverified"> {
  if (protocol === "http:") return {};
  const serverName = cluster.text("tls-server-name");
  const isUnverified = cluster.flag("insecure-skip-tls-verify");
  if (isUnverified && (cluster.has("certificate-authority") || cluster.has("certificate-authority-data"))) {
    throw cluster.error(
      "it has both insecure-skip-tls-verify and a certificate-authority, and one says the opposite of the other. " +
        "Remove insecure-skip-tls-verify",
    );
  }
  return { ...serverName !== undefined && { serverName }, ...isUnverified && { isUnverified } };
}

/** As kubectl, it comes before the variables, also for what NO_PROXY names and for loopback. */
function proxyOf(cluster: KubeconfigEntry): Pick<Cluster, "proxy"> {
  const text = cluster.text("proxy-url");
  if (text === undefined) return {};
  const host = URL.parse(text)?.hostname;
  const fault = host && hostFault(host);
  if (fault) throw cluster.error(`its proxy-url ${fault}`);
  const proxy = parseProxy(text, "the kubeconfig's proxy-url", true);
  if (!text.includes("://") || "problem" in proxy) {
    throw cluster.error("its proxy-url is not an http://, https:// or socks5:// URL");
  }
  return { proxy };
}

/** As kubectl: the data wins over the file. */
function trustOf(cluster: KubeconfigEntry, log: Log): Pick<Cluster, "trust" | "trustFrom"> {
  const inline = cluster.decoded("certificate-authority-data");
  if (inline !== undefined) {
    return {
      trust: () => Promise.resolve(inline),
      trustFrom: `certificate-authority-data of ${cluster.what} in ${cluster.file}`,
    };
  }
  const path = cluster.path("certificate-authority");
  if (path === undefined) {
    return {
      trust: () => Promise.resolve(undefined),
      trustFrom: `certificate-authority of ${cluster.what} in ${cluster.file}`,
    };
  }
  const file = new KeptFile(path, "certificate", log);
  return {
    trust: () => file.text(),
    trustFrom: `the file ${path} (certificate-authority of ${cluster.what} in ${cluster.file})`,
  };
}

function execConfigOf(cluster: KubeconfigEntry): unknown {
  const extension = cluster.list("extensions").find((item) =>
    isRecord(item) && item.name === "client.authentication.k8s.io/exec"
  );
  return isRecord(extension) ? extension.extension : undefined;
}
