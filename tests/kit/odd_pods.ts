import fc from "fast-check";
import { exactPod } from "../../src/pod/cut.ts";
import type { PodObject } from "../../src/pod/object.ts";
import { ROUTE_ANNOTATION } from "../../src/pod/pod.ts";

/** Anything, and above all what breaks code that trusts it. */
const ANY: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    0,
    -1,
    "",
    "x",
    true,
    [],
    {},
    [null],
    [[]],
    [7],
    { toString: 1 },
    "a\r\nb: c",
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** An object some of whose fields are what they should be, some anything, and some not there. */
function odd(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const mostly = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, fc.oneof({ weight: 3, arbitrary: value }, ANY)]),
  );
  return fc.oneof({ weight: 4, arbitrary: fc.record(mostly, { requiredKeys: [] }) }, ANY);
}

function listOf(item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.array(item, { maxLength: 3 });
}

const TERMINATED = odd({
  exitCode: fc.nat(2),
  containerID: fc.constant("c"),
  finishedAt: fc.constant("2026"),
});
const STATE = odd({ waiting: odd({ reason: fc.constant("x") }), running: odd({}), terminated: TERMINATED });
const CONTAINER = odd({ name: fc.constant("app"), image: fc.constant("app:1") });
const CONTAINER_STATUS = odd({
  name: fc.constant("app"),
  ready: fc.boolean(),
  restartCount: fc.nat(3),
  state: STATE,
  lastState: STATE,
});
const ANNOTATIONS = odd({
  [ROUTE_ANNOTATION]: fc.constantFrom(
    '{"webhooks":["https://a.example.com/"]}',
    '{"webhooks":7}',
    "null",
    "[",
  ),
});

/** A version of one pod of which nothing is sure but what `PodObject` promises. */
export const ODD_POD: fc.Arbitrary<PodObject> = fc.record({
  version: fc.nat(100),
  metadata: fc.record({
    annotations: ANNOTATIONS,
    labels: ANY,
    deletionTimestamp: ANY,
    ownerReferences: ANY,
    managedFields: ANY,
  }, { requiredKeys: [] }),
  rest: fc.record({
    spec: odd({
      nodeName: fc.constant("n"),
      containers: listOf(CONTAINER),
      initContainers: listOf(CONTAINER),
      ephemeralContainers: listOf(CONTAINER),
    }),
    status: odd({
      phase: fc.constantFrom("Pending", "Running", "Succeeded"),
      conditions: listOf(odd({ type: fc.constant("Ready"), status: fc.constantFrom("True", "False") })),
      containerStatuses: listOf(CONTAINER_STATUS),
      initContainerStatuses: listOf(CONTAINER_STATUS),
      ephemeralContainerStatuses: listOf(CONTAINER_STATUS),
    }),
  }, { requiredKeys: [] }),
}).map(({ version, metadata, rest }) =>
  exactPod({
    metadata: {
      ...metadata,
      uid: "u",
      namespace: "shop",
      name: "web-0",
      resourceVersion: String(version + 1),
    },
    ...rest,
  })
);
