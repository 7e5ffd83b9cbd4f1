/**
 * The quick part of the benchmark, for every change: the program and the Go program in turn, several rounds, and of
 * each figure the ratio in each round. It fails when a ratio has passed its bound (targets.ts) by more than the noise
 * (verdict.ts): when five rounds say so, and nine still do. Where Go is missing, or mounts, it says so and passes.
 */
import { say } from "../build/command.ts";
import { ownFlags } from "../build/flags.ts";
import { lacksPods } from "../tests/kit/in_pod.ts";
import { baseline, type Contender, released } from "./contenders.ts";
import { describeMachine, printMachine } from "./machine.ts";
import { play, type Turn } from "./play.ts";
import { addRound, type Figures, median, round } from "./results.ts";
import { openStage } from "./stage.ts";
import { GUARD_SIZE, GUARDED, type Target } from "./targets.ts";
import { judge, type Verdict } from "./verdict.ts";

const NUMBER = { form: /^[1-9]\d{0,6}$/, words: "a whole number from 1 to 9999999" };

const values = ownFlags({
  command: "deno task bench:guard",
  what:
    "Runs the quick part of the benchmark, beside a Go program of the same job, and ends with 1 when a ratio to it " +
    "has passed its bound by more than the noise. It takes some minutes. Where Go is missing, nothing is compared.",
  flags: {
    size: {
      value: "N",
      default: `${GUARD_SIZE}`,
      what: "how many pods; the bounds are for the default",
      takes: NUMBER,
    },
    rounds: {
      value: "N",
      default: "5",
      what:
        "how often each program runs at first; what is beyond its bound is confirmed by nearly as many again",
      takes: NUMBER,
    },
  },
  examples: [
    ["deno task bench:guard", "as CI does"],
    ["deno task bench:guard --size 1000 --rounds 2", "to see whether it runs"],
  ],
});

const folder = await Deno.makeTempDir({ prefix: "k8svent-guard-" });
try {
  const other = await baseline(folder);
  const lacking = typeof other === "string" ? other : lacksPods();
  if (typeof other === "string" || lacking !== undefined) say(`Nothing is compared: ${lacking}`);
  else if (!await compare((await released(folder)).plain, other)) Deno.exitCode = 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Whether every figure is within its bound, as far as can be known. */
async function compare(ours: Contender, theirs: Contender): Promise<boolean> {
  say(`${ours.name} beside ${theirs.name}: ${printMachine(await describeMachine())}`);
  await using stage = await openStage();
  const size = Number(values.size);
  await stage.pods.grow(size);
  const turn: Turn = {
    ...stage,
    size,
    parts: new Set(["changes"]),
    // The fast one first: what has not run often is not compiled yet, and the benchmark looks at 100/s later too.
    rates: [400, 100],
    seconds: 3,
    settle: 500,
    rest: 0,
  };
  const figures: Figures = {};
  const rounds = Number(values.rounds);
  await addRounds(figures, [ours, theirs], turn, rounds);
  for (const because of new Set(GUARDED.flatMap(({ held }) => held?.because ?? []))) {
    say(`Not as designed: ${because}.`);
  }
  if (!print(figures, ours, theirs).includes("beyond")) return true;
  say("More rounds, to be sure ...");
  await addRounds(figures, [ours, theirs], turn, rounds - 1);
  return !print(figures, ours, theirs).includes("beyond");
}

async function addRounds(figures: Figures, pair: Contender[], turn: Turn, rounds: number): Promise<void> {
  for (let at = 0; at < rounds; at++) {
    // One after the other and the other way round, so that none is always the first.
    for (const contender of at % 2 === 0 ? pair : pair.toReversed()) {
      addRound(figures, contender.name, await play(contender, turn));
    }
  }
}

/** A line for each bound; gives what was found of each. */
function print(figures: Figures, ours: Contender, theirs: Contender): Verdict[] {
  return GUARDED.map((target) => {
    const byName = figures[target.figure] ?? {};
    const [mine = [], other = []] = [byName[ours.name], byName[theirs.name]];
    const ratios = mine.map((value, at) => value / (other[at] ?? NaN));
    const verdict = judge(target.held?.atMost ?? target.atMost, ratios);
    const spread = `${round(Math.min(...ratios))}–${round(Math.max(...ratios))}`;
    const absolute = `${round(median(mine))} / ${round(median(other))}`;
    say(
      `${target.figure}: ${absolute} = ${round(median(ratios))} (${spread}), ${
        printBound(target)
      }: ${verdict}`,
    );
    return verdict;
  });
}

function printBound({ atMost, held }: Target): string {
  return held === undefined ? `at most ${atMost}` : `at most ${held.atMost} until it is ${atMost}`;
}
