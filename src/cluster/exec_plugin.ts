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
  /** What a person should do when the command is not there. */
  readonly installHint: string;
}

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/**
 * The plugin as `exec` of a kubeconfig's user describes it.
 *
 * @throws {ClusterSetupError} for fields that are broken or cannot be honoured.
 */
export function execPlugin(exec: KubeconfigEntry, cluster: KubeconfigEntry): ExecPlugin {
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
  return {
    apiVersion,
    // As client-go: a bare name is looked up in PATH, anything else is relative to the kubeconfig.
    command: /[/\\]/.test(command) ? exec.resolve(command) : command,
    args: exec.list("args").map(String),
    env: { ...envOf(exec), KUBERNETES_EXEC_INFO: execInfo(apiVersion, exec, cluster) },
    installHint: exec.text("installHint") ?? "",
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

/** What the plugin is told: the version to speak, that nobody is there, and the cluster where it asks for it. */
function execInfo(apiVersion: string, exec: KubeconfigEntry, cluster: KubeconfigEntry): string {
  const spec = {
    interactive: false,
    ...(exec.has("provideClusterInfo") ? { cluster: clusterInfo(cluster) } : {}),
  };
  return JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
}

function clusterInfo(cluster: KubeconfigEntry): Record<string, unknown> {
  const extension = cluster.list("extensions").find((item) =>
    isRecord(item) && item.name === "client.authentication.k8s.io/exec"
  );
  return {
    server: cluster.text("server"),
    "certificate-authority-data": cluster.text("certificate-authority-data"),
    "proxy-url": cluster.text("proxy-url"),
    ...(isRecord(extension) ? { config: extension.extension } : {}),
  };
}
