import type { CommandContext } from "../../src/cli/context.ts";
import { NOW } from "./wrong_signatures.ts";

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
      readTextAgain(path): string {
        return this.readText(path);
      },
      isReadOnce: () => false,
      readBytes(path): Uint8Array<ArrayBuffer> {
        return new TextEncoder().encode(this.readText(path));
      },
      realPath: (path) => path,
    },
    now: () => NOW,
    random: (bytes) => new Uint8Array(bytes).fill(7),
  };
}
