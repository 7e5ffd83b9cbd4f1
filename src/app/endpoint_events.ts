import type { EndpointNotice } from "../delivery/notice.ts";
import { pendingInWords, refusalInWords, type Turn } from "../delivery/standing.ts";
import type { Workers } from "../delivery/workers.ts";
import { isOfAnnotation } from "../route/annotation.ts";
import type { Clock } from "../runtime/clock.ts";
import { counted, duration } from "../runtime/wording.ts";
import type { Store } from "../store/store.ts";

/*
 * What others should hear of the operator's endpoints: that one has failed for more than a minute, that it works again for
 * as long, that dead letters pile up, that messages for it were evicted.
 *
 * Looked at once a minute, and at most one event an endpoint and ten minutes. An endpoint that goes up and down says no more
 * than that, and its last state is never lost: where that is not the one that was said last, it is said when the ten
 * minutes are over. What was said last is kept with the endpoint: a restart repeats nothing, and that one works again is
 * said though it was another process that had said that it fails.
 *
 * Of an endpoint that an operator has paused nothing is said but what is evicted: he knows, and nothing is tried.
 *
 * Nothing is said of the endpoints that annotations name: whoever may create a pod could have others woken by them.
 */

/** What happened to an endpoint. */
export type EndpointEventKind = EndpointNotice["what"];

/** One event, for people and machines. */
export interface EndpointEvent {
  endpoint: string;
  kind: EndpointEventKind;
  /** Since when it is so; milliseconds of the wall clock. */
  since: number;
  pending: number;
  deadLetters: number;
  /** Messages for it that were evicted since the event before. */
  lost: number;
  /** A sentence for people. It names the endpoint and at most the host of its URL, and no pod. */
  why: string;
}

/** What it needs of the other parts. */
export interface EndpointEventsDeps {
  store: {
    pending: Pick<Store["pending"], "counts" | "deadLetters" | "isPaused">;
    lastEvents: Store["lastEvents"];
  };
  workers: Pick<Workers, "figures">;
  clock: Clock;
  /** Takes each event, at once. */
  say: (event: EndpointEvent) => void;
}

/** So long a state lasts before it is said, in milliseconds. */
const LASTING = 60_000;

/** Between two events of one endpoint, in milliseconds. */
const QUIET = 600_000;

/** How an endpoint does: `step` is the greatest power of ten that its dead letters have reached. */
type State = { kind: "ok" } | { kind: "failing" } | { kind: "dead-letters"; step: number };

/** Two instants that are one: by the monotonic clock, and by the wall clock. */
interface Instant {
  began: number;
  since: number;
}

/** What is seen of an endpoint at one look. */
interface Seen extends Instant {
  name: string;
  turn: Turn;
  isPaused: boolean;
  pending: number;
  deadLetters: number;
  /** Why the oldest dead letter is one. */
  whyDead: string;
}

/** See above. */
export class EndpointEvents {
  readonly #deps: EndpointEventsDeps;
  readonly #courses = new Map<string, Course>();

  constructor(deps: EndpointEventsDeps) {
    this.#deps = deps;
  }

  /** Messages for an endpoint were given up for want of room. Leaves the commit to its caller. */
  evicted(name: string, messages: number): void {
    if (isOfAnnotation(name)) return;
    const course = this.#courseOf(name);
    course.evicted(messages, this.#deps.clock.now());
    this.#keep(name, course);
  }

  /** Says what there is to be said. Called once a minute, before a commit. */
  look(): void {
    const { store: { pending }, workers, clock, say } = this.#deps;
    const at = { began: clock.monotonic(), since: clock.now() };
    const known = new Set<string>();
    for (const { name, isOfAnnotation, turn } of workers.figures) {
      if (isOfAnnotation) continue;
      known.add(name);
      const counts = pending.counts(name);
      const whyDead = counts.deadLetters === 0 ? "" : pending.deadLetters(name, 1)[0]?.why ?? "";
      const isPaused = pending.isPaused(name);
      const course = this.#courseOf(name);
      const event = course.look({ ...at, ...counts, name, turn, isPaused, whyDead });
      if (event === undefined) continue;
      say(event);
      this.#keep(name, course);
    }
    for (const name of this.#courses.keys()) if (!known.has(name)) this.#courses.delete(name);
  }

  #courseOf(name: string): Course {
    const course = this.#courses.get(name) ?? this.#resume(name);
    this.#courses.set(name, course);
    return course;
  }

  /** Goes on from what was said last, if only by an earlier process. */
  #resume(name: string): Course {
    const { store: { lastEvents }, clock } = this.#deps;
    const kept = readKept(lastEvents.lastEvent(name));
    if (kept === undefined) return new Course();
    // A wall clock that was set back makes nothing longer ago, or still to come.
    return new Course(kept, clock.monotonic() - Math.max(0, clock.now() - kept.at));
  }

  #keep(name: string, { kept }: Course): void {
    this.#deps.store.lastEvents.setLastEvent(name, JSON.stringify(kept));
  }
}

/** What outlives the process, as JSON. Instants are of the wall clock. */
interface Kept {
  /** What was said last, and when. */
  said: State;
  at: number;
  /** Messages that were evicted and not said yet, and since when. */
  lost: number;
  lostSince: number;
}

const NOTHING: Kept = { said: { kind: "ok" }, at: 0, lost: 0, lostSince: 0 };

/** Undefined: nothing was kept, or by another version of this program. */
function readKept(text: string | undefined): Kept | undefined {
  if (text === undefined) return undefined;
  try {
    const { said, at, lost, lostSince } = JSON.parse(text);
    const isState = said.kind === "ok" || said.kind === "failing" ||
      (said.kind === "dead-letters" && Number.isFinite(said.step));
    return isState && [at, lost, lostSince].every(Number.isFinite)
      ? { said, at, lost, lostSince }
      : undefined;
  } catch {
    return undefined;
  }
}

/** How one endpoint has done, and what of it was said. */
class Course {
  /** Its state as far as it was seen, and since when; it is said once it has lasted. */
  #kind: State["kind"] = "ok";
  #at: Instant = { began: -Infinity, since: 0 };
  readonly #kept: Kept;
  /** When something was said last, by the monotonic clock. */
  #saidAt: number;

  /** @param saidAt by the monotonic clock */
  constructor(kept = NOTHING, saidAt = -Infinity) {
    this.#kept = { ...kept };
    this.#saidAt = saidAt;
  }

  get kept(): Readonly<Kept> {
    return this.#kept;
  }

  evicted(messages: number, now: number): void {
    if (this.#kept.lost === 0) this.#kept.lostSince = now;
    this.#kept.lost += messages;
  }

  look(seen: Seen): EndpointEvent | undefined {
    const state = stateOf(seen);
    this.#follow(state.kind, seen);
    const isLasting = seen.began - this.#at.began >= LASTING;
    const isNews = isLasting && !seen.isPaused && this.#differs(state, seen);
    const { lost, lostSince } = this.#kept;
    if ((!isNews && lost === 0) || seen.began - this.#saidAt < QUIET) return undefined;
    const { name: endpoint, pending, deadLetters } = seen;
    const counts = { endpoint, pending, deadLetters, lost };
    const event: EndpointEvent = isNews
      ? { ...counts, kind: kindOf(state), since: this.#at.since, why: this.#sentence(state, seen) }
      : { ...counts, kind: "evicted", since: lostSince, why: evictedSentence(seen, lost) };
    this.#saidAt = seen.began;
    Object.assign(this.#kept, { ...isNews && { said: state }, at: seen.since, lost: 0, lostSince: 0 });
    return event;
  }

  /**
   * A turn counts from when it was. Of dead letters, and of refusals that may be the messages' fault, only the looks tell:
   * what is under way at one of them may have become another dead letter by the next.
   */
  #follow(kind: State["kind"], { turn, began, since }: Seen): void {
    const ofTurn = { began: turn.began, since: turn.since };
    const isUncertain = kind === "failing" ? !turn.isFailing : this.#kind !== "failing";
    if (kind !== this.#kind) this.#at = isUncertain ? { began, since } : ofTurn;
    else if (turn.began > this.#at.began) this.#at = ofTurn;
    this.#kind = kind;
  }

  #differs(state: State, { turn, pending }: Seen): boolean {
    const { said } = this.#kept;
    if (state.kind === "failing") return said.kind !== "failing";
    // Another worker, with other settings, has to show that it works before that is said.
    if (said.kind === "failing" && !turn.hasAccepted && pending > 0) return false;
    if (state.kind === "ok") return said.kind !== "ok";
    return said.kind !== "dead-letters" || state.step > said.step;
  }

  #sentence(state: State, { name, turn, pending, deadLetters, whyDead, began }: Seen): string {
    const time = duration(began - this.#at.began);
    if (state.kind === "ok") {
      return `Endpoint ${name} works again, for ${time} now: ${pendingInWords(pending)}.`;
    }
    if (state.kind === "dead-letters") {
      const are = deadLetters === 1 ? "1 dead letter: it is" : `${deadLetters} dead letters: they are`;
      return `Endpoint ${name} has ${are} tried again later, and the other messages go on. The oldest is one because ` +
        `${whyDead}.`;
    }
    const { isDisabled, why } = turn;
    return refusalInWords({ endpoint: name, time, isDisabled, why, pending });
  }
}

/** An endpoint that refuses one message, and has no other, may be at fault or not; of its dead letters that is known. */
function stateOf({ turn, pending, deadLetters }: Seen): State {
  if (turn.isFailing || (turn.isRefusing && pending > deadLetters)) return { kind: "failing" };
  if (deadLetters === 0) return { kind: "ok" };
  return { kind: "dead-letters", step: 10 ** Math.floor(Math.log10(deadLetters)) };
}

function kindOf({ kind }: State): EndpointEventKind {
  return kind === "ok" ? "recovered" : kind;
}

function evictedSentence({ name, isPaused }: Seen, lost: number): string {
  const why = isPaused ? "it is paused" : "it does not take them as fast as they come";
  return `${counted(lost, "message")} for endpoint ${name} ${
    lost === 1 ? "was" : "were"
  } evicted to make room: ${why}.`;
}
