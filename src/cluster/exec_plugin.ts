import type { KubeconfigEntry } from "./kubeconfig_entry.ts";
import { isRecord } from "./kubeconfig_entry.ts";

/**
 * A credential plugin: a program that prints an ExecCredential
 * (kubernetes.io/docs/reference/config-api/client-authentication.v1).
 */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: string[];
  /** In addition to this process' environment. */
  readonly env: Record<string, string>;
  /** What stands in KUBERNETES_EXEC_INFO, made anew for each run: the authority may be in a file. */
  readonly info: () => Promise<string>;
  /** What a person should do when the command is not there. */
  readonly installHint: string;
}

/**
 * The cluster that credentials are for, as client-go tells it to a plugin (rest/exec.go): addresses as the kubeconfig
 * writes them, since plugins look them up in files of their own, and of the authority what is in its file.
 */
export interface ResolvedCluster {
  readonly server: string;
  /** PEM. */
  readonly trust: () => Promise<string | undefined>;
  readonly proxy?: string | undefined;
  readonly serverName?: string;
  readonly isUnverified?: boolean;
  readonly isUncompressed?: boolean;
  /** The extension `client.authentication.k8s.io/exec` of the kubeconfig's cluster. */
  readonly config?: unknown;
}

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/**
 * The plugin as `exec` of a kubeconfig's user describes it.
 *
 * @throws {ClusterSetupError} for fields that are broken or cannot be honoured.
 */
export function execPlugin(exec: KubeconfigEntry, cluster: ResolvedCluster): ExecPlugin {
  const apiVersion = exec.text("apiVersion") ?? "";
  if (!VERSIONS.includes(apiVersion)) {
    throw exec.error(`its exec plugin's apiVersion has to be ${VERSIONS.join(" or ")}`);
  }
  const command = exec.text("command");
  if (command === undefined) throw exec.error("its exec plugin has no command");
  if (exec.text("interactiveMode") === "Always") {
    throw exec.error(
      "its exec plugin has interactiveMode Always, but this program runs unattended. Use a plugin or an option " +
        "of it that asks nothing",
    );
  }
  const args = exec.list("args").map(String);
  const env = envOf(exec);
  const shown = exec.flag("provideClusterInfo") ? cluster : undefined;
  if ([command, ...args, ...Object.entries(env).flat()].some((text) => text.includes("\0"))) {
    throw exec.error(
      "its exec plugin has a zero byte in its command, args or env, which no program can be given",
    );
  }
  return {
    apiVersion,
    // As client-go: a bare name is looked up in PATH, anything else is relative to the kubeconfig.
    command: /[/\\]/.test(command) ? exec.resolve(command) : command,
    args,
    env,
    info: () => execInfo(apiVersion, shown),
    // It goes to a terminal, and a kubeconfig may come from anywhere. (client-go cleans it, too.)
    // deno-lint-ignore no-control-regex
    installHint: (exec.text("installHint") ?? "").replace(/\x1b\[[0-9;]*[A-Za-z]|\p{Cc}/gu, " ").trim(),
  };
}

function envOf(exec: KubeconfigEntry): Record<string, string> {
  const env: Record<string, string> = {};
  for (const item of exec.list("env")) {
    if (!isRecord(item) || typeof item.name !== "string") {
      throw exec.error("an entry of its exec env has no name");
    }
    env[item.name] = String(item.value ?? "");
  }
  return env;
}

/** What the plugin is given: the version to speak, that nobody is there, and the cluster where it asks for it. */
async function execInfo(
  apiVersion: string,
  cluster: ResolvedCluster | undefined,
): Promise<string> {
  const spec = {
    interactive: false,
    ...cluster !== undefined && { cluster: await clusterInfo(cluster) },
  };
  return JSON.stringify({ apiVersion, kind: "ExecCredential", spec }, exactly);
}

/** An integer that a double cannot hold stands in the file's extension, and goes to the plugin as it stands there. */
function exactly(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawJSON(String(value)) : value;
}

/** In V8 (ECMA-262 proposal "JSON.parse source text access"), not yet in TypeScript's library. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

async function clusterInfo(cluster: ResolvedCluster): Promise<Record<string, unknown>> {
  const { server, proxy, serverName, isUnverified, isUncompressed, config = null } = cluster;
  const trust = await cluster.trust();
  return {
    server,
    "tls-server-name": serverName,
    "insecure-skip-tls-verify": isUnverified || undefined,
    "certificate-authority-data": trust === undefined ? undefined : base64OfLines(trust),
    "proxy-url": proxy,
    "disable-compression": isUncompressed || undefined,
    config,
  };
}

/** With its last line ended, as plugins know it, though what reads files trims them. */
function base64OfLines(text: string): string {
  return new TextEncoder().encode(text.endsWith("\n") ? text : `${text}\n`).toBase64();
}
