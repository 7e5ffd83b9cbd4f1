/**
 * What the changelog says about one version, without its heading; undefined where it says nothing.
 *
 * @param changelog in the form of "Keep a Changelog": a heading `## VERSION - DATE` for each version
 */
export function cutNotes(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => /^\[?([^\s\]]+)/.exec(text)?.[1] === version);
  const notes = section?.slice(section.indexOf("\n") + 1).trim();
  return notes || undefined;
}

/** Whether the changelog still calls a version unreleased. */
export function isUnreleased(changelog: string, version: string): boolean {
  return changelog.split("\n").some((line) => line.startsWith(`## ${version} `) && /unreleased/i.test(line));
}
