import { probeRoutes } from "../admin/answer.ts";
import { Health } from "../admin/health.ts";
import { listen, type Listening } from "../admin/listen.ts";
import type { Options } from "../cli/options.ts";
import { UsageError } from "../config/usage_error.ts";
import { VERSION } from "../cli/version.ts";
import { parseWebhookUrl } from "../config/webhook_url.ts";
import type { ApiServer } from "../cluster/api.ts";
import { connectCluster } from "../cluster/connect.ts";
import { Snapshot } from "../delivery/snapshot.ts";
import { type Peer, Workers } from "../delivery/workers.ts";
import { type Client, openClient } from "../http/client.ts";
import { Network } from "../http/network.ts";
import { tlsOf } from "../http/tls_files.ts";
import type { Pod } from "../pod/pod.ts";
import type { Endpoint } from "../route/endpoint.ts";
import { type Clock, every } from "../runtime/clock.ts";
import { CredentialFiles } from "../runtime/credential_files.ts";
import type { Log } from "../runtime/log.ts";
import type { Secrets } from "../runtime/secret_file.ts";
import { readPod } from "../source/lookup.ts";
import { selectionsOf } from "../source/query.ts";
import type { Disk } from "../store/database.ts";
import { openStore } from "../store/open.ts";
import { inspect, sayBehind, sayDiskFault, sayEvicted, sayLeft, sayStart } from "./announce.ts";
import { bindStore } from "./bind.ts";
import { configuredBy } from "./configured.ts";
import { followAll } from "./follow_all.ts";
import { Notices } from "./notices.ts";
import { deliverOnce, printOnce } from "./once.ts";
import { OperatorEndpoints } from "./operator_endpoints.ts";
import { Relist } from "./relist.ts";
import { reread } from "./reread.ts";
import { AnnotationEndpoints, openPipeline, routingOf } from "./routing.ts";
import { stayCurrent } from "./stay_current.ts";

/** What the program needs of the world; `main.ts` gives the real thing. */
export interface World {
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  env: (name: string) => string | undefined;
  log: Log;
  secrets: Secrets;
  /** Takes what is to be done when somebody asks how things are (SIGUSR1). */
  onInspect: (run: () => void) => void;
  /** Writes a piece of the data that `--once` prints. */
  print: (text: string) => Promise<void>;
  /** Shows how far `--once` is, in place of what it showed before; undefined: takes it away. Absent: to nobody. */
  show?: (line: string | undefined) => void;
  /** Aborts when the program is to end: what is pending is then tried once more. */
  stop: AbortSignal;
}

/** The ways out of the machine; the real ones, but for a test that has the world in memory. */
export interface Ways {
  connect: typeof connectCluster;
  /** How each endpoint gets its way out, and the way to the server that gives tokens for it. */
  openClient: (endpoint: Endpoint, world: World & { files: CredentialFiles }, peer: Peer) => Client;
  /** How the file of `--state` is opened, if not as the store does it. */
  openDisk?: (file: string) => Disk;
}

/** A watch is renewed within less than half of it, also through a failure or two; in milliseconds. */
const STALE_AFTER = 600_000;

/** How often the store is tidied, and endpoints are looked at that do not take what they are sent; in milliseconds. */
const TIDY_TICK = 60_000;

/**
 * Runs the program: connects the stages and lets the data flow, until `stop` or for one snapshot. Returns the
 * exit code.
 *
 * @throws {ClusterSetupError | ClusterError | ListenError | StoreError} where it cannot begin or go on.
 */
export async function run(
  options: Options,
  world: World,
  ways: Ways = { connect: connectCluster, openClient: dialled() },
): Promise<number> {
  const api = await ways.connect(options, { ...world, version: VERSION });
  try {
    if (options.once && options.endpoints.length === 0 && options.podWebhooks.length === 0) {
      return await printOnce(api, selectionsOf(options), envOf(options, world), world);
    }
    return await deliver(options, api, ways, world);
  } finally {
    api.close();
  }
}

async function deliver(options: Options, api: ApiServer, ways: Ways, world: World): Promise<number> {
  const configured = await configuredBy(options.endpoints);
  const { clock, log, random } = world;
  /** Ends the workers and the requests under way. */
  const kill = new AbortController();
  /** Ends the sources when a part of the program has failed. */
  const failed = new AbortController();
  /** Ends the sources when a newer version is to be pulled. */
  const leaving = new AbortController();
  const stop = AbortSignal.any([world.stop, failed.signal, leaving.signal]);
  const { state, once } = options;
  const selections = selectionsOf(options);
  const scopes = selections.map(({ namespace }) => namespace);
  const file = once ? undefined : state;
  const store = openStore({
    file,
    buffer: options.buffer,
    stateMax: options.stateMax,
    clock,
    onReady: (endpoints) => workers.wake(endpoints),
    onDiskFault: (fault) => sayDiskFault(fault, log),
    onEvicted(endpoint, messages): void {
      sayEvicted(endpoint, messages, log);
      notices.sendGap(endpoint);
    },
  }, file === undefined ? undefined : ways.openDisk?.(file));
  const files = new CredentialFiles({ clock, mayRead: () => undefined });
  const notices = new Notices({
    store,
    clock,
    endpoints: () => operators.notified,
    inventoryOf: (endpoint) => operators.inventoryOf(endpoint),
    scopes,
  });
  const snapshot = once ? new Snapshot({ ...world, pending: store.pending }) : undefined;
  const workers = new Workers({
    pending: store.pending,
    clock,
    random,
    log,
    openClient: (endpoint, peer) => ways.openClient(endpoint, { ...world, files }, peer),
    files,
    parseUrl: webhookUrl,
    rendering: {
      version: VERSION,
      environment: options.environment,
      cluster: options.cluster,
      env: envOf(options, world),
    },
    secrets: () => world.secrets.current(),
    isAnnounced: !once,
    snapshot,
    budget: { limit: options.buffer, used: 0 },
    reread: (message) => reread(message, { api, store, pipeline }, stop),
    onRequest: (endpoint) => notices.requested(endpoint),
    fail: (error) => failed.abort(error),
  }, kill.signal);
  const operators = new OperatorEndpoints(configured, {
    store,
    workers,
    clock,
    log,
  });
  const relist = new Relist();
  const endpoints = new AnnotationEndpoints(routingOf(operators, options), store, workers, log);
  const pipeline = openPipeline(options, { store, operators, annotations: endpoints, clock, log });
  const health = new Health({
    clock,
    scopes,
    staleAfter: STALE_AFTER + (options.source === "poll" ? options.interval : 0),
    diskFault: () => store.fault,
  });
  const drain = async (): Promise<void> => {
    failed.signal.throwIfAborted();
    const how = once
      ? "what can be sent now is sent; retries are not waited for"
      : "what is pending is tried once more";
    log.info(`Stopping: ${how}.${world.stop.aborted ? " A second signal ends it at once." : ""}`);
    const cancel = clock.after(options.shutdownTimeout, () => kill.abort());
    await workers.finish("drained");
    cancel();
    failed.signal.throwIfAborted();
  };
  let probes: Listening | undefined;
  try {
    // Before anything that waits for the cluster: what is probed must answer meanwhile.
    if (options.listen !== undefined && !once) {
      const routes = probeRoutes(() => health.problems(), () => health.notes());
      probes = listen(options.listen, routes, clock);
      log.info(`Probes are answered on port ${probes.port}: /livez and /readyz.`);
    }
    const isNew = store.inventory.binding === undefined;
    let isComplete = false;
    await bindStore(api, options, store, log, stop);
    if (options.interval > 0) store.inventory.startReminders();
    operators.open();
    endpoints.reopen();
    // The last process may have ended between an eviction and the word of it.
    for (const name of operators.notified) if (store.pending.lost(name).messages > 0) notices.sendGap(name);
    store.commit();
    if (snapshot !== undefined) {
      return await deliverOnce(selections, { api, pipeline, workers, snapshot, log, drain }, stop);
    }
    sayStart(options, api.origin, log);
    world.onInspect(() => inspect(store, workers, notices, log));
    await Promise.all([
      followAll(
        options,
        { ...world, api, pipeline, store, health, relist, stop, backlog: () => workers.backlog },
        () => {
          // What vanished while there was no store cannot be sent pod by pod; what there is can.
          notices.complete(isNew && !isComplete);
          isComplete = true;
        },
      ),
      every(clock, reminderTick(options.interval), stop, () => pipeline.remind()),
      every(clock, TIDY_TICK, stop, () => {
        store.tidy();
        endpoints.tidy(isComplete);
        operators.tidy();
        store.commit();
        workers.report();
      }),
      every(clock, options.heartbeat, stop, () => notices.beat()),
      stayCurrent(options.update, {
        ...world,
        version: VERSION,
        ownPod: ownPodOf(api, world),
        // With a file, what is pending outlives the container.
        loses: () => state === undefined ? sayBehind(workers.behind) : undefined,
        leave: () => leaving.abort(),
      }, stop),
    ]);
    await drain();
    return 0;
  } finally {
    failed.abort();
    kill.abort();
    await workers.finish("drained");
    if (!once) sayLeft(store, state, log);
    store.close();
    await probes?.close();
  }
}

/** How often reminders are looked for: twelve times an interval, each second at most, as a tick costs a millisecond. */
function reminderTick(interval: number): number {
  return interval === 0 ? 0 : Math.min(10_000, Math.max(1_000, interval / 12));
}

/** Connections of its own for each endpoint, over a network that all share. */
export function dialled(): Ways["openClient"] {
  let network: Network | undefined;
  return ({ trusted, settings }, { clock, env, files }, peer) => {
    network ??= new Network({ clock });
    const { tls: given, proxyUrl } = trusted ? settings : {};
    // The client certificate and the server's name are the receiver's business alone.
    const tls = peer === "receiver"
      ? given
      : given?.caFile === undefined
      ? undefined
      : { caFile: given.caFile };
    return openClient({
      network,
      env,
      ...proxyUrl !== undefined && { proxyUrl },
      ...tls !== undefined && { tls: tlsOf(tls, files) },
      ...!trusted && { guard: {} },
    });
  };
}

/** The rule of `--url`, with the problem as a value. */
function webhookUrl(text: string, place: string): URL | { problem: string } {
  try {
    return parseWebhookUrl(text, place);
  } catch (error) {
    if (error instanceof UsageError) return { problem: error.message };
    throw error;
  }
}

/** The names come by the downward API; without them this is no pod, or one that does not say which. */
function ownPodOf(api: ApiServer, { env }: World): ((signal: AbortSignal) => Promise<Pod>) | undefined {
  const namespace = env("POD_NAMESPACE");
  const name = env("POD_NAME");
  return namespace && name ? async (signal) => (await readPod(api, namespace, name, signal)).pod : undefined;
}

/** The variables that the older payload carries. */
function envOf({ payload, payloadEnv }: Options, { env }: World): Record<string, string> | undefined {
  if (payload !== "k8vent") return undefined;
  return Object.fromEntries(payloadEnv.flatMap((name) => {
    const value = env(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
