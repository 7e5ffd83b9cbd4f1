import type { Scope } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import { namespaces } from "../runtime/wording.ts";

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
  /** The program ends: whoever waits for it to be ready waits for the next one. */
  isEnding: () => boolean;
  /** Called after what is said may be something else, but for what time alone changes. */
  changed?: (() => void) | undefined;
}

/** Why nothing is seen of a scope at the moment. */
export interface Trouble {
  /** A sentence for people, without what only the operator may know. */
  why: string;
  /** Whether it goes on until somebody acts: there is no need to wait for the view to become stale. */
  lasts: boolean;
}

/**
 * Whether the program sees the cluster as it is, and can keep what it sees. Silence alone would look the same
 * on a quiet cluster and on a dead connection.
 */
export class Health {
  readonly #deps: HealthDeps;
  readonly #began: number;
  readonly #heard = new Map<Scope, number>();
  readonly #synced = new Set<Scope>();
  readonly #contradictions = new Map<Scope, number>();
  readonly #troubles = new Map<Scope, Trouble>();
  readonly #limits = new Map<Scope, string>();

  constructor(deps: HealthDeps) {
    this.#deps = deps;
    this.#began = deps.clock.monotonic();
  }

  /** The API server answered about a scope. Called with each batch of a source, many times a second. */
  heard(scope: Scope): void {
    this.#heard.set(scope, this.#deps.clock.monotonic());
  }

  /** A complete list of a scope has been stored. */
  synced(scope: Scope): void {
    this.#synced.add(scope);
    this.#deps.changed?.();
  }

  /** So many lists of a scope in a row contradicted what is known, and no second read confirmed them. */
  contradicted(scope: Scope, times: number): void {
    this.#contradictions.set(scope, times);
    this.#deps.changed?.();
  }

  /** What is asked about a scope fails; undefined: it works again. */
  troubled(scope: Scope, trouble: Trouble | undefined): void {
    set(this.#troubles, scope, trouble);
    this.#deps.changed?.();
  }

  /** What the program cannot do about a scope, though it does the rest. A sentence; undefined: it can do everything. */
  limited(scope: Scope, what: string | undefined): void {
    set(this.#limits, scope, what);
    this.#deps.changed?.();
  }

  /** Milliseconds of such silence after which what is known is stale. */
  get staleAfter(): number {
    return this.#deps.staleAfter;
  }

  /** Milliseconds since the API server said something, of the scope of which that is longest; before that, since the start. */
  get silence(): number {
    return Math.max(...this.#deps.scopes.map((scope) => this.viewOf(scope).silence));
  }

  /** Whether a complete list of a scope has been stored, and how long the API server has said nothing of it, in milliseconds. */
  viewOf(scope: Scope): { isListed: boolean; silence: number } {
    const heard = this.#heard.get(scope) ?? this.#began;
    return { isListed: this.#synced.has(scope), silence: this.#deps.clock.monotonic() - heard };
  }

  /** What does not work though the program is ready, as sentences for people. */
  notes(): string[] {
    return [...this.#limits.values()];
  }

  /** Why the program is not ready, as sentences for people; empty when it is. Names no endpoint, so that anybody may read it. */
  problems(): string[] {
    const { scopes, diskFault, isEnding } = this.#deps;
    const isDegraded = diskFault() !== undefined;
    return [
      ...(isEnding() ? ["The program is shutting down."] : []),
      ...scopes.flatMap((scope) => this.#problemOf(scope)),
      ...(isDegraded ? ["The state file cannot be written: what is pending is in memory only."] : []),
    ];
  }

  #problemOf(scope: Scope): string[] {
    const { clock, staleAfter } = this.#deps;
    const where = namespaces([scope]);
    const trouble = this.#troubles.get(scope);
    const why = trouble === undefined ? "" : ` ${trouble.why}`;
    if (!this.#synced.has(scope)) return [`The pods of ${where} have not all been listed yet.${why}`];
    if (trouble?.lasts) return [`The view of ${where} stands still.${why}`];
    if ((this.#contradictions.get(scope) ?? 0) >= CONTRADICTED) {
      return [`The API server lists pods of ${where} as they were before: the view is stale.`];
    }
    const silent = clock.monotonic() - (this.#heard.get(scope) ?? -Infinity);
    if (silent <= staleAfter) return [];
    return [
      `The API server has not answered about ${where} for ${
        Math.round(silent / 1000)
      } s: the view is stale.${why}`,
    ];
  }
}

function set<T>(of: Map<Scope, T>, scope: Scope, value: T | undefined): void {
  if (value === undefined) of.delete(scope);
  else of.set(scope, value);
}
