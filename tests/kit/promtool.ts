/** What the machine lacks for `promtool`; undefined: nothing. */
export const withoutPromtool: string | undefined = await isThere()
  ? undefined
  : "there is no promtool, of Debian's package prometheus.";

async function isThere(): Promise<boolean> {
  try {
    return (await new Deno.Command("promtool", { args: ["--version"], stdout: "null", stderr: "null" })
      .output())
      .success;
  } catch {
    return false;
  }
}

/** Runs promtool and returns what it says. @throws {Error} where it finds an error */
export async function promtool(args: string[], input = ""): Promise<string> {
  const child = new Deno.Command("promtool", { args, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  // 3: it only warns.
  if (!success && said === "") throw new Error(`promtool ${args.join(" ")} failed without a word`);
  if (!success) throw new Error(said);
  return said;
}
