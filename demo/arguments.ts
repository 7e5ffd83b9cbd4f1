import { type Manual, readFlags } from "../build/flags.ts";

/** The flags of the demo. */
export interface DemoArguments {
  /** How many pods live in the cluster, about. */
  pods: number;
  /** After how long it ends by itself; without it, on Ctrl-C. */
  seconds: number | undefined;
}

/** What its command line asks for; the other kinds are those of `Asked`. */
export type DemoCommand =
  | { kind: "run"; demo: DemoArguments }
  | { kind: "help"; text: string }
  | { kind: "mistake"; message: string };

const POSITIVE = { form: /^[1-9]\d{0,5}$/, words: "a whole number from 1 to 999999" };

const MANUAL: Manual<"pods" | "seconds"> = {
  command: "deno task demo",
  what:
    "Shows the whole program without a cluster: an API server in memory with a lively population of pods, the " +
    "program, and a receiver that checks the signatures and prints a line for each delivery. Ctrl-C ends it.",
  flags: {
    pods: { value: "N", default: "20", what: "how many pods live in the cluster, about", takes: POSITIVE },
    seconds: {
      value: "N",
      default: "",
      what: "after how long it ends by itself; on Ctrl-C by default",
      takes: POSITIVE,
    },
  },
  examples: [
    ["deno task demo", "until Ctrl-C"],
    ["deno task demo --pods 200 --seconds 30", "a larger cluster, for half a minute"],
  ],
};

/** Reads the demo's command line. */
export function parseDemoArguments(argv: string[]): DemoCommand {
  const asked = readFlags(MANUAL, argv);
  if (asked.kind !== "run") return asked;
  const { pods, seconds } = asked.values;
  return { kind: "run", demo: { pods: Number(pods), seconds: seconds === "" ? undefined : Number(seconds) } };
}
