import { lacksProgram } from "./needing.ts";

/** What the machine lacks for `promtool`; undefined: nothing. */
export const withoutPromtool: string | undefined = await lacksProgram(
  "promtool",
  ["--version"],
  "there is no promtool, of Debian's package prometheus.",
);
/** Runs promtool and returns what it says. @throws {Error} where it finds an error */
export async function promtool(args: string[], input = ""): Promise<string> {
  const child = new Deno.Command("promtool", { args, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(said || `promtool ${args.join(" ")} failed without a word`);
  return said;
}
