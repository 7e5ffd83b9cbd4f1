/**
 * Kubernetes' label selectors, as kubectl's `--selector` and the API server read them (`labels.Parse` of apimachinery):
 *
 *     app=web  app==web  tier!=db  track in (stable, canary)  track notin (dev)  app  !legacy  generation>3  generation<9
 *
 * A comma is an "and". A value may be empty (`app=`, `track in (stable,)`), white space stands anywhere between two
 * words, and `in` and `notin` are words like others where no operator can stand. A pod without the label satisfies
 * `!=` and `notin`. The empty selector selects everything.
 *
 * Stricter in one point: apimachinery stops reading at a NUL, so that "\0x=a" selects everything. Here it is an error.
 */

/** One selector: all of it must hold. */
export type LabelSelector = readonly Requirement[];

/** What one part of a selector asks of one label. */
export type Requirement =
  | { kind: "in" | "notin"; key: string; values: readonly string[] }
  | { kind: "exists" | "absent"; key: string }
  | { kind: "greater" | "less"; key: string; than: bigint };

/** @throws {TypeError} with a sentence for the person who wrote the selector. */
export function parseLabelSelector(text: string): LabelSelector {
  const tokens = new Tokens(text);
  const requirements: Requirement[] = [];
  if (tokens.peek() === END) return requirements;
  for (;;) {
    requirements.push(parseRequirement(tokens));
    const next = tokens.take();
    if (next === END) return requirements;
    if (next !== ",") throw tokens.fault(`${shown(next)} stands where a comma or the end belongs`);
  }
}

/**
 * Whether a pod with these labels is selected.
 *
 * @param labels `metadata.labels`; a value that is not a text counts as absent
 */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, unknown>>): boolean {
  return selector.every((requirement) => holds(requirement, labels));
}

function holds(requirement: Requirement, labels: Readonly<Record<string, unknown>>): boolean {
  const { key } = requirement;
  const given = labels[key];
  const value = typeof given === "string" ? given : undefined;
  switch (requirement.kind) {
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case "notin":
      return value === undefined || !requirement.values.includes(value);
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
    case "greater":
    case "less": {
      const number = integerIn(value ?? "");
      if (number === undefined) return false;
      return requirement.kind === "greater" ? number > requirement.than : number < requirement.than;
    }
  }
}

function parseRequirement(tokens: Tokens): Requirement {
  const isNegated = tokens.peek() === "!" && tokens.take() === "!";
  const key = tokens.take();
  if (!isWord(key)) throw tokens.fault(`${shown(key)} stands where a label's key belongs`);
  const fault = keyFault(key);
  if (fault !== undefined) throw tokens.fault(`${JSON.stringify(key)} is no label key: ${fault}`);
  if (isNegated) return { kind: "absent", key };
  if (tokens.peek() === END || tokens.peek() === ",") return { kind: "exists", key };
  const operator = tokens.take();
  switch (operator) {
    case "=":
    case "==":
      return { kind: "in", key, values: [parseValue(tokens)] };
    case "!=":
      return { kind: "notin", key, values: [parseValue(tokens)] };
    case "in":
    case "notin":
      return { kind: operator, key, values: parseValues(tokens) };
    case ">":
    case "<":
      return { kind: operator === ">" ? "greater" : "less", key, than: parseBound(tokens, operator) };
    default:
      throw tokens.fault(
        `${shown(operator)} follows ${key}, where =, ==, !=, in, notin, < or > may stand`,
      );
  }
}

function parseValue(tokens: Tokens): string {
  // "app=" and "app=,track=x": the value is empty.
  if (tokens.peek() === END || tokens.peek() === ",") return "";
  const value = tokens.take();
  if (!isWord(value)) throw tokens.fault(`${shown(value)} stands where a value belongs`);
  return checkedValue(tokens, value);
}

function parseBound(tokens: Tokens, operator: string): bigint {
  const value = parseValue(tokens);
  const bound = integerIn(value);
  if (bound === undefined) {
    throw tokens.fault(`${operator} compares integers of 64 bits, and ${JSON.stringify(value)} is none`);
  }
  return bound;
}

/** `(a, b)`; `()`, `(,a)` and `(a,)` hold the empty value. */
function parseValues(tokens: Tokens): string[] {
  const open = tokens.take();
  if (open !== "(") throw tokens.fault(`${shown(open)} stands where ( belongs`);
  const values: string[] = [];
  for (;;) {
    const word = isWord(tokens.peek()) ? tokens.take() : "";
    values.push(checkedValue(tokens, word));
    const next = tokens.take();
    if (next === ")") return values;
    if (next !== ",") throw tokens.fault(`${shown(next)} stands where a comma or ) belongs`);
  }
}

function checkedValue(tokens: Tokens, value: string): string {
  if (value.length <= LONGEST_NAME && (value === "" || NAME.test(value))) return value;
  throw tokens.fault(
    `${JSON.stringify(value)} is no label value: at most ${LONGEST_NAME} of the characters A-Z, a-z, 0-9, ` +
      "-, _ and ., with a letter or a digit at both ends",
  );
}

const LONGEST_NAME = 63;
const LONGEST_PREFIX = 253;
const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** What is wrong with `NAME` or `PREFIX/NAME`; undefined: nothing. */
function keyFault(key: string): string | undefined {
  const [name = "", prefix, more] = key.split("/").reverse();
  if (more !== undefined) return "one / may stand in it, between a domain and a name";
  if (prefix !== undefined && (prefix.length > LONGEST_PREFIX || !DNS_SUBDOMAIN.test(prefix))) {
    return `before the / stands a domain in lower case, at most ${LONGEST_PREFIX} characters long`;
  }
  if (name.length > LONGEST_NAME || !NAME.test(name)) {
    return `a name is 1 to ${LONGEST_NAME} of the characters A-Z, a-z, 0-9, -, _ and ., with a letter or a ` +
      "digit at both ends";
  }
  return undefined;
}

/** A decimal integer of 64 bits, as Go's `strconv.ParseInt` reads it. */
function integerIn(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const number = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, number) === number ? number : undefined;
}

/** What a token cannot be. */
const END = "";

/** The words and signs of a selector, one after the other; after the last one comes END, for ever. */
class Tokens {
  readonly #text: string;
  readonly #tokens: string[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.match(TOKEN) ?? [];
  }

  peek(): string {
    return this.#tokens[this.#next] ?? END;
  }

  take(): string {
    return this.#tokens[this.#next++] ?? END;
  }

  fault(why: string): TypeError {
    return new TypeError(`${JSON.stringify(this.#text)} is not a label selector: ${why}.`);
  }
}

const TOKEN = /==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+/g;

function isWord(token: string): boolean {
  return token !== END && !/^[=!(),<>]/.test(token);
}

function shown(token: string): string {
  return token === END ? "the end" : JSON.stringify(token);
}
