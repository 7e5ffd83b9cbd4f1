import assert from "node:assert/strict";
import { FakeApiServer } from "../kit/apiserver/server.ts";
import { SECRET, webhook } from "../kit/confidential.ts";
import { type Program, startProgram } from "../kit/program.ts";
import { type Delivery, Receiver } from "../kit/receiver.ts";

/** In each of the two namespaces. */
const PODS = 100;

/**
 * A comparison takes so many pairs of turns, in an order that changes, and at most so many comparisons are made: whatever
 * else the machine does meanwhile comes to both, and a burst of it spoils one comparison and not their median.
 */
const COMPARISONS = 15;
const PAIRS = 10;

/** Changes in one turn, and milliseconds between two of them. */
const CHANGES = 25;
const PULSE = 10;

/** Long against the backoff that follows, so that requests to A hang nearly all the time. */
const TIMEOUT = "20s";

/** What an endpoint that hangs may cost another one. */
const MOST = 1.5;

/** Where the changes are sent to B alone, and where also to A, which hangs. */
type Namespace = "alone" | "beside";

/** The p99 from change to receipt at B, in milliseconds, of each. */
type Comparison = Record<Namespace, number>;

Deno.test("endpoint A hangs: B hears of a change as soon as without A", async (context) => {
  const server = await FakeApiServer.start();
  for (let pod = 0; pod < PODS; pod++) {
    for (const namespace of ["alone", "beside"]) {
      server.create({ metadata: { namespace, name: `web-${pod}` } });
    }
  }
  const kubeconfig = await Deno.makeTempFile({ prefix: "k8svent-kubeconfig-" });
  await Deno.writeTextFile(kubeconfig, server.kubeconfig);
  try {
    await using a = await Receiver.start({ secrets: [SECRET], reply: () => "hang" });
    const stopwatch = new Stopwatch(server);
    const reply = (delivery: Delivery): { status: number } => stopwatch.stop(delivery);
    await using b = await Receiver.start({ secrets: [SECRET], reply });
    // Two programs, of which one rests while the other is measured: the same machine, the same minute.
    await using _alone = await start(kubeconfig, "alone", ["--url", webhook("b", b)]);
    await using _beside = await start(kubeconfig, "beside", [
      ...["--url", webhook("a", a)],
      ...["--url", webhook("b", b)],
    ]);
    await b.until(() => b.state.pods.size === 2 * PODS, "the first sync of both");
    await compare(stopwatch, b);
    const comparisons: Comparison[] = [];
    while (!isDecided(comparisons)) comparisons.push(await compare(stopwatch, b));

    assert(a.deliveries.length > 0, "A was tried, and hung");
    assert.deepEqual(b.state.problems, []);
    await context.step(`p99 is within ${MOST} times (${describe(comparisons)})`, () => {
      assert(
        median(comparisons.map(ratio)) <= MOST,
        comparisons.map((one) => ratio(one).toFixed(2)).join(", "),
      );
    });
  } finally {
    await server.close();
    await Deno.remove(kubeconfig);
  }
});

/** Knows when each version was made, and how long it took to arrive, in milliseconds. */
class Stopwatch {
  #times: Record<Namespace, number[]> = { alone: [], beside: [] };
  readonly #server: FakeApiServer;
  readonly #running = new Map<string, number>();
  #changes = 0;

  constructor(server: FakeApiServer) {
    this.#server = server;
  }

  /** Changes a pod, each in its turn, so that no version takes the place of one that is on its way. */
  start(namespace: Namespace): void {
    const name = `web-${this.#changes++ % PODS}`;
    // Taken first: the version arrives while `update` still runs for other watches.
    const now = performance.now();
    const { metadata } = this.#server.update({ namespace, name }, (pod) => {
      pod.metadata.annotations = { change: String(this.#changes) };
    });
    this.#running.set(metadata.resourceVersion, now);
  }

  stop({ body }: Delivery): { status: number } {
    const { namespace, resourceVersion = "" } = body?.pod.metadata ?? {};
    const started = this.#running.get(resourceVersion);
    if (started !== undefined) {
      this.#running.delete(resourceVersion);
      this.#times[namespace as Namespace].push(performance.now() - started);
    }
    return { status: 200 };
  }

  /** Whether all that was changed has arrived. */
  get isAtRest(): boolean {
    return this.#running.size === 0;
  }

  /** The p99 of what was measured since the last time that it was asked for. */
  read(): Comparison {
    const { alone, beside } = this.#times;
    this.#times = { alone: [], beside: [] };
    return { alone: p99(alone), beside: p99(beside) };
  }
}

async function compare(stopwatch: Stopwatch, b: Receiver): Promise<Comparison> {
  for (let pair = 0; pair < PAIRS; pair++) {
    const turns: Namespace[] = pair % 2 === 0 ? ["alone", "beside"] : ["beside", "alone"];
    for (const namespace of turns) {
      for (let change = 0; change < CHANGES; change++) {
        stopwatch.start(namespace);
        await new Promise((resolve) => setTimeout(resolve, PULSE));
      }
      await b.until(() => stopwatch.isAtRest, "all changes of a turn");
    }
  }
  return stopwatch.read();
}

async function start(kubeconfig: string, namespace: Namespace, urls: string[]): Promise<Program> {
  return await startProgram({
    args: ["--kubeconfig", kubeconfig, "--interval", "0", "--namespace", namespace, "--timeout", TIMEOUT]
      .concat("--secret", SECRET, urls),
  });
}

function p99(times: number[]): number {
  assert.equal(times.length, PAIRS * CHANGES);
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? NaN;
}

/** Whether those that are to come cannot move the median across the limit any more. */
function isDecided(comparisons: Comparison[]): boolean {
  const within = comparisons.filter((one) => ratio(one) <= MOST).length;
  return Math.max(within, comparisons.length - within) > COMPARISONS / 2;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function ratio({ alone, beside }: Comparison): number {
  return beside / alone;
}

function describe(comparisons: Comparison[]): string {
  const [alone, beside, times] = [
    median(comparisons.map(({ alone }) => alone)),
    median(comparisons.map(({ beside }) => beside)),
    median(comparisons.map(ratio)),
  ].map((value) => value.toFixed(2));
  return `${alone} ms without A, ${beside} ms with it, ratio ${times}`;
}
