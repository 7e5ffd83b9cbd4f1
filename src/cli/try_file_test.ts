import assert from "node:assert/strict";
import { makePod } from "../../tests/kit/pods.ts";
import type { MessageFilter, PodSelection } from "../route/endpoint_settings.ts";
import { type TriedEndpoint, type TriedMessage, tryFile } from "./try_file.ts";
import { UsageError } from "../config/usage_error.ts";

function endpoint(
  name: string,
  selection: Partial<PodSelection> = {},
  filter: Partial<MessageFilter> = {},
): TriedEndpoint {
  return {
    name,
    settings: {
      selection: { namespaces: [], excludeNamespaces: [], ...selection },
      filter: { onError: "send", ...filter },
    },
  };
}

const POD = JSON.stringify({ apiVersion: "v1", kind: "Pod", ...makePod({ labels: { app: "web" } }) });

function tried(endpoints: TriedEndpoint[], message: Partial<TriedMessage> = {}): Promise<string[]> {
  return tryFile(endpoints, {
    pod: POD,
    reasons: ["restarted"],
    followed: { namespaces: [], excludeNamespaces: [] },
    ...message,
  });
}

Deno.test("for each endpoint it is said whether the message is sent, and by which rule", async () => {
  const absent = 'pod.metadata.labels["team"] == "a"';
  const lines = await tried([
    endpoint("all"),
    endpoint("shop-only", { namespaces: ["other"] }),
    endpoint("quiet", { excludeNamespaces: ["shop"] }),
    endpoint("labels", { selector: "app=db" }),
    endpoint("restarts", {}, { reasons: ["restarted"] }),
    endpoint("images", {}, { reasons: ["image"] }),
    endpoint("yes", { selector: "app=web" }, { expression: 'pod.status.phase == "Running"' }),
    endpoint("no", {}, { expression: 'pod.status.phase == "Failed"' }),
    endpoint("careful", {}, { expression: absent }),
    endpoint("strict", {}, { expression: absent, onError: "drop" }),
  ]);
  const why = 'pod.metadata.labels["team"] (1:1) is not there ' +
    '(.?field and [?"key"] with .orValue(…) read what may be absent)';
  assert.deepEqual(lines, [
    "all        sent: it has no filter",
    "shop-only  not sent: namespaces does not list its namespace",
    "quiet      not sent: excludeNamespaces lists its namespace",
    "labels     not sent: selector does not match its labels",
    "restarts   sent: reasons lists one of its reasons",
    "images     not sent: reasons lists none of its reasons",
    "yes        sent: filter is true",
    "no         not sent: filter is false",
    `careful    sent: the filter cannot be evaluated, and onError is send: ${why}`,
    `strict     not sent: the filter cannot be evaluated, and onError is drop: ${why}`,
  ]);
});

Deno.test("the end of a pod goes to whoever was sent anything of it, unless reasons are listed", async () => {
  const lines = await tried([
    endpoint("filter", {}, { expression: "false" }),
    endpoint("reasons", {}, { reasons: ["restarted"] }),
    endpoint("kept-out", { namespaces: ["other"] }),
  ], { reasons: ["deleted"] });
  assert.deepEqual(lines, [
    "filter    sent: whoever was sent anything of a pod gets its end, and that it left the selection",
    "reasons   not sent: reasons lists none of its reasons",
    "kept-out  not sent: namespaces does not list its namespace",
  ]);
});

Deno.test("that a pod left the selection is said to whom it left", async () => {
  const lines = await tried([endpoint("a", { selector: "app=db" }, { reasons: ["restarted"] })], {
    reasons: ["unselected"],
  });
  assert.deepEqual(lines, [
    "a  sent: whoever was sent anything of a pod gets its end, and that it left the selection",
  ]);
});

Deno.test("the workload is derived, and cluster and environment are as given", async () => {
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", controller: true };
  const pod = makePod();
  pod.metadata["ownerReferences"] = [owner];
  const expression = 'workload == "StatefulSet/db" && cluster == "blue" && environment == "test"';
  const message = { pod: JSON.stringify({ pod }), cluster: "blue", environment: "test" };
  assert.deepEqual(await tried([endpoint("a", {}, { expression })], message), ["a  sent: filter is true"]);
});

for (
  const pod of ["", "{", "[]", "7", '{"kind":"List","items":[]}', '{"metadata":{"name":"a"}}', '{"pod":7}']
) {
  Deno.test(`what holds no pod is refused without being shown: ${pod}`, async () => {
    await assert.rejects(tried([endpoint("a")], { pod }), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, /^--pod must be a file with (a|one) pod/);
      return true;
    });
  });
}

Deno.test("a pod of another kind is refused", async () => {
  const pod = POD.replace('"kind":"Pod"', '"kind":"Deployment"');
  await assert.rejects(tried([endpoint("a")], { pod }), UsageError);
});

Deno.test("what the program does not follow is sent to nobody, but for the word that it left", async () => {
  const all = [endpoint("a"), endpoint("filtered", {}, { reasons: ["restarted"] })];
  const followed = { namespaces: [], excludeNamespaces: [], selector: "app=db" };
  assert.deepEqual(await tried(all, { followed }), [
    "a         not sent: at the top of the file, selector does not match its labels",
    "filtered  not sent: at the top of the file, selector does not match its labels",
  ]);
  const [left = ""] = await tried(all, { followed, reasons: ["unselected"] });
  assert.match(left, /^a +sent: /);
});
