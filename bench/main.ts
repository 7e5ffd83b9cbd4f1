/**
 * The published benchmark: each program in turn, on a real control plane, and what was found as a table, a chart and
 * a file, written anew after each size. `--parts` and `--programs` make it a quick one.
 */
import { fileURLToPath } from "node:url";
import { say } from "../build/command.ts";
import { ownFlags } from "../build/flags.ts";
import { lacksPods } from "../tests/kit/in_pod.ts";
import { measureCeiling } from "./ceiling.ts";
import { RATES } from "./changes.ts";
import { drawChart } from "./chart.ts";
import { baseline, type Contender, interpreted, released } from "./contenders.ts";
import { describeMachine, printMachine } from "./machine.ts";
import { ORDINARY } from "./manifest.ts";
import { printMarkdown } from "./markdown.ts";
import { parseParts, type Part, PARTS, UnknownPartError } from "./parts.ts";
import { play } from "./play.ts";
import { addRound, nameSize, type Results, round, type Size } from "./results.ts";
import { openStage, type Stage } from "./stage.ts";
import { printTable } from "./table.ts";

/** Bytes that a large pod has besides what an ordinary one has: 100 KB in all. */
const LARGE = 100_000 - ORDINARY;

/** What large pods are measured for, and how many of them change a second: more than that the API server cannot do. */
const LARGE_PARTS: Part[] = ["changes", "start"];
const LARGE_RATES = [20];

/** Numbers for the sizes, one after the other. */
const NUMBERS = { form: /^[1-9]\d*(,[1-9]\d*)*$/, words: "whole numbers, separated by commas" };
const SECONDS = { form: /^\d+$/, words: "a whole number of seconds" };

const values = ownFlags({
  command: "deno task bench",
  what:
    "Runs each program in turn on a real control plane, next to a Go program that does the same job, and writes what was " +
    "found as a table, a chart and a file, anew after each size. In full it takes an hour; --parts, --rounds and " +
    `--programs make it a quick one. The parts: ${
      Object.entries(PARTS).map(([part, what]) => `${part} (${what})`).join("; ")
    }.`,
  flags: {
    sizes: {
      value: "N,...",
      default: "1000,10000",
      what: "how many pods, each size after the smaller ones",
      takes: NUMBERS,
    },
    rounds: {
      value: "N,...",
      default: "3",
      what: "how often, for each size; the last one is for those that follow",
      takes: NUMBERS,
    },
    parts: {
      value: "PART,.../...",
      default: "all",
      what: "what is measured, for each size, separated by slashes",
    },
    programs: {
      value: "NAME,...",
      default: "go",
      what:
        "what is measured besides the program as it is released: the same with its ports open and scraped, by deno run " +
        "from its source, and the one in Go",
      takes: { form: /^(ports|run|go)(,(ports|run|go))*$/, words: "some of ports,run,go" },
    },
    seconds: {
      value: "N",
      default: "10",
      what: "how long changes are made at each rate",
      takes: SECONDS,
    },
    rest: {
      value: "N",
      default: "90",
      what: "how long, in seconds, a program is watched while nothing changes",
      takes: SECONDS,
    },
    large: {
      value: "N",
      default: "500",
      what: "how many pods of 100 KB there are, for that part",
      takes: { form: /^[1-9]\d*$/, words: "a whole number" },
    },
    output: {
      value: "FILE",
      default: "",
      what: "where the figures go, and the chart beside them; bench/results.json by default",
    },
  },
  examples: [
    ["deno task bench", "all of it, as it is published"],
    ["deno task bench --sizes 1000 --rounds 1 --parts sync,changes", "two figures, in some minutes"],
    ["deno task bench --sizes 1000,10000 --rounds 3,1 --parts all/sync", "the larger size only for its sync"],
  ],
});
const parts = readParts();
const lacking = lacksPods();
if (lacking !== undefined) {
  say(`The programs run as in a pod, and ${lacking}`);
  Deno.exit(1);
}
const folder = await Deno.makeTempDir({ prefix: "k8svent-bench-" });
try {
  await compare(await choose(values.programs.split(",")));
} finally {
  await Deno.remove(folder, { recursive: true });
}

function readParts(): Set<Part>[] {
  try {
    return parseParts(values.parts);
  } catch (error) {
    if (!(error instanceof UnknownPartError)) throw error;
    say(error.message);
    Deno.exit(2);
  }
}

/** The programs that are wanted and can be had, which of them is shown, and which one that is compared with. */
async function choose(
  programs: string[],
): Promise<{ contenders: Contender[]; shown: string; against?: string }> {
  const { plain, open } = await released(folder);
  const other = programs.includes("go") ? await baseline(folder) : undefined;
  const contenders = [plain];
  if (programs.includes("run")) contenders.push(interpreted());
  if (programs.includes("ports")) contenders.push(open);
  if (typeof other === "object") contenders.push(other);
  else if (other !== undefined) say(other);
  return { contenders, shown: plain.name, ...typeof other === "object" && { against: other.name } };
}

/** Every size, every round, one contender after the other. */
async function compare({ contenders, shown, against }: Awaited<ReturnType<typeof choose>>): Promise<void> {
  const results: Results = {
    day: new Date().toISOString().slice(0, 10),
    machine: await describeMachine(),
    ceiling: 0,
    contenders: contenders.map(({ name }) => name),
    shown,
    ...against !== undefined && { baseline: against },
    sizes: [],
  };
  say(printMachine(results.machine));
  const [sizes, rounds] = [values.sizes.split(",").map(Number), values.rounds.split(",").map(Number)];
  await withStage(0, async (stage) => {
    results.ceiling = await measureCeiling(stage.receiver);
    say(
      `The receiver takes ${round(results.ceiling)} requests a second from one that does nothing but post.`,
    );
    for (const [index, pods] of sizes.entries()) {
      const size: Size = { pods, figures: {} };
      results.sizes.push(size);
      await measure(size, contenders, stage, forSize(parts, index), forSize(rounds, index), RATES);
      await publish(results);
    }
  });
  if (!parts.some((some) => some.has("large"))) return;
  await withStage(LARGE, async (stage) => {
    const size: Size = { pods: Number(values.large), padding: LARGE, figures: {} };
    results.sizes.push(size);
    await measure(size, contenders, stage, new Set(LARGE_PARTS), Math.max(...rounds), LARGE_RATES);
    await publish(results);
  });
}

/** One control plane at a time: two would be in each other's way. */
async function withStage(padding: number, use: (stage: Stage) => Promise<void>): Promise<void> {
  await using stage = await openStage(padding);
  await use(stage);
}

async function measure(
  size: Size,
  contenders: Contender[],
  stage: Stage,
  parts: Set<Part>,
  rounds: number,
  rates: readonly number[],
): Promise<void> {
  say(`Creating pods, up to ${nameSize(size)} ...`);
  await stage.pods.grow(size.pods);
  for (let turn = 0; turn < rounds; turn++) {
    for (const contender of rotate(contenders, turn)) {
      say(`${nameSize(size)}, round ${turn + 1}: ${contender.name} ...`);
      const [seconds, rest] = [Number(values.seconds), Number(values.rest)];
      const played = await play(contender, {
        ...stage,
        ...{ size: size.pods, parts, rates, seconds, settle: 5_000, rest },
      });
      addRound(size.figures, contender.name, played);
    }
  }
}

/** Shows what was found so far, and writes it. */
async function publish(results: Results): Promise<void> {
  const last = results.sizes.at(-1);
  if (last !== undefined) {
    say(printTable(nameSize(last), last.figures, results.contenders, results.baseline));
  }
  say(`\n${printMarkdown(results)}`);
  const output = values.output || fileURLToPath(new URL("results.json", import.meta.url));
  await Deno.writeTextFile(output, `${JSON.stringify(results, null, 2)}\n`);
  await Deno.writeTextFile(output.replace(/(\.json)?$/, ".svg"), drawChart(results));
}

function forSize<T>(list: T[], index: number): T {
  const value = list[index] ?? list.at(-1);
  if (value === undefined) throw new TypeError("There is nothing for any size.");
  return value;
}

/** Each round in another order, so that none is always the first. */
function rotate<T>(list: T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
