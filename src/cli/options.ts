import type { Address } from "../admin/listen.ts";
import { SCHEMES } from "../delivery/sign.ts";
import type { Scheme } from "../route/endpoint_settings.ts";
import type { Endpoint } from "../route/endpoint.ts";
import type { LogLevel } from "../runtime/log.ts";
import { proxyFor } from "../runtime/proxy.ts";
import { parseSecrets } from "../runtime/secret.ts";
import { type Given, readArguments } from "./arguments.ts";
import { parseAddress } from "./address.ts";
import { parseDuration } from "./duration.ts";
import { type FlagName, FLAGS } from "./flags.ts";
import { defined, last, list, optional, parseSwitch, required } from "./given.ts";
import { parseSize } from "./size.ts";
import { parseUpdate, type UpdateOptions } from "./update.ts";
import { choice, count, headerText, hostPattern, namespace, text, variableName } from "./value.ts";
import { quote, UsageError } from "./usage_error.ts";
import { ineffective } from "./warnings.ts";
import { parseWebhooks } from "./webhooks.ts";

/** What the program is to do. Plain data: nothing has been read or dialled yet. Durations are milliseconds. */
export interface Options {
  command: "run";
  /** In the order given, with distinct names. Empty only with `once` or `podWebhooks`. */
  endpoints: Endpoint[];
  /** At most one of the two is set; neither means that nothing is signed. By the rule of `runtime/secret.ts`. */
  secrets: string[];
  secretFile?: string;
  /** Which signatures a message carries where there is a secret; never empty. */
  signatures: ReadonlySet<Scheme>;
  /** One snapshot, then exit. `state` is then to be ignored. */
  once: boolean;
  source: "watch" | "poll";
  /** Between two lists of `poll`, and between two reminders of an unhealthy pod; 0 (`watch` only): none. */
  interval: number;
  /** DNS labels without repetition; empty means all namespaces. */
  namespaces: string[];
  /** As kubectl's; checked by the API server only. */
  selector?: string;
  fieldSelector?: string;
  /** Where absent, `cluster/connect.ts` looks at the service account, KUBECONFIG and ~/.kube/config. */
  kubeconfig?: string;
  context?: string;
  /** The store's file. */
  state?: string;
  /** Bytes of memory for what is pending, and for all of it where no file can be written. */
  buffer: number;
  /** Bytes of bodies that the store may hold, deflated. */
  stateMax: number;
  /** Names of endpoints that want notices beside messages about pods. */
  notices: string[];
  /** Between two signs of life to these endpoints; 0: none. */
  heartbeat: number;
  /** Printable ASCII: it becomes a header. */
  environment?: string;
  /** Each can be read by `parseHostPattern`; empty means that annotations are not honoured. */
  podWebhooks: string[];
  /** Of one attempt, at least 1. */
  timeout: number;
  /** Requests at once for each endpoint, 1 to 1000. */
  concurrency: number;
  /** From SIGTERM to the end of the drain; 0: none. */
  shutdownTimeout: number;
  /** Where health is served; absent: nowhere. */
  listen?: Address;
  update: UpdateOptions;
  logLevel: LogLevel;
  /** Where absent: text if stderr is a terminal, else JSON lines. */
  logFormat?: "json" | "text";
  payload: "k8svent" | "k8vent";
  /** Names of variables, not their values. Empty unless `payload` is `k8vent`. */
  payloadEnv: string[];
  /** What is not wrong and not as it seems, a sentence each, for the log. */
  warnings: string[];
}

/** `--help`: print the text to stdout and exit with 0. */
export interface HelpRequested {
  command: "help";
  text: string;
}

/** `--version`: print what `describeVersion` says to stdout and exit with 0. */
export interface VersionRequested {
  command: "version";
}

/**
 * Turns the command line and the environment into what to do. Reads no file and writes nothing.
 *
 * @param argv what follows the program's name
 * @param env looks up one variable
 * @throws {UsageError}
 */
export function parseOptions(
  argv: string[],
  env: (name: string) => string | undefined,
): Options | HelpRequested | VersionRequested {
  const given = readArguments(argv, env);
  if ("kind" in given) {
    return given.kind === "help" ? { command: "help", text: given.text } : { command: "version" };
  }
  const { weak, ...secret } = chooseSecret(given);
  const options: Options = {
    command: "run",
    endpoints: parseEndpoints(given.get("url")),
    ...secret,
    signatures: parseSignatures(given),
    once: optional(given, "once", parseSwitch) ?? false,
    source: required(given, "source", choice("watch", "poll")),
    interval: required(given, "interval", parseDuration),
    namespaces: list(given, "namespace", namespace),
    ...defined("selector", optional(given, "selector", text)),
    ...defined("fieldSelector", optional(given, "field-selector", text)),
    ...defined("kubeconfig", optional(given, "kubeconfig", text)),
    ...defined("context", optional(given, "context", text)),
    ...defined("state", optional(given, "state", text)),
    buffer: required(given, "buffer", parseSize),
    stateMax: required(given, "state-max", parseSize),
    notices: list(given, "notices", text),
    heartbeat: optional(given, "heartbeat", parseDuration) ?? 0,
    ...defined("environment", optional(given, "environment", headerText)),
    podWebhooks: list(given, "pod-webhooks", hostPattern),
    timeout: required(given, "timeout", parseDuration),
    concurrency: required(given, "concurrency", count(1, 1000)),
    shutdownTimeout: required(given, "shutdown-timeout", parseDuration),
    ...defined("listen", optional(given, "listen", parseAddress)),
    update: parseUpdate(given),
    logLevel: required(given, "log-level", choice("debug", "info", "warn", "error")),
    ...defined("logFormat", optional(given, "log-format", choice("json", "text"))),
    payload: required(given, "payload", choice("k8svent", "k8vent")),
    payloadEnv: list(given, "payload-env", variableName),
    warnings: [],
  };
  checkTogether(options);
  checkProxies(options.endpoints, env);
  options.warnings = [
    ...ineffective(given, {
      once: options.once,
      sends: options.endpoints.length > 0,
      honours: options.podWebhooks.length > 0,
      updates: options.update.mode !== "off",
    }),
    ...weak,
    ...unsigned(options, env),
  ];
  options.notices = namedEndpoints(options);
  if (options.payload === "k8vent" && options.payloadEnv.length === 0) {
    options.payloadEnv = ["ATOMIST_ENVIRONMENT"];
  }
  return options;
}

/** What is wrong only in combination. */
function checkTogether(options: Options): void {
  if (options.endpoints.length === 0 && !options.once && options.podWebhooks.length === 0) {
    throw new UsageError(
      "There is no webhook to send to: give one with --url https://host/path or in K8SVENT_WEBHOOKS " +
        "(or use --once to print the pods, or --pod-webhooks to honour annotations).",
    );
  }
  if (options.source === "poll" && options.interval === 0) {
    throw new UsageError("--source poll needs an --interval above 0, for example --interval 2m.");
  }
  if (options.timeout === 0) {
    throw new UsageError("--timeout must be above 0, for example --timeout 15s.");
  }
  if (options.heartbeat > 0 && options.notices.length === 0) {
    throw new UsageError(
      "--heartbeat goes to the webhooks that --notices names: add --notices NAME, or --notices all.",
    );
  }
  if (options.payload === "k8svent" && options.payloadEnv.length > 0) {
    throw new UsageError("--payload-env has no effect by itself: add --payload k8vent, or leave it out.");
  }
}

/** Each attempt would fail for it; a person who starts the program wants to know at once. */
function checkProxies(endpoints: Endpoint[], env: (name: string) => string | undefined): void {
  for (const { name, url } of endpoints) {
    const proxy = proxyFor(url, env);
    if (proxy === undefined || !("problem" in proxy)) continue;
    throw new UsageError(
      `${proxy.problem}. The webhook ${name} would go through it: correct or unset it, or add the webhook's host to ` +
        "NO_PROXY.",
    );
  }
}

function parseSignatures(given: Map<FlagName, Given>): ReadonlySet<Scheme> {
  const kinds = list(given, "signatures", choice(...SCHEMES));
  return new Set(kinds.length > 0 ? kinds : SCHEMES);
}

/** The endpoints that `--notices` names. */
function namedEndpoints({ notices, endpoints }: Options): string[] {
  const names = endpoints.map((endpoint) => endpoint.name);
  const unknown = notices.find((name) => name !== "all" && !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--notices names ${quote(unknown)}, which is no webhook: give one that name with --url NAME=URL.`,
    );
  }
  return names.filter((name) => notices.includes("all") || notices.includes(name));
}

function parseEndpoints(url: Given | undefined): Endpoint[] {
  return url === undefined || url.values.length === 0 ? [] : parseWebhooks(url.values, url.from);
}

/** A flag wins over a variable here too, even where the one names a secret and the other a file. */
function chooseSecret(
  given: Map<FlagName, Given>,
): Pick<Options, "secrets" | "secretFile"> & { weak: string[] } {
  const secret = given.get("secret");
  const file = given.get("secret-file");
  const isFlag = (one: Given): boolean => one.from.startsWith("--");
  if (secret !== undefined && file !== undefined && isFlag(secret) === isFlag(file)) {
    throw new UsageError(
      `${secret.from} and ${file.from} exclude each other: keep one of them ` +
        "(for two active secrets, write two lines into the file).",
    );
  }
  if (file !== undefined && (secret === undefined || isFlag(file))) {
    return { secrets: [], secretFile: text(last(file), file.from), weak: [] };
  }
  if (secret === undefined) return { secrets: [], weak: [] };
  const { from } = secret;
  const parsed = parseSecrets(last(secret));
  switch (parsed.kind) {
    case "secrets":
      return {
        secrets: parsed.secrets,
        weak: parsed.weak === undefined ? [] : [`${from}: the secret ${parsed.weak}`],
      };
    case "problem":
      throw new UsageError(
        parsed.line === 1
          ? `${from}: the secret ${parsed.problem}`
          : `${from}: line ${parsed.line} ${parsed.problem}`,
      );
    case "empty":
      throw emptySecret(from);
  }
}

/**
 * Whoever meant to sign must not find out from a receiver. What is only printed has no signature anyway.
 *
 * @throws {UsageError} where a variable is there for a secret and holds none: a Secret without its key, most often
 */
function unsigned(
  { endpoints, secrets, secretFile }: Options,
  env: (name: string) => string | undefined,
): string[] {
  if (endpoints.length === 0 || secrets.length > 0 || secretFile !== undefined) return [];
  const variables = [...FLAGS.get("secret")?.variables ?? [], ...FLAGS.get("secret-file")?.variables ?? []];
  const empty = variables.find((name) => env(name) !== undefined);
  if (empty !== undefined) throw emptySecret(empty);
  return ["No secret is given, so what is sent is unsigned: name one with --secret-file FILE."];
}

function emptySecret(from: string): UsageError {
  return new UsageError(`${from} is set but empty: give it a secret, or unset it to send unsigned.`);
}
