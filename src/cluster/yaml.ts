import { type Document, parseAllDocuments, visit } from "yaml";

/** What a text in YAML or JSON says; or why it says nothing, as a clause without any of its content. */
export type Yaml = { readonly value: unknown } | { readonly fault: string };

/**
 * Reads YAML as client-go does (sigs.k8s.io/yaml, on go-yaml v2), which is more lenient than the standard: UTF-16 with a
 * byte order mark, as PowerShell's `>` writes it; of a key that is repeated the last value; of several documents the
 * first, whatever the others are; merge keys; tabs in JSON. Nothing at all is null. An integer that a double cannot hold is
 * a bigint, as far as Go has a type for it (64 bits, signed or not).
 */
export function readYaml(bytes: Uint8Array): Yaml {
  const text = decode(bytes);
  if (text === undefined) {
    return { fault: "it is text neither in UTF-8 nor in UTF-16 with a byte order mark: save it as UTF-8" };
  }
  // A lone carriage return ends a line in YAML, but not for this parser.
  const [first] = parseAllDocuments(text.replace(/\r\n?/g, "\n"), {
    uniqueKeys: false,
    merge: true,
    intAsBigInt: true,
    logLevel: "silent",
  });
  if (first === undefined) return { value: null };
  const [error] = first.errors ?? [];
  // The error's own message quotes the line, which may hold a token.
  if (error !== undefined) return { fault: `it is not valid YAML at line ${error.linePos?.[0].line ?? "?"}` };
  narrow(first);
  try {
    return { value: first.toJS({ maxAliasCount: ALIASES }) };
  } catch {
    return { fault: "its aliases (*name) lead nowhere, or to too much" };
  }
}

/** How often anchors are referred to, at the most: of a hundred clusters each may name one authority. */
const ALIASES = 100_000;

/** What a double holds, and what Go has no integer for, is a number. */
function narrow(document: Document): void {
  visit(document, {
    Scalar(_key, node): void {
      const { value } = node;
      if (typeof value !== "bigint") return;
      const isInt64 = value >= -(2n ** 63n) && value < 2n ** 64n;
      if (Number.isSafeInteger(Number(value)) || !isInt64) node.value = Number(value);
    },
  });
}

const BYTE_ORDER: Record<string, string> = { "255,254": "utf-16le", "254,255": "utf-16be" };

function decode(bytes: Uint8Array): string | undefined {
  try {
    // The decoder itself takes the byte order mark away.
    return new TextDecoder(BYTE_ORDER[`${bytes[0]},${bytes[1]}`] ?? "utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
