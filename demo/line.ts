import type { Delivery } from "../tests/kit/receiver.ts";

/** Columns of a terminal that the demo's lines fit into. */
export const COLUMNS = 100;

/** What a piece of text is, which a terminal shows by a colour. */
export type Kind = "time" | "deleted" | "trouble" | "good" | "planned" | "plain";

/** Dresses a text for where it is shown. */
export type Paint = (kind: Kind, text: string) => string;

/** For pipes and files. */
export const plain: Paint = (_kind, text) => text;

/** SGR parameters of ECMA-48: the eight colours of each terminal, which its user has made readable. */
const SGR: Readonly<Record<Kind, number>> = {
  time: 2,
  deleted: 31,
  trouble: 33,
  good: 32,
  planned: 35,
  plain: 0,
};

/** For terminals. */
export const coloured: Paint = (kind, text) =>
  kind === "plain" || text.trim() === "" ? text : `\x1b[${SGR[kind]}m${text}\x1b[0m`;

/** Reasons that say that something went wrong. */
const TROUBLE = /terminated|waiting|unhealthy/;

/** One delivery in one line, as a person would want to read it; `COLUMNS` wide at most. */
export function describe({ at, headers, body, signature }: Delivery, status: number, paint: Paint): string {
  const { namespace, name } = body?.pod.metadata ?? { namespace: "?", name: "?" };
  const event = headers["k8svent-event"] ?? "";
  const reason = headers["k8svent-reason"] ?? "";
  const kind = event === "pod.deleted" ? "deleted" : TROUBLE.test(reason) ? "trouble" : "plain";
  const attempt = headers["k8svent-attempt"] ?? "1";
  return [
    paint("time", timeOf(at)),
    paint(kind, cell(event, 11)),
    paint(kind, cell(reason, 22)),
    cell(`${namespace}/${name}`, 34),
    // The phase as the receiver gets it: that of a pod that is gone is Deleted.
    paint(kind === "deleted" ? kind : "plain", cell(body?.pod.status?.phase ?? "", 9)),
    status !== 200
      ? paint("planned", `answers ${status}`)
      : signature !== "ok"
      ? paint("deleted", `sig. ${signature}`)
      : paint("good", attempt === "1" ? "signed" : `attempt ${attempt}`),
  ].join(" ").trimEnd();
}

/** What the demo itself says, below the line that it is about. */
export function remark(text: string, paint: Paint): string {
  return paint("planned", `${" ".repeat(9)}${text}`);
}

/** What the program says, in as many lines as it takes; the further ones are set in. */
export function wrap(text: string, columns = COLUMNS): string[] {
  const lines: string[] = [];
  let line = "";
  const words = text.split(" ").flatMap((word) =>
    word.match(new RegExp(`.{1,${columns - 15}}`, "g")) ?? [""]
  );
  for (const word of words) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = `${" ".repeat(14)} ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** As the clock on the wall says it. */
function timeOf(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

function cell(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
