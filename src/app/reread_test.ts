import { endpointOf } from "../../tests/kit/endpoint.ts";
import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { plainPipeline } from "../../tests/kit/plain_pipeline.ts";
import { makePod, objectOf, summaryOf } from "../../tests/kit/pods.ts";
import { type Answer, ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { drain, openTestStore, record, takeAll } from "../../tests/kit/store.ts";
import type { Reason } from "../change/reasons.ts";
import { ClusterError } from "../cluster/error.ts";
import { plainPodIn } from "../pod/json.ts";
import type { Message } from "../store/store.ts";
import { reread } from "./reread.ts";

const NOISE = { annotations: { note: "not in the trimmed pod" } };

/** A pod whose newest version is pending for an endpoint and was trimmed, and what one read of it brings. */
async function rereadOnce(
  answer: Answer,
  reasons: Reason[] = ["metadata"],
): Promise<{ found: boolean; sent: Message[]; asked: string[] }> {
  const store = openTestStore();
  const pipeline = plainPipeline(store, new TestClock(), endpointOf("a"));
  try {
    const pod = makePod({ version: "10" });
    record(store, ["a"], {
      resourceVersion: "10",
      reasons,
      summary: summaryOf(makePod({ version: "10", ...NOISE })),
      body: objectOf(pod).body,
      trimmed: true,
    });
    const [message] = takeAll(store, "a");
    assert.ok(message?.completeness === "fetchable");
    store.pending.release(message);
    const api = new ScriptedApi(answer);
    const stop = answer === ABORTED ? AbortSignal.abort() : new AbortController().signal;
    const found = await reread(message, { api, store, pipeline }, stop);
    return { found, sent: drain(store, "a"), asked: api.requests.map(({ pathname }) => pathname) };
  } finally {
    store.close();
  }
}

const ABORTED = new ClusterError("unreachable", "The program ends.");

function noteOf({ body }: Message): string | undefined {
  return plainPodIn(body).metadata.annotations?.["note"];
}

Deno.test("the same version brings the whole body back, and no second message", async () => {
  const { found, sent, asked } = await rereadOnce(makePod({ version: "10", ...NOISE }));
  assert.equal(found, true);
  assert.deepEqual(asked, ["/api/v1/namespaces/shop/pods/web-0"]);
  assert.deepEqual(sent.map(({ resourceVersion, completeness }) => [resourceVersion, completeness]), [[
    "10",
    "whole",
  ]]);
  assert.equal(sent.map(noteOf)[0], "not in the trimmed pod");
});

Deno.test("a newer version takes the place of the message, which it stands for", async () => {
  const { found, sent } = await rereadOnce(
    makePod({ version: "11", phase: "Running", image: "app:2", ...NOISE }),
  );
  assert.equal(found, true);
  assert.deepEqual(sent.map(({ resourceVersion, coalesced }) => [resourceVersion, coalesced]), [["11", 1]]);
});

Deno.test("a newer version comes after a transition, which is then sent trimmed", async () => {
  const { sent } = await rereadOnce(makePod({ version: "11", image: "app:2" }), ["phase"]);
  assert.deepEqual(
    sent.map(({ resourceVersion, completeness }) => [resourceVersion, completeness]),
    [["10", "trimmed"], ["11", "whole"]],
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
    const { found, sent } = await rereadOnce(answer);
    assert.equal(found, false);
    assert.deepEqual(sent.map(({ event, completeness }) => [event, completeness]), [[
      "pod.changed",
      "fetchable",
    ]]);
  });
}

Deno.test("an answer that is no pod at all is a fault like any other of the API server", async () => {
  assert.equal((await rereadOnce({ kind: "Status", status: "Success" })).found, false);
});
