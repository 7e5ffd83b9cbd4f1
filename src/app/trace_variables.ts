import type { Env } from "../runtime/environment.ts";
import type { Batching } from "../runtime/otlp_traces.ts";

/*
 * What OpenTelemetry's variables say of how traces are exported. Its SDK says nothing of a value that it cannot use, and
 * takes some that nobody can: with batches of no spans it exports for ever, and lets nothing else run (2.12.1).
 */

/** How the names of the exporter's variables begin. */
export const PREFIX = "OTEL_EXPORTER_OTLP_";

/** Of the variable for traces, else of that for all signals. */
export function valueOf(ending: string, env: Env): [name: string | undefined, value: string] {
  for (const name of [`${PREFIX}TRACES_${ending}`, `${PREFIX}${ending}`]) {
    const value = env(name)?.trim();
    if (value) return [name, value];
  }
  return [undefined, ""];
}

/** What timers take at the most, in milliseconds: a limit that is none. */
const LONGEST = 2 ** 31 - 1;

/** How spans are batched and exported, and sentences about variables in whose place their default counts. */
export function batchingOf(env: Env): { batching: Batching; faults: string[] } {
  const faults: string[] = [];
  const number = (name: string, least: number, usual: number): number => {
    const text = env(name)?.trim() || String(usual);
    if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= LONGEST) return Number(text);
    faults.push(`${name} is not a whole number of ${least} or more: it counts as ${usual}, its default.`);
    return usual;
  };
  // To OpenTelemetry, a timeout of 0 is none.
  const timeout = (name: string, usual: number): number => number(name, 0, usual) || LONGEST;
  const [ofExport = `${PREFIX}TIMEOUT`] = valueOf("TIMEOUT", env);
  const batching = {
    maxQueueSize: number("OTEL_BSP_MAX_QUEUE_SIZE", 1, 2_048),
    maxExportBatchSize: number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, 512),
    scheduledDelayMillis: number("OTEL_BSP_SCHEDULE_DELAY", 0, 5_000),
    exportTimeoutMillis: timeout("OTEL_BSP_EXPORT_TIMEOUT", 30_000),
    timeoutMillis: timeout(ofExport, 10_000),
  };
  return { batching, faults };
}

const SAMPLERS = ["always_on", "always_off", "traceidratio"].flatMap((name) => [name, `parentbased_${name}`]);

/** The longest that the SDK takes of a name or a value of a resource's attribute. */
const LONGEST_ATTRIBUTE = 255;

/** Sentences about variables that the SDK reads by itself, and passes over. */
export function ignoredOf(env: Env): string[] {
  const sampler = env("OTEL_TRACES_SAMPLER") || "always_on";
  const ratio = Number(env("OTEL_TRACES_SAMPLER_ARG") || 1);
  const [compressed, compression] = valueOf("COMPRESSION", env);
  const faults: [isFault: boolean, sentence: string][] = [
    [
      !/^(true|false|)$/i.test(env("OTEL_SDK_DISABLED")?.trim() ?? ""),
      "OTEL_SDK_DISABLED is neither true nor false: it counts as false.",
    ],
    [
      !SAMPLERS.includes(sampler),
      "OTEL_TRACES_SAMPLER names no sampler that is known: all deliveries are traced.",
    ],
    [
      sampler.endsWith("ratio") && !(ratio >= 0 && ratio <= 1),
      "OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1: all deliveries are traced.",
    ],
    [
      compressed !== undefined && !["gzip", "none"].includes(compression),
      `${compressed} is neither gzip nor none: nothing is compressed.`,
    ],
    [
      !isListOfAttributes(env("OTEL_RESOURCE_ATTRIBUTES") ?? ""),
      "OTEL_RESOURCE_ATTRIBUTES is not a list such as team=a,region=eu, with a comma or = in a value as %2C or %3D, and " +
      `none longer than ${LONGEST_ATTRIBUTE} characters: all of it is ignored.`,
    ],
    ...HEADERS.map((name): [boolean, string] => [
      (env(name) ?? "").includes(";") || pairsOf(env(name) ?? "").includes(undefined),
      `${name} is not a list such as NAME=VALUE,NAME=VALUE, with other characters in a value as %3B and the like: what ` +
      "is not of it is not sent.",
    ]),
  ];
  return faults.filter(([isFault]) => isFault).map(([, sentence]) => sentence);
}

function isListOfAttributes(list: string): boolean {
  const isEncoded = list.split(",").every((one) => one.trim() === "" || one.split("=").length === 2);
  return isEncoded && pairsOf(list).every((pair) => pair?.every((one) => one.length <= LONGEST_ATTRIBUTE));
}

const HEADERS = [`${PREFIX}TRACES_HEADERS`, `${PREFIX}HEADERS`];

/** A variable whose headers no request can carry; undefined: they all fit. */
export function unsendableHeaders(env: Env): string | undefined {
  return HEADERS.find((variable) =>
    pairsOf(env(variable) ?? "").some((pair) => pair !== undefined && !isHeader(pair))
  );
}

function isHeader([name, value]: [string, string]): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** `NAME=VALUE` of a comma list, decoded; undefined in the place of what is none. */
function pairsOf(list: string): ([name: string, value: string] | undefined)[] {
  return list.split(",").filter((one) => one.trim() !== "").map((one) => {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(one) ?? [];
    try {
      const pair: [string, string] = [decodeURIComponent(name.trim()), decodeURIComponent(value.trim())];
      return pair[0] === "" ? undefined : pair;
    } catch {
      return undefined;
    }
  });
}
