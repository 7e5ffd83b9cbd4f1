import assert from "node:assert/strict";
import { makeObject, type PodParts, summaryOf } from "../../tests/kit/pods.ts";
import { widthOf } from "../runtime/width.ts";
import { Lines, type Seen } from "./tail_line.ts";

const AT = Date.parse("2026-11-27T10:20:30Z");
const PIPE = { isColoured: false, columns: undefined };
const TERMINAL = { isColoured: true, columns: 80 };

function seen(parts: PodParts = {}, more: Partial<Seen> = {}): Seen {
  const { pod, body } = makeObject({ node: "node-1", ...parts });
  const { namespace, name, resourceVersion } = pod.metadata;
  const before = summaryOf(makeObject({ ...parts, ready: false }).pod);
  return {
    ...{ at: AT, event: "pod.changed", namespace, name, resourceVersion, pod, body, before },
    ...{ reasons: ["ready"], phase: "Running", observed: true },
    ...more,
  };
}

/** What a terminal shows of a line. */
// deno-lint-ignore no-control-regex
const shown = (line: string): string => line.replace(/\x1b\[\d+m/g, "");

Deno.test("a line has the time, the pod, the reasons, the state and what happened", () => {
  const { terminated } = { terminated: { containerID: "x", exitCode: 1 } };
  const crashed = seen({ lastState: { terminated }, restarts: 1 }, {
    reasons: ["terminated", "restarted"],
    before: summaryOf(makeObject().pod),
  });
  assert.match(
    new Lines("text").of(crashed, PIPE),
    /^\d\d:20:30 shop\/web-0 {2}terminated,restarted {2}Running 1\/1 1 restart {2}app ended \(exit 1\)$/,
  );
});

Deno.test("wide adds where the pod is", () => {
  assert.match(new Lines("wide").of(seen(), PIPE), / {2}Running 1\/1 {2}node node-1 ip -$/);
});

Deno.test("in a terminal a line has no more columns than that, and names keep both ends", () => {
  const name = "a-deployment-with-a-long-name-7d9f8b6c5-abcde";
  const long = seen({ name, namespace: "production" }, { reasons: ["scheduled", "status", "metadata"] });
  const line = shown(new Lines("text").of(long, TERMINAL));
  assert(line.length <= 80, line);
  assert.match(line, /^\d\d:20:30 production\/a-de\S*….*-abcde {2}scheduled,status/);
  assert.match(new Lines("text").of(long, PIPE), new RegExp(`production/${name} .*on node-1$`));
});

Deno.test("a line fills no more columns than a terminal has, however narrow it is and however wide its characters", () => {
  const reason = "容器が停止しました🔥👍🏽e\u0301".repeat(8);
  const waiting = { state: { waiting: { reason } } };
  for (let columns = 9; columns < 200; columns++) {
    const parts = { name: "web-7d9f8b6c5-x2x9p", namespace: "生産環境の名前空間🔥", ...waiting };
    const form = { isColoured: true, columns };
    const line = shown(new Lines("text").of(seen(parts, { before: undefined }), form));
    assert.ok(widthOf(line) <= columns, `${widthOf(line)} in ${columns}: ${line}`);
    assert.ok(line.isWellFormed(), line);
  }
});

Deno.test("what stands behind a name of wide characters stands below what stands behind others", () => {
  const lines = new Lines("text");
  const before = (name: string): number => {
    const line = shown(lines.of(seen({ name }), TERMINAL));
    return widthOf(line.slice(0, line.indexOf("ready")));
  };
  assert.equal(before("容器名🔥"), before("a"));
});

Deno.test("names stand in a column that grows with them", () => {
  const lines = new Lines("text");
  const column = (name: string): number => shown(lines.of(seen({ name }), TERMINAL)).indexOf("ready");
  assert(column("b") < column("web-with-a-name"));
  assert.equal(column("b"), column("web-with-a-name"));
});

Deno.test("a pod has one colour, and in a pipe none", () => {
  const [one, again] = [0, 1].map(() => new Lines("text").of(seen(), TERMINAL));
  assert.equal(one, again);
  // deno-lint-ignore no-control-regex
  assert.match(one ?? "", /^\x1b\[2m.*\x1b\[3[1-6]mshop\/web-0 *\x1b\[39m/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(new Lines("text").of(seen(), PIPE), /\x1b/);
});

Deno.test("what a pod's author wrote steers no terminal", () => {
  const waiting = seen({ state: { waiting: { reason: "\x1b]0;x\x07\u009b31m" } } }, {
    reasons: ["waiting"],
    before: undefined,
  });
  assert.match(new Lines("text").of(waiting, PIPE), /app waits \( \]0;x 31m\)$/);
});

Deno.test("json is one object a line, and json-wide has the pod with its numbers as they were", () => {
  const parts = { annotations: { "a/b": "c" } };
  const object = JSON.parse(new Lines("json").of(seen(parts), PIPE));
  assert.deepEqual(object, {
    time: "2026-11-27T10:20:30.000Z",
    event: "pod.changed",
    reasons: ["ready"],
    namespace: "shop",
    name: "web-0",
    phase: "Running",
    ready: 1,
    containers: 1,
    restarts: 0,
    details: [],
    resourceVersion: "1",
  });
  const body = new TextEncoder().encode('{"pod":{"spec":{"n":12345678901234567890}}}');
  const line = new Lines("json-wide").of(seen({}, { body }), PIPE);
  assert.equal(JSON.parse(line).name, "web-0");
  assert(line.endsWith('"resourceVersion":"1","pod":{"spec":{"n":12345678901234567890}}}'));
});

Deno.test("of a pod whose end nobody saw a line says so", () => {
  const gone = seen({}, { event: "pod.deleted", reasons: ["deleted"], observed: false });
  assert.match(new Lines("text").of(gone, PIPE), /nobody saw its end$/);
  assert.equal(JSON.parse(new Lines("json").of(gone, PIPE)).observed, false);
});

Deno.test("as JSON, a line means the same and steers no terminal", () => {
  const message = "\u009b2J\u202etext";
  for (const form of ["json", "json-wide"] as const) {
    const line = new Lines(form).of(seen({}, { phase: message }), PIPE);
    assert.equal(JSON.parse(line).phase, message);
    assert.doesNotMatch(line, /\p{C}/u);
  }
});
