import { createHash } from "node:crypto";
import { decode, encode } from "./json_bytes.ts";
import {
  locate,
  type Located,
  type LocatedText,
  says,
  type Span,
  splice,
  stringsIn,
  textOf,
} from "./located.ts";
import type { Pattern } from "./pattern.ts";
import { ROUTE_ANNOTATION } from "./pod.ts";
import { secretsIn, secretsInArgument } from "./secret_shape.ts";

/**
 * Redaction: what is taken out of a pod before it is sent.
 *
 * A body is read with the place of each text in it (`located.ts`), the profile says which parts of which strings go, and a
 * mask is put over those bytes. Everything else is the same bytes as before, so numbers stay exact and a reader of the
 * pod finds all fields where they were. The same body and profile always give the same bytes: the mask is a fixed text,
 * since even a digest of a secret can be tried out.
 *
 * Which parts: by place (`env`, `args`, `annotations`, `probeHeaders`), there all or what looks like a secret
 * (`secret_name.ts`, `secret_shape.ts`); and by pattern, in every text but those by which a receiver knows the pod
 * (`IDENTITY`). Names of members are never changed.
 *
 * A body that cannot be read throws: it must not be sent as it is.
 */

/** What is taken out of a pod. */
export interface RedactProfile {
  /** Literal values of environment variables: all, those that look like secrets, or none. */
  env: RedactWhat;
  /** The same of `command` and `args`, and of the commands of probes and lifecycle hooks. */
  args: RedactWhat;
  /** The same of annotations. */
  annotations: RedactWhat;
  /** The same of the HTTP headers of probes and lifecycle hooks. */
  probeHeaders: RedactWhat;
  /** RE2 patterns: what they match in any text of the pod is masked. */
  patterns: readonly string[];
}

/** `secrets`: what looks like one by its name or by its shape. */
export type RedactWhat = "all" | "secrets" | "none";

/** A profile, ready to be used. */
export interface Redaction {
  /** The same for the same profile, different for any other. */
  readonly key: string;
  /**
   * The body with masks.
   *
   * @param body `{"pod":…}`, as it is stored; not changed
   * @throws {SyntaxError} where it is not JSON, `RangeError` where it is nested too deeply: it must not be sent
   */
  redact(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  /** What comes of the pod and is sent beside its body: with masks over what the patterns match. */
  redactText(text: string): string;
}

/**
 * Makes a profile ready, and loads RE2 for it where it has patterns.
 *
 * @throws {TypeError} for a pattern that is none.
 */
export async function loadRedaction(profile: RedactProfile): Promise<Redaction> {
  if (profile.patterns.length === 0) return compileRedaction(profile);
  return compileRedaction(profile, (await import("./pattern.ts")).compilePattern);
}

/**
 * The same where RE2 was loaded before.
 *
 * @param compile of `pattern.ts`; may be left out where the profile has no patterns
 * @throws {TypeError} for a pattern that is none.
 */
export function compileRedaction(
  profile: RedactProfile,
  compile?: (source: string) => Pattern,
): Redaction {
  const patterns = profile.patterns.map((source) => {
    if (compile === undefined) throw new TypeError("RE2 is not loaded: see loadRedaction.");
    return compile(source);
  });
  const { env, args, annotations, probeHeaders } = profile;
  const about = JSON.stringify([env, args, annotations, probeHeaders, profile.patterns]);
  const byPlace = isByPlace(profile);
  return {
    key: createHash("sha256").update(about).digest("base64url").slice(0, 22),
    redact: (body) => {
      if (!byPlace && patterns.length === 0) return body;
      const json = decode(body);
      const masks = new Masks(json);
      const root = locate(json);
      if (byPlace) maskPlaces(root, profile, masks);
      if (patterns.length > 0) maskMatches(root, patterns, masks);
      return masks.parts.size === 0 ? body : encode(splice(json, masks.parts));
    },
    redactText: (text) => {
      if (patterns.length === 0) return text;
      const masks = new Masks(JSON.stringify(text));
      maskMatches(locate(masks.json), patterns, masks);
      return JSON.parse(splice(masks.json, masks.parts));
    },
  };
}

/** Whether a body could not be redacted because of what it is; anything else is a fault of the program. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof RangeError;
}

function isByPlace({ env, args, annotations, probeHeaders }: RedactProfile): boolean {
  return [env, args, annotations, probeHeaders].some((what) => what !== "none");
}

/** What is to be masked, by text. */
class Masks {
  readonly parts = new Map<LocatedText, Span[]>();

  constructor(readonly json: string) {}

  add(text: LocatedText, spans: readonly Span[]): void {
    if (spans.length === 0) return;
    const before = this.parts.get(text);
    if (before === undefined) this.parts.set(text, [...spans]);
    else before.push(...spans);
  }

  /** All strings of a value: it should be one text, but may be anything. */
  whole(value: Located): void {
    for (const text of stringsIn(value)) this.add(text, [{ from: 0, to: textOf(this.json, text).length }]);
  }

  /** What looks like a secret in them. */
  secrets(name: string | undefined, value: Located): void {
    for (const text of stringsIn(value)) this.add(text, secretsIn(name, textOf(this.json, text)));
  }
}

/** Into each item of a list. */
const ITEMS = Symbol("items");

/** Into the member of this name, or of any of these. */
type Step = string | readonly string[] | typeof ITEMS;

const CONTAINERS: readonly Step[] = [
  "pod",
  "spec",
  ["containers", "initContainers", "ephemeralContainers"],
  ITEMS,
];
const PROBES: readonly Step[] = [["livenessProbe", "readinessProbe", "startupProbe"]];
const HOOKS: readonly Step[] = ["lifecycle", ["postStart", "preStop"]];

function maskPlaces(root: Located, profile: RedactProfile, masks: Masks): void {
  const { json } = masks;
  const containers = follow(json, [root], CONTAINERS);
  const handlers = [...follow(json, containers, PROBES), ...follow(json, containers, HOOKS)];
  maskNamed(follow(json, containers, ["env", ITEMS]), profile.env, masks);
  maskNamed(follow(json, handlers, ["httpGet", "httpHeaders", ITEMS]), profile.probeHeaders, masks);
  const commands = [
    ...follow(json, containers, [["command", "args"]]),
    ...follow(json, handlers, ["exec", "command"]),
  ];
  for (const command of commands) maskArguments(command, profile.args, masks);
  for (const annotations of follow(json, [root], ["pod", "metadata", "annotations"])) {
    maskAnnotations(annotations, profile, masks);
  }
}

/** The values behind these steps; of a name that stands there twice, both: which one is read depends on the reader. */
function follow(json: string, from: readonly Located[], steps: readonly Step[]): Located[] {
  let values = [...from];
  for (const step of steps) {
    values = values.flatMap((value) => {
      if (step === ITEMS) return value.kind === "list" ? value.items : [];
      if (value.kind !== "object") return [];
      return value.members.filter(({ name }) => isNamed(json, name, step)).map((member) => member.value);
    });
  }
  return values;
}

function isNamed(json: string, name: LocatedText, step: string | readonly string[]): boolean {
  return typeof step === "string" ? says(json, name, step) : step.some((one) => says(json, name, one));
}

/** Objects with `name` and `value`: variables and headers. */
function maskNamed(entries: readonly Located[], what: RedactWhat, masks: Masks): void {
  if (what === "none") return;
  for (const entry of entries) {
    const values = follow(masks.json, [entry], ["value"]);
    if (what === "all") {
      for (const value of values) masks.whole(value);
      continue;
    }
    const named = follow(masks.json, [entry], ["name"]).filter((name) => name.kind === "text");
    const names = named.length === 0 ? [undefined] : named.map((name) => textOf(masks.json, name));
    for (const value of values) for (const name of names) masks.secrets(name, value);
  }
}

function maskArguments(command: Located, what: RedactWhat, masks: Masks): void {
  if (what === "none") return;
  if (what === "all") return masks.whole(command);
  let before: string | undefined;
  for (const text of stringsIn(command)) {
    const said = textOf(masks.json, text);
    masks.add(text, secretsInArgument(before, said));
    before = said;
  }
}

/** Annotations in which tools repeat the whole object as it was applied. */
const REPEATS = /\/(?:last-(?:applied|handled)(?:-configuration)?|original|applied)$/;
/** White space, also as JSON escapes it that stands in a text of other JSON. */
const SPACE = /(?:\s|\\{1,16}[nrt])*/.source;
/** The same by what stands in it: objects of JSON, however often it was quoted, or a list of YAML. */
const POD_SPEC = new RegExp(
  `(?:[Cc]ontainers?|[Ee]nv)\\\\{0,16}["']?${SPACE}:${SPACE}(?:(?:\\[${SPACE})?\\{|-\\s)`,
);

function maskAnnotations(annotations: Located, profile: RedactProfile, masks: Masks): void {
  if (annotations.kind !== "object") return;
  for (const { name, value } of annotations.members) {
    const key = textOf(masks.json, name);
    const said = value.kind === "text" ? textOf(masks.json, value) : "";
    const isWhole = profile.annotations === "all" || REPEATS.test(key) || POD_SPEC.test(said) ||
      // The path of a webhook's URL is mostly its token.
      (profile.annotations === "secrets" && key === ROUTE_ANNOTATION);
    if (isWhole) masks.whole(value);
    else if (profile.annotations === "secrets") masks.secrets(key, value);
  }
}

/** By these a receiver knows what it was sent; they are no secrets in any cluster. */
const IDENTITY: readonly (readonly Step[])[] = [
  ["pod", ["apiVersion", "kind"]],
  ["pod", "metadata", ["uid", "namespace", "name", "resourceVersion"]],
];

/** Steps of each pattern in one body, to look and to find the places: some 1.5 s each at the worst. */
const STEPS = 1 << 24;

function maskMatches(root: Located, patterns: readonly Pattern[], masks: Masks): void {
  const { json } = masks;
  const identity = new Set(IDENTITY.flatMap((steps) => follow(json, [root], steps)));
  const searches = patterns.map((pattern) => ({ pattern, budget: { looks: STEPS, finds: STEPS } }));
  for (const text of stringsIn(root)) {
    if (identity.has(text)) continue;
    const said = textOf(json, text);
    if (said === "") continue;
    for (const { pattern, budget } of searches) masks.add(text, pattern.find(said, budget));
  }
}
