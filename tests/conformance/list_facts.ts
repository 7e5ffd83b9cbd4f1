import assert from "node:assert/strict";
import type { Fact } from "./fact.ts";
import { names, readList, readStatus } from "./read.ts";
import type { Subject } from "./subject.ts";

async function threePods(subject: Subject): Promise<string> {
  const namespace = await subject.namespace();
  for (const [name, app] of [["a", "x"], ["b", "y"], ["c", "y"]] as const) {
    await subject.create({ metadata: { name, namespace, labels: { app } } });
  }
  return `/api/v1/namespaces/${namespace}/pods`;
}

function namespaceOf(path: string): string {
  return path.split("/")[4] ?? "";
}

export const LIST_FACTS: Fact[] = [
  {
    says:
      "a list says what it is, its metadata comes before its items, and its items do not say what they are",
    check: async (subject) => {
      const list = await readList(subject, await threePods(subject));
      assert.match(
        list.text,
        /^\{"kind":"PodList","apiVersion":"v1","metadata":\{"resourceVersion":"\d+"\},"items":\[/,
      );
      assert.deepEqual(names(list), ["a", "b", "c"]);
      for (const pod of list.items) {
        assert.deepEqual(Object.keys(pod), ["metadata", "spec", "status"]);
        assert.deepEqual(Object.keys(pod.metadata).slice(0, 4), [
          "name",
          "namespace",
          "uid",
          "resourceVersion",
        ]);
        assert.ok(pod.metadata.managedFields);
      }
    },
  },
  {
    says: "the pages of a list are one snapshot, whatever changes in between",
    check: async (subject) => {
      const path = await threePods(subject);
      const first = await readList(subject, `${path}?limit=1`);
      assert.deepEqual([names(first), first.metadata.remainingItemCount], [["a"], 2]);
      await subject.remove(namespaceOf(path), "b");
      await subject.create({ metadata: { name: "z", namespace: namespaceOf(path) } });
      const second = await readList(subject, `${path}?limit=1&continue=${first.metadata.continue}`);
      const third = await readList(subject, `${path}?limit=1&continue=${second.metadata.continue}`);
      assert.deepEqual([names(second), names(third)], [["b"], ["c"]]);
      assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
      assert.deepEqual(third.metadata, { resourceVersion: first.metadata.resourceVersion });
    },
  },
  {
    says: "the last page of a selected list may be empty, and how much remains is unknown",
    check: async (subject) => {
      const path = await threePods(subject);
      const first = await readList(subject, `${path}?limit=1&labelSelector=app%3Dx`);
      assert.deepEqual([names(first), first.metadata.remainingItemCount], [["a"], undefined]);
      const token = first.metadata.continue ?? "none";
      const last = await readList(subject, `${path}?limit=1&labelSelector=app%3Dx&continue=${token}`);
      assert.deepEqual([last.items, last.metadata.continue], [[], undefined]);
    },
  },
  {
    says: "selectors pick by label, by name and by phase",
    check: async (subject) => {
      const path = await threePods(subject);
      const picks = async (query: string): Promise<string> =>
        names(await readList(subject, `${path}?${new URLSearchParams(query)}`)).join("");
      assert.equal(await picks("labelSelector=app%3Dy"), "bc");
      assert.equal(await picks("labelSelector=app!%3Dy"), "a");
      assert.equal(await picks("labelSelector=app in (x,z)"), "a");
      assert.equal(await picks("labelSelector=app notin (x,z)"), "bc");
      assert.equal(await picks("labelSelector=!app"), "");
      assert.equal(await picks("labelSelector=app,app%3D%3Dx"), "a");
      assert.equal(await picks("fieldSelector=metadata.name%3Db"), "b");
      assert.equal(await picks("fieldSelector=metadata.name!%3Db,status.phase%3DPending"), "ac");
      assert.equal(await picks("fieldSelector=spec.nodeName%3Dnode-0"), "");
    },
  },
  {
    says: "a version with Exact, or with a limit and no match, is exactly that; otherwise it is not older",
    check: async (subject) => {
      const path = await threePods(subject);
      const { metadata: { resourceVersion } } = await readList(subject, path);
      await subject.remove(namespaceOf(path), "b");
      const at = async (query: string): Promise<string> =>
        names(await readList(subject, `${path}?resourceVersion=${resourceVersion}${query}`)).join("");
      assert.equal(await at("&resourceVersionMatch=Exact"), "abc");
      assert.equal(await at("&limit=10"), "abc");
      assert.equal(await at(""), "ac");
      assert.equal(await at("&resourceVersionMatch=NotOlderThan&limit=10"), "ac");
    },
  },
  {
    says: "version 0 gives everything at once, whatever the limit",
    of: ["fake", "watch cache"],
    check: async (subject) => {
      const path = await threePods(subject);
      // A consistent read first: version 0 alone may be answered with an older state.
      await readList(subject, path);
      const list = await readList(subject, `${path}?resourceVersion=0&limit=1`);
      assert.deepEqual([names(list), list.metadata.continue], [["a", "b", "c"], undefined]);
    },
  },
  {
    says: "a version of the future is too large, in three ways of asking",
    check: async (subject) => {
      const path = `/api/v1/namespaces/${await subject.namespace()}/pods`;
      const queries = ["&limit=1&resourceVersionMatch=NotOlderThan", "&limit=1", ""];
      const asked = queries.map((query) => readStatus(subject, `${path}?resourceVersion=999999${query}`));
      for (const status of await Promise.all(asked)) {
        assert.deepEqual([status.http, status.code, status.reason], [504, 504, "Timeout"]);
        assert.match(status.message, /^Timeout: Too large resource version: 999999, current: \d+$/);
        const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
        // Without a watch cache the server does not say when to come back.
        const patience = subject.kind === "no watch cache" ? {} : { retryAfterSeconds: 1 };
        assert.deepEqual(status.details, { causes, ...patience });
        assert.equal(status.retryAfter, subject.kind === "no watch cache" ? null : "1");
      }
    },
  },
  {
    says: "a namespace that does not exist has an empty list",
    check: async (subject) => {
      assert.match((await readList(subject, "/api/v1/namespaces/nowhere/pods")).text, /"items":\[\]\}\s*$/);
    },
  },
  {
    says: "the list of all namespaces has the pods of each",
    check: async (subject) => {
      const namespaces = [namespaceOf(await threePods(subject)), namespaceOf(await threePods(subject))];
      const list = await readList(subject, "/api/v1/pods");
      for (const namespace of namespaces) {
        assert.equal(list.items.filter((pod) => pod.metadata.namespace === namespace).length, 3);
      }
    },
  },
  {
    says: "one pod says what it is, and a missing one is a Status that names it",
    check: async (subject) => {
      const path = await threePods(subject);
      const text = await (await subject.get(`${path}/a`)).text();
      assert.match(text, /^\{"kind":"Pod","apiVersion":"v1","metadata":\{"name":"a",/);
      const { retryAfter: _, ...status } = await readStatus(subject, `${path}/nobody`);
      assert.deepEqual(status, {
        http: 404,
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: 'pods "nobody" not found',
        reason: "NotFound",
        details: { name: "nobody", kind: "pods" },
        code: 404,
      });
    },
  },
  {
    says: "the cluster has a version and an identity",
    check: async (subject) => {
      const version = JSON.parse(await (await subject.get("/version")).text());
      assert.match(version.gitVersion, /^v1\./);
      const system = JSON.parse(await (await subject.get("/api/v1/namespaces/kube-system")).text());
      assert.match(system.metadata.uid, /^[0-9a-f-]{36}$/);
      assert.equal((await readStatus(subject, "/api/v1/nothing")).http, 404);
    },
  },
];
