import type { Scope } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";

/** Lists in a row that contradict what is known, from which on the view is stale. */
const CONTRADICTED = 3;

/** What health is made of. */
export interface HealthDeps {
  clock: Clock;
  /** Each is listed and followed by itself. */
  scopes: readonly Scope[];
  /** Milliseconds without a word of the API server after which what is known of a scope is stale. */
  staleAfter: number;
  /** Why the state file cannot be written at the moment; undefined: it can. */
  diskFault: () => string | undefined;
}

/**
 * Whether the program sees the cluster as it is, and can keep what it sees. Silence alone would look the same
 * on a quiet cluster and on a dead connection.
 */
export class Health {
  readonly #deps: HealthDeps;
  readonly #heard = new Map<Scope, number>();
  readonly #synced = new Set<Scope>();
  readonly #contradictions = new Map<Scope, number>();

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  /** The API server answered about a scope. Called with each batch of a source, many times a second. */
  heard(scope: Scope): void {
    this.#heard.set(scope, this.#deps.clock.monotonic());
  }

  /** A complete list of a scope has been stored. */
  synced(scope: Scope): void {
    this.#synced.add(scope);
  }

  /** So many lists of a scope in a row contradicted what is known, and no second read confirmed them. */
  contradicted(scope: Scope, times: number): void {
    this.#contradictions.set(scope, times);
  }

  /** Why the program is not ready, as sentences for people; empty when it is. Names no endpoint, so that anybody may read it. */
  problems(): string[] {
    const { scopes, diskFault } = this.#deps;
    const isDegraded = diskFault() !== undefined;
    return [
      ...scopes.flatMap((scope) => this.#problemOf(scope)),
      ...(isDegraded ? ["The state file cannot be written: what is pending is in memory only."] : []),
    ];
  }

  #problemOf(scope: Scope): string[] {
    const { clock, staleAfter } = this.#deps;
    const where = scope === undefined ? "all namespaces" : `namespace ${scope}`;
    if (!this.#synced.has(scope)) return [`The pods of ${where} have not all been listed yet.`];
    if ((this.#contradictions.get(scope) ?? 0) >= CONTRADICTED) {
      return [`The API server lists pods of ${where} as they were before: the view is stale.`];
    }
    const silent = clock.monotonic() - (this.#heard.get(scope) ?? -Infinity);
    if (silent <= staleAfter) return [];
    return [
      `The API server has not answered about ${where} for ${Math.round(silent / 1000)} s: the view is stale.`,
    ];
  }
}
