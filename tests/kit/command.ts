/**
 * Runs a program to its end and gives its stdout.
 *
 * @throws {Error} with the program's stderr if its exit code is not 0.
 */
export async function run(
  program: string,
  args: string[],
  options: { env?: Record<string, string>; stdin?: string } = {},
): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    env: options.env ?? {},
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Both directions at once: a program that prints before it has read everything would block otherwise.
  const [output] = await Promise.all([child.output(), feed(child, options.stdin)]);
  if (output.success) return new TextDecoder().decode(output.stdout);
  const complaint = new TextDecoder().decode(output.stderr).trim();
  throw new Error(`${program} ${args.join(" ")} ended with ${output.code}: ${complaint}`);
}

async function feed(child: Deno.ChildProcess, text: string | undefined): Promise<void> {
  if (text === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // The program ended without reading: its exit code tells the story.
  }
}
