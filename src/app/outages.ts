import type { Scope } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { Repetition } from "../runtime/repetition.ts";
import { duration, namespaces } from "../runtime/wording.ts";

/*
 * What people hear while the cluster does not answer as hoped: each cause of an outage once, the last one again at growing
 * distances for as long as it lasts, and its end.
 *
 * Each namespace that is followed has a watch of its own, and what befalls the API server befalls all of them. Those that
 * fail for one cause are one outage: it is said once, for all that fail within a second, and its end when the last of them
 * is back. One that fails for another cause has an outage of its own, until both fail for the same.
 *
 * What comes and goes (a link that breaks every few seconds) is one outage, too: after the second time it is said like one
 * that lasts, and its end when it has stayed away.
 */

/** Causes of one outage that are said: a server could find new words each time. */
const CAUSES = 10;

/** With several namespaces, how long a sentence waits for others that fail, too; milliseconds. */
const GATHER = 1_000;

/** A namespace that answers again is reported by itself when others of its outage go on to fail for so long; milliseconds. */
const APART = 60_000;

/** An outage that begins for the same cause so soon after its end goes on; milliseconds. */
const SOON = 300_000;

/** Namespaces that are named; the others are counted. */
const NAMED = 5;

/** Something failed: the sentence, and what kind of failure it is. */
export interface Cause {
  message: string;
  fault: string;
}

interface Outage {
  since: number;
  /** What failed and did not answer since. */
  failing: Set<Scope>;
  /** What answered again, and when. */
  recovered: Map<Scope, number>;
  /** Each cause, but for the namespace in it, and what failed for it. */
  causes: Map<string, Set<Scope>>;
  repetition: Repetition;
  /** How often it has begun. */
  times: number;
  isSaidToReturn: boolean;
  /** When it was over last. */
  overAt: number;
  /** Causes that are not said yet, by what failed first. */
  waiting: { scope: Scope; cause: Cause }[];
  cancel: () => void;
}

/** The outages of everything that is followed. */
export class Outages {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #scopes: number;
  #outages: Outage[] = [];
  /** Those that were over a short while ago. */
  #past: Outage[] = [];

  /** @param scopes how many are followed */
  constructor({ clock, log }: { clock: Clock; log: Log }, scopes = 1) {
    this.#clock = clock;
    this.#log = log;
    this.#scopes = scopes;
  }

  /** Something failed. Called each time. */
  failed(scope: Scope, cause: Cause): void {
    const now = this.#clock.monotonic();
    const key = keyOf(scope, cause.message);
    const outage = this.#join(scope, key, now);
    this.#leave(outage, now);
    const isDue = outage.repetition.isDue(now);
    const known = outage.causes.get(key);
    known?.add(scope);
    if (known === undefined && outage.causes.size < CAUSES) {
      outage.causes.set(key, new Set([scope]));
      return this.#say(outage, { scope, cause });
    }
    const { message, fault } = cause;
    if (outage.times > 1 && !outage.isSaidToReturn) {
      outage.isSaidToReturn = true;
      const where = this.#where(scope, message, outage.failing);
      return this.#log.warn(`Again: ${message}${where}`, { fault });
    }
    if (!isDue) return this.#log.debug(message, { fault });
    const where = this.#where(scope, message, outage.failing);
    const times = outage.times > 1 ? `, ${outage.times} times` : "";
    this.#log.warn(`For ${duration(now - outage.since)} now${times}: ${message}${where}`, { fault });
  }

  /** It answers as hoped. */
  over(scope: Scope): void {
    const now = this.#clock.monotonic();
    const outage = this.#outages.find(({ failing }) => failing.has(scope));
    if (outage === undefined) return;
    outage.failing.delete(scope);
    outage.recovered.set(scope, now);
    if (outage.failing.size > 0) return;
    this.#flush(outage);
    this.#outages = this.#outages.filter((other) => other !== outage);
    outage.overAt = now;
    this.#past = [...this.#past.filter((past) => now - past.overAt < SOON), outage];
    if (outage.times === 1) return this.#sayOver(outage, outage.recovered.keys(), now);
    outage.cancel = this.#clock.after(SOON, () => this.#sayOver(outage, outage.recovered.keys(), now));
  }

  /** Says what waits to be said. Called at the end. */
  close(): void {
    for (const outage of this.#outages) this.#flush(outage);
    for (const outage of this.#past) outage.cancel();
  }

  /** The outage that it is part of from now on: its own and that of others with the same cause become one. */
  #join(scope: Scope, key: string, now: number): Outage {
    const returned = this.#returned(key, now);
    const running = this.#outages.filter(({ failing, causes }) => failing.has(scope) || causes.has(key));
    const joined = returned === undefined ? running : [returned, ...running];
    const [outage = newOutage(now), ...others] = joined;
    for (const { since, failing, recovered, causes, waiting, cancel } of others) {
      cancel();
      outage.since = Math.min(outage.since, since);
      for (const one of failing) outage.failing.add(one);
      for (const [one, at] of recovered) outage.recovered.set(one, at);
      for (const [cause, of] of causes) {
        outage.causes.set(cause, new Set([...outage.causes.get(cause) ?? [], ...of]));
      }
      for (const one of waiting) this.#say(outage, one);
    }
    outage.failing.add(scope);
    outage.recovered.delete(scope);
    this.#outages = [...this.#outages.filter((other) => !joined.includes(other)), outage];
    return outage;
  }

  /** One of the same cause that was over a short while ago, begun once more. */
  #returned(key: string, now: number): Outage | undefined {
    const outage = this.#past.find(({ causes, overAt }) => causes.has(key) && now - overAt < SOON);
    if (outage === undefined) return undefined;
    this.#past = this.#past.filter((other) => other !== outage);
    outage.cancel();
    outage.times++;
    outage.recovered.clear();
    return outage;
  }

  /** Those that answer for long while others fail are no part of it any more. */
  #leave(outage: Outage, now: number): void {
    const left = [...outage.recovered].filter(([, at]) => now - at >= APART);
    if (left.length === 0) return;
    for (const [scope] of left) outage.recovered.delete(scope);
    this.#sayOver(outage, left.map(([scope]) => scope), Math.max(...left.map(([, at]) => at)));
  }

  #say(outage: Outage, waiting: Outage["waiting"][number]): void {
    outage.waiting.push(waiting);
    if (this.#scopes === 1) return this.#flush(outage);
    if (outage.waiting.length > 1) return;
    outage.cancel = this.#clock.after(GATHER, () => this.#flush(outage));
  }

  #flush(outage: Outage): void {
    outage.cancel();
    for (const { scope, cause: { message, fault } } of outage.waiting.splice(0)) {
      const failed = outage.causes.get(keyOf(scope, message)) ?? [];
      this.#log.warn(`${message}${this.#where(scope, message, failed)}`, { fault });
    }
  }

  /** For whom a sentence holds that came from one of them. */
  #where(scope: Scope, message: string, failed: Iterable<Scope>): string {
    if (this.#scopes === 1) return "";
    const names = namesOf(failed);
    if (keyOf(scope, message) === message) return ` (not followed meanwhile: ${namespaces(bounded(names))})`;
    const others = names.filter((name) => name !== scope);
    return others.length === 0 ? "" : ` (and so with ${namespaces(bounded(others))})`;
  }

  #sayOver({ since, times }: Outage, scopes: Iterable<Scope>, at: number): void {
    const names = namesOf(scopes);
    const which = this.#scopes === 1 || names.length === this.#scopes
      ? ""
      : ` for ${namespaces(bounded(names))}`;
    const often = times > 1 ? `, in which it failed ${times} times` : "";
    this.#log.info(`The cluster answers again${which} after ${duration(at - since)}${often}.`);
  }
}

function newOutage(since: number): Outage {
  return {
    since,
    failing: new Set(),
    recovered: new Map(),
    causes: new Map(),
    repetition: new Repetition(since),
    times: 1,
    isSaidToReturn: false,
    overAt: since,
    waiting: [],
    cancel: () => {},
  };
}

/** The cause without the namespace that it is about: who may not list one may not list the others either. */
function keyOf(scope: Scope, message: string): string {
  return scope === undefined
    ? message
    : message.replace(new RegExp(`(\\bnamespace |-n )${scope}(?![-a-z0-9])`, "g"), "$1…");
}

function namesOf(scopes: Iterable<Scope>): string[] {
  return [...scopes].filter((scope) => scope !== undefined).sort();
}

function bounded(names: string[]): string[] {
  if (names.length <= NAMED + 1) return names;
  return [...names.slice(0, NAMED), `${names.length - NAMED} more`];
}
