import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { parse } from "../../tests/kit/command_line.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { type Answer, podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { worldWith } from "../../tests/kit/world.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Outcome, Send } from "../http/outcome.ts";
import { type Pod, ROUTE_ANNOTATION } from "../pod/pod.ts";
import { run } from "./run.ts";
import { dialled, type Ways } from "./world.ts";

const WEB: Answer[] = [podList("10", [simplePod("web", "1")])];

/** The program on a cluster that answers by a script, with endpoints that are one function. */
class Running {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly ended: Promise<number>;
  /** Names of the endpoints whose way out was closed. */
  readonly closed: string[] = [];
  readonly #stop = new AbortController();

  constructor(
    flags: string[],
    send: Send,
    { answers = WEB, openClient }: { answers?: Answer[]; openClient?: Ways["openClient"] } = {},
  ) {
    const options = parse([
      ...flags.includes("--url") ? [] : ["--url", "a=https://a.example/hook"],
      ...flags,
    ]);
    const world = worldWith({ clock: this.clock, log: this.log, stop: this.#stop.signal });
    const api = new ScriptedApi(...answers);
    api.clock = this.clock;
    this.ended = run(options, world, {
      connect: () => Promise.resolve(api),
      openClient: openClient ?? (({ name }) => ({ send, close: (): void => void this.closed.push(name) })),
    });
    // The test looks at it when it is time.
    this.ended.catch(() => {});
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Lets the real world go on, the disk and the network, until the predicate holds. */
  async until(predicate: () => boolean): Promise<void> {
    for (let turn = 0; turn < 2_000 && !predicate(); turn++) {
      await settle();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(predicate(), `it logged:\n${this.log.lines.map(({ message }) => message).join("\n")}`);
  }

  /** What a probe of `/readyz` gets. */
  async readiness(): Promise<string> {
    const answer = await this.ask("/readyz");
    return `${answer.status} ${(await answer.text()).trim()}`;
  }

  async ask(path: string): Promise<Response> {
    const said = /^Probes and metrics are answered on port (\d+)/;
    await this.until(() => this.log.find(said) !== undefined);
    return await fetch(`http://127.0.0.1:${this.log.find(said)}${path}`);
  }
}

function answerOf(status: number): Outcome {
  return { kind: "answer", status, headers: new Map(), body: "" };
}

/** An endpoint that cannot be connected to, so that its circuit opens at once. */
const unwilling: Send = () =>
  Promise.resolve({ kind: "failure", when: "before", stale: false, fault: "refused", message: "refused" });
const willing: Send = () => Promise.resolve(answerOf(200));
const hanging: Send = (_request, _deadline, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

function podWith(name: string, webhook: string): Pod {
  return makePod({ name, annotations: { [ROUTE_ANNOTATION]: JSON.stringify({ webhooks: [webhook] }) } });
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "run-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a snapshot ends at the first signal, after one more try, with 1 where something was not sent", async () => {
  let attempts = 0;
  const running = new Running(["--once"], (...given) => (attempts++, unwilling(...given)));
  await running.until(() => attempts === 1);
  await settle();
  assert.equal(attempts, 1);
  running.stop();
  await running.clock.advance(1_000);
  assert.equal(await running.ended, 1);
  assert.equal(attempts, 2);
  assert.deepEqual(running.log.at("error"), ["Sent 0 pods to a; 1 not sent."]);
});

Deno.test("a snapshot that hangs when a signal comes is cut when the time for the end is over", async () => {
  let attempts = 0;
  const flags = ["--once", "--timeout", "60s", "--shutdown-timeout", "5s"];
  const running = new Running(flags, (...given) => (attempts++, hanging(...given)));
  await running.until(() => attempts === 1);
  running.stop();
  await running.clock.advance(5_000);
  assert.equal(await running.ended, 1);
});

for (const flags of [["--once"], []]) {
  Deno.test(`a worker that fails while the program ends is its failure (${flags.join() || "long run"})`, async () => {
    let isEnding = false;
    let attempts = 0;
    const fault = new TypeError("a fault of the program");
    const running = new Running(flags, (...given) => {
      attempts++;
      if (isEnding) throw fault;
      return unwilling(...given);
    });
    await running.until(() => attempts === 1);
    await settle();
    isEnding = true;
    running.stop();
    await running.clock.advance(1_000);
    await assert.rejects(running.ended, fault);
  });
}

for (
  const [source, flags, stale] of [
    ["watch", [], 600_000],
    ["poll", ["--source", "poll", "--interval", "5m"], 900_000],
  ] as const
) {
  Deno.test(`${source}: the view of a cluster that has said nothing for ${stale / 60_000} minutes is stale`, async () => {
    const running = new Running(["--listen", "127.0.0.1:0", ...flags], willing);
    await running.until(() => running.log.at("info").some((message) => message.includes("follows the pods")));
    await settle();
    await running.clock.advance(stale);
    assert.equal(await running.readiness(), "200 ok");
    await running.clock.advance(1_000);
    assert.match(
      await running.readiness(),
      /^503 The API server has not answered about all namespaces for \d+ s/,
    );
    running.stop();
    await running.ended;
  });
}

Deno.test("reminders that were switched on begin for a pod that was unhealthy before, though nothing changes", async () => {
  await withFolder(async (folder) => {
    const sick = makePod({ ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } });
    const reasons: (string | undefined)[] = [];
    const send: Send = ({ headers }) => {
      reasons.push(headers["k8svent-reason"]);
      return Promise.resolve(answerOf(200));
    };
    for (const interval of ["0", "1m"]) {
      const flags = ["--state", `${folder}/state.db`, "--interval", interval];
      const running = new Running(flags, send, { answers: [podList("10", [sick])] });
      const expected = interval === "0" ? 1 : 2;
      await running.until(() =>
        running.log.at("info").some((message) => message.includes("follows the pods"))
      );
      for (let tick = 0; tick < 12; tick++) {
        await running.clock.advance(5_000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await running.until(() => reasons.length >= expected);
      running.stop();
      await running.ended;
    }
    assert.deepEqual([...new Set(reasons)], ["sync", "unhealthy"]);
  });
});

Deno.test("no more is under way than --buffer allows", async () => {
  // With what succeeds first, as many at a time come to be tried as may.
  const small = Array.from({ length: 100 }, (_, pod) => makePod({ name: `small-${pod}` }));
  const large = Array.from({ length: 12 }, (_, pod) => {
    return makePod({ name: `large-${pod}`, annotations: { note: "x".repeat(300_000) } });
  });
  let [answered, hung] = [0, 0];
  const send: Send = (request, ...rest) => {
    if (request.body.length < 100_000) return (answered++, willing(request, ...rest));
    return (hung++, hanging(request, ...rest));
  };
  const running = new Running(["--buffer", "1Mi", "--shutdown-timeout", "0"], send, {
    answers: [podList("10", [...small, ...large])],
  });
  await running.until(() => answered === 100 && hung >= 4);
  await settle();
  assert.equal(hung, 4, "1.2 MB in place of 3.6");
  running.stop();
  await running.clock.advance(0);
  await running.ended;
});

Deno.test("what is pending at the end is lost without --state, and that is said; with it, that it is kept", async () => {
  await withFolder(async (folder) => {
    const pods = [makePod({ name: "web" }), makePod({ name: "api" })];
    const cases = [
      [[], [pods[0] ?? assert.fail()], "error", "1 message for endpoint a is lost: there is no --state that"],
      [[], pods, "error", "2 messages for endpoint a are lost: there is no --state that"],
      [
        ["--state", `${folder}/state.db`],
        pods,
        "warn",
        "2 messages are pending for endpoint a, and are in the state file.",
      ],
    ] as const;
    for (const [flags, listed, level, sentence] of cases) {
      let attempts = 0;
      const running = new Running([...flags], (...given) => (attempts++, unwilling(...given)), {
        answers: [podList("10", [...listed])],
      });
      await running.until(() => attempts > 0);
      running.stop();
      for (let second = 0; second < 30; second++) await running.clock.advance(1_000);
      assert.equal(await running.ended, 0);
      const said = running.log.at(level).filter((message) => message.startsWith(sentence));
      assert.equal(said.length, 1, running.log.lines.map(({ message }) => message).join("\n"));
    }
  });
});

for (
  const [sentence, flags, answers] of [
    ["Listed 1 pod in 0 ms, watching.", [], [...WEB, new ScriptedStream()]],
    ["Listed no pods in 0 ms, watching.", [], [podList("10", []), new ScriptedStream()]],
    ["Listed 1 pod in 0 ms, and again in 2 min.", ["--source", "poll"], WEB],
    [
      "Listed 2 pods in 0 ms, and again in 90 s.",
      ["--source", "poll", "--interval", "90s", "-n", "shop", "-n", "team-a"],
      ["shop", "team-a"].map((namespace) =>
        podList("10", [simplePod("web", "1", { namespace, uid: namespace })])
      ),
    ],
  ] as const
) {
  Deno.test(`a life sign: ${sentence}`, async () => {
    const running = new Running([...flags], willing, { answers: [...answers] });
    await running.until(() => running.log.at("info").some((message) => message.startsWith("Listed")));
    assert.deepEqual(running.log.at("info").filter((message) => message.startsWith("Listed")), [sentence]);
    running.stop();
    await running.ended;
  });
}

Deno.test("a watch that is refused is no life sign", async () => {
  const forbidden = new ClusterError("forbidden", "You may not watch.");
  const running = new Running([], willing, { answers: [...WEB, forbidden] });
  await running.until(() => running.log.at("warn").includes("You may not watch."));
  assert.equal(running.log.at("info").some((message) => message.startsWith("Listed")), false);
  running.stop();
  await running.ended;
});

Deno.test("an outage is reported again while the program runs", async () => {
  const running = new Running([], unwilling);
  await running.until(() => running.log.at("info").some((message) => message.includes("follows the pods")));
  await settle();
  for (let minute = 0; minute < 7; minute++) await running.clock.advance(60_000);
  const reported = /^Endpoint a has accepted nothing for \d min: refused\. 1 message is pending for it\.$/;
  await running.until(() => running.log.at("warn").some((message) => reported.test(message)));
  running.stop();
  for (let second = 0; second < 30; second++) await running.clock.advance(1_000);
  await running.ended;
});

Deno.test("an annotation's endpoint that nothing is pending for is closed within two minutes, the operator's is not", async () => {
  const pods = [podWith("theirs", "https://hooks.example.com/x"), makePod({ name: "ours" })];
  let attempts = 0;
  const running = new Running(
    ["--pod-webhooks", "hooks.example.com"],
    (...given) => (attempts++, willing(...given)),
    { answers: [podList("10", pods)] },
  );
  await running.until(() => attempts === 2);
  assert.deepEqual(running.closed, []);
  await running.clock.advance(120_000);
  await running.until(() => running.closed.length > 0);
  assert.match(running.closed.join(), /^pod:hooks\.example\.com-\w+$/);
  running.stop();
  await running.ended;
});

Deno.test("what is pending for an annotation's endpoint that nobody can name any more is given up, and a line says so", async () => {
  await withFolder(async (folder) => {
    const state = ["--state", `${folder}/state.db`];
    let attempts = 0;
    const before = new Running(
      [...state, "--pod-webhooks", "hooks.example.com", "--shutdown-timeout", "0"],
      (...given) => (attempts++, unwilling(...given)),
      { answers: [podList("10", [podWith("theirs", "https://hooks.example.com/x")])] },
    );
    await before.until(() => attempts === 1);
    before.stop();
    await before.clock.advance(0);
    await before.ended;
    const after = new Running([...state, "--pod-webhooks", "other.example.com"], willing, {
      answers: [podList("11", [])],
    });
    const given = /^No pod names the endpoint pod:hooks\S+ any more: 1 message pending for it is given up/;
    await after.until(() => after.log.at("info").some((message) => message.includes("follows the pods")));
    await settle();
    await after.clock.advance(61_000);
    await after.until(() => after.log.at("warn").some((message) => given.test(message)));
    after.stop();
    await after.ended;
  });
});

/** A port of this machine that counts who connects, and hangs up. */
class Port implements AsyncDisposable {
  connections = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepting = this.#accept();

  get number(): number {
    return this.#listener.addr.port;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      this.connections++;
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
  }
}

Deno.test("webhooks of annotations are dialled through the guard, the operator's are not", async () => {
  await using theirs = new Port();
  await using ours = new Port();
  const place = `localhost:${theirs.number}`;
  const running = new Running(
    ["--url", `ours=http://127.0.0.1:${ours.number}/`, "--pod-webhooks", place, "--shutdown-timeout", "0"],
    willing,
    {
      answers: [podList("10", [podWith("web", `https://${place}/`), makePod({ name: "other" })])],
      openClient: dialled(),
    },
  );
  const refused = (message: string): boolean => message.startsWith(`Endpoint pod:${place}`);
  await running.until(() => running.log.at("warn").some(refused) && ours.connections > 0);
  assert.match(running.log.at("warn").find(refused) ?? "", /not public|private|internal/);
  assert.equal(theirs.connections, 0);
  running.stop();
  await running.clock.advance(0);
  await running.ended;
});

Deno.test("what the program does can be scraped while it runs", async () => {
  const running = new Running(["--listen", "127.0.0.1:0"], willing);
  const text = async (): Promise<string> => await (await running.ask("/metrics")).text();
  await running.until(() => running.log.at("info").some((message) => message.startsWith("Delivers to a")));
  const answer = await running.ask("/metrics");
  assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  await answer.text();
  const found = await text();
  for (
    const line of [
      'k8svent_deliveries_total{endpoint="a",result="delivered"} 1',
      "k8svent_lists_total 1",
      "k8svent_pods 1",
      "k8svent_ready 1",
    ]
  ) assert.ok(found.includes(`\n${line}\n`), `${line} in\n${found}`);
  assert.doesNotMatch(found, /a\.example|hook/);
  running.stop();
  await running.clock.advance(0);
  await running.ended;
});
