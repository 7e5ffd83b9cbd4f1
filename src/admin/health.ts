import type { Scope } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";

/** What health is made of. */
export interface HealthDeps {
  clock: Clock;
  /** Each is listed and followed by itself. */
  scopes: readonly Scope[];
  /** Milliseconds without a word of the API server after which what is known of a scope is stale. */
  staleAfter: number;
  /** Whether the state file cannot be written at the moment. */
  isDegraded: () => boolean;
}

/**
 * Whether the program sees the cluster as it is, and can keep what it sees. Silence alone would look the same
 * on a quiet cluster and on a dead connection.
 */
export class Health {
  readonly #deps: HealthDeps;
  readonly #heard = new Map<Scope, number>();
  readonly #synced = new Set<Scope>();

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

  /** Why the program is not ready, as sentences for people; empty when it is. Names no endpoint, so that anybody may read it. */
  problems(): string[] {
    const { scopes, isDegraded } = this.#deps;
    return [
      ...scopes.flatMap((scope) => this.#problemOf(scope)),
      ...(isDegraded() ? ["The state file cannot be written: what is owed is in memory only."] : []),
    ];
  }

  #problemOf(scope: Scope): string[] {
    const { clock, staleAfter } = this.#deps;
    const where = scope === undefined ? "all namespaces" : `namespace ${scope}`;
    if (!this.#synced.has(scope)) return [`The pods of ${where} have not all been listed yet.`];
    const silent = clock.monotonic() - (this.#heard.get(scope) ?? -Infinity);
    if (silent <= staleAfter) return [];
    return [
      `The API server has not answered about ${where} for ${Math.round(silent / 1000)} s: the view is stale.`,
    ];
  }
}
