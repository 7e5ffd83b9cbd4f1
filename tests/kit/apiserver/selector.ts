import type { Stored } from "./pod_store.ts";

export type Selector = (pod: Stored) => boolean;

/** A selector that the API server answers with 400; the message is its own. */
export class SelectorError extends Error {}

/** Equality, sets and existence, as in kubectl's `-l`. */
export function parseLabelSelector(text: string): Selector {
  const requirements = split(text).map(parseRequirement);
  return (pod) => requirements.every((holds) => holds(pod.metadata.labels ?? {}));
}

/** `=`, `==` and `!=` on the fields that pods can be selected by here. */
export function parseFieldSelector(text: string): Selector {
  const terms = split(text).map((term) => {
    const [, field = "", operator, value = ""] = /^([^=!]*)(!=|==|=)(.*)$/.exec(term) ?? [];
    if (operator === undefined) {
      throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    const read = FIELDS[field];
    if (read === undefined) throw new SelectorError(`field label not supported: ${field}`);
    return (pod: Stored): boolean => (read(pod) === value) === (operator !== "!=");
  });
  return (pod) => terms.every((holds) => holds(pod));
}

const FIELDS: Record<string, (pod: Stored) => string> = {
  "metadata.name": (pod) => pod.metadata.name,
  "metadata.namespace": (pod) => pod.metadata.namespace,
  "status.phase": (pod) => pod.phase,
  "spec.nodeName": (pod) => pod.nodeName,
};

function parseRequirement(term: string): (labels: Record<string, string>) => boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return (labels) => values.includes(labels[key] ?? "\0") === (operator === "in");
  }
  const equality = /^([^\s=!]+)\s*(==|!=|=)\s*([^\s=!]*)$/.exec(term);
  if (equality !== null) {
    const [, key = "", operator, value = ""] = equality;
    return (labels) => (labels[key] === value) === (operator !== "!=");
  }
  const existence = /^(!?)([^\s=!]+)$/.exec(term);
  if (existence === null) {
    throw new SelectorError("unable to parse requirement: found '=', expected: identifier");
  }
  const [, not, key = ""] = existence;
  return (labels) => (labels[key] !== undefined) === (not === "");
}

/** At commas outside parentheses. */
function split(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((term) => term.trim()).filter((term) => term !== "");
}
