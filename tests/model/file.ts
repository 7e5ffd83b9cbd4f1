import type { Clock } from "../../src/runtime/clock.ts";
import { type FileSays, FILTERING, type Place, type RuleName } from "./choosy.ts";
import type { ModelEndpoint } from "./endpoint.ts";

/** Milliseconds for which what is pending for an endpoint that was removed is kept at the least. */
const SURELY_KEPT = 590_000;

/** The configuration file as it is written over and over, and the file with the token that its endpoint wants. */
export class ModelFile {
  /** What the endpoint wants, in the end. */
  rule: RuleName = "all";
  /** UIDs that it was sent before it was forgotten, because the file did not name it for long or at a start. */
  readonly forgotten = new Set<string>();
  readonly place: Place;
  readonly #clock: Clock;
  readonly #mayFilter: boolean;
  /** What the file says, the last that it said which is not wrong, and since when it names no endpoint. */
  #says: FileSays = "all";
  #valid: FileSays = "all";
  #removedAt: number | undefined;
  /** How many the endpoint wanted so far. */
  #tokens = 0;

  /** @param mayFilter whether rules that filter count, too */
  constructor(readonly endpoint: ModelEndpoint, tokenFile: string, clock: Clock, mayFilter: boolean) {
    this.place = { url: endpoint.url, tokenFile };
    this.#clock = clock;
    this.#mayFilter = mayFilter;
    this.changeToken("new");
  }

  readonly says = (): FileSays => this.#says;

  /** The program starts. With a file that is wrong there is no start: somebody mends it first. */
  start(): void {
    if (this.#says === "wrong") this.#says = this.#valid;
    if (this.#says === "removed") this.#forget();
  }

  write(says: FileSays): void {
    const isFilter = (FILTERING as readonly FileSays[]).includes(says);
    this.#says = isFilter && !this.#mayFilter ? "all" : says;
    if (this.#says === "wrong") return;
    this.#valid = this.#says;
    const now = this.#clock.monotonic();
    if (this.#says === "removed") this.#removedAt ??= now;
    else {
      this.rule = this.#says;
      if (this.#removedAt !== undefined && now - this.#removedAt > SURELY_KEPT) this.#forget();
      this.#removedAt = undefined;
    }
  }

  /** Another token counts from now on. */
  changeToken(file: "new" | "old" | "missing"): void {
    this.endpoint.token = `token-${++this.#tokens}`;
    if (file === "new") Deno.writeTextFileSync(this.place.tokenFile, `${this.endpoint.token}\n`);
    else if (file === "missing") this.close();
  }

  /** It names the endpoint, with its last rule and the token that counts. */
  heal(): void {
    this.write(this.rule);
    this.changeToken("new");
  }

  /** Removes the file with the token, where there is one. */
  close(): void {
    try {
      Deno.removeSync(this.place.tokenFile);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** The endpoint may have been forgotten by the program. */
  #forget(): void {
    for (const { pod } of this.endpoint.deliveries) this.forgotten.add(pod.metadata.uid);
  }
}
