import { fileURLToPath } from "node:url";
import { run } from "./command.ts";
import { lacksProgram } from "./needing.ts";

const SCRIPT = fileURLToPath(new URL("terminal.py", import.meta.url));

/** What to wait for, of what came since the last step, and what to type then. */
export type Step = [seen: RegExp, keys: string];

/** What the machine lacks for `typeInto`; undefined: nothing. */
export const withoutTerminal: string | undefined = await lacksProgram(
  "python3",
  ["--version"],
  "there is no python3.",
);

/** Runs a program in a terminal of its own, types into it, and gives all that came on the screen until it ended. */
export async function typeInto(argv: string[], steps: Step[], env: Record<string, string>): Promise<string> {
  const job = {
    argv,
    env: { TERM: "xterm", ...env },
    steps: steps.map(([seen, keys]) => [seen.source, keys]),
    seconds: 60,
  };
  return await run("python3", [SCRIPT], { stdin: JSON.stringify(job) });
}
