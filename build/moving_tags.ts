// @ts-types="@types/semver"
import { compare, parse, prerelease } from "semver";
import { say } from "./command.ts";
import { type Manual, ownFlags } from "./flags.ts";

/**
 * The tags of the image that move to a version which is released now: `next` follows every version and `latest`
 * releases, both only forward. A fix of an older line moves neither, nor does a release that is run again after a
 * newer one.
 *
 * @param tags of the repository, the version's own among them or not; what names no version (`vVERSION`) is nothing
 */
export function movingTags(version: string, tags: readonly string[]): string[] {
  const others = tags.flatMap((tag) => tag.startsWith("v") ? parse(tag)?.version ?? [] : []);
  const isNewest = (rivals: string[]): boolean => rivals.every((other) => compare(version, other) >= 0);
  const isRelease = prerelease(version) === null;
  return [
    ...isNewest(others) ? ["next"] : [],
    ...isRelease && isNewest(others.filter((other) => prerelease(other) === null)) ? ["latest"] : [],
  ];
}

const MANUAL: Manual<"version"> = {
  command: "deno run -P=build build/moving_tags.ts",
  what:
    "Prints, a line each, which of the image's tags latest and next move to a version that is released now. They " +
    "only move forward: the tags of the git repository, a line each on stdin, say which versions there are.",
  flags: {
    version: {
      value: "VERSION",
      default: "",
      what: "the version that is released; it must be given, and its tag be among those of stdin",
      takes: { form: /^\d+\.\d+\.\d+(-[\w.-]+)?$/, words: "a semantic version" },
    },
  },
  examples: [[
    "git tag | deno run -P=build build/moving_tags.ts --version 1.2.3",
    "next and latest, where it is the newest",
  ]],
};

if (import.meta.main) {
  const { version } = ownFlags(MANUAL);
  const lines = (await new Response(Deno.stdin.readable).text()).split("\n");
  const tags = lines.map((line) => line.trim().replace("refs/tags/", ""));
  if (!tags.includes(`v${version}`)) {
    // A list that could not be read would move both.
    say(`The tags on stdin do not have v${version}: are they all there?`);
    Deno.exit(1);
  }
  Deno.stdout.writeSync(
    new TextEncoder().encode(movingTags(version, tags).map((tag) => `${tag}\n`).join("")),
  );
}
