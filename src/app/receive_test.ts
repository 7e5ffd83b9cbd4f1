import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { signed as signedBy } from "../../tests/kit/wrong_signatures.ts";
import type { ReceiveOptions } from "../cli/job.ts";
import type { Child, Ran } from "../runtime/child.ts";
import { systemClock } from "../runtime/clock.ts";
import { receive } from "./receive.ts";

const SECRET = "a plain secret of some length";
const BODY = '{"pod":{"metadata":{"namespace":"shop","name":"web-0"}}}';

const OPTIONS: ReceiveOptions = {
  command: "receive",
  host: "127.0.0.1",
  port: 0,
  secrets: [],
  output: "line",
  answer: { status: 200, delay: 0, every: 1 },
};

interface Rig {
  post: (headers?: Record<string, string>, body?: string) => Promise<Response>;
  printed: string[];
  remarks: string[];
  ran: Child[];
}

/** What the command comes to. */
type Run = (child: Child, clock: unknown, signal: AbortSignal) => Promise<Ran>;

async function withReceiver(
  options: Partial<ReceiveOptions>,
  use: (rig: Rig) => Promise<void>,
  { run = () => Promise.resolve({ kind: "ended", code: 0 }), clock = systemClock }: {
    run?: Run;
    clock?: typeof systemClock;
  } = {},
): Promise<void> {
  const stop = new AbortController();
  const rig = { printed: [] as string[], remarks: [] as string[], ran: [] as Child[] };
  const listening = Promise.withResolvers<number>();
  const world = {
    clock,
    print: (text: string) => Promise.resolve(void rig.printed.push(text)),
    remark: (line: string) => void rig.remarks.push(line),
    run: (child: Child, clock: unknown, signal: AbortSignal) => {
      rig.ran.push(child);
      return run(child, clock, signal);
    },
    stop: stop.signal,
  };
  const ended = receive({ ...OPTIONS, ...options }, world, listening.resolve);
  const port = await listening.promise;
  const post = (headers: Record<string, string> = {}, body = BODY): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/pods`, { method: "POST", headers, body });
  try {
    await use({ ...rig, post });
  } finally {
    stop.abort();
    await ended;
  }
}

function signed(body = BODY): Record<string, string> {
  const made = signedBy([SECRET], body, Math.floor(Date.now() / 1000));
  return { ...made, "k8svent-event": "pod.changed", "k8svent-reason": "ready" };
}

async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

Deno.test("receive prints a line for a delivery that verifies, and takes it", () =>
  withReceiver({ secrets: [SECRET] }, async ({ post, printed, remarks }) => {
    assert.equal(await statusOf(post(signed())), 200);
    assert.match(
      printed.join(""),
      /^\d\d:\d\d:\d\dZ {2}200 {2}pod\.changed {2}shop\/web-0 {2}ready {2}56 B {2}verified\n$/,
    );
    assert.match(remarks.join("\n"), /^Receives at http:\/\/127\.0\.0\.1:\d+\/ until it is interrupted/);
  }));

Deno.test("receive answers 401 to what does not verify, and says why", () =>
  withReceiver({ secrets: [SECRET] }, async ({ post, printed }) => {
    const changed = await post(signed(), `${BODY}\n`);
    assert.equal(changed.status, 401);
    assert.match(await changed.text(), /webhook-signature: the body has a line end at its end/);
    assert.equal(await statusOf(post()), 401);
    assert.match(printed[0] ?? "", /401 .* x-hub-signature-256: the body has a line end/);
    assert.match(printed[1] ?? "", /401 .* no signature\n$/);
  }));

Deno.test("receive without a secret takes all, and says that it verifies nothing", () =>
  withReceiver({}, async ({ post, printed, remarks }) => {
    assert.equal(await statusOf(post({ "k8svent-attempt": "2" })), 200);
    assert.match(printed[0] ?? "", /200 {2}\/pods {2}shop\/web-0 {2}attempt 2 {2}56 B {2}not verified/);
    assert.match(remarks.join("\n"), /Verifies nothing: --secret-file names no secret\./);
  }));

Deno.test("receive prints the whole delivery as JSON", () =>
  withReceiver({ secrets: [SECRET], output: "json" }, async ({ post, printed }) => {
    await statusOf(post(signed()));
    const { time: _time, headers, signatures, ...rest } = JSON.parse(printed[0] ?? "");
    assert.deepEqual(rest, {
      number: 1,
      path: "/pods",
      body: JSON.parse(BODY),
      verified: true,
      answer: { status: 200, headers: {} },
    });
    assert.equal(headers["webhook-id"], "pod_a");
    assert.equal(signatures.length, 3);
  }));

Deno.test("receive prints the numbers of a body as they came, and nothing that steers a terminal", () =>
  withReceiver({ output: "json" }, async ({ post, printed }) => {
    const body = '{ "pod": {"n": 9223372036854775807, "f": 1.10,\n "text": "\u009b2J\u202e日本"} }';
    await statusOf(post({}, body));
    assert.match(
      printed[0] ?? "",
      /"body":\{"pod":\{"n":9223372036854775807,"f":1\.10,"text":"\\u009b2J\\u202e日本"\}\}/,
    );
  }));

Deno.test("receive answers each third delivery as it was asked to, and takes the others", () => {
  const answer = { status: 503, delay: 0, retryAfter: 4_500, every: 3 };
  return withReceiver({ answer }, async ({ post }) => {
    const seen = [];
    for (let count = 0; count < 6; count++) {
      const response = await post();
      await response.body?.cancel();
      seen.push([response.status, response.headers.get("retry-after")]);
    }
    assert.deepEqual(seen, [[200, null], [200, null], [503, "5"], [200, null], [200, null], [503, "5"]]);
  });
});

Deno.test("receive hangs up without an answer where it was asked to", () =>
  withReceiver({ answer: { status: "hang up", delay: 0, every: 1 } }, async ({ post, printed }) => {
    await assert.rejects(post());
    assert.match(printed[0] ?? "", /hangup/);
  }));

Deno.test("receive answers without a body where the status has none", () =>
  withReceiver({ answer: { status: 204, delay: 0, every: 1 } }, async ({ post }) => {
    for (const _ of [1, 2]) assert.equal(await statusOf(post()), 204);
  }));

Deno.test("receive waits before it answers", () => {
  const clock = new TestClock();
  return withReceiver({ answer: { status: 200, delay: 5_000, every: 1 } }, async ({ post }) => {
    let isAnswered = false;
    const response = statusOf(post()).finally(() => isAnswered = true);
    // The deadline of the connection, and the delay.
    while (clock.pending < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(4_999);
    assert.equal(isAnswered, false);
    await clock.advance(1);
    assert.equal(await response, 200);
  }, { clock });
});

const EXEC = { argv: ["handle", "a b"], timeout: 30_000 };

Deno.test("receive gives a verified delivery to the command: the body, and the headers as variables", () =>
  withReceiver({ secrets: [SECRET], exec: EXEC }, async ({ post, ran, printed }) => {
    assert.equal(await statusOf(post({ ...signed(), webhook_id: "another" })), 200);
    const [{ argv, stdin, env } = { argv: [], stdin: new Uint8Array(), env: {} }] = ran;
    assert.deepEqual(argv, ["handle", "a b"]);
    assert.equal(new TextDecoder().decode(stdin), BODY);
    const { K8SVENT_HEADER_WEBHOOK_ID: id, K8SVENT_HEADER_K8SVENT_EVENT: event } = env as Record<
      string,
      string
    >;
    assert.deepEqual([id, event], ["pod_a", "pod.changed"]);
    assert.match(printed[0] ?? "", /verified {2}command ended with 0/);
  }));

Deno.test("receive runs no command for what does not verify, nor for what it is to refuse", async () => {
  await withReceiver({ secrets: [SECRET], exec: EXEC }, async ({ post, ran }) => {
    assert.equal(await statusOf(post(signed(), "{}")), 401);
    assert.deepEqual(ran, []);
  });
  const answer = { status: 503, delay: 0, every: 1 };
  await withReceiver({ secrets: [SECRET], exec: EXEC, answer }, async ({ post, ran }) => {
    assert.equal(await statusOf(post(signed())), 503);
    assert.deepEqual(ran, []);
  });
});

for (
  const [ran, status] of [
    [{ kind: "ended", code: 3 }, 500],
    [{ kind: "killed" }, 503],
    [{ kind: "not started", why: "was not found" }, 500],
  ] as [Ran, number][]
) {
  Deno.test(`receive answers ${status} where the command ${ran.kind}, so that the delivery comes again`, () =>
    withReceiver({ secrets: [SECRET], exec: EXEC }, async ({ post }) => {
      assert.equal(await statusOf(post(signed())), status);
    }, { run: () => Promise.resolve(ran) }));
}

Deno.test("receive runs one command at a time", async () => {
  let running = 0;
  let most = 0;
  const run = async (): Promise<Ran> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return { kind: "ended", code: 0 };
  };
  await withReceiver({ secrets: [SECRET], exec: EXEC }, async ({ post, ran }) => {
    assert.deepEqual(await Promise.all([1, 2, 3, 4].map(() => statusOf(post(signed())))), [
      200,
      200,
      200,
      200,
    ]);
    assert.equal(ran.length, 4);
  }, { run });
  assert.equal(most, 1);
});

Deno.test("receive takes POST alone", () =>
  withReceiver({}, async ({ printed, remarks }) => {
    const port = /:(\d+)\//.exec(remarks[0] ?? "")?.[1];
    const { status, body } = await fetch(`http://127.0.0.1:${port}/`);
    await body?.cancel();
    assert.equal(status, 405);
    assert.deepEqual(printed, []);
  }));

Deno.test("receive prints nothing that steers a terminal", () =>
  withReceiver({}, async ({ post, printed }) => {
    await statusOf(post({}, '{"pod":{"metadata":{"namespace":"a","name":"\\u001b[31mred"}}}'));
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(printed.join(""), /\x1b/);
  }));

Deno.test("receive ends with the error where nobody takes what it prints", async () => {
  const listening = Promise.withResolvers<number>();
  const ended = receive(OPTIONS, {
    clock: systemClock,
    print: () => Promise.reject(new Error("full")),
    remark: () => {},
    run: () => Promise.resolve({ kind: "killed" }),
    stop: new AbortController().signal,
  }, listening.resolve);
  const failing = assert.rejects(ended, /full/);
  await statusOf(fetch(`http://127.0.0.1:${await listening.promise}/`, { method: "POST" })).catch(() => {});
  await failing;
});
