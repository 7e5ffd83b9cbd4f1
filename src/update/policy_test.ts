import assert from "node:assert/strict";
import fc from "fast-check";
import { parseImage } from "./image.ts";
import {
  decide,
  type Facts,
  labelledVersion,
  type LeavingPod,
  newerVersions,
  trackOf,
  versionsOf,
  whyFixed,
} from "./policy.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const POD: Omit<LeavingPod, "tagged"> = {
  pullPolicy: "Always",
  restartPolicy: "Always",
  runsWhatIsTagged: false,
  lacking: undefined,
  loses: undefined,
};

/** In a pod with `--update exit` whose tag has moved to the newest version, unless `also` says otherwise. */
interface Row {
  image: string;
  version: string;
  tags: string[];
  also?: { mode?: "notify"; pod?: undefined | Partial<LeavingPod> };
  /** The act and the reason, or why the image follows nothing. */
  decision: string;
}

function row(image: string, version: string, tags: string, decision: string, also: Row["also"] = {}): Row {
  return { image, version, tags: tags.split(" ").filter(Boolean), decision, also };
}

function leaves(version: string, tag: string): string {
  return `leave: ${version} is there, and the tag ${tag} has moved`;
}

const ROWS: Row[] = [
  // What the tag follows.
  row("k8svent:1.2.3", "1.2.3", "9.0.0", "fixed: tag 1.2.3 is fixed"),
  row("k8svent:v1.2.3", "1.2.3", "9.0.0", "fixed: tag v1.2.3 is fixed"),
  row("k8svent:1.2", "1.2.3", "9.0.0", "fixed: tag 1.2 is fixed"),
  row("k8svent:stable", "1.2.3", "9.0.0", "fixed: tag stable is fixed"),
  row("k8svent:LATEST", "1.2.3", "9.0.0", "fixed: tag LATEST is fixed"),
  row(`k8svent@${DIGEST}`, "1.2.3", "9.0.0", "fixed: its image is named by digest"),
  row(`k8svent:latest@${DIGEST}`, "1.2.3", "9.0.0", "fixed: its image is named by digest"),
  row("k8svent", "1.2.3", "1.2.4", "leave: 1.2.4 is there, and the tag latest has moved"),
  // Releases.
  row("k8svent:latest", "1.2.3", "", "stay: 1.2.3 is the newest release"),
  row("k8svent:latest", "1.2.3", "latest next", "stay: 1.2.3 is the newest release"),
  row("k8svent:latest", "1.2.3", "1.2.3", "stay: 1.2.3 is the newest release"),
  row("k8svent:latest", "1.2.3", "v1.2.3", "stay: 1.2.3 is the newest release"),
  row("k8svent:latest", "1.2.3", "1.2.2 1.1.9 0.9.9", "stay: 1.2.3 is the newest release"),
  row("k8svent:latest", "1.2.3", "1.2.4", leaves("1.2.4", "latest")),
  row("k8svent:latest", "1.2.3", "v1.2.4", leaves("1.2.4", "latest")),
  row("k8svent:latest", "1.9.0", "1.10.0", leaves("1.10.0", "latest")),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.3.0 2.0.0 1.9.9",
    leaves("2.0.0", "latest"),
  ),
  row("k8svent:latest", "1.2.3", "2.0.0-rc.1", "stay: 1.2.3 is the newest release"),
  row(
    "k8svent:latest",
    "1.2.3",
    "2.0.0-rc.1 1.2.4",
    leaves("1.2.4", "latest"),
  ),
  row("k8svent:latest", "2.0.0-rc.1", "2.0.0-rc.2", "stay: no release is newer than 2.0.0-rc.1"),
  row("k8svent:latest", "2.0.0-rc.1", "1.9.0", "stay: no release is newer than 2.0.0-rc.1"),
  row("k8svent:latest", "2.0.0-rc.1", "2.0.0", leaves("2.0.0", "latest")),
  // Every version.
  row("k8svent:next", "1.2.3", "1.2.3", "stay: 1.2.3 is the newest version"),
  row("k8svent:next", "1.2.3", "1.2.3-rc.1", "stay: 1.2.3 is the newest version"),
  row("k8svent:next", "1.2.3", "2.0.0-rc.1", leaves("2.0.0-rc.1", "next")),
  row("k8svent:next", "1.2.3", "1.2.4", leaves("1.2.4", "next")),
  row("k8svent:next", "2.0.0-rc.1", "2.0.0", leaves("2.0.0", "next")),
  row(
    "k8svent:next",
    "2.0.0-rc.9",
    "2.0.0-rc.10",
    leaves("2.0.0-rc.10", "next"),
  ),
  row("k8svent:next", "2.0.0-rc.2", "2.0.0-beta.9", "stay: 2.0.0-rc.2 is the newest version"),
  row(
    "k8svent:next",
    "2.0.0-alpha",
    "2.0.0-alpha.1",
    leaves("2.0.0-alpha.1", "next"),
  ),
  row(
    "k8svent:next",
    "2.0.0-rc.1",
    "2.0.0-rc.2 2.0.0",
    leaves("2.0.0", "next"),
  ),
  // Build metadata, which no tag may have but a list might: it makes nothing newer (semver.org, 10).
  row("k8svent:latest", "1.2.3+abc", "1.2.3", "stay: 1.2.3+abc is the newest release"),
  row("k8svent:latest", "1.2.3", "1.2.3+abc", "stay: 1.2.3 is the newest release"),
  row("k8svent:latest", "1.2.3", "1.2.4+abc", leaves("1.2.4", "latest")),
  // What is no version.
  row("k8svent:latest", "1.2.3", "2 2.0 v2 v2.0", "stay: 1.2.3 is the newest release"),
  row("k8svent:latest", "1.2.3", "2.0.0.0 02.0.0 2.00.0", "stay: 1.2.3 is the newest release"),
  row("k8svent:next", "1.2.3", "vv2.0.0 V2.0.0 release-2.0.0", "stay: 1.2.3 is the newest version"),
  row("k8svent:next", "1.2.3", "sha-9999999 99999999 main pr-9", "stay: 1.2.3 is the newest version"),
  row("k8svent:next", "1.2.3", "2.0.0-rc..1 2.0.0-", "stay: 1.2.3 is the newest version"),
  row("k8svent:latest", "1.2.3", "99999999999999999.0.0", "stay: 1.2.3 is the newest release"),
  row(
    "k8svent:latest",
    "1.2.3",
    "junk 1.2.4 more_junk",
    leaves("1.2.4", "latest"),
  ),
  // Doubts.
  row(
    "k8svent:latest",
    "1.2.3",
    "1.3.0",
    "stay: 1.3.0 is there, but the tag latest has not moved to it yet",
    {
      pod: { runsWhatIsTagged: true },
    },
  ),
  row(
    "k8svent:next",
    "1.2.3",
    "1.3.0-a",
    "stay: 1.3.0-a is there, but the tag next has not moved to it yet",
    {
      pod: { runsWhatIsTagged: true },
    },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.3.0",
    "stay: 1.3.0 is there, but its pod does not say yet which image it runs",
    { pod: { runsWhatIsTagged: undefined } },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.3.0",
    "stay: 1.3.0 is there, but with imagePullPolicy IfNotPresent the same image would start again",
    { pod: { pullPolicy: "IfNotPresent" } },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.3.0",
    "stay: 1.3.0 is there, but with restartPolicy Never nothing would start again",
    { pod: { restartPolicy: "Never" } },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.3.0",
    "stay: 1.3.0 is there, but with imagePullPolicy Never the same image would start again",
    { pod: { pullPolicy: "Never" } },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.3.0",
    "stay: 1.3.0 is there, but with restartPolicy OnFailure nothing would start again",
    { pod: { restartPolicy: "OnFailure" } },
  ),
  row("k8svent:latest", "1.2.3", "1.3.0", "stay: 1.3.0 is there, but it would lose 3 messages", {
    pod: { loses: "it would lose 3 messages" },
  }),
  row("k8svent:latest", "1.2.3", "1.2.3", "stay: 1.2.3 is the newest release", {
    pod: { loses: "it would" },
  }),
  // Only telling.
  row("k8svent:latest", "1.2.3", "1.3.0", "tell: 1.3.0 is there (--update notify)", { mode: "notify" }),
  row("k8svent:latest", "1.2.3", "1.2.3", "stay: 1.2.3 is the newest release", { mode: "notify" }),
  row("k8svent:1.2.3", "1.2.3", "1.3.0", "fixed: tag 1.2.3 is fixed", { mode: "notify" }),
  row("k8svent:latest", "1.2.3", "1.3.0", "tell: 1.3.0 is there, and leaving would not pull it", {
    pod: undefined,
  }),
  row("k8svent:next", "1.2.3", "1.2.3", "stay: 1.2.3 is the newest version", { pod: undefined }),
  // The tag was moved back, or to what nobody can place.
  row(
    "k8svent:latest",
    "1.2.3",
    "1.1.0 1.2.3 1.2.4",
    "stay: 1.2.4 is there, but what the tag latest names is 1.1.0, which is not newer than 1.2.3",
    { pod: { tagged: "1.1.0" } },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.2.4",
    "stay: 1.2.4 is there, but what the tag latest names is 1.2.3, which is not newer than 1.2.3",
    { pod: { tagged: "1.2.3" } },
  ),
  row(
    "k8svent:next",
    "1.2.3",
    "1.2.4-rc.2",
    "stay: 1.2.4-rc.2 is there, but what the tag next names is 1.2.3-rc.9, which is not newer than 1.2.3",
    { pod: { tagged: "1.2.3-rc.9" } },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.2.4",
    "stay: 1.2.4 is there, but what the tag latest names is 1.3.0-rc.1, which is not a release",
    { pod: { tagged: "1.3.0-rc.1" } },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.2.4",
    "stay: 1.2.4 is there, but what the tag latest names may be older: it is none of the newer versions, and has " +
      "no label org.opencontainers.image.version",
    { pod: { tagged: undefined } },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.2.4 1.3.0",
    "leave: 1.3.0 is there, and the tag latest has moved to 1.2.4",
    { pod: { tagged: "1.2.4" } },
  ),
  row(
    "k8svent:latest",
    "1.2.3",
    "1.2.4",
    "stay: 1.2.4 is there, but what the tag latest names is not built for linux/arm64",
    { pod: { lacking: "linux/arm64" } },
  ),
];

function judge({ image: text, version, tags, also = {} }: Row): string {
  const image = parseImage(text);
  assert(image !== undefined, text);
  const track = trackOf(image);
  if (track === undefined) return `fixed: ${whyFixed(image)}`;
  const newer = newerVersions(versionsOf(tags), track, version)[0]?.version;
  const facts: Facts = {
    mode: also.mode ?? "exit",
    version,
    newer,
    track,
    tag: image.tag ?? "",
    pod: "pod" in also && also.pod === undefined ? undefined : { ...POD, tagged: newer, ...also.pod },
  };
  const { act, reason } = decide(facts);
  return `${act}: ${reason}`;
}

for (const one of ROWS) {
  const { image, version, tags, also = {}, decision } = one;
  const name = `${image.slice(0, 24)} at ${version} with [${tags.join(" ")}] ${
    JSON.stringify(also)
  }: ${decision}`;
  Deno.test(name, () => assert.equal(judge(one), decision));
}

Deno.test("the newest version is the first, whatever the order of the tags", () => {
  const tag = fc.tuple(fc.nat(3), fc.nat(12), fc.constantFrom("", "-rc.1", "-rc.10", "-a"))
    .map(([minor, patch, suffix]) => `1.${minor}.${patch}${suffix}`);
  const versions = (tags: string[], track: "release" | "prerelease"): string[] =>
    newerVersions(versionsOf(tags), track, "1.1.1").map(({ version }) => version);
  fc.assert(
    fc.property(fc.array(tag), fc.constantFrom("release" as const, "prerelease" as const), (tags, track) => {
      assert.deepEqual(versions(tags, track), versions(tags.toReversed(), track));
    }),
  );
});

for (
  const [label, version] of [
    ["1.2.3", "1.2.3"],
    ["v1.2.3", "1.2.3"],
    ["1.2.3-rc.1", "1.2.3-rc.1"],
    ["1.2.3+abc", "1.2.3"],
    ["22.04", undefined],
    ["", undefined],
    ["latest", undefined],
    [undefined, undefined],
  ] as const
) {
  Deno.test(`a label "${label}" names the version ${version}`, () => {
    assert.equal(labelledVersion(label), version);
  });
}
