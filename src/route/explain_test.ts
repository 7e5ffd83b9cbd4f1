import assert from "node:assert/strict";
import { makePod } from "../../tests/kit/pods.ts";
import type { MessageFilter, PodSelection } from "./endpoint_settings.ts";
import { explain } from "./explain.ts";
import { compileWant } from "./want.ts";

const ALL: MessageFilter = { onError: "send" };

Deno.test("a pod that left the selection of an endpoint is kept back, but for the message that says so", () => {
  const selection: PodSelection = { namespaces: ["elsewhere"], excludeNamespaces: [] };
  const subject = { filter: ALL, want: compileWant({ selection, filter: ALL }, undefined) };
  const message = { pod: makePod(), event: "pod.changed", previous: undefined } as const;
  assert.deepEqual(
    [["metadata"] as const, ["unselected"] as const].map((reasons) =>
      explain(subject, { ...message, reasons })
    ),
    [
      { sends: false, by: { rule: "namespaces" } },
      { sends: true, by: { rule: "end" } },
    ],
  );
});
