import type { Workers } from "../delivery/workers.ts";
import type { Pod } from "../pod/pod.ts";
import type { Redaction } from "../pod/redaction.ts";
import type { Endpoint } from "../route/endpoint.ts";
import type { EndpointSettings } from "../route/endpoint_settings.ts";
import type { Route } from "../route/route.ts";
import type { Want } from "../route/want.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { counted } from "../runtime/wording.ts";
import type { Store } from "../store/store.ts";

/*
 * The operator's endpoints, as the flags or the configuration file have them now. A reload replaces them as a whole:
 *
 *     added      gets a worker; the next list sends it each pod that it selects
 *     changed    gets another worker; what is pending stays, and is sent as the new settings say
 *     removed    its worker ends, and versions go on being recorded for it: whoever removed it by mistake has ten minutes
 *                to bring it back, and then nothing was lost. After that it is forgotten with all that is pending
 */

/** One endpoint, compiled. */
export interface Configured {
  endpoint: Endpoint;
  /** Undefined: every message about every pod. */
  want: Want | undefined;
  /** Undefined: it sees all of a pod. */
  redaction: Redaction | undefined;
  /** Whether it gets notices. */
  isNotified: boolean;
  /** Differs where anything about it does; and where its selection does. */
  fingerprint: { all: string; selection: string };
}

/** What a reload came to, by the names of endpoints. */
export interface Replaced {
  added: string[];
  changed: string[];
  removed: string[];
  /** Whether pods may have entered a selection, or left it. */
  isListNeeded: boolean;
}

/** What it needs of the other parts. */
export interface OperatorEndpointsDeps {
  store: Store;
  workers: Pick<Workers, "open" | "close" | "forget">;
  clock: Clock;
  log: Log;
}

/** How long what is pending for an endpoint that was removed is kept, in milliseconds. */
const KEPT = 600_000;

/** Of a route that no selection takes anything from. */
const NONE: readonly string[] = [];

/** See above. */
export class OperatorEndpoints {
  readonly #deps: OperatorEndpointsDeps;
  #current: ReadonlyMap<string, Configured>;
  /** Removed ones; `until`: by the monotonic clock. */
  readonly #leaving = new Map<string, { configured: Configured; until: number }>();
  /** What is recorded for: the current ones and those that are leaving. */
  #recorded: Endpoint[] = [];
  #names: string[] = [];
  #isSelective = false;

  constructor(configured: readonly Configured[], deps: OperatorEndpointsDeps) {
    this.#deps = deps;
    this.#current = byName(configured);
    this.#settle();
  }

  /** Starts their workers. Called once. */
  open(): void {
    for (const { endpoint } of this.#current.values()) this.#deps.workers.open(endpoint);
  }

  /** Where pods go by default. */
  get endpoints(): Endpoint[] {
    return this.#recorded;
  }

  /** Their names. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Those that the configuration has now, in its order. */
  get current(): Iterable<Configured> {
    return this.#current.values();
  }

  /** Names of those that get notices. */
  get notified(): string[] {
    return [...this.#current.values()].filter(({ isNotified }) => isNotified).map(({ endpoint }) =>
      endpoint.name
    );
  }

  want(name: string): Want | undefined {
    return (this.#current.get(name) ?? this.#leaving.get(name)?.configured)?.want;
  }

  settings(name: string): EndpointSettings | undefined {
    return this.#current.get(name)?.endpoint.settings;
  }

  redaction(name: string): Redaction | undefined {
    return this.#current.get(name)?.redaction;
  }

  /** Takes those endpoints out of a route whose selection the pod is not of. */
  select(route: Route, pod: Pod): Route & { excluded: readonly string[] } {
    if (!this.#isSelective) return { ...route, excluded: NONE };
    const excluded: string[] = [];
    const endpoints = route.endpoints.filter(({ name, trusted }) => {
      if (!trusted || (this.want(name)?.selects(pod) ?? true)) return true;
      excluded.push(name);
      return false;
    });
    return { ...route, endpoints, excluded };
  }

  /**
   * The pods of which an endpoint was sent something, with the version that it was sent last, as far as that is not every
   * pod in its newest version (undefined).
   */
  inventoryOf(name: string): { uid: string; resourceVersion: string }[] | undefined {
    const want = this.want(name);
    const { inventory, followers } = this.#deps.store;
    if (want?.isFiltering === true) return followers.sent(name);
    if (want?.isSelective !== true) return undefined;
    return [...inventory.pods()].filter((pod) => followers.standing(pod, name) === "sent")
      .map(({ uid, resourceVersion }) => ({ uid, resourceVersion }));
  }

  /** See above. Synchronous: a version is recorded by the old rules or by the new ones, never by both. */
  replace(configured: readonly Configured[]): Replaced {
    const { workers, clock } = this.#deps;
    const next = byName(configured);
    const before = this.#current;
    this.#current = next;
    const removed = [...before.values()].filter(({ endpoint: { name } }) => !next.has(name));
    for (const one of removed) {
      const { name } = one.endpoint;
      workers.close(name);
      this.#leaving.set(name, { configured: one, until: clock.monotonic() + KEPT });
    }
    const replaced: Replaced = { added: [], changed: [], removed: namesOf(removed), isListNeeded: false };
    for (const [name, one] of next) {
      const former = before.get(name) ?? this.#leaving.get(name)?.configured;
      const runs = before.has(name);
      if (runs && former?.fingerprint.all === one.fingerprint.all) continue;
      if (runs) workers.close(name);
      // What failed by the old settings says nothing of the new ones.
      this.#deps.store.pending.retryWaiting(name);
      workers.open(one.endpoint);
      this.#leaving.delete(name);
      (runs ? replaced.changed : replaced.added).push(name);
      if (former?.fingerprint.selection !== one.fingerprint.selection) replaced.isListNeeded = true;
    }
    this.#settle();
    return replaced;
  }

  /** Forgets the endpoints that were removed ten minutes ago. Called once a minute; the commit is the caller's. */
  tidy(): void {
    const { store: { pending }, workers, clock, log } = this.#deps;
    for (const [name, { until }] of this.#leaving) {
      if (clock.monotonic() < until) continue;
      this.#leaving.delete(name);
      workers.forget(name);
      const messages = pending.forget(name);
      const lost = messages === 0 ? "" : `, and with it ${counted(messages, "message")}`;
      log.info(`Endpoint ${name} was removed from the configuration: it is forgotten${lost}.`, {
        endpoint: name,
      });
    }
    this.#settle();
  }

  #settle(): void {
    const leaving = [...this.#leaving.values()].map(({ configured }) => configured);
    const all = [...this.#current.values(), ...leaving];
    this.#recorded = all.map(({ endpoint }) => endpoint);
    this.#names = namesOf(all);
    this.#isSelective = all.some(({ want }) => want?.isSelective === true);
  }
}

function byName(configured: readonly Configured[]): Map<string, Configured> {
  return new Map(configured.map((one) => [one.endpoint.name, one]));
}

function namesOf(configured: readonly Configured[]): string[] {
  return configured.map(({ endpoint }) => endpoint.name);
}
