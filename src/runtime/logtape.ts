import { configureSync, getLogger, type LogRecord, resetSync, type Sink } from "@logtape/logtape";
import type { Log, LogFields, LogLevel } from "./log.ts";
import { printable, printableLines } from "./printable.ts";
import { redact } from "./redact.ts";

/** How a line looks. */
export interface LogForm {
  /** `text`: one line for a person. `json`: one object a line with `time`, `level`, `message` and the fields. */
  format: "text" | "json";
  /** Whether levels have a colour in `text`: on a terminal, where nobody has said NO_COLOR. No by default. */
  isColoured?: boolean;
  /** Minutes by which the local time is ahead of UTC at an instant; that of this machine by default. */
  offset?: (at: number) => number;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** What a log takes. */
export interface LogParts extends LogForm {
  /** The lowest level that is written. */
  level: LogLevel;
  /** Takes one line with its line end. Called synchronously, so that nothing is lost when the process ends. */
  write: (line: string) => void;
  /** What must never be printed, asked for at each line, because secrets rotate. */
  secrets: () => string[];
  /** What is said in place of a message; the message itself by default. */
  reword?: (message: string) => string;
}

/** A log that can be given up. */
export interface OpenLog extends Log {
  /** Nothing is written any more; logging stays harmless. Called once, last. */
  close(): void;
}

const CATEGORY = "k8svent";

/**
 * The log of the process: message and fields are printable (see `printable.ts`) and redacted, an Error among the fields becomes its message and
 * those of its causes (at level `debug` with a stack as well). LogTape is configured for the whole process, so
 * a second call takes over from the first.
 */
export function openLog(parts: LogParts): OpenLog {
  configureSync({
    sinks: { line: lineSink(parts) },
    loggers: [
      { category: CATEGORY, sinks: ["line"], lowestLevel: parts.level === "warn" ? "warning" : parts.level },
      // It would otherwise greet people with a line about itself.
      { category: ["logtape", "meta"], lowestLevel: "fatal" },
    ],
    reset: true,
  });
  const logger = getLogger(CATEGORY);
  const at = (level: LogRecord["level"]) => (message: string, fields: LogFields = {}): void => {
    // Each delivery has a line of `debug`: what nobody reads costs nothing.
    if (!logger.isEnabledFor(level)) return;
    // `emit`, not `info`: that one would fill in what stands between braces in a message.
    logger.emit({
      level,
      message: [message],
      rawMessage: message,
      timestamp: parts.now(),
      properties: fields,
    });
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warning"),
    error: at("error"),
    close: resetSync,
  };
}

/** A line of the log as it stands, not redacted: for what the program says before it has a log. */
export function usageLine(form: LogForm, message: string): string {
  const record = { timestamp: form.now(), level: "error" as const };
  const text = printable(message);
  return form.format === "json" ? jsonLine(record, text, []) : textLine(record, text, [], form);
}

function lineSink(parts: LogParts): Sink {
  const { format, level, write, secrets, reword = (message) => message } = parts;
  return (record) => {
    try {
      // In the form, too, in which it would be printed.
      const known = secrets().flatMap((secret) => [secret, printableLines(secret)]);
      const clean = (value: unknown): unknown => plain(value, known, level === "debug");
      const fields: [string, unknown][] = [];
      for (const [name, value] of Object.entries(record.properties)) {
        if (value !== undefined) fields.push([safe(name, known), clean(value)]);
      }
      const message = safe(printable(reword(record.rawMessage as string)), known);
      write(format === "json" ? jsonLine(record, message, fields) : textLine(record, message, fields, parts));
    } catch {
      // Whoever logs must not fail because stderr is closed or a field has a throwing getter.
    }
  };
}

type Stamp = Pick<LogRecord, "timestamp" | "level">;

/** What every line has, first, and what no field can take the place of. */
const EVERY = ["time", "level", "message"];

function jsonLine(record: Stamp, message: string, fields: [string, unknown][]): string {
  const time = new Date(record.timestamp).toISOString();
  const own = fields.filter(([name]) => !EVERY.includes(name)).toSorted(([one], [other]) =>
    one < other ? -1 : 1
  );
  return JSON.stringify({ time, level: word(record), message, ...Object.fromEntries(own) }) + "\n";
}

/** Dim, yellow, red (ECMA-48). */
const COLOURS: Partial<Record<LogLevel, number>> = { debug: 2, warn: 33, error: 31 };

function textLine(
  record: Stamp,
  message: string,
  fields: [string, unknown][],
  { isColoured = false, offset = localOffset }: LogForm,
): string {
  const level = word(record);
  const colour = isColoured ? COLOURS[level] : undefined;
  const shown = colour === undefined ? level.padEnd(5) : `\x1b[${colour}m${level.padEnd(5)}\x1b[0m`;
  const printed = fields.map(([name, value]) =>
    ` ${name}=${typeof value === "string" ? quoted(value) : JSON.stringify(value)}`
  );
  const time = localTime(record.timestamp, offset(record.timestamp));
  return `${time} ${shown} ${message}${printed.join("")}\n`;
}

function localOffset(at: number): number {
  return -new Date(at).getTimezoneOffset();
}

/** `04:04:05+01:00`, or `03:04:05Z` where the local time is UTC (RFC 3339). @param ahead minutes */
function localTime(at: number, ahead: number): string {
  const time = new Date(at + ahead * 60_000).toISOString().slice(11, 19);
  if (ahead === 0) return `${time}Z`;
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${time}${ahead < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
}

function word({ level }: Stamp): LogLevel {
  if (level === "warning") return "warn";
  return level === "fatal" || level === "trace" ? "error" : level;
}

/** Bare where it reads unambiguously, as logfmt does. */
function quoted(value: string): string {
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function safe(text: string, secrets: string[]): string {
  return redact(printableLines(text), secrets);
}

/** The value as JSON can hold it, printable and redacted, to a depth that no cycle survives. */
function plain(value: unknown, secrets: string[], stack: boolean, depth = 0): unknown {
  if (typeof value === "string") return safe(value, secrets);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value instanceof Error) return safe(stack ? withStack(value) : withCauses(value), secrets);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof URL) return safe(value.href, secrets);
  if (typeof value !== "object") return safe(String(value), secrets);
  if (depth === 4) return "…";
  if (Array.isArray(value)) return value.map((item) => plain(item, secrets, stack, depth + 1));
  const entries = Object.entries(value).map(([name, item]) => [
    safe(name, secrets),
    plain(item, secrets, stack, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function withCauses(error: Error): string {
  const messages: string[] = [];
  let cause: unknown = error;
  for (let depth = 0; cause !== undefined && depth < 5; depth++) {
    const message = cause instanceof Error ? cause.message || cause.name : String(cause);
    // Runtimes often repeat the cause's text in the message.
    if (!messages.some((said) => said.includes(message))) messages.push(message);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return messages.join(": ");
}

function withStack(error: Error): string {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [withCauses(error), ...frames].join("\n");
}
