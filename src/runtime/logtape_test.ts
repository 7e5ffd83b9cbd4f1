import assert from "node:assert/strict";
import type { LogLevel } from "./log.ts";
import { type OpenLog, openLog, usageLine } from "./logtape.ts";

/** Runs `use` with a log whose lines it returns. */
function linesOf(
  use: (log: OpenLog) => void,
  { format = "json", level = "info", ahead = 0, isColoured = false }: {
    format?: "json" | "text";
    level?: LogLevel;
    ahead?: number;
    isColoured?: boolean;
  } = {},
): string[] {
  const lines: string[] = [];
  const log = openLog({
    level,
    format,
    isColoured,
    offset: () => ahead,
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

Deno.test("the keys of a JSON line stand in one order: time, level, message, then the fields by name", () => {
  const [line] = linesOf((log) =>
    log.info("Watching.", { version: 1, endpoint: "ops", attempt: 2, level: "x" })
  );
  assert.deepEqual(Object.keys(JSON.parse(line ?? "")), [
    "time",
    "level",
    "message",
    "attempt",
    "endpoint",
    "version",
  ]);
});

for (
  const [ahead, time] of [
    [0, "03:04:05Z"],
    [60, "04:04:05+01:00"],
    [-210, "23:34:05-03:30"],
    [345, "08:49:05+05:45"],
    [-720, "15:04:05-12:00"],
    [840, "17:04:05+14:00"],
  ] as const
) {
  Deno.test(`a text line has the local time, ${ahead} minutes ahead of UTC, with its zone`, () => {
    const [line] = linesOf((log) => log.info("x"), { format: "text", ahead });
    assert.equal(line, `${time} info  x\n`);
  });
}

Deno.test("levels have a colour in text where that is wanted, and never in JSON", () => {
  const all = (log: OpenLog): void => {
    for (const level of ["debug", "info", "warn", "error"] as const) log[level]("x");
  };
  const levels = linesOf(all, { format: "text", level: "debug", isColoured: true }).map((line) =>
    line.slice(10, -3)
  );
  assert.deepEqual(levels, ["\x1b[2mdebug\x1b[0m", "info ", "\x1b[33mwarn \x1b[0m", "\x1b[31merror\x1b[0m"]);
  const plain = [...linesOf(all, { isColoured: true }), ...linesOf(all, { format: "text" })];
  assert.equal(plain.some((line) => line.includes("\x1b")), false);
});

Deno.test("a usage error has the form of the log and stands as it is written", () => {
  const form = { now: (): number => Date.parse("2026-01-02T03:04:05.678Z"), offset: (): number => 0 };
  const message = "Give one with --url https://host/path.";
  assert.equal(usageLine({ ...form, format: "text" }, message), `03:04:05Z error ${message}\n`);
  assert.deepEqual(JSON.parse(usageLine({ ...form, format: "json" }, message)), {
    time: "2026-01-02T03:04:05.678Z",
    level: "error",
    message,
  });
});

Deno.test("a text line is one line that a person reads", () => {
  const [line] = linesOf(
    (log) => log.warn("No answer.", { endpoint: "ops", why: "it is\ndown", attempts: 2 }),
    { format: "text" },
  );
  assert.equal(line, '03:04:05Z warn  No answer. endpoint=ops why="it is\\ndown" attempts=2\n');
});

/** What no line may hold, whoever wrote it. */
const STRANGE = {
  "ESC of a colour": "\x1b[31m",
  "C1 CSI": "\u009b31m",
  "a null": "\0",
  backspace: "a\b",
  "a carriage return": "\r",
  DEL: "\x7f",
  "right-to-left override": "\u202egpj.exe",
  "bidi isolate": "\u2066x\u2069",
  "arabic letter mark": "\u061c",
  "zero width": "a\u200bb\u200dc\u2060",
  "byte order mark": "\ufeff",
  "line separator": "\u2028",
  "paragraph separator": "\u2029",
  "next line": "\u0085",
  "soft hyphen": "\u00ad",
  "hangul filler": "\u3164",
  "variation selector": "\ufe0f",
  tag: "\u{e0041}",
  "lone surrogate": "\ud800",
  "private use": "\ue000",
};
const FORBIDDEN =
  // deno-lint-ignore no-control-regex
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe0f\ufeff\ud800\ue000]|\u{e0041}/u;

for (const [what, text] of Object.entries(STRANGE)) {
  for (const format of ["text", "json"] as const) {
    Deno.test(`${what} is in no ${format} line: message, field, name of a field, nested, error`, () => {
      const [line = "", ...others] = linesOf(
        (log) =>
          log.info(`a${text}b`, {
            field: text,
            [text]: 1,
            nested: [{ [text]: text }],
            error: new Error(text),
          }),
        { format },
      );
      assert.deepEqual(others, []);
      assert.doesNotMatch(line, FORBIDDEN);
      assert.equal(line.indexOf("\n"), line.length - 1);
      assert.match(line, /a.*b/);
      // What JSON escapes is printed by whoever reads it.
      if (format === "json") assert.doesNotMatch(Object.values(JSON.parse(line)).join(""), FORBIDDEN);
    });
  }
}

Deno.test("a secret that invisible characters were strewn into is redacted all the same", () => {
  const [line] = linesOf((log) => log.info("s3\u200bcr\u202eet", { field: "s3\u00adcret" }));
  assert.doesNotMatch(line ?? "", /s3cret/);
  assert.match(line ?? "", /\[redacted\].*\[redacted\]/);
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
