import assert from "node:assert/strict";
import type { LogLevel } from "./log.ts";
import { type OpenLog, openLog } from "./logtape.ts";

/** Runs `use` with a log whose lines it returns. */
function linesOf(
  use: (log: OpenLog) => void,
  { format = "json", level = "info" }: { format?: "json" | "text"; level?: LogLevel } = {},
): string[] {
  const lines: string[] = [];
  const log = openLog({
    level,
    format,
    write: (line) => lines.push(line),
    secrets: () => ["s3cret"],
    now: () => Date.parse("2026-01-02T03:04:05.678Z"),
  });
  use(log);
  log.close();
  return lines;
}

function failure(): Error {
  const cause = new Error("connect to https://u:p@h.example/T0P failed with s3cret");
  return new Error("cannot deliver", { cause });
}

Deno.test("a JSON line has time, level, message and the fields", () => {
  const [line] = linesOf((log) => log.info("Watching.", { endpoint: "ops", pods: 3 }));
  assert.deepEqual(JSON.parse(line ?? ""), {
    endpoint: "ops",
    pods: 3,
    time: "2026-01-02T03:04:05.678Z",
    level: "info",
    message: "Watching.",
  });
  assert(line?.endsWith("}\n"));
});

Deno.test("a text line is one line that a person reads", () => {
  const [line] = linesOf(
    (log) => log.warn("No answer.", { endpoint: "ops", why: "it is\ndown", attempts: 2 }),
    { format: "text" },
  );
  assert.equal(line, '03:04:05 warn  No answer. endpoint=ops why="it is\\ndown" attempts=2\n');
});

Deno.test("control characters neither forge a line nor steer a terminal", () => {
  const [line] = linesOf((log) => log.info("a\nb\x1b[31m", { "x": "\u2028\x9b" }), { format: "text" });
  assert.equal(line?.indexOf("\n"), line?.length === undefined ? -1 : line.length - 1);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(line ?? "", /[\x1b\x9b\u2028]/);
});

Deno.test("only the level asked for and above is written", () => {
  const all = (log: OpenLog): void => {
    for (const level of ["debug", "info", "warn", "error"] as const) log[level](level);
  };
  const counts = (["debug", "info", "warn", "error"] as const).map((level) => linesOf(all, { level }).length);
  assert.deepEqual(counts, [4, 3, 2, 1]);
});

Deno.test("message, field names and nested fields are redacted", () => {
  const [line] = linesOf((log) => {
    log.info("with s3cret", {
      s3cret: 1,
      list: [{ url: new URL("https://h.example/T0P?T0P") }],
      text: "s3cret",
    });
  });
  assert.doesNotMatch(line ?? "", /s3cret|T0P/);
  assert.match(line ?? "", /https:\/\/h\.example\/…/);
});

Deno.test("an error is its message and those of its causes, redacted and without a stack", () => {
  const [line] = linesOf((log) => log.error("Failed.", { error: failure() }));
  const expected = "cannot deliver: connect to https://h.example/… failed with [redacted]";
  assert.equal(JSON.parse(line ?? "").error, expected);
});

Deno.test("at level debug an error has its stack, redacted as well", () => {
  const [line] = linesOf((log) => log.error("Failed.", { error: failure() }), { level: "debug" });
  assert.match(JSON.parse(line ?? "").error, /^cannot deliver: connect.*\n\s+at /);
  assert.doesNotMatch(line ?? "", /T0P|s3cret|u:p@/);
});

Deno.test("braces in a message are not filled in", () => {
  const [line] = linesOf((log) => log.info("a {pods} {{b}}", { pods: 1 }));
  assert.equal(JSON.parse(line ?? "").message, "a {pods} {{b}}");
});

Deno.test("a field cannot take the place of the message", () => {
  const [line] = linesOf((log) => log.info("true", { message: "false", level: "x" }));
  assert.deepEqual(JSON.parse(line ?? "").message, "true");
});

Deno.test("logging never throws: cycles, odd values and a closed stderr", () => {
  const cycle: Record<string, unknown> = { big: 10n, none: undefined, nan: NaN, run: () => {} };
  cycle.self = cycle;
  const causes = new Error("round");
  causes.cause = causes;
  assert.equal(linesOf((log) => log.info("odd", { cycle, causes })).length, 1);
  const log = openLog({
    level: "info",
    format: "json",
    write: () => {
      throw new Error("closed");
    },
    secrets: () => [],
    now: () => 0,
  });
  log.info("into the void");
  log.close();
});

Deno.test("a closed log writes nothing", () => {
  let closed: OpenLog | undefined;
  const lines = linesOf((log) => closed = log);
  closed?.error("late");
  assert.deepEqual(lines, []);
});

Deno.test("nothing of a line is looked at that is below the level", () => {
  const log = openLog({
    level: "info",
    format: "json",
    write: () => assert.fail("written"),
    secrets: () => [],
    now: () => assert.fail("asked for the time"),
  });
  log.debug("Delivered", { pod: "shop/web-0" });
  log.close();
});
