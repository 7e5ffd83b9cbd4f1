import assert from "node:assert/strict";
import { contradiction, type End, type Suspicion } from "./contradiction.ts";

type Kind = Suspicion["kind"] | undefined;

/** What a list at a version shows, what is known, and what follows. */
const CASES: [
  what: string,
  listed: string,
  list: string,
  known: string | undefined,
  end: End | undefined,
  Kind,
][] = [
  ["a pod that is not known", "5", "9", undefined, undefined, undefined],
  ["a pod at its known version", "5", "9", "5", undefined, undefined],
  ["a newer version than the known one", "7", "9", "5", undefined, undefined],
  ["an older version in a list that is older than the known one", "5", "6", "7", undefined, undefined],
  ["an older version in a list that is as new as the known one", "5", "7", "7", undefined, "pod-behind"],
  ["an older version in a list that is newer, by length", "99", "101", "100", undefined, "pod-behind"],
  [
    "a deleted pod in a list that is older than its end",
    "5",
    "6",
    undefined,
    { version: "7", left: false },
    undefined,
  ],
  [
    "a deleted pod in a list as new as its end",
    "5",
    "7",
    undefined,
    { version: "7", left: false },
    "pod-returned",
  ],
  [
    "a pod that left the selection and came back",
    "8",
    "9",
    undefined,
    { version: "7", left: true },
    undefined,
  ],
  ["the version of its leaving itself", "7", "9", undefined, { version: "7", left: true }, undefined],
  [
    "an older version than its leaving, in an older list",
    "5",
    "6",
    undefined,
    { version: "7", left: true },
    undefined,
  ],
  [
    "an older version than its leaving",
    "5",
    "9",
    undefined,
    { version: "7", left: true },
    "selection-behind",
  ],
];

for (const [what, resourceVersion, list, known, end, kind] of CASES) {
  Deno.test(`${what} ${kind === undefined ? "contradicts nothing" : `is ${kind}`}`, () => {
    const pod = { uid: "u", namespace: "shop", name: "web-0", resourceVersion };
    assert.equal(contradiction(pod, list, known, end, undefined)?.kind, kind);
  });
}

for (
  const [what, resourceVersion, list, kind] of [
    ["a pod that follows the known one of its name", "8", "9", undefined],
    ["a pod that the known one of its name followed, in a list older than that one", "5", "6", undefined],
    ["a pod that the known one of its name followed, in a list as new as that one", "5", "7", "pod-returned"],
    ["a pod at the very version of the known one of its name", "7", "7", "pod-returned"],
  ] as const
) {
  Deno.test(`${what} ${kind === undefined ? "contradicts nothing" : `is ${kind}`}`, () => {
    const pod = { uid: "u", namespace: "shop", name: "web-0", resourceVersion };
    assert.equal(contradiction(pod, list, undefined, undefined, "7")?.kind, kind);
  });
}
