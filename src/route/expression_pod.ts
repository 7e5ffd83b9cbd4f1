/**
 * A pod as the library of expressions can read it. It knows an object by its `constructor`, and so takes one that has a
 * member of that name (a label `constructor: acme`) for none of its types: each expression that meets it is an error. It
 * reads a `Map` as it does an object, and that has no such member.
 */

const READABLE = new WeakMap<object, object>();

/** The same pod, or a copy in which such objects are maps. Many expressions ask about one pod. */
export function readable(pod: object): object {
  let known = READABLE.get(pod);
  if (known === undefined) READABLE.set(pod, known = isOdd(pod) ? withMaps(pod) as object : pod);
  return known;
}

/** Whether one has such a member. By no recursion: a pod may be nested more deeply than the stack is. */
function isOdd(pod: object): boolean {
  const left: object[] = [pod];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (Object.hasOwn(value, "constructor")) return true;
    for (const member of Object.values(value)) {
      if (typeof member === "object" && member !== null) left.push(member);
    }
  }
  return false;
}

function withMaps(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withMaps);
  const members = Object.entries(value).map(([name, member]) => [name, withMaps(member)] as const);
  return Object.hasOwn(value, "constructor") ? new Map(members) : Object.fromEntries(members);
}
