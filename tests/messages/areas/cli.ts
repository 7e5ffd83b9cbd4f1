import { MARK, SECRET } from "../../kit/confidential.ts";
import { ANY_HOOK, type Area } from "../situation.ts";

/** Usage: nothing is asked of anybody, so no cluster is needed. */
function usage(args: string[], env: Record<string, string> = {}): Area[string] {
  return { args, env, cluster: null };
}

/** The same, with a webhook beside it. */
function beside(...args: string[]): Area[string] {
  return usage([...ANY_HOOK, ...args]);
}

/** A configuration file in `{dir}`. */
function configured(text: string, ...args: string[]): Area[string] {
  return { ...usage(["--config", "{dir}/k8svent.yaml", ...args]), files: { "k8svent.yaml": text } };
}

const ENDPOINTS = `version: 1\nendpoints:\n  - name: ops\n    url: https://hooks.example.com/${MARK}\n`;

export const CLI: Area = {
  "A configuration file that is missing": usage(["--config", "{dir}/k8svent.yaml"]),
  "A configuration file that is a folder": {
    ...usage(["--config", "{dir}/k8svent.yaml"]),
    files: { "k8svent.yaml/": "" },
  },
  "An empty configuration file": configured(""),
  "A configuration file with several faults": configured(
    `${ENDPOINTS}    timout: 5s\n    rate: fast\nintervall: 2m\n`,
  ),
  "Endpoints in the configuration file, and --url": configured(ENDPOINTS, ...ANY_HOOK),
  "Endpoints in the configuration file, and in a variable": {
    ...configured(ENDPOINTS),
    env: { K8SVENT_WEBHOOKS: `https://hooks.example.com/${MARK}` },
  },
  "A configuration file without endpoints": configured("version: 1\nsource: watch\n"),
  "A configuration file that names the service account's token": configured(
    `${ENDPOINTS}    secretFiles: [/var/run/secrets/kubernetes.io/serviceaccount/token]\n`,
  ),
  "A kubeconfig in the configuration file of a pod": {
    ...configured(`${ENDPOINTS}kubeconfig: /etc/k8svent/kubeconfig\n`),
    env: { KUBERNETES_SERVICE_HOST: "127.0.0.1" },
  },
  "config without a command": usage(["config"]),
  "A command of config that does not exist": usage(["config", "validate", "k8svent.yaml"]),
  "config check without a file": usage(["config", "check"]),
  "config check of a file that is right": {
    ...usage(["config", "check", "{dir}/k8svent.yaml"]),
    files: { "k8svent.yaml": ENDPOINTS },
  },
  "config try without a pod": usage(["config", "try", "k8svent.yaml"]),
  "A reason that does not exist": beside("--reasons", "redy"),
  "What cannot be redacted": beside("--redact", "labels"),
  "All namespaces that are named are excluded": beside("-n", "shop", "--exclude-namespace", "shop"),
  "A secret file that is the service account's token": beside(
    "--secret-file",
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
  ),
  "No webhook": usage([]),
  "An empty list of webhooks in the environment": usage([], { K8SVENT_WEBHOOKS: " , " }),
  "A webhook without a scheme": usage(["--url", `hooks.example.com/${MARK}`]),
  "A webhook with another scheme": usage(["--url", `ftp://hooks.example.com/${MARK}`]),
  "A secret in place of a scheme": usage(["--url", `${MARK}:x`]),
  "An empty --url": usage(["--url", ""]),
  "A webhook without a host": usage(["--url", "https://"]),
  "A webhook with a port that is none": usage(["--url", `https://hooks.example.com:http/${MARK}`]),
  "A webhook with a space in its host": usage(["--url", `https://hooks example.com/${MARK}`]),
  "A name for a webhook that is none": usage(["--url", `my hook=https://hooks.example.com/${MARK}`]),
  "Two webhooks of one name": usage([
    ...["--url", `a=https://a.example.com/${MARK}`],
    ...["--url", `a=https://b.example.com/${MARK}`],
  ]),
  "The same webhook twice": usage([], {
    K8SVENT_WEBHOOKS: `https://a.example.com/${MARK},https://a.example.com/${MARK}`,
  }),
  "A wrong webhook in the variable of the older program": usage([], { K8VENT_WEBHOOKS: MARK }),
  "A webhook without its flag": usage([`https://hooks.example.com/${MARK}`]),
  "--url without a value": usage(["--url"]),
  "A flag that does not exist": beside("--nothing"),
  "A flag with a letter missing, and a secret": beside(`--secrt=${MARK}`),
  "A flag of one letter that does not exist": beside("-x"),
  "A switch with a value": beside("--once=maybe"),
  "A word in place of a flag": beside("start"),
  "An empty --secret": beside("--secret", ""),
  "An empty secret in the environment": usage(ANY_HOOK, { K8SVENT_WEBHOOK_SECRET: " " }),
  "A whsec_ secret that is not valid base64": beside("--secret", `whsec_${MARK}!`),
  "--secret and --secret-file": beside("--secret", SECRET, "--secret-file", "{dir}/secret"),
  "An empty --secret-file": beside("--secret-file", ""),
  "A secret file that is missing": beside("--secret-file", "{dir}/secret"),
  "A secret file that is a folder": { ...beside("--secret-file", "{dir}/secret"), files: { "secret/": "" } },
  "A secret file that is empty": { ...beside("--secret-file", "{dir}/secret"), files: { secret: "\n" } },
  "A secret file with a secret that is not valid base64": {
    ...beside("--secret-file", "{dir}/secret"),
    files: { secret: `${SECRET}\nwhsec_${MARK}!\n` },
  },
  "A kind of signature that does not exist": beside("--signatures", "gitlab"),
  "A source that does not exist": beside("--source", "list"),
  "Two kinds of signature at once": beside("--signatures", "standard,github"),
  "Two kinds of signature that do not exist": beside("--signatures", "a,b"),
  "A kind of signature by its digest": beside("--signatures", "sha256"),
  "--source poll with --interval 0": beside("--source", "poll", "--interval", "0"),
  "An interval without a unit": beside("--interval", "30"),
  "An interval in ISO 8601": beside("--interval", "PT2M"),
  "An interval in days and hours": beside("--interval", "1d12h"),
  "An interval as a clock shows it": beside("--interval", "00:02:00"),
  "An interval with a decimal": beside("--interval", "1.5h"),
  "An interval below nothing": beside("--interval=-5s"),
  "An interval that is too long": beside("--interval", "9999h"),
  "--timeout 0": beside("--timeout", "0"),
  "A timeout that is a word": beside("--timeout", "soon"),
  "A timeout in the environment that is none": usage(ANY_HOOK, { K8SVENT_TIMEOUT: "15" }),
  "No concurrency": beside("--concurrency", "0"),
  "A concurrency above what is allowed": beside("--concurrency", "1001"),
  "A concurrency that is no number": beside("--concurrency", "many"),
  "A buffer that is too small": beside("--buffer", "10Ki"),
  "A buffer in units that are not known": beside("--buffer", "64MB"),
  "A --state-max that is no size": beside("--state-max", "big"),
  "A --listen without a port": beside("--listen", "localhost"),
  "A --listen with a port that does not exist": beside("--listen", ":99999"),
  "A --listen with a URL": beside("--listen", "http://localhost:8080"),
  "An --admin-listen that other machines can reach, without a token": beside("--admin-listen", ":9090"),
  "A token and bodies for a page that is not served": beside(
    "--admin-token-file",
    "{dir}/token",
    "--show-payloads",
  ),
  "A namespace that cannot be one": beside("--namespace", "Team_A"),
  "Two namespaces in one flag": beside("--namespace", "shop,team"),
  "An empty namespace": beside("--namespace", ""),
  "An empty selector": beside("--selector", ""),
  "An empty --state": beside("--state", ""),
  "A log level that does not exist": beside("--log-level", "trace"),
  "A log format that does not exist": beside("--log-format", "xml"),
  "A payload that does not exist": beside("--payload", "cloudevents"),
  "--payload-env without the payload that has it": beside("--payload-env", "HOME"),
  "--payload-env that names a secret": beside(
    "--payload",
    "k8vent",
    "--payload-env",
    "K8SVENT_WEBHOOK_SECRET",
  ),
  "--payload-env that is no name": beside("--payload", "k8vent", "--payload-env", "A B"),
  "--notices for a webhook that does not exist": beside("--notices", "b"),
  "--heartbeat without --notices": beside("--heartbeat", "5m"),
  "An environment's name that no header can carry": beside("--environment", "prod\u00e9"),
  "--pod-webhooks with a URL": usage(["--pod-webhooks", "https://hooks.example.com/"]),
  "--pod-webhooks for everything": usage(["--pod-webhooks", "*"]),
  "--pod-webhooks with a star in the middle": usage(["--pod-webhooks", "a.*.example.com"]),
  "An update that does not exist": beside("--update", "auto"),
  "An update interval that is too short": beside("--update-interval", "10ms"),
  "An image that is none": beside("--image", "k8svent:latest:next"),
  "An insecure registry with a scheme": beside("--insecure-registry", "http://localhost:5000"),
  "--version": usage(["--version"]),
};
