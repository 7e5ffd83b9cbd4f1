import type { Pod } from "../../src/pod/pod.ts";
import { TestClock } from "../kit/clock.ts";
import { ModelApiServer } from "./api.ts";
import { ANNOTATION, ModelCluster } from "./cluster.ts";
import { CHOOSY } from "./choosy.ts";
import { ModelDisk } from "./disk.ts";
import { ModelEndpoint } from "./endpoint.ts";
import { ModelFile } from "./file.ts";
import {
  type Command,
  ENDPOINTS,
  type History,
  HOOKS,
  HOOKS_HOST,
  PODS,
  ROUTES,
  type Setup,
} from "./history.ts";
import { Keys } from "./keys.ts";
import { type Death, Program } from "./program.ts";
import { Sightings } from "./sightings.ts";
import { Strays } from "./strays.ts";
import { makeTrouble } from "./trouble.ts";
import { Witness } from "./witness.ts";

/** More turns of the event loop than the end of a program takes that nobody holds up. */
const PATIENCE = 1_000;

/** Milliseconds that a restore of etcd keeps the API server away: this much the program notices. */
const RESTORE = 12_000;

/** Milliseconds within which a store that can be written again is: a minute between two ticks, and the pause after a fault. */
const WRITTEN_AGAIN = 75_000;

/** A cluster, its endpoints and the program between them, all in one process and on one clock. */
export class ModelWorld {
  readonly clock: TestClock;
  readonly cluster: ModelCluster;
  readonly api: ModelApiServer;
  /** The operator's, then those that annotations may name. */
  readonly endpoints: ModelEndpoint[];
  /** The configuration file and its endpoint, where there is one. */
  readonly file: ModelFile | undefined;
  readonly witness = new Witness();
  /** What the program did that it never should, whatever it gets. */
  readonly problems: string[] = [];
  readonly setup: Setup;
  readonly strays: Strays;
  /** Whether pods may have been sent once more with another id. */
  hasResynced = false;
  /** How often the program ended without an orderly end. */
  deaths = 0;
  /** Runs that began with a file that was behind what had been sent. */
  readonly behindRuns: number[] = [];
  readonly #keys: Keys;
  readonly #disk: ModelDisk;
  readonly #synced = new Map<string | undefined, number>();
  #program: Program | undefined;
  #runs = 0;
  #randoms = 0;

  /** @param folder for the state files; the caller removes it */
  constructor({ setup, commands }: History, folder: string) {
    this.setup = setup;
    this.clock = new TestClock(undefined, () => this.#settle());
    this.cluster = new ModelCluster(this.clock);
    this.api = new ModelApiServer(this.cluster, this.clock, setup);
    this.strays = new Strays(this.cluster, this.witness, (pod) => this.targets(pod));
    this.#keys = new Keys(setup.signed, this.clock);
    const cuts = commands.some((command) => command.do === "power");
    const mayGoBack = cuts || commands.some((command) => command.do === "disk");
    this.#disk = new ModelDisk(this.clock, folder, cuts, (moment) => {
      if (mayGoBack) this.witness.mark(moment);
    });
    this.endpoints = [
      ...ENDPOINTS.map((name) => this.#endpoint(name, `https://${name}.example/hook`, this.#keys)),
      // The operator's signature on what somebody else receives could be replayed to the operator's receiver.
      ...setup.annotations
        ? HOOKS.map((name) => this.#endpoint(name, `https://${HOOKS_HOST}/${name}`, undefined))
        : [],
    ];
    if (setup.wants !== "none") {
      const endpoint = this.#endpoint(CHOOSY, "https://choosy.example/hook", this.#keys);
      // Not in the folder of the state, whose files no option may name.
      this.file = new ModelFile(endpoint, `${folder}.token`, this.clock, setup.wants === "filters");
    }
    this.#start();
  }

  /** Every endpoint. */
  get all(): ModelEndpoint[] {
    return [...this.endpoints, ...this.file === undefined ? [] : [this.file.endpoint]];
  }

  /** The operator's, but for that of the configuration file. */
  get operators(): ModelEndpoint[] {
    return this.endpoints.slice(0, ENDPOINTS.length);
  }

  /** The names of the endpoints that a pod goes to: those of its annotation, as far as they are allowed, else the operator's. */
  targets({ metadata: { annotations } }: Pod, operators: readonly string[] = ENDPOINTS): readonly string[] {
    const text = this.setup.annotations ? annotations?.[ANNOTATION] : undefined;
    const hooks = Object.values(ROUTES).find((route) => route.text === text)?.hooks ?? [];
    return text !== undefined && hooks.length > 0 ? hooks : operators;
  }

  /** Does one thing. */
  async act(command: Command): Promise<void> {
    switch (command.do) {
      case "create":
        return this.cluster.create(command.pod, this.#birth(command.pod));
      case "delete":
        return this.cluster.delete(command.pod);
      case "recreate":
        this.cluster.delete(command.pod);
        return this.cluster.create(command.pod, this.#birth(command.pod));
      case "change":
        return this.cluster.change(command.pod, command.what);
      case "route":
        this.cluster.route(command.pod, command.to);
        for (const { metadata: { uid, namespace, name } } of this.cluster.pods()) {
          if (PODS[command.pod]?.join() === [namespace, name].join()) this.strays.rerouted(uid);
        }
        return;
      case "transition":
        for (let time = 0; time < command.times; time++) this.cluster.transition(command.pod, command.what);
        return;
      case "touch":
        return this.cluster.touch();
      case "compact":
        return this.cluster.compact();
      case "rewind":
        return await this.#restore(command);
      case "turns":
        for (let turn = 0; turn < command.count; turn++) await undefined;
        return;
      case "pass":
        return await this.clock.advance(command.milliseconds);
      case "start":
      case "stop":
      case "crash":
      case "power":
      case "inspect":
        return await this.#operate(command);
      case "pause":
      case "resume":
      case "redeliver":
      case "discard":
        return this.#handle(command);
      case "resync":
        return this.resync(command);
      case "reload":
        return this.file?.write(command.says);
      case "token":
        return this.file?.changeToken(command.file);
      default:
        return makeTrouble(command, {
          api: this.api,
          disk: this.#disk,
          keys: this.#keys,
          endpoints: this.all,
        });
    }
  }

  /**
   * All is well from now on, but for the filters: the servers work, the disk can be written, the program runs, with
   * every endpoint that it is to have. One that answered 410 is tried again only by the next run.
   */
  async calm(): Promise<void> {
    this.api.heal();
    this.#disk.heal();
    for (const endpoint of this.all) endpoint.script.length = 0;
    this.file?.heal();
    this.#program?.killAfter(undefined);
    // Requests under way are answered as it was scripted, within the timeout.
    await this.clock.advance(this.#disk.isBehind ? WRITTEN_AGAIN : 16_000);
    const number = this.#program?.number;
    const gone = this.all.some(({ goneFor }) => goneFor === number);
    if (gone || (this.setup.lateEndpoint && this.#runs === 1)) await this.#stop();
    this.#start();
    await this.clock.advance(0);
    for (let turns = 0; this.#program?.actions === undefined && turns < PATIENCE; turns++) await turn();
    for (const endpoint of this.all.keys()) this.#handle({ do: "resume", endpoint });
  }

  /** Every endpoint takes everything again. */
  lift(): void {
    for (const endpoint of this.all) endpoint.filters.length = 0;
  }

  /** SIGUSR1: what waits is tried, and whoever wants notices gets an inventory. */
  inspect(): void {
    this.#program?.actions?.retry();
  }

  /** Ends the program as an operator would. */
  async close(): Promise<void> {
    await this.#stop();
    this.#disk.close();
    this.file?.close();
  }

  /** An operator does something to an endpoint, if the program runs. */
  #handle(
    { do: what, endpoint: number }: Command & { do: "pause" | "resume" | "redeliver" | "discard" },
  ): void {
    const endpoint = this.all[number % this.all.length];
    const done = endpoint && this.#program?.actions?.[what](endpoint.name);
    // Also where the program was killed by it: it may have been written before.
    if (what === "resume" && endpoint !== undefined) endpoint.pausedAt = undefined;
    // What else a program did that was killed by that is not known.
    if (endpoint === undefined || done?.kind !== "done" || this.#program?.dead.aborted) return;
    // Annotations' endpoints and a removed one are forgotten with their pause.
    const isLasting = this.operators.includes(endpoint);
    if (what === "pause" && isLasting && !this.#disk.isBehind) endpoint.pausedAt ??= this.clock.monotonic();
    if (what !== "discard" || done.count === 0) return;
    if (!this.#disk.isBehind) endpoint.discarded += done.count;
    for (const { pod: { metadata: { uid } } } of endpoint.refused) {
      endpoint.discardedPods.add(uid);
      this.witness.unsure(uid);
    }
  }

  /** An operator does this to all dead letters. */
  handleDeadLetters(what: "discard" | "redeliver"): void {
    for (const endpoint of this.all.keys()) this.#handle({ do: what, endpoint });
  }

  /** Pods are sent once more, if the program runs. */
  resync({ endpoint: number, isRecent }: { endpoint: number | undefined; isRecent: boolean }): void {
    const endpoint = number === undefined ? undefined : this.all[number % this.all.length];
    const since = isRecent ? new Date(this.clock.now() - 60_000).toISOString() : undefined;
    this.#program?.actions?.resync({
      ...endpoint !== undefined && { endpoint: endpoint.name },
      ...since !== undefined && { since },
    });
    this.hasResynced = true;
    for (const uid of this.cluster.uids()) this.witness.unsure(uid);
  }

  async #restore({ back, to }: Command & { do: "rewind" }): Promise<void> {
    // The API server starts anew on the restored etcd.
    this.api.breakConnections();
    this.cluster.rewind(back, to, this.witness.positions());
    if (to === "below") return;
    const { refuses } = this.api;
    this.api.refuses = true;
    await this.clock.advance(RESTORE);
    this.api.refuses = refuses;
  }

  async #operate(command: Command): Promise<void> {
    switch (command.do) {
      case "start":
        return this.#start();
      case "stop":
        return await this.#stop();
      case "inspect":
        return this.inspect();
      case "power":
        this.#program?.kill("power");
        return await this.#settle();
      case "crash":
        if (command.calls === 0) this.#program?.kill();
        else this.#program?.killAfter(command.calls);
        return await this.#settle();
    }
  }

  get markedStarts(): number {
    return this.#disk.markedStarts;
  }

  /** With annotations, most pods are born with one. */
  #birth(pod: number): keyof typeof ROUTES {
    return this.setup.annotations ? BIRTHS[pod] ?? "none" : "none";
  }

  #endpoint(name: string, url: string, keys: Keys | undefined): ModelEndpoint {
    const endpoint = new ModelEndpoint(name, url, this.clock, keys);
    endpoint.receiver.onForgotten = (uid): void => {
      // With a selector, or after a restore, what the program follows is another matter than what there is.
      if (this.setup.selector || this.cluster.generation > 0) return;
      if (!this.cluster.pods().some(({ metadata }) => metadata.uid === uid)) return;
      this.problems.push(`an inventory made ${name} forget ${uid}, which lives`);
    };
    return endpoint;
  }

  #start(): void {
    if (this.#program !== undefined) return;
    this.file?.start();
    const operators = this.endpoints.slice(
      0,
      this.setup.lateEndpoint && this.#runs === 0 ? 1 : ENDPOINTS.length,
    );
    const names = operators.map(({ name }) => name);
    if (this.#runs > 0) this.strays.find(this.endpoints.slice(ENDPOINTS.length));
    this.#disk.starts();
    const program = new Program(++this.#runs, {
      clock: this.clock,
      random: () => this.setup.random[this.#randoms++ % this.setup.random.length] ?? 0,
      api: this.api,
      endpoints: operators,
      hooks: this.endpoints.slice(ENDPOINTS.length),
      keys: this.#keys,
      disk: this.#disk,
      setup: this.setup,
      choosy: this.file,
      sightings: new Sightings(
        this.witness,
        (pod) => this.targets(pod, names),
        (scope, generation) => this.#sync(scope, generation),
      ),
      onStray: (host) => this.problems.push(`a message went to ${host}, which is no endpoint`),
    });
    program.onDeath = (death) => this.#die(death);
    this.#program = program;
  }

  async #stop(): Promise<void> {
    this.#program?.stop();
    // A drain takes 20 s at most; a second is enough for the rest.
    await this.clock.advance(21_000);
  }

  #die(death: Death): void {
    this.deaths++;
    const { durable, left, mayForget } = this.#disk;
    if (death === "power" || mayForget) this.#doubtActions();
    if (death === "power") this.#disk.cutPower();
    else this.#disk.kill();
    this.#goBack(death === "power" ? durable : left, mayForget);
  }

  /** What an operator did may not have been on the disk. */
  #doubtActions(): void {
    for (const endpoint of this.all) [endpoint.discarded, endpoint.pausedAt] = [0, undefined];
  }

  /** The next run knows what was known at a moment; undefined: all that this one knew. */
  #goBack(moment: number | undefined, mayForget: boolean): void {
    if (mayForget) {
      this.behindRuns.push(this.#runs + 1);
      this.witness.beginAnew();
    }
    if (moment === undefined) return;
    this.witness.revert(
      moment,
      this.cluster.generation,
      mayForget ? this.endpoints.map(({ name }) => name) : [],
    );
    for (const endpoint of this.all) endpoint.forget(moment);
  }

  #sync(scope: string | undefined, generation: number): void {
    this.#synced.set(scope, generation);
    const scopes = this.setup.byNamespace ? ["a", "b"] : [undefined];
    if (scopes.some((one) => this.#synced.get(one) !== this.cluster.generation)) return;
    this.cluster.noticed();
    this.witness.noticed(this.cluster.generation);
  }

  /** Lets everything happen that needs no time to pass, the end of a killed program among it. */
  async #settle(): Promise<void> {
    await turn();
    const program = this.#program;
    if (program?.dead.aborted) await this.#bury(program);
    for (const endpoint of this.all) endpoint.settled(this.#disk.syncs);
    if (program === undefined || program !== this.#program || program.outcome === undefined) return;
    if (!program.stopping || program.outcome !== 0) {
      this.problems.push(`the program ended by itself: ${describe(program.outcome)}`);
    }
    program.sightings.end();
    if (this.#disk.mayForget) this.#doubtActions();
    this.#goBack(this.#disk.left, this.#disk.mayForget);
    this.#disk.closed();
    this.#program = undefined;
  }

  async #bury(program: Program): Promise<void> {
    for (let turns = 0; program.outcome === undefined; turns++) {
      if (turns > PATIENCE) throw new Error("A killed program does not let go.");
      await turn();
    }
    this.#program = undefined;
  }
}

const BIRTHS = ["a", "b", "none", "both", "partly"] as const;

/** A macrotask comes after all microtasks. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function describe(outcome: number | Error): string {
  return typeof outcome === "number" ? `exit code ${outcome}` : outcome.stack ?? outcome.message;
}
