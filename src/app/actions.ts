import type { AdminActions, Done, Resync } from "../admin/admin.ts";
import { messageId } from "../delivery/render.ts";
import type { Workers } from "../delivery/workers.ts";
import type { Log } from "../runtime/log.ts";
import { counted } from "../runtime/wording.ts";
import type { Store } from "../store/store.ts";
import type { Figures } from "./figures.ts";
import type { Notices } from "./notices.ts";
import type { Resyncs } from "./resyncs.ts";

/*
 * What an operator does to the program, by the page, the API or a command. Each is said in the log, and is in the store's
 * next transaction, which this ends: what was answered as done survives a crash.
 */

/** What actions act on. */
export interface ActionsDeps {
  store: Store;
  workers: Pick<Workers, "reaches" | "tryNow" | "figures">;
  notices: Pick<Notices, "sendGap">;
  resyncs: Resyncs;
  figures: Pick<Figures, "discarded">;
  /** What SIGUSR1 does. */
  inspect: () => void;
  /** Called after each; undefined: nobody looks. */
  changed?: (() => void) | undefined;
  log: Log;
}

/** What each does is said at `AdminActions`. */
export class Actions implements AdminActions {
  readonly #deps: ActionsDeps;

  constructor(deps: ActionsDeps) {
    this.#deps = deps;
  }

  pause(endpoint: string): Done {
    const { store, workers, log } = this.#deps;
    if (!workers.reaches(endpoint)) return NO_ENDPOINT;
    store.pending.setPaused(endpoint, true);
    store.commit();
    log.info(`Endpoint ${endpoint} is paused: what is pending for it stays until it is resumed.`, {
      endpoint,
    });
    return this.#done(1);
  }

  resume(endpoint: string): Done {
    const { store, workers, log } = this.#deps;
    if (!workers.reaches(endpoint)) return NO_ENDPOINT;
    store.pending.setPaused(endpoint, false);
    store.commit();
    log.info(`Endpoint ${endpoint} is resumed.`, { endpoint });
    workers.tryNow(endpoint);
    return this.#done(1);
  }

  redeliver(endpoint: string, id?: string): Done {
    const { store: { pending }, workers, log } = this.#deps;
    if (!workers.reaches(endpoint)) return NO_ENDPOINT;
    const seq = id === undefined ? undefined : this.#deadLetter(endpoint, id);
    if (id !== undefined && seq === undefined) return NO_DEAD_LETTER;
    const count = seq === undefined
      ? pending.retryDeadLetters(endpoint)
      : Number(pending.retryDeadLetter(endpoint, seq));
    log.info(`Endpoint ${endpoint}: ${counted(count, "dead letter is", "dead letters are")} tried again.`, {
      endpoint,
    });
    workers.tryNow(endpoint);
    return this.#done(count);
  }

  discard(endpoint: string, id?: string): Done {
    const { store, workers, notices, figures, log } = this.#deps;
    if (!workers.reaches(endpoint)) return NO_ENDPOINT;
    const seq = id === undefined ? undefined : this.#deadLetter(endpoint, id);
    if (id !== undefined && seq === undefined) return NO_DEAD_LETTER;
    const count = store.pending.discard(endpoint, seq);
    if (count > 0) notices.sendGap(endpoint);
    store.commit();
    figures.discarded(endpoint, count);
    log.info(`Endpoint ${endpoint}: ${counted(count, "dead letter is", "dead letters are")} discarded.`, {
      endpoint,
    });
    return this.#done(count);
  }

  resync({ endpoint, since }: Resync): Done {
    const { workers, resyncs, log } = this.#deps;
    if (endpoint !== undefined && !workers.reaches(endpoint)) return NO_ENDPOINT;
    const count = resyncs.start(endpoint, since === undefined ? undefined : Date.parse(since));
    const which = since === undefined ? "" : ` about pods that changed after ${since}`;
    const to = endpoint === undefined ? "all endpoints" : `endpoint ${endpoint}`;
    log.info(`Resync of ${to}: ${counted(count, "message")}${which}.`, { endpoint, messages: count });
    return this.#done(count);
  }

  retry(): Done {
    const { inspect, workers: { figures }, log } = this.#deps;
    log.info("Whatever waits is tried now.", { endpoints: figures.length });
    inspect();
    return this.#done(figures.length);
  }

  #done(count: number): Done {
    this.#deps.changed?.();
    return { kind: "done", count };
  }

  /** The row of a dead letter, by its `webhook-id`. */
  #deadLetter(endpoint: string, id: string): number | undefined {
    const { pending } = this.#deps.store;
    const dead = pending.list(endpoint, pending.counts(endpoint).deadLetters);
    return dead.find((message) => messageId(message) === id)?.seq;
  }
}

const NO_ENDPOINT: Done = { kind: "not found", what: "endpoint" };
const NO_DEAD_LETTER: Done = { kind: "not found", what: "dead letter" };
