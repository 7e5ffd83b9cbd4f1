/** A pod in memory: a few hundred bytes, no JSON, no body. */
import type { PodRow } from "./journal.ts";
import type { KnownPod } from "./store.ts";

/**
 * The endpoints that ever had a pod pending (I4), by their ids. There are few different ones, so each exists once and a
 * pod only points at it.
 */
export interface Audience {
  readonly ids: readonly number[];
  /** The audience with one endpoint more. */
  readonly plus: Map<number, Audience>;
}

/** All audiences, each once. */
export class Audiences {
  readonly nobody: Audience = { ids: [], plus: new Map() };

  with(audience: Audience, endpoint: number): Audience {
    if (audience.ids.includes(endpoint)) return audience;
    let more = audience.plus.get(endpoint);
    if (more === undefined) {
      more = { ids: [...audience.ids, endpoint], plus: new Map() };
      audience.plus.set(endpoint, more);
    }
    return more;
  }

  /** @param text as a row has it */
  parse(text: string, exists: (endpoint: number) => boolean): Audience {
    let audience = this.nobody;
    if (text === "") return audience;
    for (const id of text.split(",").map(Number)) if (exists(id)) audience = this.with(audience, id);
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
  resourceVersion = "0";
  epoch = 0;
  route: readonly string[] | undefined;
  environment: string | undefined;
  audience: Audience;
  /** The id of its current version, the greatest (I1); 0: it is gone, or was put and not recorded yet. */
  current = 0;
  isUnhealthy = false;
  /** The number of the last list that held it. */
  seen = 0;
  remindAt: number | undefined;
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

  get isNotice(): boolean {
    return this.uid.startsWith(NOTICE);
  }
}

/**
 * A string of its own. One that was sliced from a body would keep the whole body in memory: 6 KB in place of 36 bytes.
 * (V8 copies what is shorter than 13 characters.)
 */
export function own(text: string): string {
  return text.length < 13 ? text : JSON.parse(JSON.stringify(text)) as string;
}
