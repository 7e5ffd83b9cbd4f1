import { REASONS } from "../change/reasons.ts";
import { SCHEMES } from "../delivery/sign.ts";

/** One flag: how it is written, which variables set it, and what the help says about it. */
export interface Flag {
  /** One letter. */
  short?: string;
  /** What stands for its value in the help. A flag without one is a switch. */
  value?: string;
  /** The words that it takes, where it takes only some. */
  words?: readonly string[];
  /** May be given several times; in the environment commas, spaces and new lines separate. */
  list?: true;
  /** The first of them that is set counts. */
  variables: string[];
  /** Written as a person would write it. */
  fallback?: string;
  /** Its variables hold a secret or a webhook's URL: `--payload-env` must not send them. */
  confidential?: true;
  help: string;
}

/** Every flag of the program, by the heading that it stands under in the help; what is used most comes first. */
export const GROUPS = {
  "Where to send": {
    config: {
      value: "FILE",
      variables: ["K8SVENT_CONFIG"],
      help: "settings, and webhooks that each have their own, from this YAML file",
    },
    url: {
      short: "u",
      value: "[NAME=]URL",
      list: true,
      variables: ["K8SVENT_WEBHOOKS", "K8SVENT_URL", "K8VENT_WEBHOOKS"],
      confidential: true,
      help: "a webhook; NAME is its name in the log",
    },
    "secret-file": {
      value: "FILE",
      variables: ["K8SVENT_WEBHOOK_SECRET_FILE", "K8SVENT_SECRET_FILE"],
      help: "sign with the secret in this file (one per line; reread when it changes)",
    },
    secret: {
      short: "s",
      value: "SECRET",
      variables: ["K8SVENT_WEBHOOK_SECRET", "K8SVENT_SECRET"],
      confidential: true,
      help: "the secret itself; other users of the machine can see it",
    },
    once: {
      variables: ["K8SVENT_ONCE"],
      help: "send every pod once, then exit; without a webhook, print one payload per line",
    },
    "pod-webhooks": {
      value: "HOST[:PORT]",
      list: true,
      variables: ["K8SVENT_POD_WEBHOOKS"],
      help:
        "honour a pod's annotation atomist.com/k8vent for URLs of this host (*.example.com: its subdomains)",
    },
  },
  "Which pods": {
    namespace: {
      short: "n",
      value: "NS",
      list: true,
      variables: ["K8SVENT_NAMESPACE"],
      help: "only this namespace; all of them by default",
    },
    "exclude-namespace": {
      value: "NS",
      list: true,
      variables: ["K8SVENT_EXCLUDE_NAMESPACE"],
      help: "not this namespace",
    },
    selector: {
      value: "S",
      variables: ["K8SVENT_SELECTOR"],
      help: "only pods with these labels, as kubectl's --selector",
    },
    "field-selector": {
      value: "S",
      variables: ["K8SVENT_FIELD_SELECTOR"],
      help: "only pods with these fields, as kubectl's --field-selector",
    },
  },
  "Which cluster": {
    kubeconfig: {
      value: "FILE",
      variables: ["K8SVENT_KUBECONFIG"],
      help: "the kubeconfig to use; KUBECONFIG, then ~/.kube/config by default outside a cluster",
    },
    context: {
      value: "NAME",
      variables: ["K8SVENT_CONTEXT"],
      help: "the kubeconfig context to use",
    },
  },
  "How it runs": {
    state: {
      value: "FILE",
      variables: ["K8SVENT_STATE"],
      help: "keep state in this file, to resume after a restart",
    },
    listen: {
      value: "HOST:PORT",
      variables: ["K8SVENT_LISTEN"],
      help: "serve /livez, /readyz and /metrics on this address (:8080: on all); off by default",
    },
    "admin-listen": {
      value: "HOST:PORT",
      variables: ["K8SVENT_ADMIN_LISTEN"],
      help: "serve a page and an API to operate it on this address (127.0.0.1:9090); off by default",
    },
    "admin-token-file": {
      value: "FILE",
      variables: ["K8SVENT_ADMIN_TOKEN_FILE"],
      help: "who asks there must show the token in this file; needed anywhere but on loopback",
    },
    "show-payloads": {
      variables: ["K8SVENT_SHOW_PAYLOADS"],
      help: "show message bodies there, too, redacted as they are sent",
    },
    interval: {
      value: "DURATION",
      variables: ["K8SVENT_INTERVAL"],
      fallback: "2m",
      help: "how often to list with --source poll, and to send unhealthy pods again (0 with watch: never)",
    },
    source: {
      value: "watch|poll",
      words: ["watch", "poll"],
      variables: ["K8SVENT_SOURCE"],
      fallback: "watch",
      help: "watch for changes, or list every --interval",
    },
    "log-level": {
      value: "LEVEL",
      words: ["debug", "info", "warn", "error"],
      variables: ["K8SVENT_LOG_LEVEL"],
      fallback: "info",
      help: "debug, info, warn or error",
    },
    "log-format": {
      value: "json|text",
      words: ["json", "text"],
      variables: ["K8SVENT_LOG_FORMAT"],
      help: "text on a terminal, JSON lines otherwise",
    },
    timeout: {
      value: "DURATION",
      variables: ["K8SVENT_TIMEOUT"],
      fallback: "15s",
      help: "how long a delivery attempt may take",
    },
    concurrency: {
      value: "N",
      variables: ["K8SVENT_CONCURRENCY"],
      fallback: "16",
      help: "maximum number of requests in flight per webhook (1 to 1000)",
    },
    "shutdown-timeout": {
      value: "DURATION",
      variables: ["K8SVENT_SHUTDOWN_TIMEOUT"],
      fallback: "20s",
      help: "how long to keep delivering after SIGTERM",
    },
    buffer: {
      value: "SIZE",
      variables: ["K8SVENT_BUFFER"],
      fallback: "64Mi",
      help: "memory for pending messages, and for all state if no file can be written",
    },
    "state-max": {
      value: "SIZE",
      variables: ["K8SVENT_STATE_MAX"],
      fallback: "1Gi",
      help: "disk for state; beyond it, the webhook furthest behind gives up bodies, then messages",
    },
  },
  "What is sent": {
    environment: {
      value: "NAME",
      variables: ["K8SVENT_ENVIRONMENT", "ATOMIST_ENVIRONMENT"],
      help: "a name for this environment, sent as k8svent-environment",
    },
    cluster: {
      value: "NAME",
      variables: ["K8SVENT_CLUSTER"],
      help: "a name for this cluster, sent as k8svent-cluster",
    },
    reasons: {
      value: "REASON",
      list: true,
      words: REASONS,
      variables: ["K8SVENT_REASONS"],
      help: "send only messages with this reason (terminated, ready, ...); all of them where none is named",
    },
    redact: {
      value: "WHAT",
      list: true,
      words: ["env", "args", "annotations", "probe-headers", "all"],
      variables: ["K8SVENT_REDACT"],
      help: "mask what looks like a secret in env, args, annotations or probe-headers, or in all of them",
    },
    signatures: {
      value: "KIND",
      list: true,
      words: SCHEMES,
      variables: ["K8SVENT_SIGNATURES"],
      help: "which signatures to send: standard, github, atomist; all of them by default",
    },
    notices: {
      value: "NAME",
      list: true,
      variables: ["K8SVENT_NOTICES"],
      help: "also send gaps, inventories and failures of other webhooks to this one (all: to each)",
    },
    heartbeat: {
      value: "DURATION",
      variables: ["K8SVENT_HEARTBEAT"],
      help: "how often to send a heartbeat to the webhooks of --notices",
    },
    payload: {
      value: "FORM",
      words: ["k8svent", "k8vent"],
      variables: ["K8SVENT_PAYLOAD"],
      fallback: "k8svent",
      help: 'k8svent, or k8vent: with "env" next to the pod, as the older program sent it',
    },
    "payload-env": {
      value: "NAME",
      list: true,
      variables: ["K8SVENT_PAYLOAD_ENV"],
      help: 'a variable to send in "env" with --payload k8vent; ATOMIST_ENVIRONMENT by default',
    },
  },
  "How it stays current": {
    update: {
      value: "exit|notify|off",
      words: ["exit", "notify", "off"],
      variables: ["K8SVENT_UPDATE"],
      fallback: "exit",
      help:
        "when its tag (latest, next) has moved to a newer version: exit, so that it is pulled, or only log it",
    },
    "update-interval": {
      value: "DURATION",
      variables: ["K8SVENT_UPDATE_INTERVAL"],
      help: "how often to check for a newer version; 24h with the tag latest, 4h with next by default",
    },
    image: {
      value: "IMAGE",
      variables: ["K8SVENT_IMAGE"],
      help: "check for newer versions of this image instead of the one that its own pod runs",
    },
    "registry-config": {
      value: "FILE",
      variables: ["K8SVENT_REGISTRY_CONFIG"],
      help: "a docker config.json with credentials for the image's registry",
    },
    "insecure-registry": {
      value: "HOST[:PORT]",
      list: true,
      variables: ["K8SVENT_INSECURE_REGISTRY"],
      help: "use plain HTTP for this registry",
    },
  },
} as const satisfies Record<string, Record<string, Flag>>;

type Groups = typeof GROUPS;

/** A flag's long name, without the dashes. */
export type FlagName = { [G in keyof Groups]: keyof Groups[G] }[keyof Groups];

/** The same flags by name, in the order of the help. */
export const FLAGS: Map<FlagName, Flag> = new Map(
  Object.values(GROUPS).flatMap((group) => Object.entries(group) as [FlagName, Flag][]),
);

/** What the help says of a flag: also what counts without it, and the variable that is documented. */
export function helpOf({ help, fallback, variables, list }: Flag): string {
  const otherwise = fallback === undefined ? "" : `; ${fallback} by default`;
  return `${help}${otherwise} [${variables[0]}${list ? ", a list" : ""}]`;
}
