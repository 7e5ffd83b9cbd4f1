import type { Options } from "../cli/options.ts";
import { EndpointCredentials } from "../delivery/credentials.ts";
import { tlsOf } from "../http/tls_files.ts";
import type { Endpoint } from "../route/endpoint.ts";
import { capitalized, duration, enumerated } from "../runtime/wording.ts";
import { CollectedLog, type DoctorWorld, failed, type Finding, good, skipped } from "./finding.ts";
import { type Account, accountOf } from "./trial.ts";
import { credentialFiles, dialled, webhookUrl } from "./world.ts";

/**
 * Sends a webhook a test message, with the credentials, TLS files and proxy that the run would use.
 *
 * @param secrets the program's own; undefined: they cannot be read
 */
export async function examineWebhook(
  endpoint: Endpoint,
  options: Options,
  secrets: string[] | undefined,
  world: DoctorWorld,
): Promise<Finding> {
  const { name, url, settings } = endpoint;
  const check = `webhook ${name}`;
  const isSigned = settings.signatures.length > 0 && settings.secretFiles === undefined;
  if (secrets === undefined && isSigned) return skipped(check, "its secret cannot be read");
  const { clock, random, env, stop } = world;
  const files = credentialFiles(options, world);
  const way = dialled();
  const credentials = new EndpointCredentials(settings, {
    endpoint: name,
    url,
    secrets: () => secrets ?? [],
    files,
    parseUrl: webhookUrl,
    openTokenClient: () => way(endpoint, { ...world, files }, "token server"),
    clock,
    random,
    log: new CollectedLog(),
    signal: stop,
  });
  try {
    const resolved = await credentials.resolve();
    if ("kind" in resolved) {
      return failed(check, `${capitalized(resolved.message)}.`);
    }
    const account = await accountOf({
      ...resolved,
      secrets: [...resolved.secrets],
      signatures: [...settings.signatures],
      timeout: settings.timeout,
      proxyUrl: settings.proxyUrl,
      confidential: credentials.confidential.secrets,
    }, {
      clock,
      env,
      random: world.randomBytes,
      stop,
      ...settings.tls !== undefined && { tls: tlsOf(settings.tls, files) },
    });
    return findingOf(check, account);
  } finally {
    credentials.close();
  }
}

function findingOf(check: string, account: Account): Finding {
  const { why, answer, took, host } = account;
  const finding = why === undefined
    ? good(check, `${host}${wayOf(account)} answers ${answer?.status} after ${duration(took)}`)
    : failed(check, `${capitalized(why)}.`);
  return { ...finding, account };
}

/** What lies before an answer: the address, and until when its certificate holds. */
function wayOf({ steps, certificates }: Account): string {
  const addresses = steps.flatMap((step) => step.kind === "connection" && step.isOpen ? [step.address] : []);
  const [own] = certificates;
  const parts = [
    ...addresses.length === 0 ? [] : [`at ${enumerated(addresses)}`],
    ...own === undefined ? [] : [`with a certificate until ${own.until.toISOString().slice(0, 10)}`],
  ];
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
