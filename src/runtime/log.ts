/** Facts beside a message. Never a URL, a token or a secret: endpoints are known by their name. */
export type LogFields = Record<string, unknown>;

/**
 * Where a part of the program tells people what happened. Called from anywhere, at any time; never throws,
 * never blocks. The text is a sentence for a person; what a machine should read stands in the fields.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** From the most to the least talkative. */
export type LogLevel = "debug" | "info" | "warn" | "error";
