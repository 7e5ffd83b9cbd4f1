import { styleText } from "node:util";
import { type Change, detailsOf, readiness, restartsOf } from "../change/details.ts";
import type { TailOptions } from "../cli/job.ts";
import { fieldsOf, textOf } from "../pod/anything.ts";
import { counted } from "../runtime/wording.ts";
import { printable, printableJson } from "../runtime/printable.ts";
import { fitting, padded, widthOf } from "../runtime/width.ts";

/*
 * A change of a pod as `k8svent tail` prints it: a line for a person, in as many columns as the terminal has, or an
 * object for a program. A pod's author wrote much of it, so it is made printable.
 */

/** What is printed of a change. */
export interface Seen extends Change {
  /** When it was seen, in milliseconds since the Unix epoch. */
  at: number;
  event: "pod.changed" | "pod.deleted";
  namespace: string;
  name: string;
  resourceVersion: string;
  /** The last one that it really had. */
  phase: string;
  /** False: its end was inferred, and nobody saw it. */
  observed: boolean;
  /** `{"pod":…}`, as it is sent; undefined: it is not known any more. */
  body: Uint8Array | undefined;
}

/** How lines look. */
export interface Form {
  /** Whether names have colours. */
  isColoured: boolean;
  /** How many columns a line may have; undefined: as many as it takes, since nobody looks at it in a terminal. */
  columns: number | undefined;
}

/** Columns that a name has at the least where lines are cut, and that all else has then. */
const SHORTEST_NAME = 20;
const BESIDE_NAME = 46;

/** Reasons stand in a column of their own, where one looks at them below one another. */
const REASONS_COLUMN = "terminated".length;

/** Columns of the time and the space behind it. */
const BEFORE_NAME = 9;

/** Makes lines, the names in a column that is as wide as they were until now. */
export class Lines {
  readonly #output: TailOptions["output"];
  #longest = 0;

  constructor(output: TailOptions["output"]) {
    this.#output = output;
  }

  /** The line of a change, without its end. */
  of(seen: Seen, form: Form): string {
    switch (this.#output) {
      case "json":
        return printableJson(JSON.stringify(objectOf(seen)));
      case "json-wide":
        return printableJson(wideObjectOf(seen));
      default:
        return this.#textOf(seen, form);
    }
  }

  #textOf(seen: Seen, { isColoured, columns }: Form): string {
    const time = timeOf(seen.at);
    const name = this.#nameOf(seen, columns);
    const rest = [
      columns === undefined ? seen.reasons.join() : seen.reasons.join().padEnd(REASONS_COLUMN),
      stateOf(seen),
      ...this.#output === "wide" ? [placeOf(seen)] : [],
      details(seen),
    ].filter((part) => part !== "").join("  ");
    const left = columns === undefined ? Infinity : columns - BEFORE_NAME - widthOf(name) - 2;
    const paint = isColoured ? styleText : plain;
    const style = { validateStream: false };
    return `${paint("dim", time, style)} ${paint(colourOf(seen), name, style)}  ${cut(rest, left)}`.trimEnd();
  }

  #nameOf(seen: Seen, columns: number | undefined): string {
    const name = printable(`${seen.namespace}/${seen.name}`);
    if (columns === undefined) return name;
    this.#longest = Math.max(this.#longest, widthOf(name));
    const most = Math.min(Math.max(SHORTEST_NAME, columns - BESIDE_NAME), columns - BEFORE_NAME);
    const room = Math.min(this.#longest, most);
    return padded(shortened(name, room), room);
  }
}

function plain(_style: unknown, text: string): string {
  return text;
}

/** Those of stern that can be read on a dark and on a light ground. */
const COLOURS = ["cyan", "green", "magenta", "blue", "yellow", "red"] as const;

/** The same for a pod each time that it is seen, in each run. */
function colourOf({ namespace, name }: Seen): (typeof COLOURS)[number] {
  // FNV-1a, of 32 bits.
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${namespace}/${name}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return COLOURS[hash % COLOURS.length] ?? "cyan";
}

/** The local time, to the second. */
function timeOf(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":");
}

function stateOf({ pod, phase }: Seen): string {
  const { ready, containers } = readiness(pod);
  const restarts = restartsOf(pod);
  const restarted = restarts === 0 ? [] : [counted(restarts, "restart")];
  const of = containers === 0 ? [] : [`${ready}/${containers}`];
  return printable([phase, ...of, ...restarted].join(" "));
}

function placeOf({ pod }: Seen): string {
  const address = textOf(fieldsOf(pod.status)["podIP"]);
  return printable(
    [`node ${textOf(fieldsOf(pod.spec)["nodeName"]) ?? "-"}`, `ip ${address ?? "-"}`].join(" "),
  );
}

function details(seen: Seen): string {
  const unseen = seen.observed ? [] : ["nobody saw its end"];
  return printable([...detailsOf(seen), ...unseen].join(", "));
}

/** The middle goes: the namespace stands in front, and what tells one replica from another behind. */
function shortened(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns <= 0) return "";
  const head = fitting(text, Math.ceil((columns - 1) / 2));
  return `${head}…${fitting(text, columns - 1 - widthOf(head), "end")}`;
}

function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return columns <= 0 ? "" : `${fitting(text, columns - 1).trimEnd()}…`;
}

/** What a script reads of it. */
function objectOf(seen: Seen): Record<string, unknown> {
  const { at, event, reasons, namespace, name, phase, pod, resourceVersion, observed } = seen;
  const { ready, containers } = readiness(pod);
  return {
    time: new Date(at).toISOString(),
    event,
    reasons,
    namespace,
    name,
    phase,
    ready,
    containers,
    restarts: restartsOf(pod),
    details: detailsOf(seen),
    resourceVersion,
    ...!observed && { observed },
  };
}

/** The pod is not parsed and printed anew, which would change its larger numbers. */
function wideObjectOf(seen: Seen): string {
  const object = JSON.stringify(objectOf(seen));
  if (seen.body === undefined) return object;
  return `${object.slice(0, -1)},${new TextDecoder().decode(seen.body).slice(1)}`;
}
