import { type Flag, FLAGS } from "./flags.ts";
import { flagSpelled } from "./quiet_command.ts";
import type { Tool, ToolFlag, ToolPage, Tools } from "./tool.ts";

/*
 * What may be typed next, for the shells: read from the same pages and flags as the help and the errors, so that a new
 * command or flag is completed as soon as it is there.
 */

/** What may stand in place of the last word. */
export type Completion = { kind: "words"; candidates: Candidate[] } | { kind: "files" };

/** A whole word, and what is said of it. */
export interface Candidate {
  word: string;
  about: string;
}

/** Flags by name, of a command or of the run. */
type Flags = ReadonlyMap<string, ToolFlag | Flag>;

/**
 * What may follow.
 *
 * @param line the words behind the program's name, as a shell splits them; the last is the one to complete, maybe empty
 */
export async function complete(line: readonly string[], tools: Tools): Promise<Completion> {
  const words = joined(line);
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? "";
  const [command = ""] = before;
  if (before.length === 0 && !last.startsWith("-")) return only(last, await commands(tools));
  const load = Object.hasOwn(tools, command) ? tools[command] : undefined;
  if (load === undefined) return ofFlags(FLAGS, before, last) ?? only(last, flagsOf(FLAGS));
  return ofTool(await load(), before, last);
}

async function commands(tools: Tools): Promise<Candidate[]> {
  const listed = await Promise.all(
    Object.entries(tools).map(async ([word, load]) => ({
      word,
      about: (await load()).pages[0]?.about ?? "",
    })),
  );
  return [...listed, { word: "help", about: HELP }].toSorted((a, b) => a.word < b.word ? -1 : 1);
}

const HELP = "print what there is";

function ofTool({ pages }: Tool, before: readonly string[], last: string): Completion {
  const page = pageOf(pages, before);
  const more = pages.filter(({ name }) => isBelow(name, before)).map(({ name, about }) => ({
    word: name.split(" ")[before.length + 1] ?? "",
    about,
  }));
  if (page === undefined) return only(last, more);
  const flags = new Map(Object.entries(page.flags));
  const found = ofFlags(flags, before, last);
  if (found !== undefined) return found;
  if (more.length > 0 && !last.startsWith("-")) return only(last, more);
  return page.takesFile && !last.startsWith("-") ? { kind: "files" } : only(last, flagsOf(flags));
}

/** The page with the longest name of those that are typed already. */
function pageOf(pages: readonly ToolPage[], before: readonly string[]): ToolPage | undefined {
  return pages.filter(({ name }) => namesOf(name).every((word, at) => word === before[at]))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

/** Whether a command's name goes on where the line ends. */
function isBelow(name: string, before: readonly string[]): boolean {
  const names = namesOf(name);
  return names.length > before.length && before.every((word, at) => word === names[at]);
}

/** `k8svent secret generate` without the program. */
function namesOf(name: string): string[] {
  return name.split(" ").slice(1);
}

/** The value of a flag, where one is due; undefined: another word is. */
function ofFlags(flags: Flags, before: readonly string[], last: string): Completion | undefined {
  const takesRest = before.some((word) => {
    const flag = flagSpelled(flags, word);
    return flag !== undefined && "takesRest" in flag;
  });
  if (takesRest) return { kind: "files" };
  const [, name, typed] = /^(--[^=]+=)(.*)$/s.exec(last) ?? [];
  if (name !== undefined && typed !== undefined) {
    return valueOf(flagSpelled(flags, name.slice(0, -1)), typed, name);
  }
  const flag = flagSpelled(flags, before.at(-1) ?? "");
  return flag?.value === undefined ? undefined : valueOf(flag, last, "");
}

/** @param prefix what stands before the value in the same word: `--output=` */
function valueOf(flag: ToolFlag | Flag | undefined, typed: string, prefix: string): Completion {
  if (flag?.value === "FILE" || (flag !== undefined && "takesFile" in flag)) return { kind: "files" };
  const words = flag?.words?.map((word) => ({ word: prefix + word, about: "" })) ?? [];
  return only(prefix + typed, words);
}

function flagsOf(flags: Flags): Candidate[] {
  const own = [...flags].filter(([, flag]) => !("isHidden" in flag))
    .map(([name, { help }]) => ({ word: `--${name}`, about: help }));
  return [...own, { word: "--help", about: HELP }];
}

function only(typed: string, candidates: readonly Candidate[]): Completion {
  return { kind: "words", candidates: candidates.filter(({ word }) => word.startsWith(typed)) };
}

/** Bash takes `--output=json` for three words. */
function joined(line: readonly string[]): string[] {
  const words: string[] = [];
  for (const [at, word] of line.entries()) {
    const previous = words.at(-1);
    const goesOn = previous !== undefined && (word === "=" || line[at - 1] === "=");
    if (goesOn && /^--[^=]+=?$/.test(previous)) words[words.length - 1] = previous + word;
    else words.push(word);
  }
  return words;
}
