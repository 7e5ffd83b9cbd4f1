import type { Ages, Message, Pending } from "../store/store.ts";
import type { AttemptDeps } from "./attempt.ts";
import type { DeliverySpans } from "./delivery_spans.ts";
import type { Snapshot } from "./snapshot.ts";

/*
 * What a worker is given, and what it is to reach.
 */

/** What one worker needs. */
export interface WorkerDeps extends AttemptDeps {
  pending: Pending;
  /** When messages were recorded. */
  ages: Pick<Ages, "recordedAt">;
  /** Requests at a time, at the most. */
  concurrency: number;
  /** Requests a second, at the most; undefined: as many as it takes. */
  rate?: number | undefined;
  /** Bytes that all workers together may have under way. */
  budget: { limit: number; used: number };
  /** Whether people hear that it delivers, with the first message that is accepted: endpoints of annotations come and go. */
  isAnnounced: boolean;
  /** With `--once`: a message or the endpoint is given up after a few retries, and this says so. */
  snapshot?: Snapshot | undefined;
  /** Undefined: deliveries are not traced. */
  spans?: DeliverySpans | undefined;
  /**
   * Reads the pod of a message again whose body was given up, and stores it as if the source had brought it. False
   * where the pod cannot be had now: the message then waits.
   */
  reread: (message: Message) => Promise<boolean>;
  /** Called whenever a worker that is being stopped has given something back: the endpoint's next one is to look. */
  handOver: () => void;
  /** Called each time that the endpoint asks for an inventory. */
  onRequest: (endpoint: string) => void;
  /** A number in [0, 1). */
  random: () => number;
}

/**
 * When a worker's work is done.
 *
 * - `never`: as long as the program runs.
 * - `settled`: when nothing is pending any more but dead letters; retries are waited for (`--once`).
 * - `stopped`: as soon as nothing is in flight.
 * - `drained`: when what is due was tried once more; nothing is waited for (the program ends).
 */
export type Goal = "never" | "settled" | "drained" | "stopped";
