import { isRecord, KubeconfigEntry } from "./kubeconfig_entry.ts";
import { whyUnreadable } from "./kept_file.ts";
import { ClusterSetupError } from "./setup_error.ts";

/** A kubeconfig file, or several merged. */
export interface Kubeconfig {
  readonly files: string[];
  readonly currentContext?: string;
  readonly contexts: Map<string, KubeconfigEntry>;
  readonly clusters: Map<string, KubeconfigEntry>;
  readonly users: Map<string, KubeconfigEntry>;
}

/** What a context names. A context without a user is a cluster that is asked without credentials. */
export interface KubeconfigChoice {
  readonly context: string;
  readonly cluster: KubeconfigEntry;
  readonly user: KubeconfigEntry | undefined;
}

/**
 * Reads files and merges them as kubectl does: of two entries with one name, and of two current contexts, the
 * first wins; paths are relative to the file that they stand in.
 *
 * @throws {ClusterSetupError} for a file that cannot be read or is no kubeconfig.
 */
export async function readKubeconfig(files: string[]): Promise<Kubeconfig> {
  const merged: Kubeconfig & { currentContext?: string } = {
    files,
    contexts: new Map(),
    clusters: new Map(),
    users: new Map(),
  };
  for (const file of files) {
    const root = new KubeconfigEntry("the kubeconfig", file, await readYaml(file));
    const currentContext = root.text("current-context");
    if (currentContext !== undefined) merged.currentContext ??= currentContext;
    addEntries(merged.contexts, root, "contexts", "context");
    addEntries(merged.clusters, root, "clusters", "cluster");
    addEntries(merged.users, root, "users", "user");
  }
  return merged;
}

/**
 * @param context its name; the current one by default
 * @throws {ClusterSetupError} where it, its cluster or its user does not exist.
 */
export function chooseContext(config: Kubeconfig, context = config.currentContext): KubeconfigChoice {
  const where = config.files.join(" and ");
  if (context === undefined) {
    throw new ClusterSetupError(
      `${where} names no current context. Give one with --context: ${names(config)}.`,
    );
  }
  const entry = config.contexts.get(context);
  if (entry === undefined) {
    throw new ClusterSetupError(
      `There is no context "${context}" in ${where}. Give another with --context: ${names(config)}.`,
    );
  }
  const cluster = config.clusters.get(entry.text("cluster") ?? "");
  if (cluster === undefined) {
    throw entry.error(`it names the cluster "${entry.text("cluster") ?? ""}", which is not there`);
  }
  const userName = entry.text("user");
  const user = config.users.get(userName ?? "");
  if (userName !== undefined && user === undefined) {
    throw entry.error(`it names the user "${userName}", which is not there`);
  }
  return { context, cluster, user };
}

function names(config: Kubeconfig): string {
  return config.contexts.size === 0 ? "but there is none" : [...config.contexts.keys()].join(", ");
}

function addEntries(
  into: Map<string, KubeconfigEntry>,
  root: KubeconfigEntry,
  list: string,
  kind: string,
): void {
  for (const item of root.list(list)) {
    const name = isRecord(item) ? item.name : undefined;
    if (!isRecord(item) || typeof name !== "string") throw root.error(`an entry of ${list} has no name`);
    const fields = item[kind] ?? {};
    if (!isRecord(fields)) throw root.error(`${kind} of "${name}" is no mapping`);
    if (!into.has(name)) into.set(name, new KubeconfigEntry(`the ${kind} "${name}"`, root.file, fields));
  }
}

async function readYaml(file: string): Promise<Record<string, unknown>> {
  const { loadYaml } = await import("./client_node.ts");
  const text = await Deno.readTextFile(file).catch((cause) => {
    throw new ClusterSetupError(`Cannot read the kubeconfig ${file}: ${whyUnreadable(cause)}.`, { cause });
  });
  // kubectl takes an empty file for an empty configuration.
  if (text.trim() === "") return {};
  const root = parse(loadYaml, text, file);
  if (!isRecord(root)) throw new ClusterSetupError(`Cannot use the kubeconfig ${file}: it is no mapping.`);
  return root;
}

function parse(loadYaml: (text: string) => unknown, text: string, file: string): unknown {
  try {
    return loadYaml(text);
  } catch (cause) {
    // The cause is left out: js-yaml quotes the lines around the fault, which may hold a token.
    const line = (cause as { mark?: { line?: number } }).mark?.line;
    const where = line === undefined ? "" : ` at line ${line + 1}`;
    throw new ClusterSetupError(`Cannot use the kubeconfig ${file}: it is no valid YAML${where}.`);
  }
}
