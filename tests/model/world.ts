import { TestClock } from "../kit/clock.ts";
import { ModelApiServer } from "./api.ts";
import { ModelCluster } from "./cluster.ts";
import { ModelEndpoint } from "./endpoint.ts";
import { type Command, ENDPOINTS, type Setup } from "./history.ts";
import { Program } from "./program.ts";
import { Sightings } from "./sightings.ts";
import { Witness } from "./witness.ts";

/** More turns of the event loop than the end of a program takes that nobody holds up. */
const PATIENCE = 1_000;

/** A cluster, two endpoints and the program between them, all in one process and on one clock. */
export class ModelWorld {
  readonly clock: TestClock;
  readonly cluster: ModelCluster;
  readonly api: ModelApiServer;
  readonly endpoints: ModelEndpoint[];
  readonly witness = new Witness();
  /** What the program did that it never should, whatever it is told. */
  readonly problems: string[] = [];
  readonly setup: Setup;
  readonly #folder: string;
  readonly #synced = new Map<string | undefined, number>();
  #program: Program | undefined;
  #file = 0;
  #runs = 0;
  #randoms = 0;

  /** @param folder for the state files; the caller removes it */
  constructor(setup: Setup, folder: string) {
    this.setup = setup;
    this.#folder = folder;
    this.clock = new TestClock(undefined, () => this.#settle());
    this.cluster = new ModelCluster(this.clock);
    this.api = new ModelApiServer(this.cluster, this.clock, setup);
    this.endpoints = ENDPOINTS.map((name) => new ModelEndpoint(name, this.clock));
    this.#start();
  }

  /** Does one thing. */
  async act(command: Command): Promise<void> {
    switch (command.do) {
      case "create":
        return this.cluster.create(command.pod);
      case "delete":
        return this.cluster.delete(command.pod);
      case "recreate":
        this.cluster.delete(command.pod);
        return this.cluster.create(command.pod);
      case "change":
        return this.cluster.change(command.pod, command.what);
      case "transition":
        for (let time = 0; time < command.times; time++) this.cluster.transition(command.pod, command.what);
        return;
      case "touch":
        return this.cluster.touch();
      case "compact":
        return this.cluster.compact();
      case "rewind":
        // The API server starts anew on the restored etcd.
        this.api.breakConnections();
        return this.cluster.rewind(command.back, this.witness.positions());
      case "turns":
        for (let turn = 0; turn < command.count; turn++) await undefined;
        return;
      case "pass":
        return await this.clock.advance(command.milliseconds);
      case "start":
        return this.#start();
      case "stop":
        return await this.#stop();
      case "crash":
        if (command.calls === 0) this.#program?.kill();
        else this.#program?.killAfter(command.calls);
        return await this.#settle();
      default:
        return this.#trouble(command);
    }
  }

  /**
   * All is well from now on: the servers work, the program runs, with every endpoint that it is to have. One
   * that answered 410 is tried again only by the next run.
   */
  async calm(): Promise<void> {
    this.api.heal();
    for (const endpoint of this.endpoints) endpoint.script.length = 0;
    this.#program?.killAfter(undefined);
    // Requests under way are answered as it was scripted, within the timeout.
    await this.clock.advance(16_000);
    const number = this.#program?.number;
    const gone = this.endpoints.some(({ goneFor }) => goneFor === number);
    if (gone || (this.setup.lateEndpoint && this.#runs === 1)) await this.#stop();
    this.#start();
  }

  /** Ends the program as an operator would. */
  async close(): Promise<void> {
    await this.#stop();
  }

  #trouble(command: Command): void {
    switch (command.do) {
      case "refuse":
        this.api.tellStreams("reset");
        this.api.refuses = true;
        return;
      case "accept":
        return this.api.heal();
      case "silence":
        this.api.faults.silent = true;
        return;
      case "answer":
        this.endpoints[command.endpoint]?.script.push(...command.answers);
        return;
      case "fault":
        // A single pod that is said to be gone is gone: this would be a lie, and no fault.
        if (command.kind === "get" && command.status === 404) return;
        this.api.faults.answers.push({ ...command, retryAfter: command.retryAfter });
        return;
      case "cut":
        this.api.faults.cuts.push(command);
        return;
      case "delay":
        this.api.delay = command.milliseconds;
        return;
      case "streams":
        return this.api.tellStreams(command.how);
    }
  }

  #start(): void {
    if (this.#program !== undefined) return;
    const late = this.setup.lateEndpoint && this.#runs === 0;
    const endpoints = late ? this.endpoints.slice(0, 1) : this.endpoints;
    const names = endpoints.map(({ name }) => name);
    this.#program = new Program(++this.#runs, this.#path(this.#file), this.#path(this.#file + 1), {
      clock: this.clock,
      random: () => this.setup.random[this.#randoms++ % this.setup.random.length] ?? 0,
      api: this.api,
      endpoints,
      setup: this.setup,
      sightings: new Sightings(this.witness, names, (scope, generation) => this.#sync(scope, generation)),
    });
  }

  async #stop(): Promise<void> {
    this.#program?.stop();
    // A drain takes 20 s at most; a second is enough for the rest.
    await this.clock.advance(21_000);
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
    for (const endpoint of this.endpoints) endpoint.settled();
    if (program === undefined || program !== this.#program || program.outcome === undefined) return;
    if (!program.stopping || program.outcome !== 0) {
      this.problems.push(`the program ended by itself: ${describe(program.outcome)}`);
    }
    this.#program = undefined;
  }

  async #bury(program: Program): Promise<void> {
    for (let turns = 0; program.outcome === undefined; turns++) {
      if (turns > PATIENCE) throw new Error("A killed program does not let go.");
      await turn();
    }
    this.#program = undefined;
    this.#file++;
  }

  #path(number: number): string {
    return `${this.#folder}/state-${number}`;
  }
}

/** A macrotask comes after all microtasks. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function describe(outcome: number | Error): string {
  return typeof outcome === "number" ? `exit code ${outcome}` : outcome.stack ?? outcome.message;
}
