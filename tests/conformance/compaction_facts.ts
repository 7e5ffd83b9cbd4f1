import assert from "node:assert/strict";
import type { Fact } from "./fact.ts";
import { names, readList, readStatus, readWatch } from "./read.ts";
import type { Subject } from "./subject.ts";

/** A list's first page of one, taken before two changes and a compaction. */
async function compacted(subject: Subject): Promise<{ path: string; version: string; token: string }> {
  const namespace = await subject.namespace();
  const path = `/api/v1/namespaces/${namespace}/pods`;
  for (const name of ["a", "b"]) await subject.create({ metadata: { name, namespace } });
  const { metadata } = await readList(subject, `${path}?limit=1`);
  for (const name of ["c", "d"]) await subject.create({ metadata: { name, namespace } });
  await subject.compact();
  return { path, version: metadata.resourceVersion, token: metadata.continue ?? "none" };
}

/** The watch cache hides a compaction for as long as it remembers. */
const of: Fact["of"] = ["fake", "no watch cache"];

export const COMPACTION_FACTS: Fact[] = [
  {
    says: "an expired continue token is 410 with another token, which goes on inconsistently",
    of,
    check: async (subject) => {
      const { path, token } = await compacted(subject);
      const status = await readStatus(subject, `${path}?limit=10&continue=${token}`);
      assert.deepEqual([status.http, status.code, status.reason], [410, 410, "Expired"]);
      assert.match(
        status.message,
        /^The provided continue parameter is too old to display a consistent list/,
      );
      const rest = await readList(subject, `${path}?limit=10&continue=${status.metadata.continue}`);
      assert.deepEqual(names(rest), ["b", "c", "d"]);
    },
  },
  {
    says: "a compacted version is 410 for an exact list, and still fine for one not older",
    of,
    check: async (subject) => {
      const { path, version } = await compacted(subject);
      for (const query of ["&resourceVersionMatch=Exact", "&limit=1"]) {
        const status = await readStatus(subject, `${path}?resourceVersion=${version}${query}`);
        assert.deepEqual([status.http, status.code, status.reason], [410, 410, "Expired"]);
        assert.equal(status.message, "The resourceVersion for the provided list is too old.");
      }
      assert.equal(names(await readList(subject, `${path}?resourceVersion=${version}`)).length, 4);
    },
  },
  {
    says: "a watch of a compacted version is answered with 200, then 410 in the stream, then the end",
    of,
    check: async (subject) => {
      const { path, version } = await compacted(subject);
      const [event, ...more] = await readWatch(subject, `${path}?watch=1&resourceVersion=${version}`);
      assert.equal(event?.type, "ERROR");
      assert.deepEqual([event.object.kind, event.object.code, event.object.reason], [
        "Status",
        410,
        "Expired",
      ]);
      assert.deepEqual(more, []);
    },
  },
];
