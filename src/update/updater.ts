import { ClusterError } from "../cluster/error.ts";
import type { Pod } from "../pod/pod.ts";
import { type Backoff, backoffDelay } from "../runtime/backoff.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { type Image, parseImage } from "./image.ts";
import {
  decide,
  type Decision,
  labelledVersion,
  newerVersions,
  olderVersions,
  type TaggedVersion,
  type Track,
  trackOf,
  versionsOf,
  whyFixed,
} from "./policy.ts";
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
  loses: () => Promise<string | undefined>;
  /** Called after each look: whether a newer version was found, and whether nothing could be found out. */
  looked?: (outcome: { isNewer: boolean; isFault: boolean }) => void;
  /** Ends the program in an orderly way. Called once at the most. */
  leave: () => void;
}

/** One registry, asked about one image. */
export interface TagSource {
  tags(signal: AbortSignal): Promise<string[]>;
  /** Whether the image's tag names what this digest names. */
  isTagged(digest: string, signal: AbortSignal): Promise<boolean>;
  /** What a tag names, by digest; undefined where it names nothing. */
  digestOf(tag: string, signal: AbortSignal): Promise<string | undefined>;
  /** What the image that the tag names says of its own version, as text. */
  label(signal: AbortSignal): Promise<string | undefined>;
  /** The platform of this program, where the image that the tag names has nothing for it; undefined: it has. */
  lacking(signal: AbortSignal): Promise<string | undefined>;
}

/** Milliseconds between two looks. */
const INTERVALS: Record<Track, number> = { release: 24 * 3_600_000, prerelease: 4 * 3_600_000 };

/**
 * Of the newer versions and of the older ones, those that the tag may name: it names the newest, but for a release that
 * is under way; or one of the latest, where it was moved back.
 */
const MOST_COMPARED = 20;

/** After a fault of the registry or of the API server. */
const RETRY: Backoff = { base: 60_000, cap: 4 * 3_600_000 };

/**
 * Milliseconds until what is awaited may be there. The kubelet writes its status soon after the start; an
 * endpoint that is down takes its time, and each look costs the registry some requests.
 */
const AWAITED: Record<NonNullable<Decision["awaits"]>, number> = { status: 300_000, delivery: 3_600_000 };

/** Milliseconds. A look that takes longer has met a registry that is not well. */
const LONGEST_LOOK = 120_000;

/** What a look came to. */
interface Outcome extends Decision {
  /** Milliseconds until the next look; Infinity: there is nothing to look for. */
  wait: number;
  /** Whether nothing was found out: then the wait is the least, and grows with each fault in a row. */
  isFault: boolean;
  /** Whether there is a newer version, whatever is done about it. */
  isNewer: boolean;
}

/**
 * Keeps the program current: looks for a newer version again and again, and leaves when the tag that it runs by
 * has moved to one. Each decision is a line in the log, but a version that is only announced is announced once. Returns when
 * the signal aborts, when it leaves, and when there is nothing to follow. A fault of the registry or of the API
 * server never ends it.
 */
export async function keepCurrent(deps: UpdaterDeps, stop: AbortSignal): Promise<void> {
  const { mode, image, ownPod, clock, random, log, leave } = deps;
  if (mode === "off") return log.info("Update: stays: --update off.");
  if (ownPod === undefined && image === undefined) return log.debug(`Update: stays: ${NOWHERE}.`);
  const updater = new Updater(deps, mode);
  let failures = 0;
  let announced = "";
  while (!stop.aborted) {
    const outcome = await updater.look(stop);
    if (stop.aborted) return;
    deps.looked?.({ isNewer: outcome.isNewer, isFault: outcome.isFault });
    const line = `Update: ${VERBS[outcome.act]}: ${outcome.reason}.`;
    if (line === announced) log.debug(line);
    else log.info(line);
    if (outcome.act === "leave") return leave();
    if (outcome.wait === Infinity) return;
    if (outcome.act === "tell") announced = line;
    failures = outcome.isFault ? failures + 1 : 0;
    const backoff = outcome.isFault ? backoffDelay(RETRY, failures, random()) : 0;
    // Programs that began at once must not ask at once for ever. Only later: a registry may ask for the wait.
    await sleep(clock, Math.max(outcome.wait, backoff) * (1 + random() / 10), stop);
  }
}

const VERBS: Record<Decision["act"], string> = { stay: "stays", tell: "newer version", leave: "leaves" };

/** For a person on a workstation it goes without saying; in a pod it tells what its manifest lacks. */
const NOWHERE = "it is in no pod (POD_NAME and POD_NAMESPACE are not set), and no --image is given";

/** What is remembered from look to look. */
class Updater {
  readonly #deps: UpdaterDeps;
  readonly #mode: "exit" | "notify";
  #isFirst = true;

  constructor(deps: UpdaterDeps, mode: "exit" | "notify") {
    this.#deps = deps;
    this.#mode = mode;
  }

  async look(stop: AbortSignal): Promise<Outcome> {
    const late = new AbortController();
    const cancel = this.#deps.clock.after(LONGEST_LOOK, () => late.abort());
    try {
      return await this.#look(AbortSignal.any([stop, late.signal]));
    } catch (error) {
      if (stop.aborted) return stays("it ends", Infinity);
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
    if (image === undefined) return stays(this.#whyNoImage(self), Infinity);
    const track = trackOf(image);
    if (track === undefined) return stays(whyFixed(image), Infinity);
    const wasUpdate = this.#isFirst && self?.startedByUpdate === true;
    this.#isFirst = false;
    if (wasUpdate) return stays("this start was an update", this.#interval(track));
    return await this.#compare(image, track, self, signal);
  }

  async #compare(image: Image, track: Track, self: Self | undefined, signal: AbortSignal): Promise<Outcome> {
    const { version, open, loses } = this.#deps;
    const registry = open(image);
    const all = versionsOf(await registry.tags(signal));
    const newer = newerVersions(all, track, version);
    // A mirror of the image may be pulled in its place, another tag may not.
    const left = self !== undefined && pulls(self, image) ? self : undefined;
    const isAsked = newer.length > 0 && this.#mode === "exit" && left?.digest !== undefined;
    const runsWhatIsTagged = isAsked ? await registry.isTagged(left.digest ?? "", signal) : undefined;
    const tagged = runsWhatIsTagged === false
      ? await versionTagged(registry, image, newer, olderVersions(all, version), signal)
      : undefined;
    const lacking = runsWhatIsTagged === false ? await registry.lacking(signal) : undefined;
    const pod = left && { ...left, runsWhatIsTagged, tagged, lacking, loses: await loses() };
    const decision = decide({
      mode: this.#mode,
      version,
      newer: newer[0]?.version,
      track,
      tag: image.tag ?? "",
      pod,
    });
    const soonest = decision.awaits === undefined ? Infinity : AWAITED[decision.awaits];
    return {
      ...decision,
      wait: Math.min(this.#interval(track), soonest),
      isFault: false,
      isNewer: newer.length > 0,
    };
  }

  #interval(track: Track): number {
    return this.#deps.interval ?? INTERVALS[track];
  }

  #whyNoImage(self: Self | undefined): string {
    const text = this.#deps.image ?? self?.image;
    return text === undefined
      ? "no container of its pod is named k8svent: give --image"
      : `${text} is not an image reference`;
  }
}

/**
 * The version of the image that the tag names: that of the version whose tag names the same, else what the image says of
 * itself. In this order, since a label may be that of the image which it was built on.
 */
async function versionTagged(
  registry: TagSource,
  { tag = "latest" }: Image,
  newer: TaggedVersion[],
  older: TaggedVersion[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const digest = await registry.digestOf(tag, signal);
  for (const one of [...newer.slice(0, MOST_COMPARED), ...older.slice(0, MOST_COMPARED)]) {
    if (await registry.digestOf(one.tag, signal) === digest) return one.version;
  }
  return labelledVersion(await registry.label(signal));
}

/** Whether the pod, started again, pulls what the image's tag names. */
function pulls(self: Self, { tag }: Image): boolean {
  const own = parseImage(self.image);
  return own !== undefined && own.digest === undefined && own.tag === tag;
}

function stays(reason: string, wait: number): Outcome {
  return { act: "stay", reason, wait, isFault: false, isNewer: false };
}

function failed(reason: string, retryAfter = 0): Outcome {
  return { act: "stay", reason, wait: retryAfter, isFault: true, isNewer: false };
}
