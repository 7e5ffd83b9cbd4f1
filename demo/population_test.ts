import assert from "node:assert/strict";
import type { Pod } from "../src/pod/pod.ts";
import type { Change } from "../tests/kit/apiserver/pod_store.ts";
import { FakeApiServer } from "../tests/kit/apiserver/server.ts";
import { parseEveryNumber } from "../tests/kit/exact.ts";
import { Population } from "./population.ts";

/** A linear congruential generator: the same steps at every run. */
function seeded(seed: number): () => number {
  return () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

/** Lets a population of 20 live for 3000 steps; gives what was written, in order. */
async function live(): Promise<{ changes: Change[]; sizes: number[]; settled: Pod[] }> {
  const server = await FakeApiServer.start();
  const population = new Population(server, 20, seeded(1));
  const changes: Change[] = [];
  const settled = podsOf(server);
  const sizes: number[] = [];
  server.store.onChange.add((change) => changes.push(change));
  for (let step = 0; step < 3000; step++) {
    population.step();
    sizes.push(server.store.size);
  }
  await server.close();
  return { changes, sizes, settled };
}

function podsOf(server: FakeApiServer): Pod[] {
  return server.store.at(server.store.version).map(({ text }) => parseEveryNumber(text) as Pod);
}

Deno.test("a population begins with running pods and stays about as large as it was", async () => {
  const { sizes, settled } = await live();
  assert.equal(settled.length, 20);
  assert.ok(settled.every(({ status }) => status?.phase === "Running"));
  assert.ok(Math.min(...sizes) >= 5, `at least ${Math.min(...sizes)}`);
  assert.ok(Math.max(...sizes) <= 50, `at most ${Math.max(...sizes)}`);
});

Deno.test("in a population pods start, restart, are killed for memory, finish, are rolled out and go", async () => {
  const { changes } = await live();
  const after = changes.flatMap(({ after }) =>
    after === undefined ? [] : [parseEveryNumber(after.text) as Pod]
  );
  const seen = (says: (pod: Pod) => boolean | undefined): boolean => after.some((pod) => says(pod) === true);
  const container = (pod: Pod): NonNullable<Pod["status"]>["containerStatuses"] =>
    pod.status?.containerStatuses;
  assert.ok(seen((pod) => pod.status?.phase === "Pending"));
  assert.ok(seen((pod) => pod.status?.phase === "Succeeded"));
  assert.ok(seen((pod) => (container(pod)?.[0]?.restartCount ?? 0) > 1));
  assert.ok(seen((pod) => container(pod)?.[0]?.state?.terminated?.reason === "OOMKilled"));
  assert.ok(seen((pod) => container(pod)?.[0]?.state?.waiting?.reason === "CrashLoopBackOff"));
  assert.ok(seen((pod) => pod.spec?.containers?.[0]?.image?.endsWith(":1.3")));
  assert.ok(changes.some(({ after }) => after === undefined));
});
