import { FLAGS } from "./flags.ts";
import { similar } from "../config/similar.ts";

/** What people type who know kubectl, curl, or another program of this kind, and the flag that does that here. */
const MEANT: Record<string, string> = {
  "-l": "--selector S",
  "--label-selector": "--selector S",
  "--labels": "--selector S",
  "--label": "--selector S",
  "--fields": "--field-selector S",
  "-c": "--context NAME",
  "--config-file": "--config FILE",
  "--cluster-name": "--cluster NAME",
  "--reason": "--reasons REASON",
  "--events": "--reasons REASON",
  "--server": "--kubeconfig FILE or --context NAME",
  "--token": "--kubeconfig FILE, or for signing --secret-file FILE",
  "--webhook": "--url URL",
  "--webhooks": "--url URL, once for each",
  "--webhook-url": "--url URL",
  "--hook": "--url URL",
  "--endpoint": "--url URL",
  "--target": "--url URL",
  "--to": "--url URL",
  "--webhook-secret": "--secret-file FILE or --secret SECRET",
  "--webhook-secret-file": "--secret-file FILE",
  "--poll": "--source poll",
  "--poll-interval": "--interval DURATION",
  "-p": "--listen :PORT",
  "--port": "--listen :PORT",
  ...each(
    "--admin-listen 127.0.0.1:9090",
    "--admin --admin-port --admin-addr --ui --dashboard --web --api --api-port",
  ),
  "--admin-token": "--admin-token-file FILE",
  "--debug": "--log-level debug",
  "-q": "--log-level error",
  "--quiet": "--log-level error",
  "--no-update": "--update off",
};

/** The same where a flag alone is no answer. */
const SAID: Record<string, string> = {
  ...each(
    "The pods of all namespaces are followed unless --namespace names some.",
    "-A --all-namespaces --all",
  ),
  ...each("Files are named by --config, --kubeconfig, --secret-file and --state.", "-f --file --filename"),
  ...each("It watches of itself; --once does not.", "-w --watch"),
  ...each("Use --once to print the pods as JSON.", "-o --output"),
  ...each("Use --once without a webhook to print what would be sent.", "--dry-run"),
  ...each("Use --log-level debug to see more, or --version for the version.", "-v --verbose"),
  ...each(
    "--listen HOST:PORT answers probes and metrics.",
    "--metrics --metrics-port --metrics-addr --metrics-bind-address --health-probe-bind-address",
  ),
  ...each(
    "Name the authority's PEM file in DENO_CERT, or for the API server in the kubeconfig.",
    "-k --insecure --insecure-skip-tls-verify --insecure-skip-verify --cacert --certificate-authority",
  ),
};

function each(answer: string, flags: string): Record<string, string> {
  return Object.fromEntries(flags.split(" ").map((flag) => [flag, answer]));
}

/**
 * What to write in place of a flag that does not exist, as a sentence with a space before it; empty where nobody knows.
 *
 * @param typed with its dashes and without a value
 * @param flags the names of those that there are
 */
export function suggestion(typed: string, flags: readonly string[]): string {
  const meant = MEANT[typed] ?? MEANT[typed.toLowerCase()];
  if (meant !== undefined && flags.includes(/^--([a-z-]+)/.exec(meant)?.[1] ?? "")) {
    return ` Did you mean ${meant}?`;
  }
  if (!typed.startsWith("--")) return "";
  const near = similar(typed.slice(2), flags);
  return near === undefined ? "" : ` Did you mean --${near}?`;
}

/** The same for a flag of the run, where one flag may be no answer. */
export function suggestionOfRun(typed: string): string {
  const said = SAID[typed] ?? SAID[typed.toLowerCase()];
  return said === undefined ? suggestion(typed, [...FLAGS.keys(), "help", "version"]) : ` ${said}`;
}
