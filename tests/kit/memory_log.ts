import type { Log, LogFields, LogLevel } from "../../src/runtime/log.ts";

/** Keeps what was logged, for a test to look at. */
export class MemoryLog implements Log {
  readonly lines: { level: LogLevel; message: string; fields?: LogFields }[] = [];

  debug = (message: string, fields?: LogFields): void => this.#add("debug", message, fields);
  info = (message: string, fields?: LogFields): void => this.#add("info", message, fields);
  warn = (message: string, fields?: LogFields): void => this.#add("warn", message, fields);
  error = (message: string, fields?: LogFields): void => this.#add("error", message, fields);

  /** The messages of one level, in order. */
  at(level: LogLevel): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }

  /** What the first group of a pattern is in the first line of the level info that it fits; undefined: it fits none. */
  find(pattern: RegExp): string | undefined {
    return this.at("info").map((message) => pattern.exec(message)?.[1]).find(Boolean);
  }

  #add(level: LogLevel, message: string, fields?: LogFields): void {
    this.lines.push({ level, message, ...(fields === undefined ? {} : { fields }) });
  }
}
