import { parseArgs } from "node:util";
import { say } from "../build/command.ts";
import { startControlPlane } from "../tests/kit/control_plane.ts";
import { type Contender, findContenders } from "./contenders.ts";
import { play } from "./play.ts";
import { Pods } from "./pods.ts";
import { ReceiverProcess } from "./receiver_process.ts";
import { type Figures, printTable } from "./table.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    sizes: { type: "string", default: "1000,10000" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "10" },
    /** Where the figures go, beside the table. */
    json: { type: "string" },
  },
});

const folder = await Deno.makeTempDir({ prefix: "k8svent-bench-" });
try {
  const results = await compare(await findContenders(folder));
  if (values.json !== undefined) {
    await Deno.writeTextFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Every size, every round, one contender after the other. */
async function compare(contenders: Contender[]): Promise<Record<string, Figures>> {
  await using plane = await startControlPlane();
  await plane.kubectl(["create", "clusterrole", "k8svent", "--verb=get,list,watch", "--resource=pods"]);
  const subject = "--serviceaccount=default:k8svent";
  await plane.kubectl(["create", "clusterrolebinding", "k8svent", "--clusterrole=k8svent", subject]);
  using pods = await Pods.open(plane);
  await using receiver = await ReceiverProcess.start();
  const results: Record<string, Figures> = {};
  for (const size of values.sizes.split(",").map(Number)) {
    say(`Creating pods, up to ${size} ...`);
    await pods.grow(size);
    const figures: Figures = {};
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const contender of rotate(contenders, round)) {
        say(`${size} pods, round ${round + 1}: ${contender.name} ...`);
        const seconds = Number(values.seconds);
        const one = await play(contender, { plane, pods, receiver, size, seconds });
        for (const [what, value] of Object.entries(one)) {
          ((figures[what] ??= {})[contender.name] ??= []).push(value);
        }
      }
    }
    results[`${size} pods`] = figures;
    say(printTable(`${size} pods`, figures, contenders.map(({ name }) => name)));
  }
  return results;
}

/** Each round in another order, so that none is always the first. */
function rotate<T>(list: T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
