import { parseDuration } from "../config/duration.ts";
import { UsageError } from "../config/usage_error.ts";
import { type Verdict, verify } from "../delivery/verify.ts";
import { fileFault } from "../runtime/file_fault.ts";
import { hanging } from "../runtime/table.ts";
import type { Answer, CommandContext } from "./context.ts";
import { OUTPUT, outputOf, shownAs } from "./output.ts";
import { needed, secretsOf, type Tool, tool, type ToolPage, type Typed } from "./tool.ts";

/*
 * `k8svent verify`: which signatures of a delivery hold, and of one that fails, why.
 */

const PAGE: ToolPage = {
  name: "k8svent verify",
  usage: "--header 'NAME: VALUE' ... --body FILE --secret-file FILE",
  about: "Say which signatures of a delivery hold and, of one that fails, why.",
  flags: {
    header: { short: "H", value: "HEADER", help: "'NAME: VALUE' as it came; once for each" },
    body: { value: "FILE", help: "the bytes as they came, before anything reads them; - is standard input" },
    "secret-file": { value: "FILE", help: "the receiver's secrets, one per line" },
    tolerance: {
      value: "DURATION",
      help: "by how much webhook-timestamp may differ from now",
      fallback: "5m",
    },
    output: OUTPUT,
  },
  examples: [
    "k8svent verify --body body.json --secret-file ./secret \\",
    "  -H 'webhook-id: pod_t7bf3qawe3zerwqpfekn42w3ji' \\",
    "  -H 'webhook-timestamp: 1795750849' \\",
    "  -H 'webhook-signature: v1,Ekn3NIv/n1Ic+n/+Gz660/24ApBN/s+pKYFLjoHaEGA='",
  ],
  codes: "0 one signature holds, 1 none does, 2 wrong usage.",
};

/** `k8svent verify`. */
export const VERIFY: Tool = tool(PAGE, answerVerify);

/** Carries out `k8svent verify`. @throws {UsageError} */
async function answerVerify(typed: Typed, context: CommandContext): Promise<Answer> {
  const headers = readHeaders(typed.values.get("header") ?? []);
  const output = outputOf(typed);
  const tolerance = parseDuration(needed(typed, "tolerance"), "--tolerance");
  const body = readBody(needed(typed, "body"), context);
  const found = secretsOf(typed, context);
  if (found === undefined) needed(typed, "secret-file");
  const { secrets, weak, file } = found ?? { secrets: [], weak: undefined, file: "" };
  const verdicts = verify({ headers, body }, secrets, { now: context.now(), tolerance });
  const holds = verdicts.some((verdict) => verdict.holds);
  return {
    command: "answer",
    code: holds ? 0 : 1,
    data: await shownAs(output, { holds, signatures: verdicts }, () => table(verdicts)),
    remarks: weak === undefined ? "" : `A secret in ${file} ${weak}\n`,
  };
}

/** By lower-case name, as HTTP joins those of one name. @throws {UsageError} */
function readHeaders(given: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [index, text] of given.entries()) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:[ \t]*(.*?)\s*$/s.exec(text) ?? [];
    // Not shown: it may be a token.
    if (name === undefined || value === undefined) {
      throw new UsageError(
        `--header, entry ${index + 1}, is no header: write 'NAME: VALUE', with a colon and in quotes.`,
      );
    }
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** Bytes of a body that is looked at. No message has as many. */
const LARGEST = 2 ** 24;

function readBody(path: string, { files }: CommandContext): Uint8Array {
  let body: Uint8Array;
  try {
    body = files.readBytes(path === "-" ? "/dev/stdin" : path);
  } catch (cause) {
    throw new UsageError(`Cannot read the body ${path}: ${fileFault(cause, path)}.`, { cause });
  }
  if (body.length <= LARGEST) return body;
  throw new UsageError(`The body ${path} is larger than 16Mi: is it the right file?`);
}

/** A block for each signature, so that a reason has room in 80 columns. */
function table(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) {
    return "No signature: none of the headers is webhook-signature, x-hub-signature-256 or\nx-atomist-signature.\n";
  }
  const names = verdicts.map(({ header, number }) => number === 1 ? header : `${header} (${number})`);
  const width = Math.max(...names.map((name) => name.length));
  return verdicts.map(({ holds, why }, index) => {
    const start = `${(names[index] ?? "").padEnd(width)}  ${holds ? "holds" : "fails"}  `;
    return `${hanging(start, why)}\n`;
  }).join("");
}
