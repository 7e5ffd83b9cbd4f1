import type { CommandContext } from "../../src/cli/context.ts";

/** What a command is given where these are all files, and all variables, that there are. */
export function contextOf(
  files: Record<string, string>,
  env: Record<string, string> = {},
): CommandContext {
  return {
    env: (name) => env[name],
    files: {
      readText(path): string {
        const text = files[path];
        if (text === undefined) throw new Deno.errors.NotFound(path);
        return text;
      },
      realPath: (path) => path,
    },
  };
}
