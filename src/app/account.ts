import { hostLabel } from "../http/failure.ts";
import type { Link, Step } from "../http/trace.ts";
import { hanging } from "../runtime/table.ts";
import { counted, duration, enumerated } from "../runtime/wording.ts";
import type { Account } from "./trial.ts";

/** Columns of the words before a line. */
const LABEL = 9;

/** What happened to a test message, for a person: a line for each step of the way, in 80 columns. */
export function textOf({ steps, certificates, sent, answer, took, conclusion }: Account): string {
  const { id, bytes, signatures } = sent;
  const signed = signatures.length === 0 ? "not signed" : `signed (${enumerated(signatures)})`;
  return [
    ...steps.map(stepOf),
    ...certificates.map((link, index) => line(index === 0 ? "tls" : "", certificate(link))),
    line("message", `${id}, ${counted(bytes, "byte")}, ${signed}`),
    line(
      "answer",
      answer === undefined ? `none after ${duration(took)}` : `${answer.status} after ${duration(took)}`,
    ),
    ...Object.entries(answer?.headers ?? {}).map(([name, value]) => line("", `${name}: ${value}`)),
    ...answer?.says === undefined ? [] : [line("says", answer.says)],
    line("result", conclusion),
  ].join("");
}

function stepOf(step: Step): string {
  if (step.kind === "name") {
    const { host, addresses } = step;
    const is = addresses.length === 0 ? "does not resolve" : `is ${enumerated(addresses)}`;
    return line("name", `${host} ${is} (${duration(step.took)})`);
  }
  const { address, port, isOpen, took } = step;
  return line(
    "connect",
    `${hostLabel(address, port)} ${isOpen ? "accepts" : "does not accept"} (${duration(took)})`,
  );
}

function certificate({ subject, issuer, names, until }: Link): string {
  const forNames = names === "" ? "" : ` for ${names}`;
  return `"${subject}"${forNames}, issued by "${issuer}", until ${until.toISOString().slice(0, 10)}`;
}

function line(label: string, text: string): string {
  return `${hanging(label.padEnd(LABEL), text)}\n`;
}
