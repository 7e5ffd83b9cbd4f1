import { parseArgs } from "node:util";

/** What the demo can be told. */
export interface DemoArguments {
  /** How many pods live in the cluster, about. */
  pods: number;
  /** After how long it ends by itself; without it, on Ctrl-C. */
  seconds: number | undefined;
}

/** @throws {TypeError} a sentence that says what is wrong with the command line */
export function parseDemoArguments(argv: string[]): DemoArguments {
  const { values } = parseArgs({
    args: argv,
    options: { pods: { type: "string" }, seconds: { type: "string" } },
  });
  return { pods: positive("pods", values.pods ?? "20"), seconds: optional("seconds", values.seconds) };
}

function optional(name: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : positive(name, text);
}

function positive(name: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} takes a whole number from 1 to 999999, not "${text}"`);
}
