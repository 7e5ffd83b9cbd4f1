import type { Address } from "../admin/listen.ts";
import { isLoopback } from "../admin/loopback.ts";
import type { Config } from "../config/config.ts";
import type { Endpoint } from "../route/endpoint.ts";
import type { EndpointSettings } from "../route/endpoint_settings.ts";
import type { LogLevel } from "../runtime/log.ts";
import { proxyFor } from "../runtime/proxy.ts";
import { parseSecrets } from "../runtime/secret.ts";
import { enumerated } from "../runtime/wording.ts";
import { parseAddress } from "../config/address.ts";
import { parseDuration } from "../config/duration.ts";
import { type FlagName, FLAGS, GROUPS } from "./flags.ts";
import { type GivenNames, givenNames } from "./given_names.ts";
import { defined, fromOf, type Given, last, list, optional, required } from "./given.ts";
import { parseSize } from "../config/size.ts";
import { parseSwitch } from "./switch.ts";
import { parseUpdate, type UpdateOptions } from "./update.ts";
import { choice, headerText, hostPattern, name, namespace, text } from "../config/value.ts";
import { UsageError } from "../config/usage_error.ts";
import { ineffective } from "./warnings.ts";
import { chooseEndpoints } from "./endpoints.ts";
import { variableName } from "./variables.ts";

/** What the program is to do. Plain data: nothing has been read or dialled yet. Durations are milliseconds. */
export interface Options {
  command: "run";
  /** In the order given, with distinct names. Empty only with `once` or `podWebhooks`. */
  endpoints: Endpoint[];
  /** At most one of the two is set; neither means that nothing is signed. By the rule of `runtime/secret.ts`. */
  secrets: string[];
  secretFile?: string;
  /** How the endpoints are served that pods' annotations name. */
  ofAnnotations: EndpointSettings;
  /** The configuration file, and its text as it was read. */
  config?: { file: string; text: string };
  /** One snapshot, then exit. `state` is then to be ignored. */
  once: boolean;
  source: "watch" | "poll";
  /** Between two lists of `poll`, and between two reminders of an unhealthy pod; 0 (`watch` only): none. */
  interval: number;
  /** DNS labels without repetition; empty means all namespaces. */
  namespaces: string[];
  /** The same; they are left out of all namespaces. */
  excludeNamespaces: string[];
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
  /** Between two signs of life to the endpoints that get notices; 0: none. */
  heartbeat: number;
  /** Printable ASCII: it becomes a header. */
  environment?: string;
  /** The same. */
  cluster?: string;
  /** Each can be read by `parseHostPattern`; empty means that annotations are not honoured. */
  podWebhooks: string[];
  /** From SIGTERM to the end of the drain; 0: none. */
  shutdownTimeout: number;
  /** Where health is served; absent: nowhere. */
  listen?: Address;
  /** Where page and API are served; absent: nowhere. Not loopback only with `adminTokenFile`. */
  adminListen?: Address;
  /** The file with the token that is asked for there. */
  adminTokenFile?: string;
  /** Whether bodies are shown there. */
  showPayloads: boolean;
  update: UpdateOptions;
  logLevel: LogLevel;
  /** Where absent: text if stderr is a terminal, else JSON lines. */
  logFormat?: "json" | "text";
  payload: "k8svent" | "k8vent";
  /** Names of variables, not their values. Empty unless `payload` is `k8vent`. */
  payloadEnv: string[];
  /** What is not wrong and not as it seems, a sentence each, for the log. */
  warnings: string[];
  /** What settings were given by, where that is not their flag. */
  names: GivenNames;
}

const { "How it runs": RUNS, "What is sent": SENDS } = GROUPS;

/** What a run is to do, which needs a webhook or a reason to do without. See `optionsOf`. @throws {UsageError} */
export function runOptionsOf(
  given: Map<FlagName, Given>,
  env: (name: string) => string | undefined,
  config?: Config,
): Options {
  const options = optionsOf(given, env, config);
  if (options.endpoints.length === 0 && !options.once && options.podWebhooks.length === 0) {
    throw new UsageError(NO_WEBHOOK);
  }
  return options;
}

/** Why a run does not begin that has nowhere to send to, and nothing to print. */
export const NO_WEBHOOK =
  "There is no webhook to send to: give one with --url https://host/path, in K8SVENT_WEBHOOKS, or under endpoints " +
  "in the file of --config (or use --once to print the pods, or --pod-webhooks to honour annotations).";

/**
 * Turns what flags and variables give, and the configuration file, into what to do, in this order: what a flag says, no
 * variable does, and what a variable says, not the file. There need be no webhook.
 *
 * @param given is completed by what the file says
 * @param env looks up one variable
 * @param config what the file of `--config` says
 * @throws {UsageError}
 */
export function optionsOf(
  given: Map<FlagName, Given>,
  env: (name: string) => string | undefined,
  config?: Config,
): Options {
  for (const [name, value] of config?.flags ?? []) {
    if (!given.has(name as FlagName)) given.set(name as FlagName, value);
  }
  checkKubeconfig(given, config, env);
  const { weak, ...secret } = chooseSecret(given);
  const options: Options = {
    command: "run",
    ...chooseEndpoints(given, config),
    ...config !== undefined && { config: { file: config.file, text: config.text } },
    ...secret,
    ...readSettings(given),
    warnings: [],
    names: givenNames(given),
  };
  checkTogether(options, given);
  checkAdmin(options, given);
  checkProxies(options.endpoints, env);
  options.warnings = [
    ...ineffective(given, {
      once: options.once,
      sends: options.endpoints.length > 0,
      honours: options.podWebhooks.length > 0,
      updates: options.update.mode !== "off",
      isAdministered: options.adminListen !== undefined,
    }),
    ...weak,
    ...config?.warnings ?? [],
    ...unsigned(options, env),
  ];
  if (options.payload === "k8vent" && options.payloadEnv.length === 0) {
    options.payloadEnv = ["ATOMIST_ENVIRONMENT"];
  }
  return options;
}

/** What is the program's as a whole. */
function readSettings(
  given: Map<FlagName, Given>,
): Omit<
  Options,
  "command" | "endpoints" | "ofAnnotations" | "config" | "secrets" | "secretFile" | "warnings" | "names"
> {
  return {
    once: optional(given, "once", parseSwitch) ?? false,
    source: required(given, "source", choice(...RUNS.source.words)),
    interval: required(given, "interval", parseDuration),
    namespaces: list(given, "namespace", namespace),
    excludeNamespaces: list(given, "exclude-namespace", namespace),
    ...defined("selector", optional(given, "selector", text)),
    ...defined("fieldSelector", optional(given, "field-selector", text)),
    ...defined("kubeconfig", optional(given, "kubeconfig", name)),
    ...defined("context", optional(given, "context", name)),
    ...defined("state", optional(given, "state", name)),
    buffer: required(given, "buffer", parseSize),
    stateMax: required(given, "state-max", parseSize),
    heartbeat: optional(given, "heartbeat", parseDuration) ?? 0,
    ...defined("environment", optional(given, "environment", headerText)),
    ...defined("cluster", optional(given, "cluster", headerText)),
    podWebhooks: list(given, "pod-webhooks", hostPattern),
    shutdownTimeout: required(given, "shutdown-timeout", parseDuration),
    ...defined("listen", optional(given, "listen", parseAddress)),
    ...defined("adminListen", optional(given, "admin-listen", parseAddress)),
    ...defined("adminTokenFile", optional(given, "admin-token-file", name)),
    showPayloads: optional(given, "show-payloads", parseSwitch) ?? false,
    update: parseUpdate(given),
    logLevel: required(given, "log-level", choice(...RUNS["log-level"].words)),
    ...defined("logFormat", optional(given, "log-format", choice(...RUNS["log-format"].words))),
    payload: required(given, "payload", choice(...SENDS.payload.words)),
    payloadEnv: list(given, "payload-env", variableName),
  };
}

/** A kubeconfig names the server that gets the token, and may name the service account's as that token. */
function checkKubeconfig(
  given: Map<FlagName, Given>,
  config: Config | undefined,
  env: (name: string) => string | undefined,
): void {
  const found = given.get("kubeconfig");
  if (found === undefined || found !== config?.flags.get("kubeconfig") || !env("KUBERNETES_SERVICE_HOST")) {
    return;
  }
  throw new UsageError(
    `${found.from} is for a workstation, and this is a pod: whoever may edit the file could have the service account's ` +
      "token sent elsewhere. Give it with --kubeconfig or K8SVENT_KUBECONFIG.",
  );
}

/** What is wrong only in combination. */
function checkTogether(options: Options, given: Map<FlagName, Given>): void {
  checkPorts(options, given);
  const from = (name: FlagName): string => fromOf(given, name);
  if (options.source === "poll" && options.interval === 0) {
    throw new UsageError(`${from("interval")} must be above 0 where the source is poll, for example 2m.`);
  }
  const left = options.namespaces.filter((name) => !options.excludeNamespaces.includes(name));
  if (options.namespaces.length > 0 && left.length === 0) {
    throw new UsageError(
      `${from("namespace")} names only what ${from("exclude-namespace")} leaves out, so no pod is left: ` +
        "name another one.",
    );
  }
  if (options.heartbeat > 0 && !options.endpoints.some(({ settings }) => settings.notices)) {
    throw new UsageError(
      `${from("heartbeat")} goes to the webhooks that --notices names: add ` +
        "--notices NAME, --notices all, or in the configuration file notices: true.",
    );
  }
  if (options.payload === "k8svent" && options.payloadEnv.length > 0) {
    throw new UsageError(
      `${from("payload-env")} has no effect by itself: add --payload k8vent, or leave it out.`,
    );
  }
}

/** They take no place from one another; what is bound second would say that something else listens there. */
function checkPorts({ listen, adminListen, once }: Options, given: Map<FlagName, Given>): void {
  if (once || listen === undefined || adminListen === undefined || listen.port === 0) return;
  const isOneHost = listen.host === undefined || adminListen.host === undefined ||
    listen.host.toLowerCase() === adminListen.host.toLowerCase();
  if (listen.port !== adminListen.port || !isOneHost) return;
  const both = `${fromOf(given, "listen")} and ${fromOf(given, "admin-listen")}`;
  throw new UsageError(`${both} both name the port ${listen.port}: give one of them another.`);
}

/** Whoever reaches the port could see what goes on and act on it. */
function checkAdmin({ adminListen, adminTokenFile, once }: Options, given: Map<FlagName, Given>): void {
  if (once || adminListen === undefined || adminTokenFile !== undefined || isLoopback(adminListen.host)) {
    return;
  }
  const from = fromOf(given, "admin-listen");
  throw new UsageError(
    `${from} can be reached from other machines, and would let everybody in: name a file with a token with ` +
      "--admin-token-file FILE (openssl rand -hex 32 makes one), or listen on loopback alone: " +
      `127.0.0.1:${adminListen.port}.`,
  );
}

/** Each attempt would fail for it; a person who starts the program wants to know at once. */
function checkProxies(endpoints: Endpoint[], env: (name: string) => string | undefined): void {
  for (const { name, url, settings } of endpoints) {
    // A proxy of its own takes the place of what the variables name; a URL in a file is not known yet.
    if (url === undefined || settings.proxyUrl !== undefined) continue;
    const proxy = proxyFor(url, env);
    if (proxy === undefined || !("problem" in proxy)) continue;
    throw new UsageError(
      `${proxy.problem}. The webhook ${name} would go through it: correct or unset it, or add the webhook's host to ` +
        "NO_PROXY.",
    );
  }
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
    return { secrets: [], secretFile: name(last(file), file.from), weak: [] };
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
  if (secrets.length > 0 || secretFile !== undefined) return [];
  const without = endpoints.filter(({ settings }) =>
    settings.signatures.length > 0 && settings.secretFiles === undefined
  );
  if (without.length === 0) return [];
  const variables = [...FLAGS.get("secret")?.variables ?? [], ...FLAGS.get("secret-file")?.variables ?? []];
  const empty = variables.find((name) => env(name) !== undefined);
  if (empty !== undefined) throw emptySecret(empty);
  if (without.length === endpoints.length) {
    return ["No secret is given, so messages are sent unsigned: name one with --secret-file FILE."];
  }
  const names = enumerated(without.map(({ name }) => name));
  return [
    `No secret is given for all endpoints, so messages go unsigned to ${names}: name one with secretFiles.`,
  ];
}

function emptySecret(from: string): UsageError {
  return new UsageError(`${from} is set but empty: give it a secret, or unset it to send unsigned.`);
}
