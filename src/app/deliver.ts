import { Health } from "../admin/health.ts";
import { Liveness } from "../admin/liveness.ts";
import type { Listening } from "../admin/listen.ts";
import type { Options } from "../cli/options.ts";
import { VERSION } from "../cli/version.ts";
import type { ApiServer } from "../cluster/api.ts";
import { Snapshot } from "../delivery/snapshot.ts";
import { Workers, type WorkersDeps } from "../delivery/workers.ts";
import type { Redaction } from "../pod/redaction.ts";
import { every } from "../runtime/clock.ts";
import { Standstill } from "../runtime/standstill.ts";
import { selectionsOf } from "../source/query.ts";
import type { Store } from "../store/store.ts";
import { Actions } from "./actions.ts";
import { inspect, sayBehind, sayLeft, sayPaused, sayStart } from "./announce.ts";
import { bindStore } from "./bind.ts";
import { configuredBy, redactionOf } from "./configured.ts";
import { EndpointEvents } from "./endpoint_events.ts";
import { Figures } from "./figures.ts";
import { FilterFailures } from "./filter_failures.ts";
import { followAll } from "./follow_all.ts";
import { KubernetesEvents } from "./kubernetes_events.ts";
import { Lifetime } from "./lifetime.ts";
import { listenForProbes } from "./listen.ts";
import { Notices } from "./notices.ts";
import { Observations } from "./observations.ts";
import { deliverOnce } from "./once.ts";
import { type Configured, OperatorEndpoints } from "./operator_endpoints.ts";
import { Relist } from "./relist.ts";
import { Reload, RELOAD_INTERVAL } from "./reload.ts";
import type { Pipeline } from "./pipeline.ts";
import { reread } from "./reread.ts";
import { openStoreOf } from "./open_store.ts";
import { Resyncs } from "./resyncs.ts";
import { AnnotationEndpoints, openDataPath, routingOf } from "./routing.ts";
import { ownPodOf, stayCurrent } from "./stay_current.ts";
import { openTracing, type Tracing } from "./tracing.ts";
import { credentialFiles, envOf, type Ways, webhookUrl, type World } from "./world.ts";

/** A watch is renewed within less than half of it, also through a failure or two; in milliseconds. */
const STALE_AFTER = 600_000;

/** How often the store is tidied, and endpoints are looked at that do not take what they are sent; in milliseconds. */
const TIDY_TICK = 60_000;

/**
 * Lets the data flow to webhooks: connects the stages, until `stop` or for one snapshot. Returns the exit code.
 *
 * @throws {ClusterError | ListenError | StoreError} where it cannot begin or go on.
 */
export async function deliver(
  options: Options,
  api: ApiServer,
  ways: Ways,
  world: World,
): Promise<number> {
  const compiled = {
    configured: await configuredBy(options.endpoints),
    ofAnnotations: await redactionOf(options.ofAnnotations),
  };
  const { once, shutdownTimeout } = options;
  const lifetime = new Lifetime({ ...world, asked: world.stop, shutdownTimeout, once });
  const tracing = await openTracing(options, world);
  const parts = assemble(options, compiled, { api, ways, world, lifetime, tracing });
  const listening: Listening[] = [];
  try {
    // Before anything that waits for the cluster: what is probed, or looked at, must answer meanwhile.
    const probes = listenForProbes(options, parts, world);
    if (probes !== undefined) listening.push(probes);
    const admin = await listenForOperator(options, parts, { api, world, lifetime });
    if (admin !== undefined) listening.push(admin);
    const isNew = await begin(options, api, parts, world, lifetime.stop);
    if (parts.snapshot !== undefined) {
      const { pipeline, workers, snapshot } = parts;
      const drain = (): Promise<void> => lifetime.drain(workers);
      const deps = { api, pipeline, workers, snapshot, log: world.log, drain };
      return await deliverOnce(selectionsOf(options), deps, lifetime.stop);
    }
    await sendChanges(options, { api, parts, ways, world, lifetime, isNew });
    await lifetime.drain(parts.workers);
    return 0;
  } finally {
    await lifetime.end(parts.workers);
    // Before the store, in which an action is answered for.
    await Promise.all(listening.map((one) => one.close()));
    if (!once) sayLeft(parts.store, options.state, world.log);
    parts.store.close();
    await tracing?.close(lifetime.left);
  }
}

/** Serves page and API, where that is asked for. @throws {ListenError | SecretFileError} */
async function listenForOperator(
  options: Options,
  parts: Parts,
  { api, world, lifetime }: Pick<Surroundings, "api" | "world" | "lifetime">,
): Promise<Listening | undefined> {
  const { adminListen } = options;
  const { observations } = parts;
  if (adminListen === undefined || observations === undefined) return undefined;
  // Most who run this serve none of it.
  const { openAdmin } = await import("./administration.ts");
  const { listenForAdmin } = await import("./admin_listen.ts");
  const { stop } = lifetime;
  const fail = (error: unknown): void => lifetime.fail(error);
  const admin = openAdmin({ ...parts, ...world, options, server: api.origin, observations }, { stop, fail });
  return listenForAdmin({ ...options, adminListen }, admin, world);
}

/** What the data flows through; they know of one another by what each was given. */
interface Parts {
  store: Store;
  notices: Notices;
  workers: Workers;
  operators: OperatorEndpoints;
  annotations: AnnotationEndpoints;
  pipeline: Pipeline;
  /** What an operator can do to it. */
  actions: Actions;
  relist: Relist;
  /** Where there is a file to be read again. */
  reload: Reload | undefined;
  health: Health;
  liveness: Liveness;
  standstill: Standstill;
  figures: Figures;
  filterFailures: FilterFailures;
  /** Where somebody can look. */
  observations: Observations | undefined;
  endpointEvents: EndpointEvents;
  /** Where the program knows which pod it runs in. */
  kubernetesEvents: KubernetesEvents | undefined;
  /** With `--once`. */
  snapshot: Snapshot | undefined;
}

/** What the parts are made from. */
interface Surroundings {
  api: ApiServer;
  ways: Ways;
  world: World;
  lifetime: Lifetime;
  /** Undefined: nothing is traced. */
  tracing?: Tracing | undefined;
}

/** What the options say of endpoints, compiled. */
interface Compiled {
  configured: Configured[];
  /** What the endpoints that annotations name must not see. */
  ofAnnotations: Redaction | undefined;
}

/** Makes the parts. Nothing is sent or asked yet. @throws {StoreError} where the state file cannot be used */
function assemble(
  options: Options,
  { configured, ofAnnotations }: Compiled,
  { api, ways, world, lifetime, tracing }: Surroundings,
): Parts {
  const { clock, log } = world;
  const figures = new Figures();
  const filterFailures = new FilterFailures(world);
  const observations = options.once || options.adminListen === undefined
    ? undefined
    : new Observations(clock);
  const scopes = selectionsOf(options).map(({ namespace }) => namespace);
  const store = openStoreOf(options, ways.openDisk, world, {
    onReady: (endpoints) => workers.wake(endpoints),
    onEvicted(endpoint, messages): void {
      figures.evicted(endpoint, messages);
      notices.sendGap(endpoint);
      endpointEvents.evicted(endpoint, messages);
    },
  });
  const notices = new Notices({
    store,
    clock,
    endpoints: () => operators.notified,
    inventoryOf: (endpoint) => operators.inventoryOf(endpoint),
    scopes,
  });
  const snapshot = options.once ? new Snapshot({ ...world, pending: store.pending }) : undefined;
  const workers: Workers = new Workers({
    ...howToSend(options, ways, world),
    redactionOf: ({ name, trusted }) => trusted ? operators.redaction(name) : ofAnnotations,
    pending: store.pending,
    ages: store.ages,
    snapshot,
    spans: tracing?.spans,
    histories: observations?.histories,
    reread: (message) => reread(message, { api, store, pipeline }, lifetime.stop),
    onRequest: (endpoint) => notices.requested(endpoint),
    fail: (error) => lifetime.fail(error),
  }, lifetime.kill);
  const operators: OperatorEndpoints = new OperatorEndpoints(configured, { store, workers, clock, log });
  const ownPod = ownPodOf(api, world.env);
  const kubernetesEvents = ownPod && new KubernetesEvents({ ...world, api, ownPod });
  const endpointEvents = new EndpointEvents({
    store,
    workers,
    clock,
    say(event): void {
      notices.sendEndpoint(event);
      kubernetesEvents?.report(event);
    },
  });
  const relist = new Relist();
  const annotations = new AnnotationEndpoints(routingOf(operators, options), store, workers, log);
  const { recorder, pipeline } = openDataPath(options, {
    store,
    operators,
    annotations,
    filterFailures,
    observations,
    clock,
    log,
  });
  const resyncs = new Resyncs({
    store,
    recorder,
    clock,
    defaults: () => operators.names,
    backlog: () => workers.backlog,
    stop: lifetime.stop,
    fail: (error) => lifetime.fail(error),
  });
  const changed = observations && (() => observations.changed());
  const ask = (): void => inspect(store, workers, notices, log);
  const actions = new Actions({ store, workers, notices, resyncs, figures, inspect: ask, changed, log });
  const reload = world.configuration && new Reload(
    {
      file: world.configuration.file,
      endpoints: operators,
      store,
      notices,
      relist,
      clock,
      log,
      stop: lifetime.stop,
    },
    world.configuration.text,
  );
  const staleAfter = STALE_AFTER + (options.source === "poll" ? options.interval : 0);
  const isEnding = (): boolean => lifetime.stop.aborted;
  const health = new Health({ clock, scopes, staleAfter, diskFault: () => store.fault, isEnding, changed });
  const standstill = new Standstill(clock, lifetime.stop);
  const stalledWorkers = (): number[] => workers.stalled(standstill.endedAt);
  const liveness = new Liveness({ clock, standstill, stalledWorkers, isEnding });
  return {
    store,
    notices,
    workers,
    operators,
    annotations,
    pipeline,
    actions,
    relist,
    reload,
    health,
    liveness,
    standstill,
    figures,
    filterFailures,
    observations,
    endpointEvents,
    kubernetesEvents,
    snapshot,
  };
}

/** What the options and the world say of each delivery. */
function howToSend(
  options: Options,
  ways: Ways,
  world: World,
): Omit<
  WorkersDeps,
  "pending" | "ages" | "redactionOf" | "snapshot" | "spans" | "reread" | "onRequest" | "fail"
> {
  const { clock, random, log, secrets } = world;
  const { environment, cluster } = options;
  const files = credentialFiles(options, world);
  return {
    clock,
    random,
    log,
    openClient: (endpoint, peer) => ways.openClient(endpoint, { ...world, files }, peer),
    files,
    parseUrl: webhookUrl,
    rendering: { version: VERSION, environment, cluster, env: envOf(options, world) },
    secrets: () => secrets.current(),
    isAnnounced: !options.once,
    budget: { limit: options.buffer, used: 0 },
  };
}

/** Binds the store to the cluster, and lets the workers begin with what is pending. Returns whether the store is new. */
async function begin(
  options: Options,
  api: ApiServer,
  { store, operators, annotations }: Parts,
  { log }: World,
  stop: AbortSignal,
): Promise<boolean> {
  const isNew = store.inventory.binding === undefined;
  await bindStore(api, options, store, log, stop);
  if (options.interval > 0) store.inventory.startReminders();
  operators.open();
  annotations.reopen();
  // The last process may have ended between an eviction and the word of it.
  store.tidy();
  store.commit();
  return isNew;
}

/** Without `--once`: follows the cluster, and does what is to be done now and then, until `stop`. */
async function sendChanges(
  options: Options,
  { api, parts, ways, world, lifetime, isNew }: Omit<Surroundings, "tracing"> & {
    parts: Parts;
    isNew: boolean;
  },
): Promise<void> {
  const { store, notices, workers, operators, annotations, pipeline, actions, reload, figures } = parts;
  const { clock, log } = world;
  const { stop } = lifetime;
  let isComplete = false;
  sayStart(options, api.origin, log);
  sayPaused(operators.names, store, log);
  world.operate(actions);
  if (reload !== undefined) world.onReload?.(() => void reload.check());
  const following = followAll(
    options,
    { ...world, ...parts, api, watchPods: ways.watchPods, stop, backlog: () => workers.backlog },
    () => {
      // What vanished while there was no store cannot be sent pod by pod; what there is can.
      notices.complete(isNew && !isComplete);
      isComplete = true;
    },
  );
  await Promise.all([
    following,
    every(clock, reminderTick(options.interval), stop, () => pipeline.remind()),
    every(clock, TIDY_TICK, stop, () => {
      store.tidy();
      annotations.tidy(isComplete);
      operators.tidy();
      notices.sendWaiting();
      parts.endpointEvents.look();
      store.commit();
      workers.report();
    }),
    every(clock, reload === undefined ? 0 : RELOAD_INTERVAL, stop, () => void reload?.check()),
    every(clock, options.heartbeat, stop, () => notices.beat()),
    parts.kubernetesEvents?.run(stop),
    stayCurrent(options.update, {
      ...world,
      version: VERSION,
      ownPod: ownPodOf(api, world.env),
      // With a file, what is pending outlives the container; with a wrong configuration, no container would start.
      loses: async () => {
        // As the file is now: that it was right some seconds ago starts nothing.
        await reload?.check();
        return reload?.loses ?? (options.state === undefined ? sayBehind(workers.behind) : undefined);
      },
      looked: (outcome) => figures.lookedForUpdate(outcome, clock.now()),
      leave: () => lifetime.leave(),
    }, stop),
  ]);
}

/** How often reminders are looked for: twelve times an interval, each second at most, as a tick costs a millisecond. */
function reminderTick(interval: number): number {
  return interval === 0 ? 0 : Math.min(10_000, Math.max(1_000, interval / 12));
}
