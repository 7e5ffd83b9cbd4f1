import { styleText } from "node:util";
import { stringify } from "yaml";
import type { DoctorOptions } from "../cli/job.ts";
import { VERSION } from "../cli/version.ts";
import { printable } from "../runtime/printable.ts";
import { counted, enumerated } from "../runtime/wording.ts";
import { wrapped } from "../runtime/wrapped.ts";
import type { Finding } from "./finding.ts";

/*
 * What `k8svent doctor` found, as it is printed: for a person a line each while it is found out, in 80 columns, and a
 * summary; for a program all of it at the end.
 */

const COLUMNS = 80;

/** Columns of the outcome, and of what was looked at, each with the space behind it. */
const OUTCOME = 8;
const CHECK = 15;

const COLOURS = { ok: "green", warning: "yellow", failed: "red", skipped: "dim" } as const;

/** The line of a finding, and more lines where it does not fit. */
export function lineOf({ check, outcome, message }: Finding, isColoured: boolean): string {
  const word = outcome.padEnd(OUTCOME);
  const shown = isColoured ? styleText(COLOURS[outcome], word, { validateStream: false }) : word;
  const margin = OUTCOME + CHECK;
  const label = check.length < CHECK ? check.padEnd(CHECK) : `${check}\n${" ".repeat(margin)}`;
  return `${shown}${label}${wrapped(printable(message), COLUMNS - margin).join(`\n${" ".repeat(margin)}`)}\n`;
}

/** The last line. */
export function summaryOf(findings: readonly Finding[]): string {
  const of = (outcome: Finding["outcome"]): Finding[] =>
    findings.filter((finding) => finding.outcome === outcome);
  const [faults, warnings, others] = [of("failed"), of("warning"), of("skipped")];
  const rest = [
    ...warnings.length === 0 ? [] : [counted(warnings.length, "warning")],
    ...others.length === 0 ? [] : [`${others.length} skipped`],
  ];
  const beside = rest.length === 0 ? "" : ` (${enumerated(rest)})`;
  if (faults.length === 0) return `All is well${beside}.`;
  const names = enumerated([...new Set(faults.map(({ check }) => check))]);
  return `${counted(faults.length, "check")} failed${beside}: ${names}.`;
}

/** Whether nothing failed. */
export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ outcome }) => outcome !== "failed");
}

/** All of it, for a program. */
export function documentOf(
  findings: readonly Finding[],
  output: Exclude<DoctorOptions["output"], "table">,
): string {
  const document = { version: VERSION, ok: isWell(findings), checks: findings };
  return output === "json"
    ? `${JSON.stringify(document)}\n`
    : stringify(JSON.parse(JSON.stringify(document)));
}
