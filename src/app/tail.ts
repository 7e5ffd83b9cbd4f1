import { Health } from "../admin/health.ts";
import { Liveness } from "../admin/liveness.ts";
import type { Reason } from "../change/reasons.ts";
import type { TailOptions } from "../cli/job.ts";
import { VERSION } from "../cli/version.ts";
import type { ApiServer } from "../cluster/api.ts";
import { connectCluster } from "../cluster/connect.ts";
import type { Scope } from "../pod/pod.ts";
import { aborted, type Clock, every } from "../runtime/clock.ts";
import type { Env } from "../runtime/environment.ts";
import type { Log } from "../runtime/log.ts";
import { Standstill } from "../runtime/standstill.ts";
import { selectionsOf } from "../source/query.ts";
import { openMemory } from "../store/database.ts";
import { openStore } from "../store/open.ts";
import type { KnownPod, NewVersion, Store } from "../store/store.ts";
import { Figures } from "./figures.ts";
import { followAll, type FollowAllDeps } from "./follow_all.ts";
import { Pipeline } from "./pipeline.ts";
import type { Routed, Seen as SeenPod } from "./recorder.ts";
import { Relist } from "./relist.ts";
import { type Form, Lines, type Seen } from "./tail_line.ts";

/**
 * `k8svent tail`: what the run would send, printed. The sources, the gate and the comparison are those of the run, on a
 * store in memory; where the run has a recorder that finds out who wants a version, this has a printer.
 *
 * ```
 * list, watch ─▶ gate ─▶ reasons ─▶ wanted by --reasons? ─▶ a line ─▶ stdout, at its pace
 * ```
 */

/** What it needs of the world. */
export interface TailWorld {
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  env: Env;
  log: Log;
  /** Writes data to stdout; rejects where nobody takes it. */
  print: (text: string) => Promise<void>;
  /** How lines look now: a terminal may be made wider. */
  form: () => Form;
  stop: AbortSignal;
}

/** Bytes of bodies that are kept, for pods of which nobody sees the end. */
const KEPT = 8 * 2 ** 20;

/** How often the store is tidied, in milliseconds. */
const TIDY = 60_000;

/**
 * Prints until the signal aborts. Rejects where what it prints is taken by nobody.
 *
 * @throws {ClusterSetupError | ClusterError} where it cannot begin
 */
export async function tail(
  job: TailOptions,
  world: TailWorld,
  connect: typeof connectCluster = connectCluster,
): Promise<void> {
  const api = await connect(job.options, { ...world, version: VERSION });
  const store = openStore(
    { file: undefined, buffer: KEPT, stateMax: KEPT, clock: world.clock, ...SILENT },
    openMemory(),
  );
  const end = new AbortController();
  const stop = AbortSignal.any([world.stop, end.signal]);
  const printer = new Printer(job, store, world);
  const work = [
    followPods(job, { api, store, printer, stop }, world),
    every(world.clock, TIDY, stop, () => store.tidy()),
  ];
  try {
    await Promise.race([Promise.all(work), printer.unprintable, aborted(stop)]);
    await printer.taken();
  } finally {
    end.abort();
    await Promise.allSettled(work);
    store.close();
    api.close();
  }
}

/** Nothing is pending, so nobody hears of it. */
const SILENT = { onReady: (): void => {}, onEvicted: (): void => {}, onDiskFault: (): void => {} };

/** What the pods of one run of it go through. */
interface Parts {
  api: ApiServer;
  store: Store;
  printer: Printer;
  stop: AbortSignal;
}

async function followPods(
  { options }: TailOptions,
  { api, store, printer, stop }: Parts,
  world: TailWorld,
): Promise<void> {
  const { clock } = world;
  const pipeline = new Pipeline({
    store,
    clock,
    recorder: printer,
    route: () => ({ endpoints: [], excluded: [], problems: [] }),
    workload: () => undefined,
    defaults: [],
    open: () => {},
    complain: () => {},
    interval: 0,
  });
  const scopes = selectionsOf(options).map(({ namespace }) => namespace);
  await followAll(options, {
    ...world,
    api,
    pipeline,
    store,
    ...unasked(scopes, clock, stop),
    relist: new Relist(),
    backlog: () => 0,
    taken: () => printer.taken(),
    stop,
  }, () => {});
}

/** What probes and metrics would be answered from, and nobody asks. */
function unasked(
  scopes: Scope[],
  clock: Clock,
  signal: AbortSignal,
): Pick<FollowAllDeps, "health" | "liveness" | "standstill" | "figures"> {
  const standstill = new Standstill(clock, signal);
  const isEnding = (): boolean => signal.aborted;
  return {
    standstill,
    figures: new Figures(),
    health: new Health({ clock, scopes, staleAfter: Infinity, diskFault: () => undefined, isEnding }),
    liveness: new Liveness({ clock, standstill, stalledWorkers: () => [], isEnding }),
  };
}

/** Takes the place of the recorder: what is news is printed. */
class Printer {
  readonly #job: TailOptions;
  readonly #store: Store;
  readonly #world: TailWorld;
  readonly #unprintable = Promise.withResolvers<never>();
  readonly #lines: Lines;
  readonly #waiting: string[] = [];
  /** Ends when what was given to `print` is written. */
  #written: Promise<void> = Promise.resolve();

  constructor(job: TailOptions, store: Store, world: TailWorld) {
    this.#job = job;
    this.#store = store;
    this.#world = world;
    this.#lines = new Lines(job.output);
    this.#unprintable.promise.catch(() => {});
  }

  /** Rejects where nobody takes what is printed. */
  get unprintable(): Promise<never> {
    return this.#unprintable.promise;
  }

  /** Resolves when all lines are written: nothing is read of the cluster that nobody takes. */
  taken(): Promise<void> {
    const lines = this.#waiting.splice(0);
    if (lines.length > 0) {
      const text = lines.map((line) => `${line}\n`).join("");
      this.#written = this.#written.then(() => this.#world.print(text))
        .catch((error) => this.#unprintable.reject(error));
    }
    return this.#written;
  }

  began(pod: KnownPod, version: NewVersion, way: Routed, seen: SeenPod): void {
    this.changed(pod, version, way, seen);
  }

  changed(pod: KnownPod, version: NewVersion, _way: Routed, seen: SeenPod): void {
    // Its summary is what the next version is compared with.
    this.#store.record(pod, version, []);
    this.#show(pod, version, seen);
  }

  ended(pod: KnownPod, last: () => { version: NewVersion; seen: SeenPod }): void {
    const { version, seen } = last();
    this.#show(pod, version, seen);
  }

  enter(): void {}

  leave(): void {}

  remind(): void {}

  #show({ namespace, name }: KnownPod, version: NewVersion, seen: SeenPod): void {
    if (!this.#isWanted(version.reasons)) return;
    const { clock, form } = this.#world;
    // What comes of a look-up comes between the batches of a source; what comes together is written at once.
    if (this.#waiting.length === 0) queueMicrotask(() => void this.taken());
    this.#waiting.push(this.#lines.of(changeOf(version, seen, clock.now(), { namespace, name }), form()));
  }

  #isWanted(reasons: readonly Reason[]): boolean {
    const { reasons: wanted, current } = this.#job;
    // Of a pod that is only met, nothing has changed.
    if (reasons.join() === "sync" && !current) return false;
    return wanted.length === 0 || wanted.some((reason) => reasons.includes(reason));
  }
}

function changeOf(
  { event, reasons, resourceVersion, summary, phase, observed, body }: NewVersion,
  seen: SeenPod,
  at: number,
  name: { namespace: string; name: string },
): Seen {
  return {
    ...name,
    at,
    event: event === "pod.deleted" ? event : "pod.changed",
    reasons,
    resourceVersion,
    pod: seen.pod(),
    before: seen.previous(),
    phase: phase ?? summary?.phase ?? "Unknown",
    observed: observed !== false,
    body,
  };
}
