import { similar } from "../config/similar.ts";
import { UsageError } from "../config/usage_error.ts";
import { environmentName } from "../config/value.ts";
import { FLAGS } from "./flags.ts";

/**
 * Read by other parts than the options: `cluster/in_cluster.ts`, `cli/operate_command.ts`. The rest is of this project's tests and build.
 */
const OTHERS =
  /^K8SVENT_(SERVICE_ACCOUNT|SERVER|ENVTEST|TOOLCHAIN|SOAK|HISTORIES|(MODEL|CHAOS|TEST)_[A-Z]+)$/;

/**
 * What the kubelet puts into every container for each Service of the namespace, and a Service called `k8svent` or
 * `k8svent-…` makes them look like ours (kubernetes.io, "Service", "Environment variables").
 */
const OF_SERVICE =
  /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

const PREFIX = "K8SVENT_";

/** What people write for a variable though it is not near to it. */
const MEANT: Record<string, string> = {
  TOKEN: "WEBHOOK_SECRET",
  KEY: "WEBHOOK_SECRET",
  ENDPOINT: "WEBHOOKS",
  ENDPOINTS: "WEBHOOKS",
  HOOKS: "WEBHOOKS",
  LABELS: "SELECTOR",
  LABEL_SELECTOR: "SELECTOR",
  POLL_INTERVAL: "INTERVAL",
  CLUSTER_NAME: "CLUSTER",
  CONFIG_FILE: "CONFIG",
  STATE_FILE: "STATE",
  DEBUG: "LOG_LEVEL",
  VERBOSE: "LOG_LEVEL",
};

/**
 * Variables that look as if they set a flag, and do not, or not as it seems: a sentence each, for the log. A misspelled
 * name would else do nothing, in silence. Values are not looked at.
 *
 * @param names of all variables of the process
 */
export function suspiciousVariables(names: Iterable<string>): string[] {
  const set = new Set(names);
  const known = new Map(
    [...FLAGS.values()].flatMap(({ variables }) => variables.map((name) => [name, variables])),
  );
  return [...set].sort().flatMap((name) => {
    if (!/^K8S?_?VENT_/i.test(name) || OTHERS.test(name) || OF_SERVICE.test(name)) return [];
    const variables = known.get(name);
    return variables === undefined ? [unknown(name, known)] : overruled(name, variables, set);
  });
}

function unknown(name: string, known: ReadonlyMap<string, readonly string[]>): string {
  const rest = name.replace(/^K8S?_?VENT_/i, "").toUpperCase();
  const rests = [...known.keys()].filter((one) => one.startsWith(PREFIX)).map((one) =>
    one.slice(PREFIX.length)
  );
  const near = MEANT[rest] ?? similar(rest, rests);
  const [documented] = known.get(`${PREFIX}${near}`) ?? [];
  const meant = documented === undefined ? "" : ` Did you mean ${documented}?`;
  return `The variable ${name} is set, but nothing reads it.${meant} "k8svent --help" names all variables.`;
}

/** A flag's first variable is the documented one; another one of it counts only where that is unset. */
function overruled(name: string, variables: readonly string[], set: ReadonlySet<string>): string[] {
  const [first = name] = variables;
  if (name === first || !name.startsWith("K8SVENT_")) return [];
  return [
    set.has(first)
      ? `The variable ${name} has no effect, since ${first} is set.`
      : `The variable ${name} is another name of ${first}, which is the documented one.`,
  ];
}

/** The name of a variable whose value may leave the cluster. */
export function variableName(value: string, from: string): string {
  environmentName(value, from);
  for (const flag of FLAGS.values()) {
    if (flag.confidential && flag.variables.includes(value)) {
      throw new UsageError(`${from} must not name ${value}: it holds a secret, and secrets are never sent.`);
    }
  }
  return value;
}
