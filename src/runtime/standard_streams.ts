/*
 * What is written to stdout and stderr, whole, and what becomes of it where nobody reads them.
 */
import { LineQueue } from "./line_queue.ts";

const encoder = new TextEncoder();

/** Data cannot be written to stdout. The message is for people. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

/** Milliseconds that whoever reads stdout or stderr has to take the rest, once the program is to end. */
const LAST = 1_000;

/**
 * Writes data to stdout. Whoever reads it may have enough, as `head` does: that ends the program and is no failure.
 *
 * @param stop the program is to end: what nobody takes then, such as a pager that waits for its user, holds it up no longer
 * @throws {OutputError} or the reason of the signal
 */
export function print(text: string, stop?: AbortSignal): Promise<void> {
  const written = write(encoder.encode(text));
  if (stop === undefined) return written;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => void (timer = setTimeout(() => reject(stop.reason), LAST));
  if (stop.aborted) end();
  else stop.addEventListener("abort", end);
  written.then(resolve, reject);
  return promise.finally(() => {
    clearTimeout(timer);
    stop.removeEventListener("abort", end);
  });
}

async function write(bytes: Uint8Array): Promise<void> {
  try {
    while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) await exit(0);
    const isFull = error instanceof Error && /no space left|quota|file too large/i.test(error.message);
    throw new OutputError(
      `Cannot write to stdout: ${
        isFull ? "no space is left where it leads" : "what it leads to takes nothing"
      }.`,
      { cause: error },
    );
  }
}

/** The lines of a log that goes to stderr, where that is no terminal: nothing waits for whoever reads them. */
export const logLines = new LineQueue(async (text) => {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await Deno.stderr.write(bytes));
});

/** Ends the program, when the last lines of its log were taken or nobody takes them. */
export async function exit(code: number): Promise<never> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, LAST);
  await Promise.race([logLines.written(), promise]);
  Deno.exit(code);
}

/**
 * Writes to stderr. Where that leads nowhere any more (closed, full, `2>&1 | head`) there is nobody to tell: the work
 * goes on.
 */
export function writeError(line: string): void {
  try {
    let bytes = encoder.encode(line);
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
  } catch {
    // See above.
  }
}
