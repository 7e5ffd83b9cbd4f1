import type { Histogram } from "../runtime/histogram.ts";
import type { Answer } from "./answer.ts";
import type { Gauge, Registry } from "./prom_client.ts";

/**
 * What Prometheus scrapes, in its text format or in OpenMetrics, by the request's `Accept`.
 *
 * Nothing is counted here. The parts of the program keep plain numbers, a scrape takes one reading of them, and each family
 * makes its samples from that: what no scrape asks for costs nothing, and what is there no more has no series.
 */

/** Labels by name. The same object at each scrape is written once, which is most of what a scrape costs. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a family. */
export interface Sample {
  labels?: Labels;
  value: number | Histogram;
}

/** All series of one name. A counter's ends with `_total`. `help` is one line, without a quotation mark. */
export interface Family<R> {
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  /** Its samples, from one reading. */
  samples: (reading: R) => Iterable<Sample>;
}

/** Answers a scrape. @param accept the field of the request, empty where it has none */
export type Scrape = (accept: string) => Promise<Answer>;

/** The library's module, which is loaded when the first scrape comes. */
type PromClient = typeof import("./prom_client.ts");

/** @param read takes a reading, once a scrape */
export function exposition<R>(families: readonly Family<R>[], read: () => R): Scrape {
  let reading: R;
  let made: Promise<Record<"text" | "openMetrics", Registry>> | undefined;
  const make = async (): Promise<Record<"text" | "openMetrics", Registry>> => {
    const library = await import("./prom_client.ts");
    const registry = (isOpenMetrics: boolean): Registry =>
      registryOf(library, families, () => reading, isOpenMetrics);
    return { text: registry(false), openMetrics: registry(true) };
  };
  return async (accept) => {
    made ??= make();
    const { text, openMetrics } = await made;
    const registry = prefersOpenMetrics(accept) ? openMetrics : text;
    reading = read();
    return { status: 200, text: (await registry.metrics()).trimEnd(), type: registry.contentType };
  };
}

function registryOf<R>(
  { Gauge, Registry }: PromClient,
  families: readonly Family<R>[],
  reading: () => R,
  isOpenMetrics: boolean,
): Registry {
  /** A metric whose values are made when they are asked for, by the interface that the library's own have. */
  class Read extends Gauge {
    readonly #family: Family<R>;

    constructor(family: Family<R>) {
      super({ name: family.name, help: family.help, registers: [] });
      this.#family = family;
    }

    override get(): ReturnType<Gauge["get"]> {
      const { name, type, help, samples } = this.#family;
      // In OpenMetrics the name is without it, and the library adds it to each sample.
      const base = isOpenMetrics && type === "counter" ? name.replace(/_total$/, "") : name;
      const values = [...samples(reading())].flatMap((sample) => valuesOf(name, sample));
      // The library's types want more than its registry reads, and say that a type is a number, which is this word.
      return Promise.resolve(
        { name: base, type, help, values } as unknown as Awaited<ReturnType<Gauge["get"]>>,
      );
    }
  }
  const registry = new Registry();
  // Its types fix the content type when it is made.
  if (isOpenMetrics) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  for (const family of families) registry.registerMetric(new Read(family));
  return registry;
}

/** As the library takes it: of shared labels it remembers how they are written. */
type Value = { sharedLabels: Labels; value: number; metricName?: string };

const NO_LABELS: Labels = {};

const EXTENDED = new WeakMap<Labels, Map<string, Labels>>();

/** Labels with one more, the same object for the same ones. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const known = EXTENDED.get(labels) ?? new Map<string, Labels>();
  EXTENDED.set(labels, known);
  const key = `${name}=${value}`;
  const extended = known.get(key) ?? { ...labels, [name]: value };
  known.set(key, extended);
  return extended;
}

function valuesOf(name: string, { labels = NO_LABELS, value }: Sample): Value[] {
  if (typeof value === "number") return [{ sharedLabels: labels, value }];
  let count = 0;
  const buckets = value.counts.map((more, index): Value => {
    count += more;
    const le = String(value.bounds[index] ?? "+Inf");
    return { metricName: `${name}_bucket`, sharedLabels: withLabel(labels, "le", le), value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, sharedLabels: labels, value: value.sum },
    { metricName: `${name}_count`, sharedLabels: labels, value: count },
  ];
}

/** Whether OpenMetrics 1.0 is asked for at least as much as plain text (RFC 9110 §12.5.1). */
export function prefersOpenMetrics(accept: string): boolean {
  const weights = { openMetrics: 0, text: 0 };
  for (const range of accept.toLowerCase().split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const given = new Map(parameters.map((parameter) => {
      const [key = "", value = ""] = parameter.split("=").map((part) => part.trim());
      return [key, value.replace(/^"(.*)"$/, "$1")];
    }));
    const weight = Number(given.get("q") ?? 1);
    if (type === "application/openmetrics-text" && (given.get("version") ?? "1.0.0") === "1.0.0") {
      weights.openMetrics = Math.max(weights.openMetrics, weight);
    } else if (["text/plain", "text/*", "*/*"].includes(type)) {
      weights.text = Math.max(weights.text, weight);
    }
  }
  return weights.openMetrics > 0 && weights.openMetrics >= weights.text;
}
