/** Which request a fault is for. */
export type RequestKind = "list" | "watch" | "get";

/** What goes wrong, as data: a test sets it, the server looks at it with each request and each write. */
export interface Faults {
  /** Taken in order by requests of their kind. */
  answers: FaultAnswer[];
  /** Taken in order by requests of their kind that are answered at all. */
  cuts: Cut[];
  /** Connections stay open and streams get no byte more; what would have been written is lost. */
  silent: boolean;
  /** Without them a quiet watch ends without a word, as behind some proxies. */
  bookmarks: boolean;
  /** Lists without a resourceVersion are answered as of this version: a replica that is behind. */
  behind?: number;
}

/** Instead of the right answer. */
export interface FaultAnswer {
  kind: RequestKind | "any";
  /** A status with the real server's body; `hang` never answers; `reset` closes the connection. */
  status: number | "hang" | "reset";
  /** For how many requests; 1 by default. */
  times?: number;
  /** Seconds, as the header has it. */
  retryAfter?: number;
  /** Instead of the real body. */
  body?: string;
}

/** The body ends after so many bytes: cleanly, or with the connection. */
export interface Cut {
  kind: RequestKind;
  after: number;
  how: "end" | "reset";
}

export function noFaults(): Faults {
  return { answers: [], cuts: [], silent: false, bookmarks: true };
}

/** Takes the first answer that is for this kind, once. */
export function takeAnswer(faults: Faults, kind: RequestKind): FaultAnswer | undefined {
  const answer = faults.answers.find((candidate) => candidate.kind === "any" || candidate.kind === kind);
  if (answer === undefined) return undefined;
  answer.times = (answer.times ?? 1) - 1;
  if (answer.times <= 0) faults.answers.splice(faults.answers.indexOf(answer), 1);
  return answer;
}

export function takeCut(faults: Faults, kind: RequestKind): Cut | undefined {
  const index = faults.cuts.findIndex((cut) => cut.kind === kind);
  return index === -1 ? undefined : faults.cuts.splice(index, 1)[0];
}
