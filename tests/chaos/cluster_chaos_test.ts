import assert from "node:assert/strict";
import { listPods, manifest, versionsOf } from "../kit/cluster_pods.ts";
import { SECRET, webhook } from "../kit/confidential.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { freePort } from "../kit/port.ts";
import { SOAK } from "../kit/soak.ts";
import { calm, churn, prepare } from "./churn.ts";
import {
  deletionsInvented,
  deletionsNotSent,
  type Evidence,
  idsNotOneToOne,
  transitionsDue,
  transitionsIn,
  transitionsNotSent,
  versionsThatFell,
} from "./judgement.ts";
import { Ledger } from "./ledger.ts";
import { hangUp, interrupt, type Life, Victim } from "./mayhem.ts";
import { Random } from "../kit/random.ts";
import { RawApi } from "../kit/raw_api.ts";
import { SecondApiServer } from "../kit/second_api_server.ts";
import { type Beat, windowsOf } from "./windows.ts";
import { Witness } from "./witness.ts";

const SECONDS = SOAK ? 300 : 45;

/** About one each quarter of a minute. */
const KILLS = SECONDS / 15;

/** Decides what happens and when; how the processes take it is up to the machine. K8SVENT_CHAOS_SEED repeats it. */
const SEED = Number(Deno.env.get("K8SVENT_CHAOS_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

const PODS = "/api/v1/namespaces/default/pods";

/** Between two beats of the metronome, in milliseconds. */
const BEAT = 250;

/** How long the receiver may take to know everything in the end: an endpoint that was away has a backoff. */
const PATIENCE = 180_000;

/** Etcd forgets nothing: else the witness could not take up its watch. */
const NEVER_COMPACT = { ENVTEST_COMPACTION: "24h", ENVTEST_APISERVER_ARGS: "--etcd-compaction-interval=0" };

clusterTest(`${SECONDS} s of chaos on a real control plane, seed ${SEED}`, async (context) => {
  const { evidence, ...outcome } = await suffer();
  for (const [sentence, judge] of Object.entries(JUDGEMENTS)) {
    await context.step(sentence, () => judge({ evidence, ...outcome }));
  }
  await context.step(`it was: ${describe({ evidence, ...outcome })}`, () => {});
});

interface Outcome {
  evidence: Evidence;
  ledger: Ledger;
  /** What kubectl shows in the end. */
  wanted: string[];
  kills: number;
  exits: number;
  interruptions: number;
  hangUps: number;
  exitCode: number | undefined;
}

const JUDGEMENTS: Record<string, (outcome: Outcome) => void> = {
  "the history was a lively one": ({ evidence, kills }) => {
    assert.equal(kills, KILLS);
    assert(transitionsDue(evidence).length >= SECONDS / 3, "transitions that it must have seen");
    assert(evidence.events.filter(({ type }) => type === "DELETED").length >= SECONDS / 3, "deletions");
  },
  "the receiver ends with kubectl's pods and versions": ({ ledger, wanted }) => {
    assert.deepEqual(versionsOf(ledger.state.livePods()), wanted);
  },
  "each deletion of a pod that it had seen was sent, and none that did not happen": ({ evidence }) => {
    assert.deepEqual(deletionsNotSent(evidence), []);
    assert.deepEqual(deletionsInvented(evidence), []);
  },
  "each transition that it provably saw was sent, within the limit of promise 1": ({ evidence }) => {
    assert.deepEqual(transitionsNotSent(evidence), []);
  },
  "of no pod an accepted version fell": ({ evidence }) => {
    assert.deepEqual(versionsThatFell(evidence), []);
  },
  "ids and bodies are one to one": ({ evidence }) => {
    assert.deepEqual(idsNotOneToOne(evidence), []);
  },
  "a good receiver has nothing to complain of, and nothing was given up": ({ ledger }) => {
    assert.deepEqual(ledger.state.problems, []);
    assert.equal(ledger.state.lost, 0);
    assert.deepEqual(ledger.accepted.filter(({ signature }) => signature !== "ok"), []);
  },
  "it ended in good order": ({ exitCode }) => assert.equal(exitCode, 0),
};

/** Everything is closed again when it returns: what is left is data. */
async function suffer(): Promise<Outcome> {
  await using plane = await startControlPlane({ workloads: true, env: NEVER_COMPACT });
  await using server = await SecondApiServer.start(plane);
  using api = await RawApi.open(plane);
  await prepare(api);
  await using witness = await Witness.start(api);
  const dice = new Random(SEED);
  // Each has dice of its own, so that what one of them does is the same however fast the others are.
  const ownDice = (): Random => new Random(dice.integer(0, 2 ** 32 - 1));
  const ledger = new Ledger(ownDice());
  const first = await ledger.open(freePort());
  await using victim = new Victim([
    ...["--kubeconfig", server.kubeconfig, "--state", `${plane.dir}/state.db`, "--interval", "0"],
    ...["--secret", SECRET, "--url", webhook("a", first), "--log-level", "debug"],
  ]);

  const metronome = new Metronome(api);
  const over = new AbortController();
  const others = Promise.all([
    interrupt(server, ownDice(), over.signal),
    hangUp(ledger, first, ownDice(), over.signal),
    churn(api, ownDice(), over.signal),
    metronome.run(over.signal),
  ]);
  await victim.suffer(ownDice(), KILLS, SECONDS * 1_000).finally(() => over.abort());
  const [interruptions, { receiver, times: hangUps }] = await others;
  const wanted = await rest(plane, api, ledger);
  const exitCode = await victim.stop();
  await receiver.close();
  await metronome.beat();
  await witness.reach(metronome.beats.at(-1)?.revision ?? 0);

  const arrivals = ledger.accepted.map(({ at, body }) => ({
    at,
    revision: Number(body?.pod.metadata.resourceVersion),
  }));
  const windows = windowsOf(victim.lives.flatMap(unbroken), metronome.beats, arrivals);
  const evidence = { events: [...witness.events], windows, accepted: ledger.accepted };
  return {
    evidence,
    ledger,
    wanted,
    kills: victim.kills,
    exits: victim.exits,
    interruptions,
    hangUps,
    exitCode,
  };
}

/** Writes to the cluster all the time, so that its versions tell the time. */
class Metronome {
  readonly beats: Beat[] = [];
  readonly #api: RawApi;

  constructor(api: RawApi) {
    this.#api = api;
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#api.call("POST", PODS, manifest("metronome"));
    while (!signal.aborted) {
      await this.beat();
      await new Promise((resolve) => setTimeout(resolve, BEAT));
    }
  }

  async beat(): Promise<void> {
    const begun = Date.now();
    const annotations = { "example.com/beat": String(begun) };
    const answer = await this.#api.call("PATCH", `${PODS}/metronome`, { metadata: { annotations } });
    this.beats.push({ begun, revision: Number(JSON.parse(answer).metadata.resourceVersion) });
  }
}

/** The stretches of a life between faults of the source; at the level `debug` the log has them all. */
function unbroken({ begin, end, lines }: Life): { begin: number; end: number }[] {
  // The last line of one that was killed may be half a line; it has no fault then that mattered.
  const faults = lines.filter((line) => line.includes('"fault":') && line.endsWith("}"))
    .map((line) => Date.parse(JSON.parse(line).time));
  const begins = [begin, ...faults];
  return [...faults, end].map((until, index) => ({ begin: begins[index] ?? begin, end: until }));
}

/** Lets the cluster come to rest, and waits until the receiver knows all of it. Gives what kubectl shows. */
async function rest(plane: ControlPlane, api: RawApi, ledger: Ledger): Promise<string[]> {
  await calm(api);
  const deadline = performance.now() + PATIENCE;
  for (let before: string[] = [];;) {
    const wanted = versionsOf(await listPods(plane));
    const isSent = versionsOf(ledger.state.livePods()).join() === wanted.join();
    const isStill = before.join() === wanted.join();
    if (isSent && isStill || performance.now() > deadline) return wanted;
    before = wanted;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  }
}

function describe({ evidence, ledger, kills, exits, interruptions, hangUps }: Outcome): string {
  const { events, windows, accepted } = evidence;
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  return `${kills} kills, ${exits} exits, ${interruptions} stops of the API server and ${hangUps} of the receiver; ` +
    `${events.length} events, ${count("DELETED")} deletions; ${windows.length} windows with ` +
    `${transitionsDue(evidence).length} of ${
      transitionsIn(events).length
    } transitions; ${accepted.length} requests, ` +
    `${ledger.state.duplicates} that came again`;
}
