import assert from "node:assert/strict";
import type { Pod } from "../pod/pod.ts";
import { readSelf } from "./self.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

function pod(
  container: Record<string, unknown>,
  status: Record<string, unknown> = {},
  more: unknown[] = [],
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "k8svent-0", namespace: "k8svent", uid: "u", resourceVersion: "1" },
    spec: { restartPolicy: "Always", containers: [container, ...more] },
    status: { containerStatuses: [{ name: container["name"], ...status }] },
  } as Pod;
}

Deno.test("a pod tells its image, what runs, and how it would start again", () => {
  const own = pod(
    { name: "k8svent", image: "r/k8svent:next", imagePullPolicy: "Always" },
    { imageID: `r/k8svent@${DIGEST}` },
  );
  assert.deepEqual(readSelf(own), {
    image: "r/k8svent:next",
    digest: DIGEST,
    pullPolicy: "Always",
    restartPolicy: "Always",
    startedByUpdate: false,
  });
});

for (const imageID of [`docker-pullable://r/k8svent@${DIGEST}`, `r/k8svent@${DIGEST}`, DIGEST]) {
  Deno.test(`what runs is read from ${imageID.slice(0, 30)}`, () => {
    assert.equal(readSelf(pod({ name: "k8svent", image: "x" }, { imageID }))?.digest, DIGEST);
  });
}

for (const imageID of ["", undefined, "r/k8svent:latest", "sha256:0"]) {
  Deno.test(`from ${JSON.stringify(imageID)} nobody can tell what runs`, () => {
    assert.equal(readSelf(pod({ name: "k8svent", image: "x" }, { imageID }))?.digest, undefined);
  });
}

Deno.test("a container that ended with 0 before was left for an update, one that crashed was not", () => {
  const started = (exitCode: number): boolean | undefined =>
    readSelf(pod({ name: "k8svent", image: "x" }, { lastState: { terminated: { exitCode } } }))
      ?.startedByUpdate;
  assert.equal(started(0), true);
  assert.equal(started(137), false);
});

Deno.test("the only container is the program's own, whatever its name; of several, the one named k8svent", () => {
  assert.equal(readSelf(pod({ name: "main", image: "x" }))?.image, "x");
  assert.equal(
    readSelf(pod({ name: "proxy", image: "y" }, {}, [{ name: "k8svent", image: "x" }]))?.image,
    "x",
  );
  assert.equal(readSelf(pod({ name: "proxy", image: "y" }, {}, [{ name: "other", image: "x" }])), undefined);
});
