import { FLAGS } from "./flags.ts";
import { similar } from "./similar.ts";

const ALL = "the pods of all namespaces are followed unless --namespace names some";
const LOUDER = "--log-level debug says more, and --version prints the version";

/**
 * What people type who know kubectl, curl, or another program of this kind, and what does that here: a flag, or a
 * sentence where no flag does.
 */
const KNOWN_ELSEWHERE: Record<string, string> = {
  "-A": ALL,
  "--all-namespaces": ALL,
  "--all": ALL,
  "-l": "--selector S",
  "--label-selector": "--selector S",
  "--labels": "--selector S",
  "--label": "--selector S",
  "--fields": "--field-selector S",
  "-f": "files are named by --kubeconfig, --secret-file and --state",
  "--file": "files are named by --kubeconfig, --secret-file and --state",
  "--filename": "files are named by --kubeconfig, --secret-file and --state",
  "--config": "--kubeconfig FILE, or a variable for each flag",
  "-c": "--context NAME",
  "--cluster": "--context NAME",
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
  "-w": "it watches of itself; --once does not",
  "--watch": "it watches of itself; --once does not",
  "--poll": "--source poll",
  "--poll-interval": "--interval DURATION",
  "-o": "--once prints the pods as JSON",
  "--output": "--once prints the pods as JSON",
  "--dry-run": "--once prints what would be sent",
  "-p": "--listen :PORT",
  "--port": "--listen :PORT",
  "-v": LOUDER,
  "--verbose": LOUDER,
  "--debug": "--log-level debug",
  "-q": "--log-level error",
  "--quiet": "--log-level error",
  "-k": "name the authority's PEM file in DENO_CERT",
  "--insecure": "name the authority's PEM file in DENO_CERT",
  "--cacert": "name the authority's PEM file in DENO_CERT",
};

/**
 * What to write in place of a flag that does not exist, as a sentence with a space before it; empty where nobody knows.
 *
 * @param typed with its dashes and without a value
 */
export function suggestion(typed: string): string {
  const meant = KNOWN_ELSEWHERE[typed] ?? KNOWN_ELSEWHERE[typed.toLowerCase()];
  if (meant !== undefined) {
    return meant.startsWith("--")
      ? ` Did you mean ${meant}?`
      : ` ${meant[0]?.toUpperCase()}${meant.slice(1)}.`;
  }
  if (!typed.startsWith("--")) return "";
  const near = similar(typed.slice(2), [...FLAGS.keys(), "help", "version"]);
  return near === undefined ? "" : ` Did you mean --${near}?`;
}
