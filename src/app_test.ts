import assert from "node:assert/strict";
import { settle, TestClock } from "../tests/kit/clock.ts";
import { MemoryLog } from "../tests/kit/memory_log.ts";
import { podList, ScriptedApi } from "../tests/kit/scripted_api.ts";
import { answer } from "../tests/kit/scripted_dial.ts";
import { simplePod } from "../tests/kit/simple_pod.ts";
import { run } from "./app.ts";
import { type Options, parseOptions } from "./cli/options.ts";
import type { Send } from "./http/outcome.ts";
import { fixedSecrets } from "./runtime/secret_file.ts";

/** The program on a cluster of one pod, with one endpoint that is a function. */
function start(flags: string[], send: Send): { clock: TestClock; stop: () => void; ended: Promise<number> } {
  const clock = new TestClock();
  const stop = new AbortController();
  const options = parseOptions(["--url", "a=https://a.example/hook", ...flags], () => undefined) as Options;
  const world = {
    clock,
    random: (): number => 0,
    env: (): undefined => undefined,
    log: new MemoryLog(),
    secrets: fixedSecrets([]),
    onInspect: (): void => {},
    print: (): Promise<void> => Promise.resolve(),
    stop: stop.signal,
  };
  const ended = run(options, world, {
    connect: () => Promise.resolve(new ScriptedApi(podList("10", [simplePod("web", "1")]))),
    clientOpener: () => () => ({ send, close: (): void => {} }),
  });
  return { clock, stop: () => stop.abort(), ended };
}

/** An endpoint that fails for as long as the program waits for it. */
const unwilling: Send = () => Promise.resolve(answer(503));

Deno.test("a snapshot ends at the first signal, after one more try, with 1 where something is still owed", async () => {
  let attempts = 0;
  const { stop, ended } = start(["--once"], (...given) => (attempts++, unwilling(...given)));
  await settle();
  assert.equal(attempts, 1);
  stop();
  assert.equal(await ended, 1);
  assert.equal(attempts, 2);
});

Deno.test("a snapshot that hangs when a signal comes is cut when the time for the end is over", async () => {
  const hanging: Send = (_request, _deadline, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const flags = ["--once", "--timeout", "60s", "--shutdown-timeout", "5s"];
  const { clock, stop, ended } = start(flags, hanging);
  await settle();
  stop();
  await clock.advance(5_000);
  assert.equal(await ended, 1);
});

for (const flags of [["--once"], []]) {
  Deno.test(`a worker that fails while the program ends is its failure (${flags.join() || "long run"})`, async () => {
    let isEnding = false;
    const fault = new TypeError("a fault of the program");
    const { stop, ended } = start(flags, (...given) => {
      if (isEnding) throw fault;
      return unwilling(...given);
    });
    await settle();
    isEnding = true;
    stop();
    await assert.rejects(ended, fault);
  });
}
