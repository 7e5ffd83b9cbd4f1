import type { Cut, Faults } from "../kit/apiserver/faults.ts";
import type { WatchBody } from "../kit/apiserver/watch.ts";

/** Who follows what a reader gets of a body. */
export interface WireObserver {
  /** These bytes are with the reader. */
  handed: (text: string) => void;
  /** Nothing more is read: the body ended, broke, or the reader went away. */
  closed: (complete: boolean) => void;
}

/**
 * The body of an answer, from a server to a reader in the same process. Bytes are handed out only when they are
 * asked for, in pieces, and the body can be cut or fall silent on the way.
 */
export class Wire implements WatchBody {
  #text = "";
  #ended: "end" | "reset" | undefined;
  /** A connection on which a byte was lost brings none that follow it. */
  #dead = false;
  #written = 0;
  #closed = false;
  #arrived: () => void = () => {};
  readonly #faults: Faults;
  readonly #cut: Cut | undefined;
  readonly #fragment: number;
  readonly #observer: WireObserver;

  constructor(faults: Faults, cut: Cut | undefined, fragment: number, observer: WireObserver) {
    this.#faults = faults;
    this.#cut = cut;
    this.#fragment = fragment;
    this.#observer = observer;
  }

  write(data: string | Uint8Array): void {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    if (this.#isStuck()) return;
    const room = (this.#cut?.after ?? Infinity) - this.#written;
    this.#written += text.length;
    this.#text += text.slice(0, room);
    if (text.length >= room) this.#ended = this.#cut?.how;
    this.#arrived();
  }

  end(): void {
    if (this.#isStuck()) return;
    this.#ended = "end";
    this.#arrived();
  }

  /** What is on its way is lost. */
  reset(): void {
    this.#text = "";
    this.#ended = "reset";
    this.#arrived();
  }

  /** As `fetch`: an abort of the request's signal fails the reading of its body. */
  body(signal: AbortSignal): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      type: "bytes",
      start: (controller) => {
        signal.addEventListener("abort", () => {
          if (!this.#closed) controller.error(signal.reason);
          this.#close(false);
        });
      },
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#close(false),
    }, { highWaterMark: 0 });
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    while (this.#text === "" && this.#ended === undefined && !this.#closed) {
      await new Promise<void>((resolve) => this.#arrived = resolve);
    }
    if (this.#closed) return;
    if (this.#text !== "") {
      const piece = this.#text.slice(0, this.#fragment);
      this.#text = this.#text.slice(piece.length);
      this.#observer.handed(piece);
      // The model's strings are ASCII, so a character is a byte.
      controller.enqueue(new TextEncoder().encode(piece));
      return;
    }
    this.#close(this.#ended === "end");
    if (this.#ended === "end") {
      controller.close();
      // Whoever reads into a buffer of its own gets that back.
      controller.byobRequest?.respond(0);
    } else controller.error(new TypeError("error reading a body from connection"));
  }

  #isStuck(): boolean {
    this.#dead ||= this.#faults.silent;
    return this.#dead || this.#ended !== undefined || this.#closed;
  }

  #close(complete: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#arrived();
    this.#observer.closed(complete);
  }
}
