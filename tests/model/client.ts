import type { Sightings } from "./sightings.ts";

/** One run of the program, as the model's servers see it. */
export interface Client {
  /** Counts the runs. */
  readonly number: number;
  /** Aborts when the run was killed. */
  readonly dead: AbortSignal;
  readonly sightings: Sightings;
  /** Called with each call that the program makes to the world around it: a moment at which it may be killed. */
  call(): void;
}
