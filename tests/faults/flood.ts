import { run } from "../kit/command.ts";
import type { Program } from "../kit/program.ts";

/** Connections of a flood that are open at a time, where there are more: this process has its own limit of files. */
const AT_A_TIME = 1_100;

const encoder = new TextEncoder();

/** Connections by thousands to one port, as somebody opens them who means it ill. */
export class Flood {
  readonly #port: number;
  readonly #open: Deno.Conn[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  async open(sent: string): Promise<void> {
    if (this.#open.length >= AT_A_TIME) this.#open.shift()?.close();
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    this.#open.push(connection);
    if (sent !== "") await connection.write(encoder.encode(sent)).catch(() => {});
  }

  /** A letter more on each connection that is still open. */
  async drip(): Promise<void> {
    await Promise.all(this.#open.map((connection) => connection.write(encoder.encode("E")).catch(() => {})));
  }

  close(): void {
    for (const connection of this.#open.splice(0)) connection.close();
  }
}

/** Files that a process has open; undefined where the system does not say. */
export async function filesOf({ pid }: Program): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  return (await run("ls", [`/proc/${pid}/fd`])).trim().split("\n").length;
}
