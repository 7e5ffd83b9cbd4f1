/** What a contender can be put to; the first sync is part of each of them. */
export const PARTS = {
  sync: "the first sync, and the memory after it",
  rest: "the processor while nothing changes",
  changes: "changes at several rates",
  many: "10,000 changes",
  outage: "an endpoint that is down for half a minute",
  start: "a start with the state of all pods, and nothing to send",
  restart: "a start after 100 pods have changed",
  endpoints: "2 and 10 endpoints at once",
  https: "an endpoint of https",
  large: "pods of 100 KB, on a control plane of their own",
} as const;

/** The name of a part. */
export type Part = keyof typeof PARTS;

/** A part that is asked for and does not exist. */
export class UnknownPartError extends Error {
  override readonly name = "UnknownPartError";
}

/**
 * Reads `sync,changes/all`: for each size, separated by slashes, the parts that it is measured for; the last ones are
 * those of the sizes that follow.
 *
 * @throws {UnknownPartError} with a sentence that names those there are
 */
export function parseParts(text: string): Set<Part>[] {
  return text.split("/").map((list) => new Set(list.split(",").flatMap(parsePart)));
}

function parsePart(name: string): Part[] {
  const all = Object.keys(PARTS).filter(isPart);
  if (name === "all") return all;
  if (isPart(name)) return [name];
  throw new UnknownPartError(`There is no part "${name}": take some of ${all.join(", ")}, or all.`);
}

function isPart(name: string): name is Part {
  return Object.hasOwn(PARTS, name);
}
