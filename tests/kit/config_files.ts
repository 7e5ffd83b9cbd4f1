import type { CommandContext } from "../../src/cli/context.ts";

/** What time it is for a command, in milliseconds since the Unix epoch. */
export const NOW = 1_795_750_849_000;

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
      readBytes(path): Uint8Array<ArrayBuffer> {
        return new TextEncoder().encode(this.readText(path));
      },
      realPath: (path) => path,
    },
    now: () => NOW,
    random: (bytes) => new Uint8Array(bytes).fill(7),
  };
}
