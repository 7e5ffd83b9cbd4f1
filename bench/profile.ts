/**
 * What a pod costs: a CPU profile of the program by `deno run`, as tables of what was on the processor itself (callees
 * not counted), by file and by function; one for the first sync, the start included, and one for changes. By
 * `--cpu-prof`, which is cut at the instants between them: an inspector would see itself, and every chunk that `fetch`
 * reads. The main thread only: what the runtime's own threads do (compiling, collecting garbage) is in the processor's
 * time of all threads, which is printed beside.
 */
import { say } from "../build/command.ts";
import { ownFlags } from "../build/flags.ts";
import { lacksPods } from "../tests/kit/in_pod.ts";
import { change } from "./changes.ts";
import { interpreted } from "./contenders.ts";
import { lookAround } from "./play.ts";
import { pause } from "./pods.ts";
import { machineTime } from "./process.ts";
import { cutProfile, printProfile, type Profile } from "./profile_table.ts";
import { openStage } from "./stage.ts";

const ROOT = new URL("..", import.meta.url).href;

/** Milliseconds between the two, so that what the first one left behind is not the other's. */
const CALM = 3_000;

const NUMBER = { form: /^[1-9]\d{0,6}$/, words: "a whole number from 1 to 9999999" };

const values = ownFlags({
  command: "deno task bench:profile",
  what:
    "Profiles the program on a real control plane, and prints what was on the processor itself, by file and by function: " +
    "a table for the first sync, the start included, and one for changes. The main thread only; the time of all threads " +
    "is printed beside.",
  flags: {
    pods: { value: "N", default: "2000", what: "how many pods there are", takes: NUMBER },
    rate: { value: "N", default: "400", what: "how many changes are made a second", takes: NUMBER },
    seconds: { value: "N", default: "10", what: "how long changes are made", takes: NUMBER },
    top: { value: "N", default: "25", what: "how many functions each table has", takes: NUMBER },
    endpoints: { value: "N", default: "1", what: "how many receivers there are, of http", takes: NUMBER },
    scheme: {
      value: "http|https",
      default: "http",
      what: "how the receiver is spoken to; with https there is one",
      takes: { form: /^https?$/, words: "http or https" },
    },
    keep: {
      value: "FILE",
      default: "",
      what:
        "where the profile is left, for the developer tools of a browser (.cpuprofile); nowhere by default",
    },
  },
  examples: [
    ["deno task bench:profile", "2,000 pods, and 400 changes a second"],
    ["deno task bench:profile --pods 500 --top 10 --keep x.cpuprofile", "a quick one, kept"],
  ],
});

const lacking = lacksPods();
if (lacking !== undefined) {
  say(`The program runs as in a pod, and ${lacking}`);
  Deno.exit(1);
}
const folder = await Deno.makeTempDir({ prefix: "k8svent-profile-" });
try {
  const phases = await run(Number(values.pods), Number(values.rate), Number(values.seconds));
  const profile: Profile = JSON.parse(await Deno.readTextFile(`${folder}/profile`));
  for (const { what, count, cpu, from, to } of phases) {
    const title = `${what}: ${count} of them, ${
      (cpu * 1e6 / count).toFixed(0)
    } µs of the processor each, all threads`;
    const table = printProfile(cutProfile(profile, from, to), count, Number(values.top), ROOT);
    Deno.stdout.writeSync(new TextEncoder().encode(`${title}\n${table}\n\n`));
  }
  if (values.keep !== "") await Deno.copyFile(`${folder}/profile`, values.keep);
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** What was done between two instants of the machine. */
interface Phase {
  what: string;
  count: number;
  /** Seconds of the processor. */
  cpu: number;
  from: number;
  to: number;
}

/** Lets the program work, and end; then its profile is in the folder. */
async function run(size: number, rate: number, seconds: number): Promise<Phase[]> {
  await using stage = await openStage();
  say(`Creating ${size} pods ...`);
  await stage.pods.grow(size);
  await lookAround(stage);
  const to = values.scheme === "https"
    ? stage.receiver.secureEndpoint()
    : stage.receiver.endpoints(Number(values.endpoints));
  const flags = [
    "--cpu-prof",
    `--cpu-prof-dir=${folder}`,
    "--cpu-prof-name=profile",
    "--cpu-prof-interval=200",
  ];
  await Deno.mkdir(`${folder}/state`);
  const startedAt = machineTime();
  await using running = interpreted(...flags).start(stage.plane, to, `${folder}/state`);
  await stage.receiver.until(({ pods }) => pods >= size * to.urls.length);
  const sync = { what: "first sync", count: size, cpu: running.cpu(), from: startedAt, to: machineTime() };
  await pause(CALM);
  const [count, from] = [rate * seconds, machineTime()];
  const { cpu } = await change(running, count, rate, stage, to.urls.length);
  return [sync, { what: `changes at ${rate} a second`, count, cpu, from, to: machineTime() }];
}
