// @ts-types="@types/semver"
import { compare, parse, prerelease } from "semver";
import type { Image } from "./image.ts";

/** What a tag promises to follow. */
export type Track = "release" | "prerelease";

/** All that the decision rests on. */
export interface Facts {
  mode: "exit" | "notify";
  /** The version that runs. */
  version: string;
  /** The newest version of the track that is above it, if there is one. */
  newer: string | undefined;
  track: Track;
  tag: string;
  /** The pod that would be left; undefined where leaving would not pull this tag, as outside a cluster. */
  pod: LeavingPod | undefined;
}

/** What leaving a pod's container leads to. */
export interface LeavingPod {
  /** `Always`, `IfNotPresent` or `Never`. */
  pullPolicy: string;
  /** `Always`, `OnFailure` or `Never`. */
  restartPolicy: string;
  /** Whether the tag still names what runs; undefined: the pod does not say yet what that is. */
  runsWhatIsTagged: boolean | undefined;
  /** The version of the image that the tag names; undefined where nothing says it. */
  tagged: string | undefined;
  /** The platform of this program, where the image that the tag names has nothing for it; undefined: it has. */
  lacking: string | undefined;
  /** Why leaving now would lose something, as a clause; undefined: nothing would be lost. */
  loses: string | undefined;
}

/**
 * What to do, and why, as the rest of a sentence.
 *
 * - `stay`: nothing; `tell`: say that there is a newer version; `leave`: end, so that it is pulled.
 */
export interface Decision {
  act: "stay" | "tell" | "leave";
  reason: string;
  /** What alone holds the update up and comes by itself: the pod's status, or delivery of what is pending. */
  awaits?: "status" | "delivery";
}

/** What an image follows; undefined for one that stays as it is. */
export function trackOf({ tag, digest }: Image): Track | undefined {
  if (digest !== undefined) return undefined;
  return tag === "latest" ? "release" : tag === "next" ? "prerelease" : undefined;
}

/** Why an image that follows nothing does not, as a clause. */
export function whyFixed({ tag, digest }: Image): string {
  return digest === undefined ? `tag ${tag} is fixed` : "its image is named by digest";
}

/** A version that an image may be of, and the tag that says so. */
export interface TaggedVersion {
  version: string;
  tag: string;
}

/**
 * All versions that the tags name, the newest first. A tag may have a `v` before it; what is no semantic version
 * (semver.org 2.0) names none.
 */
export function versionsOf(tags: Iterable<string>): TaggedVersion[] {
  const found: TaggedVersion[] = [];
  for (const tag of tags) {
    const version = parse(tag)?.version;
    if (version !== undefined) found.push({ version, tag });
  }
  return found.toSorted((one, other) => compare(other.version, one.version));
}

/** Those of the track that are above the one that runs, in their order. */
export function newerVersions(all: TaggedVersion[], track: Track, above: string): TaggedVersion[] {
  return all.filter(({ version }) =>
    compare(version, above) > 0 && (track === "prerelease" || prerelease(version) === null)
  );
}

/** Those that are not above the one that runs, in their order. */
export function olderVersions(all: TaggedVersion[], above: string): TaggedVersion[] {
  return all.filter(({ version }) => compare(version, above) <= 0);
}

/** The version that an image's label names, as versions are written; undefined where it names none. */
export function labelledVersion(label: string | undefined): string | undefined {
  return parse(label)?.version;
}

/** Decides. Whoever leaves must come back as something newer: every doubt is a reason to stay. */
export function decide({ mode, version, newer, track, tag, pod }: Facts): Decision {
  if (newer === undefined) return stay(whyNewest(version, track));
  if (mode === "notify") return { act: "tell", reason: `${newer} is there (--update notify)` };
  if (pod === undefined) return { act: "tell", reason: `${newer} is there, and leaving would not pull it` };
  // Else the node starts the image again that it has.
  if (pod.pullPolicy !== "Always") {
    return stay(
      `${newer} is there, but with imagePullPolicy ${pod.pullPolicy} the same image would start again`,
    );
  }
  if (pod.restartPolicy !== "Always") {
    return stay(`${newer} is there, but with restartPolicy ${pod.restartPolicy} nothing would start again`);
  }
  if (pod.runsWhatIsTagged === undefined) {
    return stay(`${newer} is there, but its pod does not say yet which image it runs`, { awaits: "status" });
  }
  if (pod.runsWhatIsTagged) return stay(`${newer} is there, but the tag ${tag} has not moved to it yet`);
  const doubt = doubtOf(pod.tagged, version, track);
  if (doubt !== undefined) return stay(`${newer} is there, but what the tag ${tag} names ${doubt}`);
  if (pod.lacking !== undefined) {
    return stay(`${newer} is there, but what the tag ${tag} names is not built for ${pod.lacking}`);
  }
  if (pod.loses !== undefined) return stay(`${newer} is there, but ${pod.loses}`, { awaits: "delivery" });
  const whereto = pod.tagged === newer ? "" : ` to ${pod.tagged}`;
  return { act: "leave", reason: `${newer} is there, and the tag ${tag} has moved${whereto}` };
}

/** A tag may have been moved back, on purpose: what it names now must not end what runs. */
function doubtOf(tagged: string | undefined, version: string, track: Track): string | undefined {
  if (tagged === undefined) {
    return "may be older: it is none of the newer versions, and has no label org.opencontainers.image.version";
  }
  if (compare(tagged, version) <= 0) return `is ${tagged}, which is not newer than ${version}`;
  return track === "release" && prerelease(tagged) !== null
    ? `is ${tagged}, which is not a release`
    : undefined;
}

/** A prerelease may run by the tag of releases. */
function whyNewest(version: string, track: Track): string {
  if (track === "prerelease") return `${version} is the newest version`;
  return prerelease(version) === null
    ? `${version} is the newest release`
    : `no release is newer than ${version}`;
}

function stay(reason: string, also: Pick<Decision, "awaits"> = {}): Decision {
  return { act: "stay", reason, ...also };
}
