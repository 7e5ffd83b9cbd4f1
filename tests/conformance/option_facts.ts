import assert from "node:assert/strict";
import type { Fact } from "./fact.ts";
import { readList, readStatus } from "./read.ts";

/** What the server says to options that break its rules: query, code, reason, message. */
const REFUSALS: [query: string, code: number, reason: string | undefined, message: RegExp][] = [
  ["resourceVersionMatch=NotOlderThan", 422, "Invalid", /forbidden unless resourceVersion is provided/],
  ["resourceVersionMatch=Exact&resourceVersion=0", 422, "Invalid", /is forbidden for resourceVersion "0"/],
  [
    "resourceVersionMatch=Some&resourceVersion=1",
    422,
    "Invalid",
    /Unsupported value: "Some": supported values/,
  ],
  ["continue=TOKEN&resourceVersion=1", 400, "BadRequest", /not allowed when using continue/],
  [
    "continue=TOKEN&resourceVersionMatch=Exact&resourceVersion=1",
    422,
    "Invalid",
    /when continue is provided/,
  ],
  ["continue=*", 400, "BadRequest", /^invalid continue token: continue key is not valid/],
  ["resourceVersion=abc", 400, "BadRequest", /^invalid resource version: .*Invalid value: "abc"/],
  ["limit=x", 400, "BadRequest", /parsing "x": invalid syntax/],
  ["labelSelector=a%3D%3D%3Db", 400, "BadRequest", /^unable to parse requirement/],
  ["fieldSelector=spec.color%3Dred", 400, "BadRequest", /^field label not supported: spec.color$/],
  ["watch=1&resourceVersion=abc", 500, undefined, /^resourceVersion: Invalid value: "abc"/],
  ["watch=1&timeoutSeconds=x", 400, "BadRequest", /parsing "x": invalid syntax/],
  [
    "watch=1&resourceVersion=1&resourceVersionMatch=NotOlderThan",
    422,
    "Invalid",
    /forbidden for watch unless/,
  ],
  [
    "watch=1&sendInitialEvents=true",
    422,
    "Invalid",
    /sendInitialEvents requires setting resourceVersionMatch/,
  ],
];

export const OPTION_FACTS: Fact[] = REFUSALS.map(([query, code, reason, message]) => ({
  says: `?${query} is refused with ${code}`,
  check: async (subject) => {
    const namespace = await subject.namespace();
    for (const name of ["a", "b"]) await subject.create({ metadata: { name, namespace } });
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const token = (await readList(subject, `${path}?limit=1`)).metadata.continue ?? "none";
    const status = await readStatus(subject, `${path}?${query.replace("TOKEN", token)}`);
    assert.deepEqual([status.http, status.code, status.reason], [code, code, reason]);
    assert.match(status.message, message);
  },
}));
