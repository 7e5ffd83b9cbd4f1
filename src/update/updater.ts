import { ClusterError } from "../cluster/error.ts";
import type { Pod } from "../pod/pod.ts";
import { type Backoff, backoffDelay } from "../runtime/backoff.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { type Image, parseImage } from "./image.ts";
import { decide, type Decision, newest, type Track, trackOf, whyFixed } from "./policy.ts";
import { RegistryError } from "./registry_error.ts";
import { readSelf, type Self } from "./self.ts";

/** What the updater needs of the world. */
export interface UpdaterDeps {
  mode: "exit" | "notify" | "off";
  /** In place of the image that its own pod names. */
  image?: string | undefined;
  /** The version that runs. */
  version: string;
  /** Reads the program's own pod; undefined outside a cluster. Throws {ClusterError}. */
  ownPod: ((signal: AbortSignal) => Promise<Pod>) | undefined;
  /** Opens the registry of an image for one look. Its methods throw {RegistryError}. */
  open: (image: Image) => TagSource;
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  log: Log;
  /** Milliseconds between two looks, in place of what the tag says. */
  interval?: number | undefined;
  /** Why leaving now would lose something, as a clause; undefined: nothing would be lost. */
  loses: () => string | undefined;
  /** Ends the program in an orderly way. Called once at the most. */
  leave: () => void;
}

/** One registry, asked about one image. */
export interface TagSource {
  tags(signal: AbortSignal): Promise<string[]>;
  isTagged(digest: string, signal: AbortSignal): Promise<boolean>;
}

/** Milliseconds between two looks. */
const INTERVALS: Record<Track, number> = { release: 24 * 3_600_000, prerelease: 4 * 3_600_000 };

/** After a fault of the registry or of the API server. */
const RETRY: Backoff = { base: 60_000, cap: 4 * 3_600_000 };

/** For what passes by itself: a pod that does not yet say what it runs, messages that are owed. */
const SOON = 600_000;

/** A look that takes longer has met a registry that is not well. */
const LONGEST_LOOK = 120_000;

/** What a look came to, and when the next one is due: `never`, at the usual time, soon, or after a fault. */
interface Outcome extends Decision {
  next: "never" | "usual" | "soon" | { retryAfter: number };
}

/**
 * Keeps the program current: looks for a newer version again and again, and leaves when the tag that it runs by has
 * moved to one. Each decision is a line in the log. Returns when the signal aborts, when it leaves, and when there is
 * nothing to follow. A fault of the registry or of the API server never ends it.
 */
export async function keepCurrent(deps: UpdaterDeps, stop: AbortSignal): Promise<void> {
  const { mode, clock, random, log, leave } = deps;
  if (mode === "off") return log.info("Update: stays: --update off.");
  const updater = new Updater(deps, mode);
  let failures = 0;
  while (!stop.aborted) {
    const outcome = await updater.look(stop);
    if (stop.aborted) return;
    say(outcome, log);
    if (outcome.act === "leave") return leave();
    if (outcome.next === "never") return;
    failures = typeof outcome.next === "object" ? failures + 1 : 0;
    const wait = typeof outcome.next === "object"
      ? Math.max(outcome.next.retryAfter, backoffDelay(RETRY, failures, random()))
      : outcome.next === "soon"
      ? SOON
      : updater.interval;
    // A tenth either way: many programs that began at once must not ask at once for ever.
    await sleep(clock, wait * (0.9 + 0.2 * random()), stop);
  }
}

function say({ act, reason }: Decision, log: Log): void {
  const verb = { stay: "stays", tell: "newer version", leave: "leaves" }[act];
  log.info(`Update: ${verb}: ${reason}.`);
}

/** What is remembered from look to look. */
class Updater {
  readonly #deps: UpdaterDeps;
  readonly #mode: "exit" | "notify";
  #track: Track = "release";
  #isFirst = true;

  constructor(deps: UpdaterDeps, mode: "exit" | "notify") {
    this.#deps = deps;
    this.#mode = mode;
  }

  /** Milliseconds between two looks. */
  get interval(): number {
    return this.#deps.interval ?? INTERVALS[this.#track];
  }

  async look(stop: AbortSignal): Promise<Outcome> {
    const late = new AbortController();
    const cancel = this.#deps.clock.after(LONGEST_LOOK, () => late.abort());
    try {
      return await this.#look(AbortSignal.any([stop, late.signal]));
    } catch (error) {
      if (stop.aborted) return { act: "stay", reason: "it ends", next: "never" };
      if (late.signal.aborted) return failed(`the registry took longer than ${LONGEST_LOOK / 1_000} s`);
      if (error instanceof RegistryError) return failed(error.message, error.details.retryAfter);
      if (error instanceof ClusterError) {
        return failed(`it cannot read its own pod: ${error.message.replace(/\.$/, "")}`, error.retryAfter);
      }
      throw error;
    } finally {
      cancel();
    }
  }

  async #look(signal: AbortSignal): Promise<Outcome> {
    const { ownPod, image: override } = this.#deps;
    const pod = await ownPod?.(signal);
    const self = pod && readSelf(pod);
    const image = parseImage(override ?? self?.image ?? "");
    if (image === undefined) return { act: "stay", reason: this.#whyNoImage(self), next: "never" };
    const track = trackOf(image);
    if (track === undefined) return { act: "stay", reason: whyFixed(image), next: "never" };
    this.#track = track;
    const wasUpdate = this.#isFirst && self?.startedByUpdate === true;
    this.#isFirst = false;
    if (wasUpdate) return { act: "stay", reason: "this start was an update", next: "usual" };
    return await this.#compare(image, track, self, signal);
  }

  async #compare(image: Image, track: Track, self: Self | undefined, signal: AbortSignal): Promise<Outcome> {
    const { version, open, loses } = this.#deps;
    const registry = open(image);
    const newer = newest(await registry.tags(signal), track, version);
    const isAsked = newer !== undefined && this.#mode === "exit" && self?.digest !== undefined;
    const runsWhatIsTagged = isAsked ? await registry.isTagged(self.digest ?? "", signal) : undefined;
    const pod = self && { ...self, runsWhatIsTagged, loses: loses() };
    const decision = decide({ mode: this.#mode, version, newer, track, tag: image.tag ?? "", pod });
    const passes = newer !== undefined && decision.act === "stay" &&
      (self?.digest === undefined || pod?.loses !== undefined);
    return { ...decision, next: passes ? "soon" : "usual" };
  }

  #whyNoImage(self: Self | undefined): string {
    const { image, ownPod } = this.#deps;
    if (image !== undefined || self !== undefined) return `${image ?? self?.image} is no image reference`;
    if (ownPod !== undefined) return "no container of its pod is named k8svent: give --image";
    return "it does not know its image: POD_NAME and POD_NAMESPACE are not set, and no --image is given";
  }
}

function failed(reason: string, retryAfter = 0): Outcome {
  return { act: "stay", reason, next: { retryAfter } };
}
