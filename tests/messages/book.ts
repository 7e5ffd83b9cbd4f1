import { bundle } from "../../build/compile.ts";
import { MARK } from "../kit/confidential.ts";
import { CLI } from "./areas/cli.ts";
import { CLUSTER } from "./areas/cluster.ts";
import { ELSEWHERE } from "./areas/elsewhere.ts";
import { KUBECONFIG } from "./areas/kubeconfig.ts";
import { LISTEN } from "./areas/listen.ts";
import { ONCE } from "./areas/once.ts";
import { PROXY } from "./areas/proxy.ts";
import { RECEIVERS } from "./areas/receivers.ts";
import { REGISTRY } from "./areas/registry.ts";
import { SIGNALS } from "./areas/signals.ts";
import { STATE } from "./areas/state.ts";
import { TASKS } from "./areas/tasks.ts";
import { TOOLS } from "./areas/tools.ts";
import { TRUST } from "./areas/trust.ts";
import { type Met, NEVER_SAID, provoke } from "./provoke.ts";
import type { Area, Situation } from "./situation.ts";

/** The chapters, in the order in which a person meets them. */
export const AREAS: Record<string, Area> = {
  "The command line and the environment": CLI,
  "What people bring along": ELSEWHERE,
  "The kubeconfig": KUBECONFIG,
  "The cluster": CLUSTER,
  "The receivers": RECEIVERS,
  "Certificates, and who trusts them": TRUST,
  "Proxies": PROXY,
  "One snapshot": ONCE,
  "The state file": STATE,
  "The port": LISTEN,
  "The registry": REGISTRY,
  "Signals": SIGNALS,
  "Tools": TOOLS,
  "What builds, measures and shows it": TASKS,
};

/** The committed text. */
export const BOOK = new URL("messages.md", import.meta.url);

/** Programs that run at a time: many of them wait for something, and the machine has other work, too. */
const AT_A_TIME = 6;

/** Milliseconds that the runtime may take to start, on a machine that does other things as well. */
const START = 3_000;

const PREFACE = `# Every message

What a person can read, situation by situation: what was done, the exit code (or that it goes on), how soon it was
said ("at once" is within a second of the runtime's start), and the text. Made by \`deno task messages\`, and held against the program by
\`messages_test.ts\`: read the difference before you commit it. \`{dir}\` is a folder, \`{hook}\` and its like are servers
on this machine, \`{free}\` is a port on which nothing listens. Left out where all is well with them: \`--kubeconfig\`, the
secret, and the lines that tell what is followed, that it was listed, and to whom it is delivered.
`;

/** One situation and what came of it. */
export interface Entry {
  did: string;
  situation: Situation;
  met: Met;
}

/**
 * How often what is not as it should be is provoked again, alone: how soon it is said depends on what else the machine has
 * to do. That is found out by a situation beside it that ends as soon as the program has started.
 */
const AGAIN = 3;
const AT_ONCE: Situation = { args: ["--once", "--kubeconfig", "{dir}/missing"], cluster: null };

/**
 * Provokes all of them, or those whose title has these words.
 *
 * @param isRight of what is not, the last try counts
 */
export async function provokeAll(isRight: (entry: Entry) => boolean, words = ""): Promise<Entry[]> {
  const folder = await Deno.makeTempDir({ prefix: "k8svent-messages-" });
  try {
    await bundle(folder, "");
    return await provokeWith(`${folder}/main.js`, isRight, words);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function provokeWith(
  main: string,
  isRight: (entry: Entry) => boolean,
  words: string,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  const work = Object.values(AREAS).flatMap((area) => Object.entries(area))
    .filter(([did]) => did.includes(words))
    .map(([did, situation], index) => ({ one: { did, situation }, index }));
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
    for (let next = work.shift(); next !== undefined; next = work.shift()) {
      entries[next.index] = { ...next.one, met: await provoke(next.one.situation, main) };
    }
  }));
  for (const [index, first] of entries.entries()) {
    let entry = first;
    for (let time = 0; time < AGAIN && !isRight(entry); time++) {
      const start = (await provoke(AT_ONCE, main)).milliseconds;
      const met = await provoke(entry.situation, main);
      entry = { ...entry, met: { ...met, milliseconds: Math.max(0, met.milliseconds - start) } };
    }
    entries[index] = entry;
  }
  return entries;
}

/** An entry as it stands in the book. */
export function pageOf({ did, met }: Entry): string {
  const { command, lines, data, code, milliseconds } = met;
  const end = code === undefined ? "goes on" : `exit ${code}`;
  const printed = data > 0 ? [`(stdout: ${data} ${data === 1 ? "line" : "lines"})`] : [];
  const text = [...lines, ...printed].map((line) => `    ${line}`).join("\n");
  return `### ${did}\n\n\`${command}\`\n${end}, ${soon(milliseconds)}\n\n${text || "    (nothing)"}\n`;
}

/** How soon it was said. */
export function soon(milliseconds: number): string {
  if (milliseconds < 1_000 + START) return "at once";
  return milliseconds < 60_000 ? "within seconds" : "within minutes";
}

/** The whole text. @param before the pages of those that were not provoked now are taken from it */
export function bookOf(entries: Entry[], before: string): string {
  const written = before.split(/^(?=###? )/m).filter((page) => page.startsWith("### "));
  const pages = new Map(written.map((page) => [/^### (.*)/.exec(page)?.[1], page.trimEnd() + "\n"]));
  for (const entry of entries) pages.set(entry.did, pageOf(entry));
  const chapters = Object.entries(AREAS).map(([title, area]) =>
    [`## ${title}\n`, ...Object.keys(area).flatMap((did) => pages.get(did) ?? [])].join("\n")
  );
  return [PREFACE, ...chapters].join("\n");
}

/** What no message may hold, whatever the situation, and why. */
const NEVER: [what: string, pattern: RegExp][] = [
  ["a stack trace", /^\s*at (\S+ )?\(?(file|ext|node|npm|https?):|\bUncaught\b|Stack backtrace|stack=/],
  [
    "talk of the runtime",
    /requires \w+ access|os error|\bDeno\b(?! \d)|--allow-|NotCapable|BadResource|(Type|Range|Syntax)Error|\bE[A-Z]{5,}\b|\[object |\bundefined\b|\bNaN\b|unexpectedly/,
  ],
  ["a secret, or a URL's path", new RegExp(MARK)],
  ["a path of this machine", /\/tmp\/|\/work\/|file:\/\//],
  [
    "something that steers a terminal",
    /[\p{Cc}\p{Cf}\u2028\u2029]/u,
  ],
];

/** What is wrong with a message, by itself. */
export function faultsOf({ did, situation: { task }, met: { command, lines, code } }: Entry): string[] {
  const faults = lines.flatMap((line) =>
    NEVER.filter(([, pattern]) => pattern.test(line)).map(([what]) => `${did}: ${what} in ${line}`)
  );
  const missed = lines.find((line) => line.startsWith(NEVER_SAID));
  if (missed !== undefined) faults.push(`${did}: ${missed}`);
  // What a command says is a sentence, without the level.
  const says = task === undefined && !/^k8svent [a-z]/.test(command) ? isError : Boolean;
  if (code !== undefined && code < 128 && code !== 0 && !lines.some(says)) {
    faults.push(`${did}: exit ${code}, and there is no error`);
  }
  return faults;
}

/** Whether the log says so, in either form. */
function isError(line: string): boolean {
  return /^error |^\{"time":TIME,"level":"error",/.test(line);
}
