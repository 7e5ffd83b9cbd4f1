import type { ClusterError, ClusterFault } from "../cluster/error.ts";
import type { Scope } from "../pod/pod.ts";
import type { Log } from "../runtime/log.ts";
import type { Outages } from "./outages.ts";

/*
 * What one scope makes of an API server that does not answer as hoped. What people hear of it is in `outages.ts`: other
 * scopes have the same trouble.
 *
 * Everything is tried again, for networks are mended, tokens renewed and rights granted. But a request that the API
 * server cannot read, and that it has never accepted from this process, is a mistake of whoever started it: that ends
 * the program.
 */

/** A stream that fell silent or expired is mended by the next one: everyday life of a watch. */
const EVERYDAY: ReadonlySet<ClusterFault> = new Set<ClusterFault>(["expired", "idle"]);

/** So many of them in a row are not: no watch, or no list, gets anywhere. */
const TOO_MANY = 3;

/** These last until a person acts. */
const LASTING: ReadonlySet<ClusterFault> = new Set<ClusterFault>([
  "certificate",
  "unauthorized",
  "forbidden",
  "missing",
  "invalid",
]);

/** What saying it needs. */
export interface TroubleDeps {
  outages: Outages;
  log: Log;
  /** Called with each cause, and with undefined at the end. */
  troubled?: (trouble: { why: string; lasts: boolean } | undefined) => void;
}

/** The trouble with one scope, for as long as the program runs. */
export class Trouble {
  readonly #scope: Scope;
  readonly #deps: TroubleDeps;
  #isTroubled = false;
  /** Whether lists work all the while, and the watch behind them does not. */
  #isOfWatch = false;
  #hasListed = false;
  /** Everyday faults since the watch last brought something, or a poll a list. */
  #everyday = 0;

  constructor(scope: Scope, deps: TroubleDeps) {
    this.#scope = scope;
    this.#deps = deps;
  }

  /**
   * Something failed.
   *
   * @param isJustListed whether a list had worked right before it
   * @throws {ClusterError} the error itself, where it will never be another one.
   */
  say(error: ClusterError, isJustListed = false): void {
    const { outages, log, troubled } = this.#deps;
    const { fault, message } = error;
    if (fault === "invalid" && !this.#hasListed) throw error;
    if (EVERYDAY.has(fault) && ++this.#everyday < TOO_MANY) return log.debug(message, { fault });
    this.#isTroubled = true;
    this.#isOfWatch ||= isJustListed;
    troubled?.({ why: message, lasts: isLasting(error) });
    outages.failed(this.#scope, { message, fault });
  }

  /** A list was complete. */
  listed(): void {
    this.#hasListed = true;
  }

  /** The API server answers as hoped. @param isList whether by a list, which says nothing of a watch that fails */
  over(isList = false): void {
    if (!isList) this.#everyday = 0;
    if (!this.#isTroubled || (isList && this.#isOfWatch)) return;
    this.#isTroubled = this.#isOfWatch = false;
    this.#deps.outages.over(this.#scope);
    this.#deps.troubled?.(undefined);
  }
}

function isLasting({ fault, details: { status = 0 } }: ClusterError): boolean {
  return LASTING.has(fault) || (fault === "server" && status >= 400 && status < 500);
}
