import { FLAGS } from "./flags.ts";

/**
 * The form of the log that a command line asks for, though the rest of it may be wrong: what is wrong is said in that
 * form. Undefined where none is asked for, or one that does not exist.
 *
 * @param argv what follows the program's name
 * @param env looks up one variable
 */
export function chosenLogFormat(
  argv: readonly string[],
  env: (name: string) => string | undefined,
): "json" | "text" | undefined {
  const given = argv.flatMap((word, index) => {
    if (word === "--log-format") return [argv[index + 1]];
    return word.startsWith("--log-format=") ? [word.slice("--log-format=".length)] : [];
  });
  const variables = FLAGS.get("log-format")?.variables ?? [];
  const chosen = given.length > 0 ? given.at(-1) : variables.map(env).find((value) => value?.trim());
  return chosen === "json" || chosen === "text" ? chosen : undefined;
}
