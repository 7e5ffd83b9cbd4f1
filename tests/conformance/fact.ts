import type { Kind, Subject } from "./subject.ts";

/** One sentence about the protocol, and how to see that it is so. */
export interface Fact {
  says: string;
  /** Of whom it is true; of everybody by default. */
  of?: Kind[];
  check: (subject: Subject) => Promise<void>;
}

export function factsOf(kind: Kind, facts: Fact[]): Fact[] {
  return facts.filter((fact) => fact.of === undefined || fact.of.includes(kind));
}
