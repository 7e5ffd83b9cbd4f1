import { parseArgs } from "node:util";

/*
 * The command lines of what is run by `deno task`: flags with values, `--help`, and a sentence for each mistake. The
 * program's own is in src/cli/; this one has no environment, no short names and no words besides flags.
 */

/** One flag. */
export interface Flag {
  /** What stands for its value in the help. */
  value: string;
  /** Its value where it is not given; empty: none, and `what` says what that means. */
  default: string;
  /** As the end of a line that begins with it. */
  what: string;
  /** What values it takes, and how a sentence calls them. */
  takes?: { form: RegExp; words: string };
}

/** All that the help says. */
export interface Manual<Name extends string> {
  /** `deno task …`, as it is typed. */
  command: string;
  /** What it does, in whole sentences. */
  what: string;
  flags: Record<Name, Flag>;
  /** Command lines, and what each is for. */
  examples: [command: string, what: string][];
}

/** What a command line asks for. */
export type Asked<Name extends string> =
  | { kind: "run"; values: Record<Name, string> }
  /** To be printed on stdout; exit code 0. */
  | { kind: "help"; text: string }
  /** To be printed on stderr; exit code 2. */
  | { kind: "mistake"; message: string };

/** Reads a command line. Where a flag is given twice, the last one counts. */
export function readFlags<Name extends string>(manual: Manual<Name>, argv: string[]): Asked<Name> {
  const names = Object.keys(manual.flags) as Name[];
  const { tokens } = parseArgs({
    args: argv,
    strict: false,
    tokens: true,
    options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
  });
  const values = Object.fromEntries(names.map((name) => [name, manual.flags[name].default])) as Record<
    Name,
    string
  >;
  const mistake = (what: string): Asked<Name> => ({
    kind: "mistake",
    message: `${what}; see ${manual.command} --help.`,
  });
  for (const token of tokens) {
    if (token.kind === "positional") return mistake(`There is nothing for "${token.value}" to mean`);
    if (token.kind !== "option") continue;
    if (token.rawName === "--help" || token.rawName === "-h") return { kind: "help", text: describe(manual) };
    const name = names.find((one) => token.rawName === `--${one}`);
    if (name === undefined) return mistake(`There is no flag ${token.rawName}`);
    // The next flag is no value: a shell variable that is empty leaves nothing between the two.
    if (!token.value || (!token.inlineValue && token.value.startsWith("--"))) {
      return mistake(`--${name} needs a value`);
    }
    const { takes } = manual.flags[name];
    if (takes !== undefined && !takes.form.test(token.value)) {
      return { kind: "mistake", message: `--${name} takes ${takes.words}, not "${token.value}".` };
    }
    values[name] = token.value;
  }
  return { kind: "run", values };
}

/** The values of the program's own command line. Ends the program where it asks for help or is a mistake. */
export function ownFlags<Name extends string>(manual: Manual<Name>): Record<Name, string> {
  const asked = readFlags(manual, Deno.args);
  if (asked.kind === "run") return asked.values;
  const [stream, text, code] = asked.kind === "help"
    ? [Deno.stdout, asked.text, 0] as const
    : [Deno.stderr, `${asked.message}\n`, 2] as const;
  stream.writeSync(new TextEncoder().encode(text));
  Deno.exit(code);
}

/** Columns: the narrowest terminal that people have. */
const WIDTH = 80;

/** Where the words about a flag begin. */
const INDENT = 26;

function describe({ command, what, flags, examples }: Manual<string>): string {
  const named = Object.entries<Flag>(flags).map(([name, flag]) => {
    const also = flag.default === "" ? "" : ` (default: ${flag.default})`;
    return [`  --${name} ${flag.value}`, flag.what + also] as const;
  });
  const lines = [...named, ["  --help", "this text"] as const].map(([name, words]) => {
    const [first = "", ...rest] = wrap(words, WIDTH - INDENT);
    const begin = name.length + 2 > INDENT
      ? [name, " ".repeat(INDENT) + first]
      : [name.padEnd(INDENT) + first];
    return [...begin, ...rest.map((line) => " ".repeat(INDENT) + line)].join("\n");
  });
  const tried = examples.map(([line, words]) => `  ${line}\n      ${words}`);
  return `Usage: ${command} [flags]

${wrap(what, WIDTH).join("\n")}

Flags:
${lines.join("\n")}

Examples:
${tried.join("\n")}
`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  // A list without spaces can be longer than a line.
  const words = text.split(" ").flatMap((word) => word.length > width ? word.split(/(?<=,)/) : word);
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
