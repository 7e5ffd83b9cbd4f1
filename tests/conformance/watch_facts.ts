import assert from "node:assert/strict";
import { compareVersions } from "../../src/pod/version.ts";
import type { Fact } from "./fact.ts";
import { brief, readList, readWatch } from "./read.ts";
import type { Subject } from "./subject.ts";

/** An empty place to watch: its path, its namespace, and the version from which on things happen. */
async function place(subject: Subject): Promise<{ path: string; namespace: string; from: string }> {
  const namespace = await subject.namespace();
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { metadata } = await readList(subject, path);
  return { path, namespace, from: metadata.resourceVersion };
}

export const WATCH_FACTS: Fact[] = [
  {
    says: "a watch tells what came after its version, in order, in objects that say what they are",
    check: async (subject) => {
      const { path, namespace, from } = await place(subject);
      await subject.create({ metadata: { name: "a", namespace } });
      const events = await readWatch(subject, `${path}?watch=1&resourceVersion=${from}`, {
        count: 3,
        meanwhile: async () => {
          await subject.label(namespace, "a", { color: "red" });
          await subject.create({ metadata: { name: "b", namespace } });
        },
      });
      assert.deepEqual(events.map(brief), ["ADDED a", "MODIFIED a", "ADDED b"]);
      for (const { object } of events) {
        assert.deepEqual([object.kind, object.apiVersion], ["Pod", "v1"]);
        assert.deepEqual(Object.keys(object), ["kind", "apiVersion", "metadata", "spec", "status"]);
      }
      const versions = events.map(({ object }) => object.metadata.resourceVersion);
      assert.deepEqual(versions, versions.toSorted(compareVersions));
      assert.ok(compareVersions(versions[0] ?? "", from) > 0);
    },
  },
  {
    says: "a watch from the version of a list misses nothing and repeats nothing",
    check: async (subject) => {
      const { path, namespace } = await place(subject);
      await subject.create({ metadata: { name: "a", namespace } });
      const { metadata: { resourceVersion } } = await readList(subject, path);
      await subject.create({ metadata: { name: "b", namespace } });
      const events = await readWatch(subject, `${path}?watch=1&resourceVersion=${resourceVersion}`, {
        count: 1,
      });
      assert.deepEqual(events.map(brief), ["ADDED b"]);
    },
  },
  {
    says: "DELETED has the last object under the deletion's own version",
    check: async (subject) => {
      const { path, namespace, from } = await place(subject);
      await subject.create({ metadata: { name: "a", namespace, labels: { color: "red" } } });
      await subject.remove(namespace, "a");
      await subject.create({ metadata: { name: "end", namespace } });
      const events = await readWatch(subject, `${path}?watch=1&resourceVersion=${from}&timeoutSeconds=1`);
      const deleted = events.findIndex(({ type }) => type === "DELETED");
      const [before, gone, after] = events.slice(deleted - 1, deleted + 2);
      assert.ok(before && gone && after);
      assert.equal(gone.object.metadata.uid, before.object.metadata.uid);
      assert.deepEqual(gone.object.metadata.labels, { color: "red" });
      const [older, own, newer] = [before, gone, after].map(({ object }) => object.metadata.resourceVersion);
      assert.ok(older && own && newer);
      assert.ok(compareVersions(older, own) < 0 && compareVersions(own, newer) < 0);
    },
  },
  {
    says:
      "a pod that leaves a selector is DELETED with its old labels, its later end is not sent, and it may come back",
    check: async (subject) => {
      const { path, namespace, from } = await place(subject);
      const { metadata: { resourceVersion } } = await subject.create({
        metadata: { name: "a", namespace, labels: { app: "x" } },
      });
      await subject.label(namespace, "a", { app: "y" });
      await subject.label(namespace, "a", { app: "x" });
      await subject.label(namespace, "a", { app: "y" });
      await subject.remove(namespace, "a");
      const query = `?watch=1&resourceVersion=${from}&labelSelector=app%3Dx&timeoutSeconds=1`;
      const events = await readWatch(subject, path + query);
      assert.deepEqual(events.map(brief), ["ADDED a", "DELETED a", "ADDED a", "DELETED a"]);
      assert.deepEqual(events[1]?.object.metadata.labels, { app: "x" });
      assert.ok(compareVersions(events[1]?.object.metadata.resourceVersion ?? "", resourceVersion) > 0);
    },
  },
  {
    says: "a watch of one name or one namespace is silent about others",
    check: async (subject) => {
      const { path, namespace, from } = await place(subject);
      const elsewhere = await subject.namespace();
      await subject.create({ metadata: { name: "b", namespace: elsewhere } });
      await subject.create({ metadata: { name: "a", namespace } });
      await subject.create({ metadata: { name: "b", namespace } });
      const named = `&resourceVersion=${from}&fieldSelector=metadata.name%3Db&timeoutSeconds=1`;
      const [one, all] = await Promise.all([
        readWatch(subject, `${path}?watch=1${named}`),
        readWatch(subject, `/api/v1/pods?watch=true${named}`),
      ]);
      assert.deepEqual(one.map(({ object }) => object.metadata.namespace), [namespace]);
      assert.deepEqual(all.map(({ object }) => object.metadata.namespace), [elsewhere, namespace]);
    },
  },
  {
    says: "a watch from a version of the future is silent, even about what happens now, and ends cleanly",
    check: async (subject) => {
      const { path, namespace } = await place(subject);
      const query = "?watch=1&resourceVersion=999999&allowWatchBookmarks=true&timeoutSeconds=1";
      const events = await readWatch(subject, path + query, {
        meanwhile: () => subject.create({ metadata: { name: "a", namespace } }),
      });
      assert.deepEqual(events, []);
    },
  },
  {
    says: "a watch of version 0 begins with all pods, then with bookmarks a mark that this was all",
    // Without the cache the stream was seen to end cleanly after the first pod.
    of: ["fake", "watch cache"],
    check: async (subject) => {
      const { path, namespace } = await place(subject);
      for (const name of ["a", "b"]) await subject.create({ metadata: { name, namespace } });
      await readList(subject, path);
      const query = "?watch=1&resourceVersion=0&allowWatchBookmarks=true";
      const events = await readWatch(subject, path + query, { count: 3 });
      assert.deepEqual(events.slice(0, 2).map(brief).sort(), ["ADDED a", "ADDED b"]);
      const { type, object } = events[2] ?? {};
      assert.equal(type, "BOOKMARK");
      assert.deepEqual(object?.metadata.annotations, { "k8s.io/initial-events-end": "true" });
    },
  },
  {
    says: "a watch that may have bookmarks gets one before its time is up: a version and no pod",
    of: ["fake", "watch cache"],
    check: async (subject) => {
      const { path, namespace, from } = await place(subject);
      const query = `?watch=1&resourceVersion=${from}&timeoutSeconds=4`;
      const [without, asked] = await Promise.all([
        readWatch(subject, path + query),
        readWatch(subject, `${path}${query}&allowWatchBookmarks=true`, {
          // Where nothing comes after the watch began, there is no bookmark either.
          meanwhile: () => subject.create({ metadata: { name: "a", namespace } }),
        }),
      ]);
      assert.deepEqual(without.map(brief), ["ADDED a"]);
      const { type, object } = asked.at(-1) ?? {};
      assert.equal(type, "BOOKMARK");
      assert.deepEqual(Object.keys(object?.metadata ?? {}), ["resourceVersion"]);
      assert.deepEqual({ ...object, metadata: {} }, {
        kind: "Pod",
        apiVersion: "v1",
        metadata: {},
        spec: { containers: null },
        status: {},
      });
      const seen = asked[0]?.object.metadata.resourceVersion ?? "";
      assert.ok(compareVersions(object?.metadata.resourceVersion ?? "", seen) >= 0);
    },
  },
];
