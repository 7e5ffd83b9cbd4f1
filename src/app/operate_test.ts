import assert from "node:assert/strict";
import { stripVTControlCharacters, styleText } from "node:util";
import { parse as parseYaml } from "yaml";
import { type AdminPort, TOKEN, withAdminPort } from "../../tests/kit/admin_port.ts";
import { delivery, endpointStatus } from "../../tests/kit/admin.ts";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { Receiver } from "../../tests/kit/receiver.ts";
import type { OperateOptions, Operation } from "../cli/job.ts";
import { painter } from "../runtime/paint.ts";
import { operate } from "./operate.ts";

/** What a command printed, what it said beside, and its exit code. */
interface Ran {
  code: number;
  out: string;
  said: string;
}

async function run(
  port: Pick<AdminPort, "port" | "clock">,
  operation: Operation,
  { isColoured = false, ...options }: Partial<OperateOptions> & { isColoured?: boolean } = {},
): Promise<Ran> {
  let [out, said] = ["", ""];
  const server = new URL(`http://127.0.0.1:${port.port}`);
  const code = await operate({
    command: "operate",
    server,
    token: TOKEN,
    names: new Map(),
    output: "table",
    operation,
    ...options,
  }, {
    clock: port.clock,
    env: () => undefined,
    paint: painter(isColoured),
    print: (text) => Promise.resolve(void (out += text)),
    remark: (line) => void (said += line),
    stop: new AbortController().signal,
  });
  return { code, out, said };
}

Deno.test("status says how the program and its endpoints do, and ends with 1 where something is wrong", async () => {
  await withAdminPort(async (port) => {
    await port.clock.advance(7_200_000);
    assert.deepEqual(await run(port, { kind: "status" }), {
      code: 1,
      said: "",
      out: `program  k8svent 0.1.0, ready, up 2 h
name     staging
cluster  https://cluster.example.com:6443, watching all namespaces
pods     2, of which 1 unhealthy
state    64 KiB, kept over restarts

ENDPOINT  STATE    PENDING  DEAD  LAG P50/P99  LAST DELIVERED
hook      ok             0     0  10 ms/0.2 s  2 h ago
slow      failing        3     1  10 ms/0.2 s  2 h ago

! slow: 3 messages pending, the oldest for 90 s; 1 dead letter (k8svent
  deliveries slow --state failed); the last error, 2 h ago: it answered 503;
  tried again in 0 ms.
`,
    });
    port.admin.shown = [endpointStatus("hook"), { ...endpointStatus("audit"), condition: "paused" }];
    const well = await run(port, { kind: "status" });
    assert.equal(well.code, 0);
    assert.match(well.out, /! audit: nothing is sent until k8svent resume audit\./);
    port.admin.state = { ...port.admin.state, isReady: false, problems: ["The watch is silent for 12 min."] };
    const unready = await run(port, { kind: "status" });
    assert.equal(unready.code, 1);
    assert.match(unready.out, /not ready/);
    assert.match(unready.out, /! The watch is silent for 12 min\./);
  });
});

Deno.test("nothing of a status is wider than a terminal, with colours or without, and colours change nothing else", async () => {
  await withAdminPort(async (port) => {
    const plain = await run(port, { kind: "status" });
    const coloured = await run(port, { kind: "status" }, { isColoured: true });
    assert.ok(plain.out.split("\n").every((line) => line.length <= 80), plain.out);
    assert.ok(coloured.out.includes(styleText("red", "failing", { validateStream: false })));
    assert.equal(stripVTControlCharacters(coloured.out), plain.out);
    assert.equal(stripVTControlCharacters(plain.out), plain.out);
  });
});

Deno.test("JSON and YAML are what the API answers", async () => {
  await withAdminPort(async (port) => {
    const { out } = await run(port, { kind: "status" }, { output: "json" });
    assert.deepEqual(JSON.parse(out), { ...port.admin.status(), endpoints: port.admin.endpoints() });
    const yaml = await run(port, { kind: "status" }, { output: "yaml" });
    assert.deepEqual(parseYaml(yaml.out), JSON.parse(out));
    const one = await run(port, { kind: "delivery", endpoint: "hook", id: "pod_1" }, { output: "json" });
    assert.deepEqual(JSON.parse(one.out), port.admin.delivery("hook", "pod_1"));
    const all = await run(port, { kind: "deliveries", filters: {} }, { output: "json" });
    assert.deepEqual(JSON.parse(all.out).map(({ endpoint }: { endpoint: string }) => endpoint), [
      "hook",
      "slow",
    ]);
  });
});

Deno.test("deliveries are two lines each: what they are about, and what came of them", async () => {
  await withAdminPort(async (port) => {
    await port.clock.advance(30_000);
    const { out } = await run(port, { kind: "deliveries", filters: {} });
    assert.equal(
      out,
      `hook: 1 delivery
30 s ago  delivered  shop/web-1  phase,ready
    pod_1  200 after 12 ms

slow: 1 delivery
30 s ago  failed  shop/web-1  phase,ready
    pod_2  it answered 404; again in 30 s
`,
    );
    const none = await run(port, { kind: "deliveries", endpoint: "hook", filters: { state: "failed" } });
    assert.equal(none.out, "hook: no deliveries\n");
    const one = await run(port, { kind: "delivery", endpoint: "slow", id: "pod_2" });
    assert.match(one.out, /^because {3}Every pod goes to this endpoint\.$/m);
    assert.match(one.out, /^answer {4}404$/m);
  });
});

Deno.test("long names of endpoints and pods, and long answers, leave the columns where they are", async () => {
  const long = "orders-of-the-shop-in-europe-and-beyond";
  const pod = "a-pod-with-a-rather-long-name-as-controllers-make-7d9c9b8f6c-x2x4q";
  await withAdminPort(async (port) => {
    port.admin.shown = [endpointStatus("hook"), endpointStatus(long)];
    const status = await run(port, { kind: "status" });
    assert.match(
      status.out,
      /\nhook {6}ok +0 {5}0 {2}10 ms.*\norders-of-the-shop-in-europe-and-beyond\n {10}ok +0 {5}0 {2}10 ms/,
    );
    const made = delivery("hook", "pod_1", "delivered");
    const answer = { status: 200, headers: {}, text: "the reason that it gives ".repeat(6).trim() };
    port.admin.kept = [
      {
        ...made,
        pod: { ...made.pod ?? { namespace: "shop", uid: "uid-1", resourceVersion: "1" }, name: pod },
        reasons: ["ready", "waiting"],
        answer,
        body: "{}",
      },
      delivery("hook", "pod_2", "delivered"),
    ];
    const list = await run(port, { kind: "deliveries", endpoint: "hook", filters: {} });
    assert.match(
      list.out,
      new RegExp(
        `  delivered  shop/${pod}\\n    ready, waiting\\n    pod_1 .*\\n.*  delivered  shop/web-1  phase,ready\\n`,
      ),
    );
    const one = await run(port, { kind: "delivery", endpoint: "hook", id: "pod_1" });
    assert.match(one.out, /\n {10}the reason that it gives .*(\n {10}[a-z].*){2}\nbody\n\{\}\n$/);
    const beyond = one.out.split("\n").filter((line) => line.length > 80);
    assert.deepEqual(beyond, [`pod       shop/${pod}`].filter(({ length }) => length > 80));
  });
});

Deno.test("actions are taken, and say how many messages they were about", async () => {
  await withAdminPort(async (port) => {
    const cases: [Operation, string, string][] = [
      [
        { kind: "redeliver", endpoint: "slow" },
        "redeliver slow",
        "1 dead letter of slow is tried again now.\n",
      ],
      [
        { kind: "discard", endpoint: "hook" },
        "discard hook",
        "hook has no dead letters.\n",
      ],
      [
        { kind: "redeliver", endpoint: "slow", id: "pod_2" },
        "redeliver slow pod_2",
        "1 dead letter of slow is tried again now.\n",
      ],
      [
        { kind: "resync", since: "2026-11-27T11:50:00.000Z" },
        "resync 2026-11-27T11:50:00.000Z",
        "1 message is on the way.\n",
      ],
      [{ kind: "resync", endpoint: "hook" }, "resync hook", "1 message is on the way to hook.\n"],
      [
        { kind: "pause", endpoint: "hook" },
        "pause hook",
        "hook is paused: nothing more is sent to it until k8svent resume hook.\n",
      ],
      [{ kind: "resume", endpoint: "hook" }, "resume hook", "hook is sent to again.\n"],
    ];
    for (const [operation, call, out] of cases) {
      port.admin.calls.length = 0;
      assert.deepEqual(await run(port, operation), { code: 0, out, said: "" });
      assert.deepEqual(port.admin.calls, [call]);
    }
  });
});

Deno.test("what cannot be done is said, with the way out, and ends with 1", async () => {
  await withAdminPort(async (port) => {
    const status: Operation = { kind: "status" };
    const cases: [Operation, Partial<OperateOptions>, RegExp][] = [
      [
        { kind: "pause", endpoint: "none" },
        {},
        /^There is no endpoint with this name: k8svent status lists them\.$/,
      ],
      [{ kind: "discard", endpoint: "slow", id: "none" }, {}, /^There is no dead letter with this id/],
      [
        status,
        { server: new URL("http://127.0.0.1:1999") },
        /cannot be reached: nothing listens there\. It needs --admin-listen 127\.0\.0\.1:1999; [^]* 1999:9090$/,
      ],
      [
        status,
        { server: new URL(`http://127.0.0.1:${port.port}/ui`) },
        /has no API below the path of --server: leave the path out, unless a proxy puts the program below one\.$/,
      ],
      [status, { server: new URL("http://no.such.host.invalid") }, /its name cannot be resolved\.$/],
      [
        status,
        { server: new URL(`https://127.0.0.1:${port.port}`) },
        /it speaks no TLS there: write http:\/\//,
      ],
    ];
    for (const [operation, options, said] of cases) {
      const ran = await run(port, operation, options);
      assert.equal(ran.code, 1);
      assert.equal(ran.out, "");
      assert.match(ran.said, said);
    }
  });
});

Deno.test("a token that is missing or wrong is said, and which one is wanted", async () => {
  await withAdminPort(async (port) => {
    const cases: [Partial<OperateOptions>, RegExp][] = [
      [{ token: "another-token-of-32-characters-0" }, /does not take the token of --token-file/],
      [
        { token: undefined as unknown as string },
        /wants a token: name the file that holds it with --token-file\.$/,
      ],
    ];
    for (const [options, said] of cases) {
      const running = run(port, { kind: "status" }, options);
      // A wrong token is answered late.
      let isOver = false;
      running.finally(() => isOver = true);
      while (!isOver) {
        await port.clock.advance(1_000);
        await new Promise((resolve) => setTimeout(resolve));
      }
      const { code, said: line } = await running;
      assert.equal(code, 1);
      assert.match(line, said);
    }
  });
});

/** Asks what answers each request like this. */
async function askingOf(
  respond: () => Response,
  operation: Operation,
): Promise<Ran> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
  try {
    let ran: Ran | undefined;
    await withAdminPort(async ({ clock }) => {
      ran = await run({ port: server.addr.port, clock }, operation);
    });
    return ran ?? assert.fail();
  } finally {
    await server.shutdown();
  }
}

const OPERATIONS: Operation[] = [
  { kind: "status" },
  { kind: "deliveries", filters: {} },
  { kind: "deliveries", endpoint: "hook", filters: {} },
  { kind: "delivery", endpoint: "hook", id: "pod_1" },
  { kind: "resync" },
  { kind: "pause", endpoint: "hook" },
  { kind: "redeliver", endpoint: "hook" },
];

for (
  const [what, respond] of Object.entries({
    "a page": () => new Response("<html>"),
    ...Object.fromEntries(
      [null, "text", 1, {}, [{}], { count: "1" }, { endpoint: "hook", deliveries: [{}], total: 1 }]
        .map((value) => [`the JSON ${JSON.stringify(value)}`, () => Response.json(value)]),
    ),
    "JSON that is cut": () => new Response('{"count"', { headers: { "content-type": "application/json" } }),
    "a problem without words": () =>
      new Response("{}", { status: 500, headers: { "content-type": "application/problem+json" } }),
  })
) {
  Deno.test(`${what} that answers is not taken for the API, whatever is asked`, async () => {
    for (const operation of OPERATIONS) {
      const { code, out, said } = await askingOf(respond, operation);
      assert.deepEqual({ code, out }, { code: 1, out: "" }, JSON.stringify(operation));
      assert.match(
        said,
        /\(status \d00\) is not k8svent's API: --server is the address of its --admin-listen, not of --listen/,
      );
    }
  });
}

Deno.test("an answer without end is left, and is no API's", async () => {
  const piece = new Uint8Array(2 ** 22).fill(0x20);
  let pieces = 0;
  const { code, said } = await askingOf(
    () =>
      new Response(new ReadableStream({ pull: (stream) => (pieces++, stream.enqueue(piece)) }), {
        headers: { "content-type": "application/json" },
      }),
    { kind: "pause", endpoint: "hook" },
  );
  assert.equal(code, 1);
  assert.match(said, /is not k8svent's API/);
  assert.ok(pieces < 40, `${pieces} pieces of 4 MiB`);
});

Deno.test("what an answer says steers no terminal; as data it is what was answered", async () => {
  const odd = "\x1b]0;title\x07two\nlines\u009b2J\u202e";
  const problem = await askingOf(
    () =>
      new Response(JSON.stringify({ type: "about:blank", title: odd, status: 500, detail: odd }), {
        status: 500,
        headers: { "content-type": "application/problem+json" },
      }),
    { kind: "status" },
  );
  assert.deepEqual(problem, { code: 1, out: "", said: "]0;title two lines 2J" });
  await withAdminPort(async (port) => {
    port.admin.shown = [{
      ...endpointStatus("hook"),
      condition: "failing",
      lastError: { at: "2026-11-27T11:59:00Z", why: odd },
    }];
    const answer = { status: 500, headers: { [odd]: odd }, text: odd };
    port.admin.kept = [{ ...delivery("hook", "pod_1", "delivered"), answer, body: `{"pod":"\u009b日本"}` }];
    const status = await run(port, { kind: "status" });
    const one = await run(port, { kind: "delivery", endpoint: "hook", id: "pod_1" });
    for (const { out } of [status, one]) {
      assert.match(out, /\]0;title two lines 2J/);
      assert.doesNotMatch(out, /[^\P{C}\n]/u);
    }
    assert.match(one.out, /\nbody\n\{"pod":"\\u009b日本"\}\n$/);
    const json = await run(port, { kind: "delivery", endpoint: "hook", id: "pod_1" }, { output: "json" });
    assert.deepEqual(JSON.parse(json.out).answer, answer);
  });
});

Deno.test("of a certificate that is refused, what is wrong with it is said", async () => {
  const authority = issueCertificate("an authority");
  const options = { issuer: authority, hosts: ["localhost"] };
  for (
    const [certificate, why] of [
      [
        issueCertificate("localhost", options),
        /the certificate of localhost:\d+ is not trusted: let DENO_CERT name/,
      ],
      [
        issueCertificate("localhost", { hosts: ["localhost"] }),
        /the certificate of localhost:\d+ is that of an authority \(CA:TRUE\)/,
      ],
    ] as const
  ) {
    await using server = await Receiver.start({ tls: certificate });
    await withAdminPort(async (port) => {
      const { code, said } = await run(port, { kind: "status" }, {
        server: new URL(new URL(server.url).origin),
      });
      assert.equal(code, 1);
      assert.match(said, why);
    });
  }
});

Deno.test("a body that is printed steers no terminal, as text and as JSON", async () => {
  await withAdminPort(async (port) => {
    const body = JSON.stringify({ note: "a\u009b31m\u202egpj" });
    port.admin.kept = [{ ...delivery("hook", "pod_1", "delivered"), body }];
    const operation: Operation = { kind: "delivery", endpoint: "hook", id: "pod_1" };
    const text = await run(port, operation);
    assert.match(text.out, /\nbody\n\{"note":"a\\u009b31m\\u202egpj"\}\n$/);
    const json = await run(port, operation, { output: "json" });
    assert.doesNotMatch(json.out, /[\x7f-\x9f\p{Bidi_Control}]/u);
    assert.equal(JSON.parse(json.out).body, body);
  });
});
