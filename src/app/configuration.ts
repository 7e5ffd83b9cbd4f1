import { type CommandContext, readText } from "../cli/context.ts";
import type { Options } from "../cli/options.ts";
import { reloadConfig } from "../cli/reload.ts";
import { configuredBy } from "./configured.ts";
import type { Compiled, ConfigurationFile } from "./reload.ts";

/**
 * The configuration file of the start, as it is read again while the program runs; undefined where there is none, or a pipe,
 * which nobody can read again.
 *
 * @param argv of the start: flags and variables go on deciding what they decide
 */
export function configurationOf(
  options: Options,
  argv: string[],
  context: CommandContext,
): { file: ConfigurationFile; text: string } | undefined {
  const { files } = context;
  if (options.config === undefined || files.isReadOnce(options.config.file)) return undefined;
  const { file: path, text } = options.config;
  let { endpoints } = options;
  const file: ConfigurationFile = {
    path,
    read: () => readText(path, { readText: files.readTextAgain }),
    async compile(text): Promise<Compiled> {
      const reloaded = await reloadConfig(argv, context, text, { ...options, endpoints });
      endpoints = reloaded.endpoints;
      return { ...reloaded, endpoints: await configuredBy(endpoints) };
    },
  };
  return { file, text };
}
