import { Command } from "commander";

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
