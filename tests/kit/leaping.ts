import assert from "node:assert/strict";
import { run } from "../../src/app/run.ts";
import { dialled, type Ways } from "../../src/app/world.ts";
import { connectCluster } from "../../src/cluster/connect.ts";
import { fixedSecrets } from "../../src/runtime/secret_file.ts";
import { parse } from "./command_line.ts";
import { SECRET } from "./confidential.ts";
import { LeapingClock } from "./leaping_clock.ts";
import { MemoryLog } from "./memory_log.ts";
import { worldWith } from "./world.ts";

/** How the program is started. */
export interface LeapingParts {
  /** Names the cluster. */
  kubeconfig: string;
  flags: string[];
  env?: Record<string, string>;
  ways?: Partial<Ways>;
}

const LISTENING = /^Probes and metrics are answered on port (\d+)/;

/** The program in the test's own process, on a real cluster and real endpoints, with a clock that leaps. */
export class Leaping {
  readonly clock = new LeapingClock();
  readonly log = new MemoryLog();
  readonly ended: Promise<number>;
  readonly #stop = new AbortController();

  constructor({ kubeconfig, flags, env = {}, ways = {} }: LeapingParts) {
    const common = ["--kubeconfig", kubeconfig, "--listen", "127.0.0.1:0", "--update", "off"];
    const options = parse([...common, ...flags]);
    const world = worldWith({
      clock: this.clock,
      random: Math.random,
      env: (name) => env[name],
      log: this.log,
      secrets: fixedSecrets([SECRET]),
      stop: this.#stop.signal,
    });
    this.ended = run(options, world, { connect: connectCluster, openClient: dialled(), ...ways });
  }

  /** `200 ok`, or the status and the reasons. */
  async probe(path: "/livez" | "/readyz"): Promise<string> {
    let port: string | undefined;
    for (let tries = 0; port === undefined; tries++) {
      assert.ok(tries < 600, "it does not listen");
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 50));
      port = this.log.find(LISTENING);
    }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${answer.status} ${(await answer.text()).trim()}`;
  }

  /** Waits, in real time, until a probe answers like this. @param between done between two probes */
  async until(
    path: "/livez" | "/readyz",
    pattern: RegExp,
    between = (): Promise<void> => Promise.resolve(),
  ): Promise<string> {
    for (let tries = 0;; tries++) {
      const said = await this.probe(path);
      if (pattern.test(said)) return said;
      assert.ok(tries < 600, `${path} answers ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await between();
    }
  }

  /** Asks it to end. */
  stop(): void {
    this.#stop.abort();
  }

  /** Ends it, whatever it waits for. */
  async end(): Promise<void> {
    this.stop();
    await this.clock.leap(60_000);
    await this.ended;
  }
}
