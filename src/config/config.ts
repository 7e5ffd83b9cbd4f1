import * as v from "valibot";
import { type Fault, type Path, readDocument, type Text } from "./document.ts";
import { endpointFaults, endpointOf } from "./endpoint.ts";
import type { EndpointLayer } from "./endpoint_layer.ts";
import { endpointSchema, type Readers } from "./endpoint_schema.ts";
import { fileFault, type FileFolders, fromFolderOf } from "./named_file.ts";
import { loadRules, NO_RULES, type Rules } from "./rules.ts";
import { configSchema, flagOf } from "./schema.ts";
import { type KeysByPlace, PLACE, placed, unknownKey, type Wrong } from "./sentence.ts";
import { UNKNOWN } from "./shape.ts";
import { UsageError } from "./usage_error.ts";
import { path as pathOf } from "./value.ts";
import { unfilledFaults } from "./unfilled.ts";

/**
 * The configuration file: text in, data or sentences out. Nothing is opened that the file names, nothing is dialled.
 *
 * ```
 * text ─▶ document.ts (YAML, places) ─▶ schema.ts (shapes and values) ─▶ endpoint.ts (what only goes together)
 * ```
 *
 * All faults are reported at once, each with its line and column; those of one place once. A file whose YAML cannot be read
 * has the faults of its grammar alone.
 */

/** What the configuration file says, read and checked. */
export interface Config {
  /** The file's name, for the errors, and what it holds. */
  file: string;
  text: string;
  /** What stands in the place of flags, by the flags' names: what a person wrote, and where. */
  flags: ReadonlyMap<string, { values: string[]; from: string }>;
  /** Of every endpoint that does not say otherwise. */
  defaults: EndpointLayer;
  /** Undefined: the file leaves them to flags and variables. */
  endpoints: readonly ConfigEndpoint[] | undefined;
  /** What is not wrong and looks like a slip, with its place. */
  warnings: readonly string[];
}

/** One of `endpoints:`. */
export interface ConfigEndpoint {
  name: string;
  /** Absent: `layer.urlFile` names the file that holds it. */
  url?: URL;
  layer: EndpointLayer;
}

/** What reading needs beside the text. */
export interface ConfigParts extends FileFolders {
  /** The file's name, for the errors, and for the paths in it that begin at its folder. */
  file: string;
}

/** The file is wrong. The message is the first fault, `k8svent.yaml:3:5: sentence`; `messages` has all of them. */
export class ConfigError extends UsageError {
  readonly #messages: readonly string[];

  constructor(messages: readonly string[]) {
    super(messages[0] ?? "");
    this.#messages = messages;
  }

  override get messages(): readonly string[] {
    return this.#messages;
  }
}

/**
 * Reads a configuration file.
 *
 * @throws {ConfigError} with all that is wrong.
 */
export async function readConfig(given: string, parts: ConfigParts): Promise<Config> {
  const { file } = parts;
  const say = ({ line, column, sentence }: Fault): string => `${file}:${line}:${column}: ${sentence}`;
  const document = readDocument(given);
  if ("faults" in document) throw new ConfigError(document.faults.map(say));
  const rules = await loadRules((key) => hasKey(document.value, key));
  const schema = configSchema({ ...rules, file: fileRule(document, parts) });
  const faults = faultsOf(document, schema);
  if (faults.length > 0) throw new ConfigError(faults.map(say));
  const { defaults = {}, endpoints } = v.parse(schema, document.value);
  return {
    file,
    text: given,
    flags: flagsOf(document, file),
    defaults: endpointOf(defaults).layer,
    endpoints: endpoints?.map((endpoint) => ({ name: endpoint.name, ...endpointOf(endpoint) })),
    warnings: warningsOf(document, rules).map(say),
  };
}

function hasKey(value: unknown, key: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, key) || Object.values(value).some((part) => hasKey(part, key));
}

/** What is not wrong and looks like a slip. */
function warningsOf({ value, placeOf }: Text, { warnings }: Rules): Fault[] {
  const { defaults, endpoints = [] } = value as { defaults?: unknown; endpoints?: unknown[] };
  const owners: [Path, unknown][] = [
    [["defaults"], defaults],
    ...endpoints.map((entry, index): [Path, unknown] => [["endpoints", index], entry]),
  ];
  return owners.flatMap(([owner, entry]) => {
    const { filter } = (entry ?? {}) as { filter?: string };
    const path = [...owner, "filter"];
    return filter === undefined ? [] : warnings(filter).map((sentence) => ({
      ...placeOf(path),
      sentence: placed(`${PLACE}: ${sentence}`, path),
    }));
  });
}

function fileRule({ value }: Text, parts: ConfigParts): Readers["file"] {
  const { state = stateOf(value, parts.file) } = parts;
  return (path, from) => {
    const file = fromFolderOf(parts.file, pathOf(path, from));
    const fault = fileFault(file, { ...parts, state });
    if (fault !== undefined) throw new UsageError(`${from} ${fault}.`);
    return file;
  };
}

function stateOf(value: unknown, file: string): string | undefined {
  const { state } = (value ?? {}) as { state?: unknown };
  return typeof state === "string" ? fromFolderOf(file, state) : undefined;
}

const MANIFEST = "This is a manifest of Kubernetes: give the file that stands in its data, by itself.";

/** In the order of their places; of one place, and of what is in a list that should be a map, the first. */
function faultsOf(document: Text, schema: ReturnType<typeof configSchema>): Fault[] {
  const { value } = document;
  if (typeof value === "object" && value !== null && "apiVersion" in value && "kind" in value) {
    return [{ ...document.keyOf(["apiVersion"]), sentence: MANIFEST }];
  }
  const { issues = [] } = v.safeParse(schema, value);
  const { unknown, lists } = keyFaults(schema, value);
  const wrong = [
    ...lists.map((path): Wrong => ({ path, message: `${PLACE} must be a map, not a list.` })),
    ...unfilledFaults(value),
    ...issues.filter(({ message }) => message !== UNKNOWN).map((issue) => wrongOf(issue)),
    ...endpointFaults(value),
  ];
  const said = new Set<string>();
  const faults = wrong.flatMap(({ path, message }): Fault[] => {
    const isInside = lists.some((list) =>
      list.length < path.length && list.every((key, at) => key === path[at])
    );
    if (isInside || said.has(JSON.stringify(path))) return [];
    said.add(JSON.stringify(path));
    return [{ ...document.placeOf(path), sentence: placed(message, path) }];
  });
  const keys = unknown.map(({ path, known }): Fault => ({
    ...document.keyOf(path),
    sentence: unknownKey(path, known, ALL_KEYS),
  }));
  return [...faults, ...keys].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** For the keys alone. */
const PLAIN: Readers = { ...NO_RULES, file: (path) => path };

/** By where they stand. */
const ALL_KEYS: KeysByPlace = {
  file: Object.keys(configSchema(PLAIN).entries),
  endpoint: Object.keys(endpointSchema(PLAIN).entries),
};

function wrongOf({ message, path }: v.BaseIssue<unknown>): Wrong {
  return { message, path: path?.map(({ key }) => typeof key === "number" ? key : String(key)) ?? [] };
}

/** A key that the schema does not know at its place. */
interface Unknown {
  path: Path;
  known: string[];
}

/** All unknown keys, of which valibot tells the first of each map, and lists where it takes them for maps. */
function keyFaults(schema: unknown, value: unknown, path: Path = []): { unknown: Unknown[]; lists: Path[] } {
  const { entries, wrapped, item, type, value: each } = schema as SchemaParts;
  if (wrapped !== undefined) return keyFaults(wrapped, value, path);
  if (typeof value !== "object" || value === null) return NO_FAULTS;
  if (Array.isArray(value)) {
    if (item === undefined) {
      return { unknown: [], lists: entries !== undefined || type === "record" ? [path] : [] };
    }
    return joined(value.map((part, index) => keyFaults(item, part, [...path, index])));
  }
  if (entries === undefined && type !== "record") return NO_FAULTS;
  return joined(
    Object.entries(value).map(([key, part]) => {
      if (type === "record") return keyFaults(each, part, [...path, key]);
      if (entries === undefined || !Object.hasOwn(entries, key)) {
        return { unknown: [{ path: [...path, key], known: Object.keys(entries ?? {}) }], lists: [] };
      }
      return keyFaults(entries[key], part, [...path, key]);
    }),
  );
}

/** What the kinds of schemas that are used here are made of. */
interface SchemaParts {
  entries?: Record<string, unknown>;
  wrapped?: unknown;
  item?: unknown;
  type?: string;
  value?: unknown;
}

type KeyFaults = ReturnType<typeof keyFaults>;

const NO_FAULTS: KeyFaults = { unknown: [], lists: [] };

function joined(parts: KeyFaults[]): KeyFaults {
  return {
    unknown: parts.flatMap(({ unknown }) => unknown),
    lists: parts.flatMap(({ lists }) => lists),
  };
}

/** Keys that hold the path of a file. */
const PATHS = ["kubeconfig", "registryConfig", "state", "adminTokenFile"];

/** What stands in the place of flags, as text. */
function flagsOf({ value, placeOf }: Text, file: string): Config["flags"] {
  const flags = new Map<string, { values: string[]; from: string }>();
  for (const [key, written] of Object.entries(value as Record<string, unknown>)) {
    const flag = flagOf(key);
    if (flag === undefined) continue;
    const { line, column } = placeOf([key]);
    const given = PATHS.includes(key) ? fromFolderOf(file, String(written)) : written;
    const values = (Array.isArray(given) ? given : [given]).map(String);
    flags.set(flag, { values, from: `${file}:${line}:${column}: ${key}` });
  }
  return flags;
}
