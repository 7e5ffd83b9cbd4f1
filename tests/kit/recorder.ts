import type { Pod } from "../../src/pod/pod.ts";
import type { ControlPlane } from "./control_plane.ts";
import { findControlPlane, programs } from "./control_plane_source.ts";
import { parseEveryNumber } from "./exact.ts";
import { Until } from "./until.ts";

export interface Recorded {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: Pod;
}

/**
 * A witness: what the API server's watch says of all pods, line by line as kubectl passes it on, read by none
 * of the code under test.
 */
export class Recorder implements AsyncDisposable {
  readonly events: Recorded[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #until = new Until(() => `${this.events.length} events recorded`);

  /** Begins with what is there. */
  static async start(plane: ControlPlane): Promise<Recorder> {
    const kubectl = `${await programs(findControlPlane())}/kubectl`;
    return new Recorder(kubectl, plane.kubeconfig);
  }

  private constructor(kubectl: string, kubeconfig: string) {
    this.#child = new Deno.Command(kubectl, {
      args: ["--kubeconfig", kubeconfig, "get", "--raw", "/api/v1/pods?watch=1&timeoutSeconds=3600"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#reading = this.#read();
  }

  async until(predicate: () => boolean, what: string): Promise<void> {
    await this.#until.wait(predicate, what);
  }

  /** The UIDs that were seen to be deleted. */
  deleted(): Set<string> {
    const gone = this.events.filter(({ type }) => type === "DELETED");
    return new Set(gone.map(({ object }) => object.metadata.uid));
  }

  /** The pods that are there, by the last that was recorded of each. */
  live(): Pod[] {
    const last = new Map(this.events.map(({ object }) => [object.metadata.uid, object]));
    const gone = this.deleted();
    return [...last.values()].filter(({ metadata: { uid } }) => !gone.has(uid));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#reading;
    await this.#child.status;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of this.#child.stdout) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      this.events.push(...lines.map((line) => parseEveryNumber(line) as Recorded));
      this.#until.look();
    }
  }
}
