/** A pod in memory: a few hundred bytes, no JSON, no body. */
import { own } from "../runtime/own_string.ts";
import type { PodRow } from "./journal.ts";
import type { KnownPod, Standing } from "./store.ts";

/** How a row has them, before the endpoint's id. A plain id is what every version of this program reads. */
const SIGNS: Record<Standing, string> = { sent: "", selected: "+", left: "-" };

/**
 * The endpoints that a pod has to do with (I4), by their ids, in the order in which they came. There are few different
 * ones, so each exists once and a pod only points at it.
 */
export interface Audience {
  readonly ids: readonly number[];
  readonly standings: ReadonlyMap<number, Standing>;
  /** As a row has it. */
  readonly text: string;
}

/** All audiences, each once. */
export class Audiences {
  readonly nobody: Audience = { ids: [], standings: new Map(), text: "" };
  readonly #byText = new Map<string, Audience>([["", this.nobody]]);
  /** What `with` came to, by what it was asked: a text for each version of a pod would cost more. */
  readonly #next = new Map<Audience, Map<string, Audience>>();

  /** @param standing undefined: none any more */
  with(audience: Audience, endpoint: number, standing: Standing | undefined): Audience {
    if (audience.standings.get(endpoint) === standing) return audience;
    let next = this.#next.get(audience);
    if (next === undefined) this.#next.set(audience, next = new Map());
    const key = `${endpoint} ${standing}`;
    let found = next.get(key);
    if (found === undefined) next.set(key, found = this.#intern(audience, endpoint, standing));
    return found;
  }

  #intern(audience: Audience, endpoint: number, standing: Standing | undefined): Audience {
    const standings = new Map(audience.standings);
    if (standing === undefined) standings.delete(endpoint);
    else standings.set(endpoint, standing);
    const text = Array.from(standings, ([id, standing]) => `${SIGNS[standing]}${id}`).join();
    let one = this.#byText.get(text);
    if (one === undefined) this.#byText.set(text, one = { ids: [...standings.keys()], standings, text });
    return one;
  }

  /** @param text as a row has it */
  parse(text: string, exists: (endpoint: number) => boolean): Audience {
    let audience = this.nobody;
    if (text === "") return audience;
    for (const part of text.split(",")) {
      const standing = part.startsWith("+") ? "selected" : part.startsWith("-") ? "left" : "sent";
      const id = Math.abs(Number(part));
      if (exists(id)) audience = this.with(audience, id, standing);
    }
    return audience;
  }
}

/** What stands before the line of a notice in place of a UID: no UID has a slash. */
export const NOTICE = "k8svent/";

/** What the store knows of a pod, or (a notice) of a line that is about no pod. */
export class Pod implements KnownPod {
  readonly id: number;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  /** See `resourceVersion`. */
  #version: string | number = 0;
  epoch = 0;
  route: readonly string[] | undefined;
  environment: string | undefined;
  workload: string | undefined;
  audience: Audience;
  /** The id of its current version, the greatest (I1); 0: it is gone, or was put and not recorded yet. */
  current = 0;
  isUnhealthy = false;
  /** The number of the last list that held it. */
  seen = 0;
  remindAt: number | undefined;
  /** See `changedAt`. */
  #changedSecond: number | undefined;
  /** Whether it is in the inventory no more, and here only because something about it is pending. */
  isGone = false;

  constructor(
    id: number,
    row: Pick<PodRow, "uid" | "namespace" | "name" | "generation">,
    audience: Audience,
  ) {
    this.id = id;
    this.uid = row.uid;
    this.namespace = row.namespace;
    this.name = row.name;
    this.generation = row.generation;
    this.audience = audience;
  }

  /** In memory it is a number where it prints as one: so it takes no memory of its own, a string takes 24 bytes. */
  get resourceVersion(): string {
    return String(this.#version);
  }

  set resourceVersion(text: string) {
    const number = Number(text);
    this.#version = String(number) === text ? number : own(text);
  }

  /** In seconds, rounded up: such a number takes no memory of its own, one of milliseconds takes 16 bytes. */
  get changedAt(): number | undefined {
    return this.#changedSecond && this.#changedSecond * 1_000;
  }

  set changedAt(at: number | undefined) {
    this.#changedSecond = at && Math.ceil(at / 1_000);
  }

  get isNotice(): boolean {
    return this.uid.startsWith(NOTICE);
  }
}
