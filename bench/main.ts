import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { say } from "../build/command.ts";
import { lacksPods } from "../tests/kit/in_pod.ts";
import { measureCeiling } from "./ceiling.ts";
import { drawChart } from "./chart.ts";
import { baseline, compiled, type Contender, interpreted } from "./contenders.ts";
import { describeMachine, printMachine } from "./machine.ts";
import { printMarkdown } from "./markdown.ts";
import { play } from "./play.ts";
import { addRound, type Figures, type Results, round } from "./results.ts";
import { openStage } from "./stage.ts";
import { printTable } from "./table.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    /** How many pods, each size after the smaller ones; `1000,10000,100000` takes the longest. */
    sizes: { type: "string", default: "1000,10000" },
    /** For each size, the last one for those that follow: `3,3,1`. */
    rounds: { type: "string", default: "3" },
    /** How long changes are made at each rate. */
    seconds: { type: "string", default: "10" },
    /** Where the figures go, and the chart beside them. */
    output: { type: "string", default: fileURLToPath(new URL("results.json", import.meta.url)) },
  },
});

const lacking = lacksPods();
if (lacking !== undefined) {
  say(`The programs run as in a pod, and ${lacking}`);
  Deno.exit(1);
}
const folder = await Deno.makeTempDir({ prefix: "k8svent-bench-" });
try {
  const [binary, other] = [await compiled(folder), await baseline(folder)];
  for (const word of [binary, other]) if (typeof word === "string") say(word);
  const contenders = [interpreted(), binary, other].filter((one) => typeof one !== "string");
  await compare(contenders, typeof other === "string" ? undefined : other.name);
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Every size, every round, one contender after the other. What was found is written after each size. */
async function compare(contenders: Contender[], against: string | undefined): Promise<void> {
  await using stage = await openStage();
  const results: Results = {
    day: new Date().toISOString().slice(0, 10),
    machine: await describeMachine(),
    ceiling: await measureCeiling(stage.receiver),
    contenders: contenders.map(({ name }) => name),
    ...against !== undefined && { baseline: against },
    sizes: [],
  };
  say(printMachine(results.machine));
  say(`The receiver takes ${round(results.ceiling)} requests a second from one that does nothing but post.`);
  const rounds = values.rounds.split(",").map(Number);
  for (const [index, size] of values.sizes.split(",").map(Number).entries()) {
    say(`Creating pods, up to ${size} ...`);
    await stage.pods.grow(size);
    const figures: Figures = {};
    for (let turn = 0; turn < (rounds[index] ?? rounds.at(-1) ?? 0); turn++) {
      for (const contender of rotate(contenders, turn)) {
        say(`${size} pods, round ${turn + 1}: ${contender.name} ...`);
        addRound(
          figures,
          contender.name,
          await play(contender, { ...stage, size, seconds: Number(values.seconds) }),
        );
      }
    }
    results.sizes.push({ pods: size, figures });
    say(printTable(`${size} pods`, figures, results.contenders, against));
    say(`\n${printMarkdown(results)}`);
    await Deno.writeTextFile(values.output, `${JSON.stringify(results, null, 2)}\n`);
    await Deno.writeTextFile(values.output.replace(/(\.json)?$/, ".svg"), drawChart(results));
  }
}

/** Each round in another order, so that none is always the first. */
function rotate<T>(list: T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
