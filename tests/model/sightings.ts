import type { RequestKind } from "../kit/apiserver/faults.ts";
import type { Pod, Scope } from "../../src/pod/pod.ts";
import { parseEveryNumber } from "../kit/exact.ts";
import { parsePod } from "./cluster.ts";
import type { WireObserver } from "./wire.ts";
import type { Sighting, Witness } from "./witness.ts";

/** A list as far as it has come. */
interface Listing {
  generation: number;
  sightings: Sighting[];
  complete: boolean;
}

/** An event of a watch; of a bookmark, no more than its version. */
interface Event {
  version: number;
  sighting?: Sighting;
}

/** Tells the witness what one run of the program is handed, and when it is sure to have handled it. */
export class Sightings {
  readonly #witness: Witness;
  readonly #endpointsOf: (pod: Pod) => readonly string[];
  readonly #synced: (scope: Scope, generation: number) => void;
  readonly #listings = new Map<Scope, Listing>();
  /** What each stream has handed that was not surely handled, the oldest stream first. */
  readonly #watches = new Map<Scope, Event[][]>();
  /** Whether a list is followed by a watch, and not after an interval by another list. */
  isWatched = false;
  /** The generation of the last list of a scope that a watch followed. */
  readonly #used = new Map<Scope, number>();

  /**
   * @param endpointsOf where a pod goes now
   * @param synced called with each list that was handled to its end
   */
  constructor(
    witness: Witness,
    endpointsOf: (pod: Pod) => readonly string[],
    synced: (scope: Scope, generation: number) => void,
  ) {
    this.#witness = witness;
    this.#endpointsOf = endpointsOf;
    this.#synced = synced;
  }

  /** A request came: what follows a complete list shows that the list was handled. */
  begin(kind: RequestKind, scope: Scope, query: URLSearchParams): void {
    if (kind !== "get") this.#mayHaveTaken(scope);
    const goesOn = kind === "get" || query.has("continue") || query.has("resourceVersionMatch");
    const listing = this.#listings.get(scope);
    if (goesOn || listing === undefined) return;
    this.#listings.delete(scope);
    if (!listing.complete) return this.#witness.mayHaveSeen(listing.sightings);
    if (kind === "watch") this.#used.set(scope, listing.generation);
    // Nothing is used of a list that contradicts what is known (docs/delivery.md), and another list follows it.
    const isDropped = this.isWatched && listing.generation > (this.#used.get(scope) ?? 0);
    if (isDropped) this.#witness.mayHaveSeen(listing.sightings);
    else this.#witness.saw(listing.sightings, this.#endpointsOf);
    this.#witness.handled(scope);
    this.#synced(scope, listing.generation);
  }

  ofList(scope: Scope, generation: number): WireObserver {
    let text = "";
    const toSighting = (pod: Pod): Sighting => ({ type: "applied", pod, generation });
    return {
      handed: (piece): void => void (text += piece),
      closed: (complete): void => {
        const page = complete ? parsePage(text) : undefined;
        // Of a page that breaks off, or ends too early, the pods before that may have been handled.
        if (page === undefined) return this.#witness.mayHaveSeen(itemsBefore(text).map(toSighting));
        this.#witness.handed(scope, page.version, true);
        const listing = this.#listings.get(scope) ?? { generation, sightings: [], complete: false };
        listing.sightings.push(...page.pods.map(toSighting));
        listing.complete = page.last;
        this.#listings.set(scope, listing);
      },
    };
  }

  ofGet(): WireObserver {
    let text = "";
    return {
      handed: (piece): void => void (text += piece),
      closed: (complete): void => {
        const pod = complete ? parse(text) as Pod | undefined : undefined;
        if (pod !== undefined) this.#witness.unsure(pod.metadata.uid);
      },
    };
  }

  /** What is handed may be read ahead: `took` tells up to where it was handled. */
  ofWatch(scope: Scope, generation: () => number): WireObserver {
    let text = "";
    const stream: Event[] = [];
    this.#watches.set(scope, [...this.#watches.get(scope) ?? [], stream]);
    return {
      handed: (piece): void => {
        const lines = (text + piece).split("\n");
        text = lines.pop() ?? "";
        for (const { type, object } of lines.flatMap(parseEvent)) {
          const isPod = type !== "BOOKMARK";
          const version = Number(object.metadata.resourceVersion);
          this.#witness.handed(scope, version, isPod);
          const sighting = {
            type: type === "DELETED" ? "deleted" as const : "applied" as const,
            pod: object,
            generation: generation(),
          };
          stream.push({ version, ...isPod && { sighting } });
        }
      },
      closed: (): void => {},
    };
  }

  /** The program has handled a batch of a watch, whose last version this is, and with it all that came before that. */
  took(scope: Scope, version: number): void {
    const streams = this.#watches.get(scope) ?? [];
    const index = streams.findIndex((stream) => stream.some((event) => event.version === version));
    for (const stream of streams.slice(0, index + 1)) {
      const last = stream.findLastIndex((event) => event.version === version);
      const events = stream.splice(0, last === -1 ? Infinity : last + 1);
      this.#witness.handledTo(
        scope,
        events.at(-1)?.version,
        events.findLast(({ sighting }) => sighting !== undefined)?.version,
      );
      this.#witness.saw(events.flatMap(({ sighting }) => sighting ?? []), this.#endpointsOf);
    }
    if (index > 0) streams.splice(0, index);
  }

  #mayHaveTaken(scope: Scope): void {
    for (const stream of this.#watches.get(scope) ?? []) {
      this.#witness.mayHaveSeen(stream.flatMap(({ sighting }) => sighting ?? []));
    }
    this.#watches.delete(scope);
  }

  /** The program was killed, or ended: whether it had stored what it was handed last, nobody knows. */
  end(): void {
    for (const { sightings } of this.#listings.values()) this.#witness.mayHaveSeen(sightings);
    this.#listings.clear();
    for (const scope of [...this.#watches.keys()]) this.#mayHaveTaken(scope);
  }
}

function parsePage(text: string): { pods: Pod[]; version: number; last: boolean } | undefined {
  const page = parse(text) as
    | { metadata: { continue?: string; resourceVersion: string }; items: Pod[] }
    | undefined;
  if (page === undefined) return undefined;
  return {
    pods: page.items.map((item) => parsePod(JSON.stringify(item))),
    version: Number(page.metadata.resourceVersion),
    last: page.metadata.continue === undefined,
  };
}

/** The whole items of a page that ends in its middle: what can be completed to a page at one of its ends of objects. */
function itemsBefore(text: string): Pod[] {
  for (let end = text.lastIndexOf("}"); end > 0; end = text.lastIndexOf("}", end - 1)) {
    const page = parsePage(`${text.slice(0, end + 1)}]}`);
    if (page !== undefined) return page.pods;
  }
  return [];
}

function parseEvent(line: string): { type: string; object: Pod }[] {
  const { type = "", object } = parse(line) as { type?: string; object?: Pod } ?? {};
  if (object === undefined || !["ADDED", "MODIFIED", "DELETED", "BOOKMARK"].includes(type)) return [];
  return [{ type, object: parsePod(JSON.stringify(object)) }];
}

/** A body that was cut is not JSON. */
function parse(text: string): unknown {
  try {
    return parseEveryNumber(text);
  } catch {
    return undefined;
  }
}
