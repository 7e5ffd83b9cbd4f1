import { enumerated } from "../runtime/wording.ts";
import { type FlagName, FLAGS } from "./flags.ts";
import type { Given } from "./given.ts";

/** How the program will run, as far as it decides which flags have an effect. */
export interface Manner {
  once: boolean;
  /** Whether there is a webhook of the operator's own, which is signed for. */
  sends: boolean;
  /** Whether there are webhooks of annotations. */
  honours: boolean;
  updates: boolean;
  /** Whether page and API are served. */
  isAdministered: boolean;
}

const UPDATES: FlagName[] = ["update-interval", "image", "registry-config", "insecure-registry"];
const ADMIN: FlagName[] = ["admin-token-file", "show-payloads"];
const ONGOING: FlagName[] = [
  "state",
  "state-max",
  "source",
  "interval",
  "heartbeat",
  "listen",
  "admin-listen",
  ...ADMIN,
  "update",
  ...UPDATES,
];
const SENDING: FlagName[] = ["secret", "secret-file", "signatures", "environment", "timeout", "concurrency"];

/**
 * What a person gave and will not get, a sentence each. Only the command line counts: variables belong to a
 * deployment, and serve several ways of running.
 */
export function ineffective(
  given: Map<FlagName, Given>,
  { once, sends, honours, updates, isAdministered }: Manner,
): string[] {
  const isTyped = (name: FlagName): boolean => given.get(name)?.from.startsWith("--") ?? false;
  const without = (flags: FlagName[], why: string): string[] => {
    const typed = flags.filter(isTyped).map((name) => `--${name}`);
    if (typed.length === 0) return [];
    return [`${why}: ${enumerated(typed)} ${typed.length === 1 ? "has" : "have"} no effect.`];
  };
  const repeated = [...given].flatMap(([name, { values, from }]) =>
    FLAGS.get(name)?.list || new Set(values).size < 2
      ? []
      : [`${from} is given ${values.length} times, and takes one value: the last one counts.`]
  );
  return [
    ...repeated,
    ...(once ? without(ONGOING, "--once sends each pod once and ends") : []),
    ...(once && !sends && !honours ? without(SENDING, "--once without a webhook prints the pods") : []),
    ...(!sends && honours
      ? without(["secret", "secret-file"], "What goes to the webhooks of annotations is never signed")
      : []),
    ...(!once && !updates ? without(UPDATES, "--update off looks for no newer version") : []),
    ...(!once && !isAdministered ? without(ADMIN, "Without --admin-listen there is no page and no API") : []),
  ];
}
