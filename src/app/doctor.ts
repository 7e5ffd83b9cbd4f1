import { inGivenNames } from "../cli/given_names.ts";
import type { DoctorOptions } from "../cli/job.ts";
import { NO_WEBHOOK } from "../cli/options.ts";
import { VERSION } from "../cli/version.ts";
import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { ClusterSetupError } from "../cluster/setup_error.ts";
import { connectCluster } from "../cluster/connect.ts";
import { checkExtraTrust, TrustFileError } from "../runtime/extra_trust.ts";
import { openSecretFile, SecretFileError } from "../runtime/secret_file.ts";
import { counted } from "../runtime/wording.ts";
import { StoreError } from "../store/disk_fault.ts";
import { lookAtStateFile } from "../store/look.ts";
import { examineCluster } from "./doctor_cluster.ts";
import { examineWebhook } from "./doctor_webhook.ts";
import { CollectedLog, type DoctorWorld, failed, type Finding, good, skipped, warning } from "./finding.ts";
import { ownPodOf, stayCurrent } from "./stay_current.ts";

/**
 * `k8svent doctor`: looks at all that a run with the same flags needs, by the code that the run uses, so that what it says is
 * what the run would meet, in the same words. What a check needs that failed before it is not looked at, so that one fault
 * is one finding.
 *
 * ```
 * configuration   secret   cluster ─▶ API server ─▶ rights ─▶ list ─▶ watch   webhooks   state   updates
 * ```
 *
 * It changes nothing: the state file is not opened for writing, no state is kept, and a webhook gets a message that stands
 * for nothing.
 */

/** Looks at everything. Rejects only with the reason of the signal, and with what `found` rejects with. */
export async function examine(
  job: DoctorOptions,
  world: DoctorWorld,
  connect: typeof connectCluster = connectCluster,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const { message, ...found } of examineAll(job, world, connect)) {
    world.stop.throwIfAborted();
    const finding = { ...found, message: inGivenNames(message, job.options.names) };
    findings.push(finding);
    await world.found(finding);
  }
  world.stop.throwIfAborted();
  return findings;
}

async function* examineAll(
  job: DoctorOptions,
  world: DoctorWorld,
  connect: typeof connectCluster,
): AsyncGenerator<Finding, void, void> {
  const { options } = job;
  yield* examineConfiguration(job);
  yield* examineTrust(world);
  const secrets = readSecrets(job, world);
  yield* secrets.findings;
  world.begin("the cluster");
  const connected = await open(job, world, connect);
  yield* connected.findings;
  try {
    const isReached = yield* examineCluster(options, connected.api, world);
    yield* examineWebhooks(job, secrets.secrets, world);
    yield* examineState(job);
    world.begin("updates");
    yield await examineUpdates(job, isReached ? connected.api : undefined, world);
  } finally {
    connected.api?.close();
  }
}

function* examineConfiguration({ config, options }: DoctorOptions): Generator<Finding, void, void> {
  if (config !== undefined) {
    for (const fault of config.faults) yield failed("configuration", fault);
    if (config.faults.length === 0) {
      yield good(
        "configuration",
        `${config.file} is valid: ${counted(options.endpoints.length, "endpoint")}`,
      );
    }
  }
  for (const sentence of options.warnings) yield warning("settings", sentence);
}

/** What `DENO_CERT` names. Where all is well, nobody asked for it. */
function* examineTrust({ env }: DoctorWorld): Generator<Finding, void, void> {
  const log = new CollectedLog();
  try {
    checkExtraTrust(env, log);
  } catch (error) {
    if (!(error instanceof TrustFileError)) throw error;
    yield failed("DENO_CERT", error.message);
  }
  yield* log.warnings("DENO_CERT");
}

/** The secrets that sign; undefined: the file cannot be used. */
function readSecrets(
  { options: { secrets, secretFile } }: DoctorOptions,
  { clock }: DoctorWorld,
): { secrets: string[] | undefined; findings: Finding[] } {
  if (secretFile === undefined) {
    const given = secrets.length === 0 ? [] : [good("secret", `${counted(secrets.length, "secret")} given`)];
    return { secrets, findings: given };
  }
  const log = new CollectedLog();
  try {
    const read = openSecretFile(secretFile, { clock, log }).current();
    const found = good("secret", `${counted(read.length, "secret")} in ${secretFile}`);
    return { secrets: read, findings: [found, ...log.warnings("secret")] };
  } catch (error) {
    if (!(error instanceof SecretFileError)) throw error;
    return { secrets: undefined, findings: [failed("secret", error.message)] };
  }
}

async function open(
  { options }: DoctorOptions,
  world: DoctorWorld,
  connect: typeof connectCluster,
): Promise<{ api: ApiServer | undefined; findings: Finding[] }> {
  const log = new CollectedLog();
  try {
    const api = await connect(options, { ...world, log, version: VERSION });
    const where = api.foundIn === undefined ? api.origin : `${api.origin}, by ${api.foundIn}`;
    return { api, findings: [good("cluster", where), ...log.warnings("cluster")] };
  } catch (error) {
    if (!(error instanceof ClusterSetupError || error instanceof ClusterError)) throw error;
    return { api: undefined, findings: [failed("cluster", error.message)] };
  }
}

async function* examineWebhooks(
  { options, config, sends }: DoctorOptions,
  secrets: string[] | undefined,
  world: DoctorWorld,
): AsyncGenerator<Finding, void, void> {
  const { endpoints, podWebhooks, once } = options;
  if (config !== undefined && config.faults.length > 0 && endpoints.length === 0) {
    return yield skipped("webhooks", "the configuration names them");
  }
  if (endpoints.length === 0 && podWebhooks.length > 0) {
    return yield skipped("webhooks", "annotations of pods name them");
  }
  if (endpoints.length === 0) {
    return yield once ? skipped("webhooks", "--once prints the pods") : warning("webhooks", NO_WEBHOOK);
  }
  if (!sends) {
    for (const { name } of endpoints) yield skipped(`webhook ${name}`, "--no-send");
    return;
  }
  world.begin(counted(endpoints.length, "webhook"));
  // Beside one another: one that hangs takes its whole timeout.
  const findings = endpoints.map((endpoint) => examineWebhook(endpoint, options, secrets, world));
  // Once the signal aborts, all of them reject, and the first one is enough.
  for (const finding of findings) finding.catch(() => {});
  for (const finding of findings) yield await finding;
}

function* examineState({ options: { state, once } }: DoctorOptions): Generator<Finding, void, void> {
  if (state === undefined || once) {
    return yield skipped(
      "state",
      once ? "--once keeps none" : "there is no --state: nothing outlives the program",
    );
  }
  try {
    switch (lookAtStateFile(state)) {
      case "nothing":
        return yield good("state", `${state} can be written, and is new`);
      case "ours":
        return yield good("state", `${state} can be opened`);
      case "in use":
        return yield good("state", `${state} is in use, by a k8svent that runs: only one may at a time`);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    yield failed("state", error.message);
  }
}

/** By one look of the updater. Nothing is lost where it cannot look, so whatever it finds is a warning at the most. */
async function examineUpdates(
  { options: { update, once } }: DoctorOptions,
  api: ApiServer | undefined,
  { clock, random, env, stop }: DoctorWorld,
): Promise<Finding> {
  if (once || update.mode === "off") {
    return skipped("updates", once ? "--once looks for none" : "--update off");
  }
  const isInPod = env("POD_NAMESPACE") && env("POD_NAME");
  if (api === undefined && isInPod) {
    return skipped("updates", "its own pod names its image: the API server is needed");
  }
  const log = new CollectedLog();
  const end = new AbortController();
  let isFault = false;
  await stayCurrent(update, {
    clock,
    random,
    env,
    log,
    version: VERSION,
    ownPod: api && ownPodOf(api, env),
    loses: () => Promise.resolve(undefined),
    looked(outcome): void {
      isFault = outcome.isFault;
      end.abort();
    },
    leave: () => {},
  }, AbortSignal.any([stop, end.signal]));
  const lines = [...log.debugMessages, ...log.messages.map(({ message }) => message)];
  const message = lines.map((line) => line.replace(/^Update: /, "")).join(" ");
  const isWrong = isFault || log.warnings("updates").length > 0;
  return isWrong ? warning("updates", message) : good("updates", message);
}
