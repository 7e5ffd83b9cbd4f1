import { UsageError } from "../config/usage_error.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { counted, enumerated } from "../runtime/wording.ts";
import type { Store } from "../store/store.ts";
import type { Notices } from "./notices.ts";
import type { Configured, OperatorEndpoints, Replaced } from "./operator_endpoints.ts";
import type { Relist } from "./relist.ts";

/*
 * The configuration file while the program runs: read again every ten seconds, and when somebody asks (SIGHUP). What it
 * says of endpoints takes effect at once; the rest is named, and does at the next start.
 *
 * By content and not by time of change: a ConfigMap changes by a symbolic link. A file that cannot be read or is wrong
 * leaves the rules as they were, and so does one without endpoints: whoever empties a file by mistake loses nothing. It is
 * said once, stands in /readyz, and keeps the updater from leaving: the next start would fail.
 *
 * What changed counts once it is the same for a moment: the first half of a file that is being written may well be one that
 * can be used, with an endpoint's URL and without its redaction.
 */

/** What a text of the file comes to. */
export interface Compiled {
  endpoints: Configured[];
  /** The settings that take effect at the next start, by their names in the file. */
  later: string[];
  /** Sentences about what looks like a slip. */
  warnings: readonly string[];
}

/** The file. */
export interface ConfigurationFile {
  readonly path: string;
  /** Its text now. @throws one whose message is a sentence for people, if it cannot be had */
  read(): string;
  /** @throws {UsageError} for a text that is wrong */
  compile(text: string): Promise<Compiled>;
}

/** What a reload needs of the other parts. */
export interface ReloadDeps {
  file: ConfigurationFile;
  endpoints: Pick<OperatorEndpoints, "replace" | "notified">;
  store: Pick<Store, "commit">;
  notices: Pick<Notices, "sendAfterList">;
  relist: Relist;
  clock: Clock;
  log: Log;
  /** The program ends by the rules that it has then: after this, nothing is read. */
  stop: AbortSignal;
}

/** How often the file is looked at, in milliseconds. The kubelet takes up to a minute to bring a ConfigMap's change. */
export const RELOAD_INTERVAL = 10_000;

/** How long what changed must stay the same, in milliseconds. */
export const SETTLED = 250;

/** Problems of one file that are said. */
const SAID = 5;

/** See above. */
export class Reload {
  readonly #deps: ReloadDeps;
  /** The text that was looked at last, and the one that is in force. */
  #seen: string;
  #inForce: string;
  /** What is wrong with the file: said once, until it is something else. */
  #said = "";
  #running: Promise<void> | undefined;
  /** Whether the last look at a new text succeeded, and when that was, by the wall clock. */
  last: { isSuccessful: boolean; at: number };

  /** @param text that the program was started with */
  constructor(deps: ReloadDeps, text: string) {
    this.#deps = deps;
    this.#seen = text;
    this.#inForce = text;
    this.last = { isSuccessful: true, at: deps.clock.now() };
  }

  /** Why the file as it is cannot be used, as a sentence; undefined: it can. */
  get problem(): string | undefined {
    if (this.last.isSuccessful) return undefined;
    return `The configuration file ${this.#deps.file.path} cannot be used: the rules from before stay.`;
  }

  /** The same with what is wrong in it, for the operator alone. */
  get details(): string | undefined {
    return this.problem === undefined ? undefined : `${this.problem} ${this.#said}`;
  }

  /** The same, for /readyz. */
  get notes(): string[] {
    return this.problem === undefined ? [] : [this.problem];
  }

  /** Why a restart would lose something, as a clause; undefined: it would not. */
  get loses(): string | undefined {
    if (this.last.isSuccessful) return undefined;
    return `the configuration file ${this.#deps.file.path} cannot be used, and no start would come of it: mend it`;
  }

  /** Looks whether the file has changed. One look at a time. */
  check(): Promise<void> {
    this.#running ??= this.#check().finally(() => this.#running = undefined);
    return this.#running;
  }

  async #check(): Promise<void> {
    const { file, clock, stop } = this.#deps;
    if (stop.aborted) return;
    let { text, problem } = lookAt(file);
    let before: string | undefined;
    while (text !== this.#seen && text !== before) {
      before = text;
      await sleep(clock, SETTLED, stop);
      if (stop.aborted) return;
      ({ text, problem } = lookAt(file));
    }
    if (problem !== undefined) {
      this.#seen = text;
      return this.#failed([problem]);
    }
    if (text === this.#seen) return;
    this.#seen = text;
    const compiled = await file.compile(text).catch((error: unknown) => {
      if (error instanceof UsageError) return error;
      throw error;
    });
    if (stop.aborted) return;
    if (compiled instanceof UsageError) return this.#failed(compiled.messages);
    this.#apply(text, compiled);
  }

  #failed(problems: readonly string[]): void {
    const { clock, log } = this.#deps;
    const said = problems.slice(0, SAID);
    const more = problems.length - said.length;
    const details = [...said, ...more > 0 ? [`And ${counted(more, "more problem")}.`] : []].join(" ");
    const isNews = this.last.isSuccessful || this.#said !== details;
    this.#said = details;
    this.last = { isSuccessful: false, at: clock.now() };
    if (isNews) log.error(`${this.problem} ${details}`);
  }

  #apply(text: string, { endpoints, later, warnings }: Compiled): void {
    const { store, notices, relist, clock, log } = this.#deps;
    const wasWrong = !this.last.isSuccessful;
    this.last = { isSuccessful: true, at: clock.now() };
    if (text === this.#inForce) {
      if (wasWrong) log.info("The configuration file can be used again, and says what it said before.");
      return;
    }
    this.#inForce = text;
    const replaced = this.#deps.endpoints.replace(endpoints);
    notices.sendAfterList(replaced.added.filter((name) => this.#deps.endpoints.notified.includes(name)));
    store.commit();
    log.info(`The configuration was reloaded: ${inWords(replaced)}.`);
    for (const warning of warnings) log.warn(warning);
    if (later.length > 0) {
      const [take, settings] = later.length === 1 ? ["takes", "setting"] : ["take", "settings"];
      log.warn(`The changed ${settings} ${enumerated(later)} ${take} effect at the next start.`);
    }
    if (replaced.isListNeeded) relist.now();
  }
}

/** What the file holds; of one that cannot be read nothing, so that the next text is another one, whatever it is. */
function lookAt(file: ConfigurationFile): { text: string; problem?: string } {
  try {
    return { text: file.read() };
  } catch (error) {
    return { text: "", problem: error instanceof Error ? error.message : String(error) };
  }
}

function inWords({ added, changed, removed }: Replaced): string {
  const parts = [
    ...added.length > 0 ? [`${enumerated(added)} added`] : [],
    ...changed.length > 0 ? [`${enumerated(changed)} changed`] : [],
    ...removed.length > 0 ? [`${enumerated(removed)} removed`] : [],
  ];
  return parts.length === 0 ? "no endpoint changed" : parts.join("; ");
}
