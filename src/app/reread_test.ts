import assert from "node:assert/strict";
import { TestClock } from "../tests/kit/clock.ts";
import { makeObject, makePod } from "../tests/kit/pods.ts";
import { type Answer, ScriptedApi } from "../tests/kit/scripted_api.ts";
import { openTestStore } from "../tests/kit/store.ts";
import { ClusterError } from "./cluster/error.ts";
import { Pipeline } from "./pipeline.ts";
import { parseExact } from "./pod/json.ts";
import type { Pod } from "./pod/pod.ts";
import { reread } from "./reread.ts";
import { openInMemory } from "./store/database.ts";
import type { Message } from "./store/store.ts";

const NOISE = { annotations: { note: "not in the reduced pod" } };

/** A pod whose newest version is owed to an endpoint and was reduced, and what one read of it brings. */
async function rereadOnce(
  answer: Answer,
  { reasons = "metadata" } = {},
): Promise<{ found: boolean; owed: Message[]; asked: string[] }> {
  const database = openInMemory();
  const store = openTestStore(database);
  const pipeline = new Pipeline({
    store,
    clock: new TestClock(),
    defaults: ["a"],
    interval: 0,
    route: () => ({ endpoints: [{ name: "a", url: new URL("http://a"), trusted: true }], problems: [] }),
    open: () => {},
    wake: () => {},
    complain: () => {},
  });
  try {
    pipeline.accept([{ type: "applied", object: makeObject({ version: "10", ...NOISE }) }], undefined);
    database.prepare("UPDATE outbox SET reasons = ?, transition = ?").run(
      reasons,
      Number(reasons === "phase"),
    );
    database.exec("UPDATE body SET reduced = 1");
    const [message] = store.outbox.take("a", 0, 1);
    assert.ok(message !== undefined && message.completeness === "fetchable");
    store.outbox.release(message);
    const api = new ScriptedApi(answer);
    const signal = AbortSignal.abort();
    const stop = answer === ABORTED ? signal : new AbortController().signal;
    const found = await reread(message, { api, store, pipeline, namespaces: [] }, stop);
    const owed: Message[] = [];
    for (let more = store.outbox.take("a", 0, 9); more.length > 0; more = store.outbox.take("a", 0, 9)) {
      for (const each of more) store.outbox.accepted(each);
      owed.push(...more);
    }
    return { found, owed, asked: api.requests.map(({ pathname }) => pathname) };
  } finally {
    store.close();
  }
}

const ABORTED = new ClusterError("unreachable", "The program ends.");

function noteOf({ body }: Message): string | undefined {
  return (parseExact(body) as Pod).metadata.annotations?.["note"];
}

Deno.test("the same version brings the whole text back, and no second message", async () => {
  const { found, owed, asked } = await rereadOnce(makePod({ version: "10", ...NOISE }));
  assert.equal(found, true);
  assert.deepEqual(asked, ["/api/v1/namespaces/shop/pods/web-0"]);
  assert.deepEqual(owed.map(({ resourceVersion, completeness }) => [resourceVersion, completeness]), [[
    "10",
    "whole",
  ]]);
  assert.equal(owed.map(noteOf)[0], "not in the reduced pod");
});

Deno.test("a newer version takes the place of the message, which it stands for", async () => {
  const { found, owed } = await rereadOnce(
    makePod({ version: "11", phase: "Running", image: "app:2", ...NOISE }),
  );
  assert.equal(found, true);
  assert.deepEqual(owed.map(({ resourceVersion, coalesced }) => [resourceVersion, coalesced]), [["11", 1]]);
});

Deno.test("a newer version comes after a transition, which is then sent reduced", async () => {
  const { owed } = await rereadOnce(makePod({ version: "11", image: "app:2" }), { reasons: "phase" });
  assert.deepEqual(
    owed.map(({ resourceVersion, completeness }) => [resourceVersion, completeness]),
    [["10", "reduced"], ["11", "whole"]],
  );
});

const NOTHING: Record<string, Answer> = {
  "a pod that is gone": new ClusterError("missing", "pods not found (404)"),
  "another pod of the same name": makePod({ uid: "another", version: "20" }),
  "an API server that does not answer": new ClusterError("unreachable", "The connection was refused."),
  "a version older than what is known": makePod({ version: "9" }),
  "the end of the program": ABORTED,
};

for (const [what, answer] of Object.entries(NOTHING)) {
  Deno.test(`${what} lets the message wait, and nothing is taken for deleted`, async () => {
    const { found, owed } = await rereadOnce(answer);
    assert.equal(found, false);
    assert.deepEqual(owed.map(({ event, completeness }) => [event, completeness]), [[
      "pod.changed",
      "fetchable",
    ]]);
  });
}

Deno.test("an answer that is no pod at all is a fault like any other of the API server", async () => {
  assert.equal((await rereadOnce({ kind: "Status", status: "Success" })).found, false);
});
