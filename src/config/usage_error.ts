import { redact } from "../runtime/redact.ts";

/**
 * The command line or the environment asks for something that cannot be done. The message is a sentence that
 * says what to do; it shows no secret, and of a URL the host at most. The program prints it and ends with 2.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly exitCode = 2;

  /** All that is wrong, where more than the first fault is known. */
  get messages(): readonly string[] {
    return [this.message];
  }
}

/** A value as an error may show it: people paste a URL or a token behind the wrong flag. */
export function quote(value: string): string {
  const shown = redact(value, []);
  return JSON.stringify(shown.length > 40 ? `${shown.slice(0, 40)}…` : shown);
}
