import { parseDuration } from "../config/duration.ts";
import { quote, UsageError } from "../config/usage_error.ts";
import { choice, count, namespace, reason, text as anyText } from "../config/value.ts";
import { OUTCOME_CLASSES } from "../delivery/tally.ts";
import { fileFault } from "../runtime/file_fault.ts";
import { hostFault } from "../runtime/host_name.ts";
import { parseInstant } from "../runtime/instant.ts";
import { checkFile, type CommandContext } from "./context.ts";
import { defined } from "./given.ts";
import type { OperateOptions, Operation, Reach } from "./job.ts";
import {
  DELIVERIES_PAGE,
  DELIVERY_STATES,
  DISCARD_PAGE,
  PAUSE_PAGE,
  REDELIVER_PAGE,
  RESUME_PAGE,
  RESYNC_PAGE,
  STATUS_PAGE,
} from "./operate_pages.ts";
import { outputOf } from "./output.ts";
import { checkPath, type Tool, tool, type ToolPage, type Typed } from "./tool.ts";

/*
 * The commands that ask a running program, or have it do something: what they are to do. `src/app/operate.ts` does it.
 */

/** By which the program is reached, too; of the token, the program's own. */
const VARIABLES = { server: "K8SVENT_SERVER", "token-file": "K8SVENT_ADMIN_TOKEN_FILE" };

/** A command that asks a running program, or has it do something. */
export type Operating = "status" | "deliveries" | "redeliver" | "discard" | "resync" | "pause" | "resume";

/** All of them. */
export const OPERATE: Readonly<Record<Operating, Tool>> = {
  status: operating(STATUS_PAGE, () => ({ kind: "status" })),
  deliveries: operating(DELIVERIES_PAGE, deliveriesOf),
  redeliver: operating(REDELIVER_PAGE, deadLettersOf("redeliver")),
  discard: operating(DISCARD_PAGE, deadLettersOf("discard")),
  resync: operating(RESYNC_PAGE, resyncOf),
  pause: operating(PAUSE_PAGE, ({ operands: [endpoint = ""] }) => ({ kind: "pause", endpoint })),
  resume: operating(RESUME_PAGE, ({ operands: [endpoint = ""] }) => ({ kind: "resume", endpoint })),
};

/** The command of a page; what it is to do follows from what was typed. */
function operating(page: ToolPage, operationOf: (typed: Typed, context: CommandContext) => Operation): Tool {
  return tool(page, (typed, context): OperateOptions => {
    checkOperands(page, typed.operands);
    const operation = operationOf(typed, context);
    return { command: "operate", operation, ...reachOf(typed, context) };
  });
}

/**
 * Each becomes a part of the request's path. As `..` it would take away the part before it, so that a dead letter becomes all of
 * them.
 *
 * @throws {UsageError}
 */
function checkOperands({ name, operands = [] }: ToolPage, given: readonly string[]): void {
  for (const [index, text] of given.entries()) {
    const operand = operands[index]?.replace(/[[\]]/g, "");
    if (text.trim() === "") {
      throw new UsageError(`${name}: ${operand} is empty: give it a value, or leave it out.`);
    }
    if (/^\.\.?$/.test(text)) throw new UsageError(`${name}: ${quote(text)} cannot be ${operand}.`);
  }
}

/** How the program is reached, by the flags that all of these commands have. @throws {UsageError} */
export function reachOf(typed: Typed, context: CommandContext): Reach {
  const { values } = typed;
  const { env } = context;
  const server = values.get("server")?.at(-1);
  const from = server === undefined ? VARIABLES.server : "--server";
  const token = tokenOf(values.get("token-file")?.at(-1), context);
  const isByVariable = ([flag, variable]: [string, string]): boolean =>
    !values.has(flag) && Boolean(env(variable)?.trim());
  return {
    server: serverUrl(server ?? (env(VARIABLES.server)?.trim() || "http://127.0.0.1:9090"), from),
    ...token !== undefined && { token },
    names: new Map(Object.entries(VARIABLES).filter(isByVariable)),
    output: outputOf(typed),
  };
}

/** Which deliveries. @throws {UsageError} */
function deliveriesOf({ values, operands: [endpoint, id] }: Typed): Operation {
  if (endpoint !== undefined && id !== undefined) return { kind: "delivery", endpoint, id };
  const filters: Record<string, string> = {};
  const parsers = {
    state: choice(...DELIVERY_STATES),
    namespace,
    pod: anyText,
    reason,
    outcome: choice(...OUTCOME_CLASSES),
    limit: (text: string, from: string): string => String(count(1, 1_000)(text, from)),
  };
  for (const [name, parse] of Object.entries(parsers)) {
    const text = values.get(name)?.at(-1) ?? (name === "limit" ? "20" : undefined);
    if (text !== undefined) filters[name] = parse(text, `--${name}`);
  }
  return { kind: "deliveries", ...defined("endpoint", endpoint), filters };
}

/** Which dead letters: one by its id, or with `--all` all. @throws {UsageError} */
function deadLettersOf(kind: "redeliver" | "discard"): (typed: Typed) => Operation {
  return ({ values, operands: [endpoint = "", id] }) => {
    if ((id === undefined) === values.has("all")) return { kind, endpoint, ...defined("id", id) };
    throw new UsageError(
      id === undefined
        ? `k8svent ${kind} needs the ID of a dead letter ("k8svent deliveries ENDPOINT --state failed" lists them), or --all.`
        : `k8svent ${kind} takes the ID of a dead letter or --all, not both.`,
    );
  };
}

/** @throws {UsageError} */
function resyncOf({ values, operands: [endpoint] }: Typed, { now }: CommandContext): Operation {
  const since = values.get("since")?.at(-1);
  return {
    kind: "resync",
    ...defined("endpoint", endpoint),
    ...since !== undefined && { since: instantOf(since, now()) },
  };
}

/** An instant by its distance from now, or as it stands. */
function instantOf(text: string, now: number): string {
  if (/^\d{4}-/.test(text)) {
    const instant = parseInstant(text);
    if (instant !== undefined && instant > now) {
      throw new UsageError(`--since is in the future: no pod has changed since ${quote(text)}.`);
    }
    if (instant !== undefined) return new Date(instant).toISOString();
    throw new UsageError(
      `--since must be an instant with its zone, such as 2026-11-27T12:00:00Z, not ${quote(text)}.`,
    );
  }
  return new Date(now - parseDuration(text, "--since")).toISOString();
}

/** Scheme, host and port, and a path where a proxy puts the program below one. Not shown: it may hold a password. */
function serverUrl(text: string, from: string): URL {
  const url = SERVER.test(text) ? URL.parse(/^https?:/i.test(text) ? text : `http://${text}`) : null;
  const fault = url && hostFault(url.hostname);
  if (fault) throw new UsageError(`${from} ${fault}.`);
  if (url !== null) return url;
  throw new UsageError(
    `${from} must be the URL of a program's --admin-listen, such as http://127.0.0.1:9090.${
      serverHint(text)
    }`,
  );
}

/** What is not meant as a host, such as a number or a file, is none, though the URL parser makes it one. */
const SERVER =
  /^(?:https?:\/\/)?(?!\d+(?:[/:]|$)|\.)(?:\[[0-9a-f:.]+\]|[\p{L}\p{N}._-]+)(?::\d+)?(?:\/[^?#]*)?$/iu;

/** What is wrong with it, as a sentence with a space before it; empty where nobody knows. */
function serverHint(text: string): string {
  if (text.includes("@")) return " It takes no user and no password: a token is shown with --token-file.";
  if (/^:?\d+$/.test(text)) return ` Put the host before the port: 127.0.0.1:${text.replace(":", "")}.`;
  if (/^[\da-f]*:[\da-f:]*:/i.test(text)) return " An IPv6 address stands in brackets: http://[::1]:9090.";
  if (/^unix:|^\.?\//.test(text)) return " A Unix socket cannot be reached.";
  return /[?#]/.test(text) ? " Nothing stands behind its path." : "";
}

/** The token of the file that the flag names, else of that which the variable names. */
function tokenOf(named: string | undefined, context: CommandContext): string | undefined {
  const { env, files } = context;
  const variable = VARIABLES["token-file"];
  const file = named ?? (env(variable)?.trim() || undefined);
  if (file === undefined) return undefined;
  const from = named === undefined ? variable : "--token-file";
  checkPath(file, from, [variable]);
  checkFile(file, from, context);
  let token: string;
  try {
    token = files.readText(file).trim();
  } catch (cause) {
    throw new UsageError(`Cannot read the file of ${from}, ${file}: ${fileFault(cause, file)}.`, { cause });
  }
  if (/^[!-~]+$/.test(token)) return token;
  throw new UsageError(`The file of ${from}, ${file}, holds no token: one word of letters and digits.`);
}
