import { isRecord, KubeconfigEntry } from "./kubeconfig_entry.ts";
import { readNamed, whyUnreadable } from "./named_file.ts";
import { ClusterSetupError } from "./setup_error.ts";
import { readYaml } from "./yaml.ts";

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
    const root = new KubeconfigEntry("the kubeconfig", file, await readRoot(file));
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
      config.contexts.size === 0
        ? `${where} holds no context, and so no cluster. Name another kubeconfig with --kubeconfig FILE or KUBECONFIG.`
        : `${where} names no current context. Give one with --context: ${namesOf(config)}.`,
    );
  }
  const entry = config.contexts.get(context);
  if (entry === undefined) {
    throw new ClusterSetupError(
      `There is no context "${context}" in ${where}. ${another(config)}`,
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

function another(config: Kubeconfig): string {
  return config.contexts.size === 0
    ? "It holds none at all: name another kubeconfig with --kubeconfig FILE or KUBECONFIG."
    : `Give another with --context: ${namesOf(config)}.`;
}

/** Names of contexts in a sentence: whoever has more than these looks them up. */
const LISTED = 20;

function namesOf({ contexts }: Kubeconfig): string {
  const names = [...contexts.keys()];
  const more = names.length - LISTED;
  return more <= 0
    ? names.join(", ")
    : `${names.slice(0, LISTED).join(", ")} and ${more} more (kubectl config get-contexts)`;
}

function addEntries(
  into: Map<string, KubeconfigEntry>,
  root: KubeconfigEntry,
  list: string,
  kind: string,
): void {
  const names = new Set<string>();
  for (const item of root.list(list)) {
    if (!isRecord(item ?? {})) throw root.error(`an entry of ${list} is not a mapping`);
    if (!isRecord(item) || item.name === undefined || item.name === null) continue;
    const { name } = item;
    if (typeof name !== "string") throw root.error(`a name in ${list} is not a string. Put it in quotes`);
    // Of two files the first counts, but in one nobody can know which is meant. kubectl refuses that, too.
    if (names.has(name)) throw root.error(`${list} has two entries called "${name}". Remove one of them`);
    names.add(name);
    const fields = item[kind] ?? {};
    if (!isRecord(fields)) throw root.error(`${kind} of "${name}" is not a mapping`);
    if (!into.has(name)) into.set(name, new KubeconfigEntry(`the ${kind} "${name}"`, root.file, fields));
  }
}

async function readRoot(file: string): Promise<Record<string, unknown>> {
  const bytes = await readNamed(file).catch((cause) => {
    throw new ClusterSetupError(`Cannot read the kubeconfig ${file}: ${whyUnreadable(cause, file)}.`, {
      cause,
    });
  });
  const read = readYaml(bytes);
  if ("fault" in read) throw new ClusterSetupError(`Cannot use the kubeconfig ${file}: ${read.fault}.`);
  // kubectl takes a file that says nothing for an empty configuration.
  const root = read.value ?? {};
  if (!isRecord(root)) {
    throw new ClusterSetupError(
      `Cannot use the kubeconfig ${file}: it is not a kubeconfig, which has contexts, clusters and users at its top.`,
    );
  }
  const kind = root.kind ?? "Config";
  if (kind !== "Config") {
    throw new ClusterSetupError(
      `Cannot use the kubeconfig ${file}: it is a ${kind}, and a kubeconfig is a Config.`,
    );
  }
  return root;
}
