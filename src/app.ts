import { answerProbe } from "./admin/answer.ts";
import { Health } from "./admin/health.ts";
import { listen, type Listening } from "./admin/listen.ts";
import { inspect, sayBehind, sayDiskFault, sayOwed, saySacrifice, sayStart } from "./announce.ts";
import { bindStore } from "./bind.ts";
import type { Options } from "./cli/options.ts";
import { VERSION } from "./cli/version.ts";
import type { ApiServer } from "./cluster/api.ts";
import { connectCluster } from "./cluster/connect.ts";
import { Workers } from "./delivery/workers.ts";
import { followAll } from "./follow_all.ts";
import { forgetRemovedEndpoints, forgetUnreachable } from "./forget.ts";
import { type Client, openClient } from "./http/client.ts";
import { Network } from "./http/network.ts";
import { Notices } from "./notices.ts";
import { deliverOnce, printOnce } from "./once.ts";
import { openPipeline } from "./open_pipeline.ts";
import type { Pod } from "./pod/pod.ts";
import { reread } from "./reread.ts";
import type { Endpoint } from "./route/endpoint.ts";
import { type Clock, every } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import type { Secrets } from "./runtime/secret_file.ts";
import { readPod } from "./source/lookup.ts";
import { selectionsOf } from "./source/query.ts";
import { stayCurrent } from "./stay_current.ts";
import { openDatabase, openTemporaryDatabase } from "./store/database.ts";
import { openStore } from "./store/sqlite_store.ts";

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
  /** Aborts when the program is to end: what is owed is then tried once more. */
  stop: AbortSignal;
}

/** The ways out of the machine; the real ones, but for a test that has the world in memory. */
export interface Ways {
  connect: typeof connectCluster;
  /** How each endpoint gets its way out. */
  clientOpener: (world: World) => (endpoint: Endpoint) => Client;
}

const WAYS: Ways = {
  connect: connectCluster,
  clientOpener({ clock, env }): (endpoint: Endpoint) => Client {
    const network = new Network({ clock });
    return ({ trusted }) => openClient({ network, env, ...!trusted && { guard: {} } });
  },
};

/** How often reminders are looked for, in milliseconds. */
const REMINDER_TICK = 1_000;

/** A watch is renewed within less than half of it, also through a failure or two; in milliseconds. */
const STALE_AFTER = 600_000;

/** How often the store is tidied, in milliseconds. */
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
  ways: Ways = WAYS,
): Promise<number> {
  const api = await ways.connect(options, { ...world, version: VERSION });
  try {
    if (options.once && options.endpoints.length === 0 && options.podWebhooks.length === 0) {
      return await printOnce(api, selectionsOf(options), envOf(options, world), world.print, world.stop);
    }
    return await deliver(options, api, ways.clientOpener(world), world);
  } finally {
    api.close();
  }
}

async function deliver(
  options: Options,
  api: ApiServer,
  openClient: (endpoint: Endpoint) => Client,
  world: World,
): Promise<number> {
  const { clock, log } = world;
  /** Ends the workers and what they have under way. */
  const kill = new AbortController();
  /** Ends the sources when a part of the program has failed. */
  const failed = new AbortController();
  /** Ends the sources when a newer version is to be pulled. */
  const leaving = new AbortController();
  const stop = AbortSignal.any([world.stop, failed.signal, leaving.signal]);
  const { state, once } = options;
  const store = openStore(once || state === undefined ? openTemporaryDatabase() : openDatabase(state), {
    limit: options.stateMax,
    refugeLimit: options.buffer,
    now: clock.now,
    onDiskFault: (fault, kept) => sayDiskFault(fault, kept, log),
    onSacrifice({ endpoint, messages }): void {
      saySacrifice(endpoint, messages, log);
      store.transaction(() => notices.tellGap(endpoint));
    },
  });
  const workers = new Workers({
    ...world,
    outbox: store.outbox,
    endpoints: store.endpoints,
    deliveries: store.log,
    transaction: store.transaction,
    openClient,
    rendering: { version: VERSION, environment: options.environment, env: envOf(options, world) },
    secrets: () => world.secrets.current(),
    fail: (error) => failed.abort(error),
    timeout: options.timeout,
    concurrency: options.concurrency,
    patience: once ? 3 : undefined,
    budget: { limit: options.buffer, used: 0 },
    reread: (message) => reread(message, { api, store, pipeline, namespaces: options.namespaces }, stop),
    onRequest: (endpoint) => notices.admitRequest(endpoint),
    tellInventory: (endpoint) => notices.tellInventory([endpoint]),
  }, kill.signal);
  const notices = new Notices({
    store,
    clock,
    endpoints: options.notices,
    wake: (names) => workers.wake(names),
  });
  const pipeline = openPipeline(options, store, workers, world);
  const health = new Health({
    clock,
    scopes: selectionsOf(options).map(({ namespace }) => namespace),
    staleAfter: STALE_AFTER + (options.source === "poll" ? options.interval : 0),
    isDegraded: () => store.degraded,
  });
  const drain = async (): Promise<void> => {
    failed.signal.throwIfAborted();
    log.info("Stopping: what is owed is tried once more.");
    const cancel = clock.after(options.shutdownTimeout, () => kill.abort());
    await workers.finish("drained");
    cancel();
    failed.signal.throwIfAborted();
  };
  let probes: Listening | undefined;
  try {
    // Before anything that waits for the cluster: what is probed must answer meanwhile.
    if (options.listen !== undefined && !once) {
      probes = listen(options.listen, (request) => answerProbe(request, () => health.problems()));
      log.info(`Probes are answered on port ${probes.port}: /livez and /readyz.`);
    }
    const isNew = store.inventory.binding === undefined;
    let isComplete = false;
    await bindStore(api, selectionsOf(options), store, log, stop);
    forgetRemovedEndpoints(store, options, log);
    if (options.interval > 0) store.transaction(() => store.inventory.startReminders());
    for (const endpoint of options.endpoints) workers.open(endpoint);
    // The last process may have ended between a loss and the word of it.
    store.transaction(() => {
      for (const name of options.notices) if (store.endpoints.lost(name).messages > 0) notices.tellGap(name);
    });
    if (once) {
      return await deliverOnce(api, selectionsOf(options), pipeline, workers, store, log, drain, stop);
    }
    sayStart(options, api.origin, log);
    world.onInspect(() => inspect(store, workers, notices, log));
    await Promise.all([
      followAll(options, { ...world, api, pipeline, store, health, stop }, () => {
        // What vanished while there was no store cannot be told pod by pod; what there is can.
        notices.complete(isNew && !isComplete);
        isComplete = true;
      }),
      every(clock, options.interval > 0 ? REMINDER_TICK : 0, stop, () => pipeline.remind()),
      every(clock, TIDY_TICK, stop, () => {
        store.tidy();
        workers.letIdleGo();
        if (isComplete) forgetUnreachable(store, (name) => workers.reaches(name), log);
      }),
      every(clock, options.heartbeat, stop, () => store.transaction(() => notices.beat())),
      stayCurrent(options.update, {
        ...world,
        version: VERSION,
        ownPod: ownPodOf(api, world),
        // With a file, what is owed outlives the container.
        loses: () => state === undefined ? sayBehind(workers.behind) : undefined,
        leave: () => leaving.abort(),
      }, stop),
    ]);
    await drain();
    sayOwed(store, log);
    return 0;
  } finally {
    failed.abort();
    kill.abort();
    await workers.finish("drained");
    store.close();
    await probes?.close();
  }
}

/** The names come by the downward API; without them this is no pod, or one that does not say which. */
function ownPodOf(api: ApiServer, { env }: World): ((signal: AbortSignal) => Promise<Pod>) | undefined {
  const namespace = env("POD_NAMESPACE");
  const name = env("POD_NAME");
  return namespace && name ? (signal) => readPod(api, namespace, name, signal) : undefined;
}

/** The variables that the older payload carries. */
function envOf({ payload, payloadEnv }: Options, { env }: World): Record<string, string> | undefined {
  if (payload !== "k8vent") return undefined;
  return Object.fromEntries(payloadEnv.flatMap((name) => {
    const value = env(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
