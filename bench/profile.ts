/**
 * What a pod costs: CPU profiles of the program by `deno run`, of its first sync and of changes, as tables of what was
 * on the processor itself (callees not counted), by file and by function. V8's inspector is asked, not `--cpu-prof`,
 * because that has one profile for all; the start of the program is in the first one. The main thread only: what the
 * runtime's own threads do (compiling, collecting garbage) is in the processor's time alone, which is printed beside.
 *
 *   deno task bench:profile [--pods 2000] [--rate 400] [--seconds 10] [--top 25] [--https] [--endpoints 1]
 *
 * With `--keep FOLDER` the profiles are left there, for the developer tools of a browser.
 */
import { parseArgs } from "node:util";
import { say } from "../build/command.ts";
import { lacksPods } from "../tests/kit/in_pod.ts";
import { change } from "./changes.ts";
import { interpreted } from "./contenders.ts";
import { Inspector } from "./inspector.ts";
import { lookAround } from "./play.ts";
import { printProfile, type Profile } from "./profile_table.ts";
import { openStage } from "./stage.ts";

const ROOT = new URL("..", import.meta.url).href;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    pods: { type: "string", default: "2000" },
    /** Changes a second. */
    rate: { type: "string", default: "400" },
    seconds: { type: "string", default: "10" },
    /** How many functions each table has. */
    top: { type: "string", default: "25" },
    endpoints: { type: "string", default: "1" },
    https: { type: "boolean", default: false },
    keep: { type: "string" },
  },
});

const lacking = lacksPods();
if (lacking !== undefined) {
  say(`The program runs as in a pod, and ${lacking}`);
  Deno.exit(1);
}
const state = await Deno.makeTempDir({ prefix: "k8svent-profile-" });
try {
  await profile(Number(values.pods), Number(values.rate), Number(values.seconds));
} finally {
  await Deno.remove(state, { recursive: true });
}

async function profile(size: number, rate: number, seconds: number): Promise<void> {
  await using stage = await openStage();
  say(`Creating ${size} pods ...`);
  await stage.pods.grow(size);
  await lookAround(stage);
  const to = values.https
    ? stage.receiver.secureEndpoint()
    : stage.receiver.endpoints(Number(values.endpoints));
  const address = `127.0.0.1:${freePort()}`;
  await using running = interpreted(`--inspect-wait=${address}`).start(stage.plane, to, state);
  using inspector = await Inspector.connect(address);
  await inspector.startProfile();
  await inspector.run();
  await stage.receiver.until(({ pods }) => pods >= size * to.urls.length);
  await show("first sync", await inspector.stopProfile(), size, running.cpu());
  const count = rate * seconds;
  await inspector.startProfile();
  const { cpu } = await change(running, count, rate, stage, to.urls.length);
  await show(`changes at ${rate} a second`, await inspector.stopProfile(), count, cpu);
}

async function show(what: string, profile: Profile, count: number, cpu: number): Promise<void> {
  const title = `${what}: ${count} of them, ${
    (cpu * 1e6 / count).toFixed(0)
  } µs of the processor each, all threads`;
  print(`${title}\n${printProfile(profile, count, Number(values.top), ROOT)}\n`);
  if (values.keep === undefined) return;
  await Deno.mkdir(values.keep, { recursive: true });
  const name = what.replaceAll(" ", "-");
  await Deno.writeTextFile(`${values.keep}/${name}.cpuprofile`, JSON.stringify(profile));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
