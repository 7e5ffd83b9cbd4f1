import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { say } from "../build/command.ts";
import { lacksPods } from "../tests/kit/in_pod.ts";
import { change } from "./changes.ts";
import { baseline, type Contender, interpreted } from "./contenders.ts";
import { describeMachine, nameMachine } from "./machine.ts";
import { lookAround, measureSync, type Played } from "./play.ts";
import { round } from "./results.ts";
import { openStage, type Stage } from "./stage.ts";
import { judge, type Ratios } from "./verdict.ts";

const SIZE = 1_000;

/** Changes a round, and how many of them a second. */
const CHANGES = 500;
const RATE = 100;

/** Rounds that are looked at together, and how often more of them may prove that it was the machine. */
const ROUNDS = 3;
const LOOKS = 3;

/** Rounds on record. */
const RECORDED = 12;

const RECORD = fileURLToPath(new URL("guard.json", import.meta.url));

const { values } = parseArgs({ args: Deno.args, options: { record: { type: "boolean", default: false } } });

const folder = await Deno.makeTempDir({ prefix: "k8svent-guard-" });
try {
  const other = await baseline(folder);
  const lacking = typeof other === "string" ? other : lacksPods();
  if (typeof other === "string" || lacking !== undefined) say(`Nothing is compared: ${lacking}`);
  else if (!await compare(other)) Deno.exitCode = 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Whether no figure fell behind the record, which may be made anew. */
async function compare(other: Contender): Promise<boolean> {
  await using stage = await openStage();
  await stage.pods.grow(SIZE);
  const ratios: Ratios = {};
  const records: Record<string, Ratios> = JSON.parse(await Deno.readTextFile(RECORD));
  const machine = nameMachine(await describeMachine());
  if (values.record) {
    await addRatios(ratios, other, stage, RECORDED);
    await Deno.writeTextFile(RECORD, `${JSON.stringify({ ...records, [machine]: ratios }, null, 2)}\n`);
    return true;
  }
  // What another processor makes of the two programs is no noise of this one.
  const record = records[machine];
  if (record === undefined) {
    say(`Nothing is compared: ${machine} has no record yet. --record makes one.`);
    return true;
  }
  for (let look = 1;; look++) {
    await addRatios(ratios, other, stage, ROUNDS);
    const behind = judge(record, ratios);
    for (const { figure, before, now } of behind) {
      say(`${figure}: at least ${round(now)} times the Go program's, on record at most ${round(before)}.`);
    }
    if (behind.length === 0) return true;
    if (look < LOOKS) continue;
    say("Where that is meant: deno task bench:guard --record");
    return false;
  }
}

async function addRatios(ratios: Ratios, other: Contender, stage: Stage, rounds: number): Promise<void> {
  for (let turn = 0; turn < rounds; turn++) {
    const [ours, theirs] = [await play(interpreted(), stage), await play(other, stage)];
    const found = Object.fromEntries(
      Object.entries(ours).map(([figure, value]) => [figure, value / (theirs[figure] ?? NaN)]),
    );
    for (const [figure, ratio] of Object.entries(found)) {
      (ratios[figure] ??= []).push(Number(ratio.toFixed(3)));
    }
    say(Object.entries(found).map(([figure, ratio]) => `${figure} ${round(ratio)}`).join(", "));
  }
}

/** The quick part of the benchmark: what the noise of a machine that does other things too changes least. */
async function play(contender: Contender, stage: Stage): Promise<Played> {
  const state = await Deno.makeTempDir({ prefix: "k8svent-guard-state-" });
  try {
    const before = await lookAround(stage);
    await using running = contender.start(stage.plane, stage.receiver.url, state);
    const sync = await measureSync(running, before, { ...stage, size: SIZE });
    const { cpu } = await change(running, CHANGES, RATE, stage);
    return {
      "time of the first sync": sync["first sync, s"] ?? NaN,
      "CPU of the first sync": sync["CPU of the first sync, s"] ?? NaN,
      "CPU of 500 changes": cpu,
      "memory at its peak": (await running.memory()).peak,
    };
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}
