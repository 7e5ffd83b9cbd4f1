import { Command, Option } from "commander";

/** In columns: that of a terminal that nobody has widened. */
const HELP_WIDTH = 80;

/** Commander prints and exits by itself unless asked otherwise; main.ts alone does either. @param write takes the help */
export function quietCommand(name: string, write: (text: string) => void): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => {},
      getOutHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
    })
    .configureHelp({
      optionTerm: (option) => option.flags.replace(/[<>]/g, ""),
      subcommandTerm: (command) => `${command.name()} ${command.usage()}`.trimEnd(),
      visibleArguments: () => [],
    })
    .allowExcessArguments(false)
    .helpCommand(false);
}

/** The option of a flag; with a value it may be given several times. */
export function optionOf(
  name: string,
  { short, value }: { short?: string; value?: string },
  help: string,
): Option {
  const spelled = `${short === undefined ? "" : `-${short}, `}--${name}`;
  if (value === undefined) return new Option(spelled, help);
  return new Option(`${spelled} <${value}>`, help)
    .argParser((text: string, before: string[] | undefined) => [...before ?? [], text]);
}

/** The flag that a word spells exactly, without a value. */
export function flagSpelled<F extends { short?: string }>(
  flags: ReadonlyMap<string, F>,
  word: string,
): F | undefined {
  if (word.startsWith("--")) return flags.get(word.slice(2));
  return [...flags.values()].find(({ short }) => short !== undefined && word === `-${short}`);
}
