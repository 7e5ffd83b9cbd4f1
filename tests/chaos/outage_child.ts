import { setImmediate } from "node:timers";
import { Workers } from "../../src/delivery/workers.ts";
import type { Send } from "../../src/http/outcome.ts";
import { Pipeline } from "../../src/pipeline.ts";
import { openDatabase } from "../../src/store/database.ts";
import { openStore } from "../../src/store/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { settle, TestClock } from "../kit/clock.ts";
import { deliveryDeps } from "../kit/delivery_deps.ts";
import { MemoryLog } from "../kit/memory_log.ts";
import { answer, failure } from "../kit/scripted_dial.ts";
import { CHANGES, eventOf } from "./outage_history.ts";
import { Receipts, type Received } from "./outage_receipts.ts";

/**
 * A child process of `outage_test.ts`, alone with its memory: an hour of outage, then the recovery. The pipeline,
 * the store on a file and the workers are the real ones, joined as `src/app.ts` joins them.
 *
 * Arguments: the state file, the file for an `OutageReport`, the number of pods.
 */

export interface OutageReport {
  /** Resident bytes, twice a simulated minute. */
  memory: number[];
  /** Resident bytes when all was delivered. */
  afterRecovery: number;
  /** Messages in the outbox at the end of the outage. */
  owed: number;
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

/** How often the program tidies its store (`src/app.ts`). */
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
    return failure("refused");
  }
  receipts.take(headers, body);
  return answer(200);
};

const store: Store = openStore(openDatabase(state), {
  limit: LIMIT,
  refugeLimit: BUFFER,
  now: clock.now.bind(clock),
});
const workers = new Workers({
  ...deliveryDeps(store, clock, log),
  random: Math.random,
  openClient: () => ({ send, close: () => {} }),
  rendering: { version: "0.0.0" },
  secrets: () => ["secret"],
  fail: (error) => {
    throw error;
  },
  budget: { limit: BUFFER, used: 0 },
}, kill.signal);
const endpoint = { name: "away", url: new URL("http://receiver.example/"), trusted: true };
const pipeline = new Pipeline({
  store,
  clock,
  defaults: [endpoint.name],
  interval: 0,
  route: () => ({ endpoints: [endpoint], problems: [] }),
  open: (wanted) => workers.open(wanted),
  wake: (names) => workers.wake(names),
  complain: () => {},
});

pipeline.accept([{ type: "sync-start", scope: undefined, resourceVersion: "1" }, {
  type: "sync-end",
  scope: undefined,
}], undefined);
const started = performance.now();
const memory = await suffer();
const suffered = performance.now() - started;
const { waiting: owed } = store.outbox.owed(endpoint.name);
isDown = false;
await clock.advance(300_000);
while (receipts.taken < owed) await settle();
const afterRecovery = Deno.memoryUsage().rss;
const recovered = performance.now() - started - suffered;
kill.abort();
await workers.finish("drained");
store.close();
const report: OutageReport = {
  memory,
  afterRecovery,
  owed,
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
