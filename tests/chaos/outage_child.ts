import { endpointOf } from "../kit/endpoint.ts";
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Workers } from "../../src/delivery/workers.ts";
import type { Send } from "../../src/http/outcome.ts";
import { openStore } from "../../src/store/open.ts";
import { settle, TestClock } from "../kit/clock.ts";
import { MemoryLog } from "../kit/memory_log.ts";
import { deliveryDeps } from "../kit/worker_rig.ts";
import { plainPipeline } from "../kit/plain_pipeline.ts";
import { CHANGES, eventOf } from "./outage_history.ts";
import { Receipts, type Received } from "./outage_receipts.ts";

/**
 * A child process of `outage_test.ts`, alone with its memory: an hour of outage, then the recovery. The pipeline,
 * the store on a file and the workers are the real ones, joined as `src/app/deliver.ts` joins them.
 *
 * Arguments: the state file, the file for an `OutageReport`, the number of pods.
 */

export interface OutageReport {
  /** Resident bytes, twice a simulated minute. */
  memory: number[];
  /** Resident bytes when all was delivered. */
  afterRecovery: number;
  /** Messages at the end of the outage. */
  pending: number;
  /** Requests that met the outage. */
  refused: number;
  /** By UID. */
  pods: [string, Received][];
  /** Real time. */
  milliseconds: { outage: number; recovery: number };
}

const HOUR = 3_600_000;

/** Events in one transaction: what one read of a lively watch brings. */
const BURST = 10;

/** Between two looks at the memory, in simulated milliseconds. */
const SAMPLE = 30_000;

/** How often the clock moves, in simulated milliseconds. */
const TICK = 2_000;

/** How often the program tidies its store (`src/app/deliver.ts`). */
const TIDY = 60_000;

/** The default of `--state-max` and `--buffer`. */
const LIMIT = 2 ** 30;
const BUFFER = 64 * 2 ** 20;

const [state = "", output = "", podsText = ""] = Deno.args;
const pods = Number(podsText);
const clock = new TestClock();
const log = new MemoryLog();
const kill = new AbortController();
const receipts = new Receipts();
let isDown = true;

const send: Send = async ({ headers, body }) => {
  // As on a network, other things happen meanwhile; a loop of promises alone would never let garbage be collected.
  await new Promise((resolve) => setImmediate(resolve));
  if (isDown) {
    receipts.refused++;
    const message = "The connection was refused";
    return { kind: "failure", when: "before", stale: false, fault: "refused", message };
  }
  receipts.take(headers, body);
  return { kind: "answer", status: 200, headers: new Map(), body: "" };
};

const store = openStore({
  file: state,
  buffer: BUFFER,
  stateMax: LIMIT,
  clock,
  onReady: (names) => workers.wake(names),
  onEvicted: (name, messages) => assert.fail(`${messages} messages for ${name} were evicted`),
  onDiskFault: (fault) => assert.fail(fault),
});
const workers: Workers = new Workers({
  ...deliveryDeps(store.pending, clock, log),
  random: Math.random,
  openClient: () => ({ send, close: () => {} }),
  rendering: { version: "0.0.0" },
  secrets: () => ["secret"],
  fail: (error) => {
    throw error;
  },
  budget: { limit: BUFFER, used: 0 },
}, kill.signal);
const endpoint = endpointOf("away", "http://receiver.example/");
const pipeline = plainPipeline(store, clock, endpoint, (wanted) => workers.open(wanted));

pipeline.accept([{ type: "sync-start", scope: undefined, resourceVersion: "1" }, {
  type: "sync-end",
  scope: undefined,
}], undefined);
const started = performance.now();
const memory = await suffer();
const suffered = performance.now() - started;
const { pending } = store.pending.counts(endpoint.name);
isDown = false;
await clock.advance(300_000);
// What follows an acknowledgement in its line waits for a commit, and that for a timer.
while (receipts.taken < pending) {
  await clock.advance(250);
  await settle();
}
const afterRecovery = Deno.memoryUsage().rss;
const recovered = performance.now() - started - suffered;
kill.abort();
await workers.finish("drained");
store.close();
const report: OutageReport = {
  memory,
  afterRecovery,
  pending,
  refused: receipts.refused,
  pods: [...receipts.pods],
  milliseconds: { outage: suffered, recovery: recovered },
};
await Deno.writeTextFile(output, JSON.stringify(report));
Deno.exit(0);

/** The hour itself; returns the resident memory, a sample each half minute. */
async function suffer(): Promise<number[]> {
  const total = pods * CHANGES;
  const samples: number[] = [];
  let done = 0;
  for (let time = TICK; time <= HOUR; time += TICK) {
    const due = Math.floor(total * time / HOUR);
    while (done < due) {
      const end = Math.min(due, done + BURST);
      const events = [];
      for (; done < end; done++) events.push(eventOf(done % pods, Math.floor(done / pods), pods));
      pipeline.accept(events, undefined);
    }
    await clock.advance(TICK);
    if (time % TIDY === 0) store.tidy();
    if (time % SAMPLE === 0) samples.push(Deno.memoryUsage().rss);
  }
  return samples;
}
