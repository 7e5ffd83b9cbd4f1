import type { DoctorOptions } from "../cli/job.ts";
import { shownAs } from "../cli/output.ts";
import { VERSION } from "../cli/version.ts";
import type { Paint, Tone } from "../runtime/paint.ts";
import { printable } from "../runtime/printable.ts";
import { COLUMNS, hanging } from "../runtime/table.ts";
import { padded, widthOf } from "../runtime/width.ts";
import { counted, enumerated } from "../runtime/wording.ts";
import { wrapped } from "../runtime/wrapped.ts";
import type { Finding } from "./finding.ts";

/*
 * What `k8svent doctor` found, as it is printed: for a person a line each while it is found out, in 80 columns, and a
 * summary; for a program all of it at the end.
 */

/** Columns of the outcome, and of what was looked at, each with the space behind it. */
const OUTCOME = 8;
const CHECK = 15;

const TONES: Readonly<Record<Finding["outcome"], Tone>> = {
  ok: "good",
  warning: "doubtful",
  failed: "bad",
  skipped: "faint",
};

/** The line of a finding, and more lines where it does not fit. */
export function lineOf({ check, outcome, message }: Finding, paint: Paint): string {
  const shown = paint(TONES[outcome], outcome.padEnd(OUTCOME));
  // What is longer than its column has a line of its own.
  const [before, label] = widthOf(check) < CHECK
    ? ["", shown + padded(check, CHECK)]
    : [`${shown}${check}\n`, " ".repeat(OUTCOME + CHECK)];
  return `${before}${hanging(label, printable(message))}\n`;
}

function summaryOf(findings: readonly Finding[]): string {
  const of = (outcome: Finding["outcome"]): Finding[] =>
    findings.filter((finding) => finding.outcome === outcome);
  const [faults, warnings, others] = [of("failed"), of("warning"), of("skipped")];
  const rest = [
    ...warnings.length === 0 ? [] : [counted(warnings.length, "warning")],
    ...others.length === 0 ? [] : [`${others.length} skipped`],
  ];
  const beside = rest.length === 0 ? "" : ` (${enumerated(rest)})`;
  if (faults.length === 0) return `All is well${beside}.\n`;
  const names = enumerated([...new Set(faults.map(({ check }) => check))]);
  const summary = `${counted(faults.length, "check")} failed${beside}: ${names}.`;
  return wrapped(summary, COLUMNS).map((line) => `${line}\n`).join("");
}

/** Whether nothing failed. */
export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ outcome }) => outcome !== "failed");
}

/** What is printed at the end: the summary for a person, all of it for a program. */
export async function endOf(
  findings: readonly Finding[],
  output: DoctorOptions["output"],
): Promise<string> {
  const document = { version: VERSION, ok: isWell(findings), checks: findings };
  return await shownAs(output, document, () => summaryOf(findings));
}
