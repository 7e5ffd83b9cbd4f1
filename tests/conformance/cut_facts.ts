import assert from "node:assert/strict";
import { findEvent, findItems, findList, findObject, takePods } from "../../src/pod/cut.ts";
import type { Fact } from "./fact.ts";
import { readList } from "./read.ts";
import type { Subject } from "./subject.ts";

async function bytesOf(subject: Subject, path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await subject.get(path)).arrayBuffer());
}

/** What the program's quick way relies on. */
export const CUT_FACTS: Fact[] = [
  {
    says: "one pod is cut the quick way from a list, a watch and a GET, to one body",
    check: async (subject) => {
      const namespace = await subject.namespace();
      const path = `/api/v1/namespaces/${namespace}/pods`;
      const { metadata: { resourceVersion } } = await readList(subject, path);
      const annotations = { odd: '<&> "ü" \u2028 😀 }]', "k8s.example/json": '{"managedFields":[{}]}' };
      await subject.create({ metadata: { name: "a", namespace, labels: { app: "x" }, annotations } });

      const list = await bytesOf(subject, path);
      const begin = findList(list, list.length) ?? 0;
      const [listed] = findItems(list, begin, list.length, true).items;
      const watch = `${path}?watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=1`;
      const [line = ""] = new TextDecoder().decode(await bytesOf(subject, watch)).split("\n");
      const event = findEvent(new TextEncoder().encode(line));
      const got = await bytesOf(subject, `${path}/a`);
      const single = findObject(got, 0, got.length);
      assert.ok(listed?.layout && event?.object.layout && single?.layout, "it takes the exact way");

      const [one, ...others] = takePods([listed, event.object, single]);
      for (const other of others) assert.deepEqual(other, one);
      const text = new TextDecoder().decode(one?.body);
      assert.deepEqual(JSON.parse(text).pod.metadata.annotations, annotations);
      assert.doesNotMatch(text, /"managedFields":\[\{"manager"/);
    },
  },
];
