import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import type { Cut, Faults } from "./faults.ts";

/** The body of one response, which may fall silent or be cut on the way. */
export class Body {
  #response: ServerResponse;
  #faults: Faults;
  #cut: Cut | undefined;
  #written = 0;

  constructor(response: ServerResponse, faults: Faults, cut?: Cut) {
    this.#response = response;
    this.#faults = faults;
    this.#cut = cut;
  }

  get open(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  write(data: string | Uint8Array): void {
    if (!this.open || this.#faults.silent) return;
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    const cut = this.#cut;
    if (cut === undefined || this.#written + bytes.length < cut.after) {
      this.#written += bytes.length;
      this.#response.write(bytes);
      return;
    }
    const rest = bytes.subarray(0, cut.after - this.#written);
    this.#written = cut.after;
    if (cut.how === "end") this.#response.end(rest);
    // Only what has left the process arrives before a reset.
    else this.#response.write(rest, () => this.reset());
  }

  end(): void {
    if (this.open && !this.#faults.silent) this.#response.end();
  }

  /** Closes the connection without the chunk that ends a body. */
  reset(): void {
    this.#response.socket?.destroy();
  }
}
