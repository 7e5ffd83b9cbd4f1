import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { Receiver } from "../../tests/kit/receiver.ts";
import type { LinkImageOptions } from "../cli/job.ts";
import { type Linked, linkImage, sentenceOf } from "./link_image.ts";

const LINK: LinkImageOptions["link"] = {
  git: { owner: "atomist", repo: "k8vent", sha: "8d3f5a1c2b4e6f708192a3b4c5d6e7f801234567" },
  docker: { image: "atomist/k8vent:0.16.0" },
  type: "link-image",
};

const optionsFor = (url: string): LinkImageOptions => ({
  command: "link-image",
  link: LINK,
  url: new URL(url),
  secrets: [],
  timeout: 10_000,
  output: "table",
});

/** Sends it to a receiver that answers so, one after the other; no time passes but the pauses that are announced. */
async function linked(
  ...answers: { status: number; headers?: Record<string, string> }[]
): Promise<{ linked: Linked; sentence: string; pauses: number[]; ids: Set<string | undefined> }> {
  await using receiver = await Receiver.start({ reply: ({ index }) => answers[index] ?? { status: 200 } });
  const clock = new TestClock();
  const pauses: number[] = [];
  let passing = Promise.resolve();
  const options = optionsFor(receiver.url);
  const linked = await linkImage(options, {
    clock,
    env: () => undefined,
    random: (bytes) => new Uint8Array(bytes).fill(7),
    stop: new AbortController().signal,
    remark(line): void {
      const seconds = Number(/ Tries again in (\d+) s\.$/.exec(line)?.[1]);
      pauses.push(seconds);
      passing = Promise.resolve().then(() => clock.advance(seconds * 1_000));
    },
  });
  await passing;
  const ids = new Set(receiver.deliveries.map(({ headers }) => headers["webhook-id"]));
  return { linked, sentence: sentenceOf(options, linked), pauses, ids };
}

Deno.test("link-image tries four times, 1, 2 and 4 s apart, by one id", async () => {
  const failing = { status: 503 };
  const { linked: { isAccepted, attempts, status }, sentence, pauses, ids } = await linked(
    ...[failing, failing, failing, failing],
  );
  assert.deepEqual([isAccepted, attempts, status, pauses, ids.size], [false, 4, 503, [1, 2, 4], 1]);
  assert.match(sentence, /^It was not linked, after 4 attempts: status 503/);
});

Deno.test("link-image waits as Retry-After asks, for 5 minutes at most", async () => {
  const { linked: { isAccepted, attempts }, pauses } = await linked(
    { status: 429, headers: { "retry-after": "7" } },
    { status: 503, headers: { "retry-after": "3600" } },
    { status: 503, headers: { "retry-after": "Thu, 01 Jan 2026 00:06:07 GMT" } },
  );
  assert.deepEqual([isAccepted, attempts, pauses], [true, 4, [7, 300, 60]]);
});

for (const status of [400, 401, 404, 410]) {
  Deno.test(`link-image takes a ${status} as final`, async () => {
    const { linked: { isAccepted, attempts }, pauses } = await linked({ status });
    assert.deepEqual([isAccepted, attempts, pauses], [false, 1, []]);
  });
}

Deno.test("link-image stops waiting where it is interrupted", async () => {
  await using receiver = await Receiver.start({ reply: () => ({ status: 503 }) });
  const stop = new AbortController();
  const clock = new TestClock();
  const interrupted = new Error("interrupted");
  const linking = linkImage(optionsFor(receiver.url), {
    clock,
    env: () => undefined,
    random: (bytes) => new Uint8Array(bytes),
    stop: stop.signal,
    remark: () => void Promise.resolve().then(() => stop.abort(interrupted)),
  });
  await assert.rejects(linking, interrupted);
  assert.equal(clock.pending, 0);
});
