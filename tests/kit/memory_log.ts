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

  #add(level: LogLevel, message: string, fields?: LogFields): void {
    this.lines.push({ level, message, ...(fields === undefined ? {} : { fields }) });
  }
}
