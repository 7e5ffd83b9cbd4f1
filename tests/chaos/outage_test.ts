import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../../build/compile.ts";
import { run } from "../kit/command.ts";
import { SOAK } from "../kit/soak.ts";
import type { OutageReport } from "./outage_child.ts";
import { CHANGES, TRANSITIONS, uidOf, versionOf } from "./outage_history.ts";

const PODS = SOAK ? 3_000 : 1_000;

/** The real thing: what the released program may use, in bytes. */
const MOST = 150 * 1e6;

Deno.test(`an hour of outage: ${PODS} pods change ${CHANGES} times each`, async (context) => {
  const report = await suffer();
  for (const [sentence, judge] of Object.entries(JUDGEMENTS)) {
    await context.step(sentence, () => judge(report));
  }
  await context.step(`measured: ${describe(report)}`, () => {});
});

const JUDGEMENTS: Record<string, (report: OutageReport) => void> = {
  "resident memory at its end is within 10% of its middle": ({ memory }) => {
    const { middle, end } = levels(memory);
    assert(Math.abs(end / middle - 1) <= 0.1, `${end} bytes after ${middle}`);
  },

  "resident memory is under 150 MB all the time": ({ memory }) => {
    assert(Math.max(...memory) < MOST, `${Math.max(...memory) / 1e6} MB`);
  },

  "meanwhile the endpoint was asked now and then, and not by every change": ({ refused }) => {
    // The longest backoff is a minute, of which at least half is waited for; before it come some shorter ones.
    assert(refused >= 60 && refused < 60 * 2 + 20, `${refused} requests`);
  },

  "after the recovery there is one request at most for each pod and kept transition": ({ pods, pending }) => {
    assert.equal(pods.length, 2 * PODS);
    for (const [uid, { requests, transitions }] of pods) {
      assert(
        requests <= transitions + 1,
        `${requests} requests about ${uid}, ${transitions} of them transitions`,
      );
    }
    assert.equal(pending, pods.reduce((sum, [, { requests }]) => sum + requests, 0));
  },

  "no transition is missing": ({ pods }) => {
    const ended = (uid: string): boolean => LAST.get(uid)?.event === "pod.deleted";
    for (const [uid, { transitions }] of pods) {
      assert.equal(transitions, TRANSITIONS + Number(ended(uid)), uid);
    }
  },

  "what was replaced is counted: each version is sent, or counted as coalesced": ({ pods }) => {
    for (const [uid, { versions }] of pods) assert.equal(versions, CHANGES / 2, uid);
  },

  "versions come in order, each once, the newest last": ({ pods }) => {
    for (const [uid, { inOrder, last, lastEvent }] of pods) {
      assert(inOrder, `${uid} went back`);
      assert.deepEqual({ version: last, event: lastEvent }, LAST.get(uid), uid);
    }
  },
};

/** The last that is to be sent of each UID. */
const LAST = new Map<string, { version: string; event: string }>();
for (let pod = 0; pod < PODS; pod++) {
  LAST.set(uidOf(pod, 0), { version: versionOf(pod, CHANGES / 2 - 1, PODS), event: "pod.deleted" });
  LAST.set(uidOf(pod, 1), { version: versionOf(pod, CHANGES - 1, PODS), event: "pod.changed" });
}

async function suffer(): Promise<OutageReport> {
  const folder = await Deno.makeTempDir({ prefix: "k8svent-outage-" });
  const output = `${folder}/report.json`;
  try {
    const child = fileURLToPath(new URL("outage_child.ts", import.meta.url));
    const args = [
      "run",
      "-q",
      "-P=test",
      "--no-check",
      V8_FLAGS,
      child,
      `${folder}/state.db`,
      output,
      `${PODS}`,
    ];
    await run(Deno.execPath(), args);
    return JSON.parse(await Deno.readTextFile(output)) as OutageReport;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Each from the samples of five minutes: a single one depends on when garbage was collected. */
function levels(memory: number[]): { middle: number; end: number } {
  const half = memory.length / 2;
  return { middle: median(memory.slice(half - 5, half + 5)), end: median(memory.slice(-10)) };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function describe(
  { memory, afterRecovery, pending, milliseconds: { outage, recovery } }: OutageReport,
): string {
  const { middle, end } = levels(memory);
  const megabytes = [middle, end, Math.max(...memory), afterRecovery].map((bytes) => Math.round(bytes / 1e6));
  return `${Math.round(PODS * CHANGES * 1000 / outage)} changes/s, ${
    Math.round(pending * 1000 / recovery)
  } deliveries/s, ` +
    `${megabytes.join(", ")} MB (middle, end, peak, after the recovery)`;
}
