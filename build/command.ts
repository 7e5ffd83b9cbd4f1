/** A step of the build failed; the message says which, and what it printed. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/**
 * Runs a program to its end and gives its stdout. Its stderr is shown only when it fails: a build that works
 * prints its own progress.
 *
 * @throws {BuildError}
 */
export async function run(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { success, code, stdout, stderr } = await new Deno.Command(program, {
    args,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  // Deno ends its errors with a stack of its own, which says nothing here.
  const complaint = new TextDecoder().decode(stderr).replace(/^Stack backtrace:[^]*$/m, "").trim();
  throw new BuildError(`${program} ${args[0] ?? ""} ended with ${code}:\n${complaint}`);
}

/** A line of progress, for whoever waits. */
export function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
