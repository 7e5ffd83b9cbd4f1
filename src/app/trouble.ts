import type { ClusterError, ClusterFault } from "../cluster/error.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { Repetition } from "../runtime/repetition.ts";
import { duration } from "../runtime/wording.ts";

/*
 * What people hear about a cluster that does not answer as hoped: each cause once, the last one again at growing
 * distances for as long as it lasts, and its end.
 *
 * Everything is tried again, for networks are mended, tokens renewed and rights granted. But a request that the API
 * server cannot read, and that it has never accepted from this process, is a mistake of whoever started it: that ends
 * the program.
 */

/** A stream that ended, fell silent or expired is mended by the next one: everyday life of a watch. */
const EVERYDAY: ReadonlySet<ClusterFault> = new Set<ClusterFault>(["expired", "idle"]);

/** These last until a person acts. */
const LASTING: ReadonlySet<ClusterFault> = new Set<ClusterFault>([
  "certificate",
  "unauthorized",
  "forbidden",
  "missing",
  "invalid",
]);

/** Causes of one outage that are said: a server could find new words each time. */
const CAUSES = 10;

/** What saying it needs. */
export interface TroubleDeps {
  clock: Clock;
  log: Log;
  /** Called with each cause, and with undefined at the end. */
  troubled?: (trouble: { why: string; lasts: boolean } | undefined) => void;
}

interface Outage {
  since: number;
  said: Set<string>;
  repetition: Repetition;
  /** Whether lists work all the while, and the watch behind them does not. */
  isOfWatch: boolean;
}

/** The trouble with one scope, for as long as the program runs. */
export class Trouble {
  readonly #deps: TroubleDeps;
  #outage: Outage | undefined;
  #hasListed = false;

  constructor(deps: TroubleDeps) {
    this.#deps = deps;
  }

  /**
   * Something failed.
   *
   * @param isJustListed whether a list had worked right before it
   * @throws {ClusterError} the error itself, where it will never be another one.
   */
  say(error: ClusterError, isJustListed = false): void {
    const { clock, log, troubled } = this.#deps;
    const { fault, message } = error;
    if (fault === "invalid" && !this.#hasListed) throw error;
    if (EVERYDAY.has(fault)) return log.debug(message, { fault });
    const now = clock.monotonic();
    const outage = this.#outage ??= {
      since: now,
      said: new Set(),
      repetition: new Repetition(now),
      isOfWatch: false,
    };
    outage.isOfWatch ||= isJustListed;
    troubled?.({ why: message, lasts: isLasting(error) });
    const isDue = outage.repetition.isDue(now);
    const isNew = !outage.said.has(message) && outage.said.size < CAUSES;
    outage.said.add(message);
    if (isNew) log.warn(message, { fault });
    else if (isDue) log.warn(`For ${duration(now - outage.since)} now: ${message}`, { fault });
    else log.debug(message, { fault });
  }

  /** A list was complete. */
  listed(): void {
    this.#hasListed = true;
  }

  /** The API server answers as hoped. @param isList whether by a list, which says nothing of a watch that fails */
  over(isList = false): void {
    if (this.#outage === undefined || (isList && this.#outage.isOfWatch)) return;
    const { clock, log, troubled } = this.#deps;
    log.info(`The cluster answers again after ${duration(clock.monotonic() - this.#outage.since)}.`);
    this.#outage = undefined;
    troubled?.(undefined);
  }
}

function isLasting({ fault, details: { status = 0 } }: ClusterError): boolean {
  return LASTING.has(fault) || (fault === "server" && status >= 400 && status < 500);
}
